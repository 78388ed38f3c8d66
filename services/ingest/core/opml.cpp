#include "services/ingest/core/opml.h"

#include <algorithm>
#include <unordered_map>

#include "libs/base/text.h"
#include "libs/html/text.h"
#include "services/ingest/core/charset.h"
#include "services/ingest/core/feed_markup.h"
#include "services/ingest/core/plain_line.h"
#include "services/ingest/core/url.h"
#include "services/ingest/core/xml_reader.h"

namespace kimberlite::ingest {
namespace {

constexpr int kMaxNodes = 60'000;
constexpr std::size_t kMaxFeeds = 20'000;

class Importer {
 public:
  explicit Importer(Opml& opml) : opml_(opml) {}

  void Read(const XmlNode& node) {
    for (const XmlNode& child : node.children()) {
      if (child.name == "outline") {
        Outline(child);
      } else if (!child.name.empty()) {
        Read(child);
      }
    }
  }

  int unusable() const { return unusable_; }

 private:
  void Outline(const XmlNode& node) {
    const std::string_view said = TrimAscii(node.Attribute("xmlurl"));
    std::string name = PlainLineOfHtml(node.Attribute("title"));
    if (name.empty()) name = PlainLineOfHtml(node.Attribute("text"));
    if (!said.empty()) {
      Feed(node, said, name);
      return Read(node);
    }
    const bool group = !name.empty();
    if (group) groups_.push_back(std::move(name));
    Read(node);
    if (group) groups_.pop_back();
  }

  void Feed(const XmlNode& node, std::string_view said, const std::string& name) {
    OpmlFeed feed;
    feed.url =
        AbsoluteUrl("", said.starts_with("feed://") ? "https://" + std::string(said.substr(7)) : std::string(said));
    if (feed.url.empty() || opml_.feeds.size() == kMaxFeeds) {
      ++unusable_;
      return;
    }
    feed.home_url = AbsoluteUrl("", node.Attribute("htmlurl"));
    feed.title = name;
    feed.description = PlainLineOfHtml(node.Attribute("description"));
    feed.language = PlainLine(node.Attribute("language"));
    const auto [known, is_new] = places_.try_emplace(feed.url, opml_.feeds.size());
    if (is_new) opml_.feeds.push_back(std::move(feed));
    std::vector<std::string>& categories = opml_.feeds[known->second].categories;
    for (const std::string& group : groups_) Add(categories, group);
    // Categories are parted by commas, the levels of one by slashes (OPML 2.0, "category").
    const std::string_view attribute = node.Attribute("category");
    for (const std::string_view category : Split(attribute, ',')) {
      std::string_view path = TrimAscii(category);
      while (path.starts_with('/')) path.remove_prefix(1);
      Add(categories, PlainLine(path));
    }
  }

  static void Add(std::vector<std::string>& categories, std::string category) {
    if (!category.empty() && std::ranges::find(categories, category) == categories.end())
      categories.push_back(std::move(category));
  }

  Opml& opml_;
  std::vector<std::string> groups_;
  std::unordered_map<std::string, std::size_t> places_;
  int unusable_ = 0;
};

void WriteAttribute(std::string& xml, std::string_view name, std::string_view value) {
  if (!value.empty()) ((((xml += ' ') += name) += "=\"") += html::EscapeAttribute(value)) += '"';
}

void WriteFeed(std::string& xml, const OpmlFeed& feed, std::string_view indent) {
  (xml += indent) += "<outline type=\"rss\"";
  WriteAttribute(xml, "text", feed.title.empty() ? feed.url : feed.title);
  WriteAttribute(xml, "title", feed.title);
  WriteAttribute(xml, "xmlUrl", feed.url);
  WriteAttribute(xml, "htmlUrl", feed.home_url);
  WriteAttribute(xml, "description", feed.description);
  WriteAttribute(xml, "language", feed.language);
  if (feed.categories.size() > 1)
    WriteAttribute(xml, "category", Join({feed.categories.begin() + 1, feed.categories.end()}, ","));
  xml += "/>\n";
}

}  // namespace

Result<Opml> ParseOpml(std::string_view body, std::string_view content_type) {
  const DecodedText decoded = DecodeText(body, content_type);
  auto xml = ReadXmlTree(decoded.text, "", kMaxNodes);
  if (!xml) return Fail(Code::kInvalidArgument, "the document is not OPML: " + xml.error().message());
  const XmlNode& root = *xml->root;
  if (root.name != "opml") {
    return Fail(Code::kInvalidArgument,
                "the document is not OPML: its root is <" + std::string(root.name.substr(0, 60)) + ">");
  }
  Opml opml;
  Importer importer(opml);
  for (const XmlNode& child : root.children()) {
    if (child.name == "body") importer.Read(child);
    if (child.name != "head") continue;
    for (const XmlNode& about : child.children()) {
      if (about.name == "title") opml.title = LineOf(about);
    }
  }
  opml.warnings = std::move(xml->warnings);
  if (!decoded.warning.empty()) opml.warnings.push_back("the text " + decoded.warning);
  if (xml->truncated) opml.warnings.emplace_back("the document was not read to its end");
  if (importer.unusable() > 0)
    opml.warnings.push_back(std::to_string(importer.unusable()) + " outlines have no usable http address");
  return opml;
}

std::string WriteOpml(const Opml& opml) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>" +
                    html::EscapeText(opml.title) + "</title>\n  </head>\n  <body>\n";
  std::vector<std::string> groups;
  for (const OpmlFeed& feed : opml.feeds) {
    if (feed.categories.empty()) {
      WriteFeed(xml, feed, "    ");
    } else if (std::ranges::find(groups, feed.categories[0]) == groups.end()) {
      groups.push_back(feed.categories[0]);
    }
  }
  for (const std::string& group : groups) {
    xml += "    <outline";
    WriteAttribute(xml, "text", group);
    xml += ">\n";
    for (const OpmlFeed& feed : opml.feeds) {
      if (!feed.categories.empty() && feed.categories[0] == group) WriteFeed(xml, feed, "      ");
    }
    xml += "    </outline>\n";
  }
  return xml + "  </body>\n</opml>\n";
}

}  // namespace kimberlite::ingest
