// Every document against the rules of its format: Relax NG for Atom, the RSS 2.0 specification with the profile of the
// RSS Advisory Board, and the JSON Feed 1.1 specification.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "services/feed/core/xml.h"
#include "services/feed/tests/samples.h"

namespace kimberlite::feed {
namespace {

void Collect(void* into, const char* format, ...) {
  char line[1000];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  static_cast<std::string*>(into)->append(line);
}

using Document = std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)>;

Document Parse(const std::string& text) {
  Document document(xmlReadMemory(text.data(), static_cast<int>(text.size()), "feed.xml", nullptr, XML_PARSE_NONET),
                    xmlFreeDoc);
  EXPECT_TRUE(document) << text;
  return document;
}

// What a Relax NG schema has against a document.
std::string Complaints(xmlDoc* document) {
  std::string complaints;
  const std::unique_ptr<xmlRelaxNGParserCtxt, decltype(&xmlRelaxNGFreeParserCtxt)> parser(
      xmlRelaxNGNewParserCtxt(KIMBERLITE_ATOM_SCHEMA), xmlRelaxNGFreeParserCtxt);
  xmlRelaxNGSetParserErrors(parser.get(), Collect, Collect, &complaints);
  const std::unique_ptr<xmlRelaxNG, decltype(&xmlRelaxNGFree)> schema(xmlRelaxNGParse(parser.get()), xmlRelaxNGFree);
  if (!schema) return "the schema itself: " + complaints;
  const std::unique_ptr<xmlRelaxNGValidCtxt, decltype(&xmlRelaxNGFreeValidCtxt)> context(
      xmlRelaxNGNewValidCtxt(schema.get()), xmlRelaxNGFreeValidCtxt);
  xmlRelaxNGSetValidErrors(context.get(), Collect, Collect, &complaints);
  if (xmlRelaxNGValidateDoc(context.get(), document) != 0 && complaints.empty()) complaints = "not valid";
  return complaints;
}

std::vector<std::string> Texts(xmlDoc* document, const char* path) {
  const std::unique_ptr<xmlXPathContext, decltype(&xmlXPathFreeContext)> context(xmlXPathNewContext(document),
                                                                                 xmlXPathFreeContext);
  xmlXPathRegisterNs(context.get(), BAD_CAST "atom", BAD_CAST "http://www.w3.org/2005/Atom");
  xmlXPathRegisterNs(context.get(), BAD_CAST "content", BAD_CAST "http://purl.org/rss/1.0/modules/content/");
  const std::unique_ptr<xmlXPathObject, decltype(&xmlXPathFreeObject)> found(
      xmlXPathEvalExpression(BAD_CAST path, context.get()), xmlXPathFreeObject);
  std::vector<std::string> texts;
  for (int i = 0; found->nodesetval && i < found->nodesetval->nodeNr; ++i) {
    xmlChar* text = xmlNodeGetContent(found->nodesetval->nodeTab[i]);
    texts.emplace_back(reinterpret_cast<const char*>(text));
    xmlFree(text);
  }
  return texts;
}

TEST(Validation, AtomIsWhatItsSchemaSays) {
  for (const Sample& sample : Samples()) {
    EXPECT_EQ(Complaints(Parse(WriteAtom(sample.feed)).get()), "") << sample.name;
  }
}

TEST(Validation, TheSchemaIsNotSatisfiedByAnything) {
  const std::string good = WriteAtom(Samples()[0].feed);
  for (const auto& [what, instead] : {std::pair{"<updated>2026", "<updated>26"},
                                      {"<id>tag:", "<id>"},
                                      {"<entry>", "<entry><title>again</title>"},
                                      {"<name>Lena Lantern</name>", ""},
                                      {"href=\"https://news.example/en/\"", "href=\"/en/\""}}) {
    std::string bad = good;
    const std::size_t at = bad.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    bad.replace(at, std::string_view(what).size(), instead);
    EXPECT_NE(Complaints(Parse(bad).get()), "") << what;
  }
}

TEST(Validation, RssKeepsTheRulesOfItsProfile) {
  const std::regex date(
      "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
      "[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT");
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.name);
    const Document document = Parse(WriteRss(sample.feed));
    const auto texts = [&](const char* path) { return Texts(document.get(), path); };
    EXPECT_EQ(texts("/rss/channel").size(), 1u);
    for (const char* required : {"/rss/channel/title", "/rss/channel/link", "/rss/channel/description"}) {
      const auto found = texts(required);
      ASSERT_EQ(found.size(), 1u) << required;
      EXPECT_NE(found[0], "") << required;
    }
    EXPECT_EQ(texts("/rss/channel/atom:link[@rel='self']/@href"), std::vector{sample.feed.self_url});
    EXPECT_EQ(texts("/rss/channel/language"), std::vector{sample.feed.language});
    EXPECT_LE(texts("/rss/channel/lastBuildDate").size(), 1u);
    const auto items = texts("/rss/channel/item");
    EXPECT_EQ(items.size(), sample.feed.items.size());
    for (const char* once : {"guid[@isPermaLink='false']", "title", "link", "pubDate"}) {
      EXPECT_EQ(texts((std::string("/rss/channel/item/") + once).c_str()).size(), items.size()) << once;
    }
    const auto ids = texts("//item/guid");
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
    for (const std::string& time : texts("//pubDate | //lastBuildDate")) EXPECT_TRUE(std::regex_match(time, date));
    for (const std::string& link : texts("//link | //@href | //@url"))
      EXPECT_THAT(link, testing::StartsWith("https://"));
    // An item has a title or a description, and no element twice.
    EXPECT_EQ(texts("//item[count(description) > 1 or count(content:encoded) > 1 or count(title) > 1]").size(), 0u);
    // The order of elements of a channel is free, but items of an archive say so with the channel.
    EXPECT_EQ(texts("//*[local-name()='archive']").size(), sample.feed.archive ? 1u : 0u);
  }
}

TEST(Validation, JsonFeedKeepsTheRulesOfVersion11) {
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.name);
    const auto feed = nlohmann::json::parse(WriteJsonFeed(sample.feed));
    EXPECT_EQ(feed.at("version"), "https://jsonfeed.org/version/1.1");
    EXPECT_TRUE(feed.at("title").is_string());
    std::set<std::string> ids;
    for (const auto& item : feed.at("items")) {
      EXPECT_TRUE(ids.insert(item.at("id").get<std::string>()).second);
      EXPECT_TRUE(item.contains("content_html") != item.contains("content_text"));
      for (const char* url : {"url", "external_url", "image"}) {
        if (item.contains(url)) EXPECT_THAT(item[url].get<std::string>(), testing::StartsWith("https://"));
      }
      for (const char* time : {"date_published", "date_modified"})
        EXPECT_TRUE(ParseRfc3339(item.at(time).get<std::string>()));
      for (const auto& author : item.value("authors", nlohmann::json::array())) {
        EXPECT_TRUE(author.contains("name") || author.contains("url") || author.contains("avatar"));
      }
      for (const auto& tag : item.value("tags", nlohmann::json::array())) EXPECT_TRUE(tag.is_string());
    }
    for (const char* url : {"home_page_url", "feed_url", "next_url"}) {
      if (feed.contains(url)) EXPECT_THAT(feed[url].get<std::string>(), testing::StartsWith("https://"));
    }
  }
}

}  // namespace
}  // namespace kimberlite::feed
