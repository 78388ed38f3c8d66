#include "services/ingest/core/offline.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "libs/html/sanitize.h"
#include "services/ingest/core/base64.h"
#include "services/ingest/core/feed_parser.h"
#include "services/ingest/core/item_language.h"
#include "services/ingest/core/plain_line.h"

namespace kimberlite::ingest {
namespace {

using Json = nlohmann::ordered_json;

std::string Write(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json OrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json OrNull(const std::optional<Time>& time) { return time ? Json(FormatRfc3339(*time)) : Json(); }

Json Id(const Json& line) {
  const bool has_id = line.is_object() && line.contains("id");
  return has_id ? line["id"] : Json();
}

// A member that is a string; absent is empty.
Result<std::string> Text(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return std::string();
  if (!found->is_string()) return Fail(Code::kInvalidArgument, std::string(name) + " must be a string");
  return found->get<std::string>();
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Header names are read without regard to capitals; of several values the first that is a string counts.
std::string ContentType(const Json& line) {
  const auto headers = line.find("headers");
  if (headers == line.end() || !headers->is_object()) return {};
  for (const auto& [name, value] : headers->items()) {
    if (Lower(name) != "content-type") continue;
    if (value.is_string()) return value.get<std::string>();
    if (value.is_array() && !value.empty() && value[0].is_string()) return value[0].get<std::string>();
  }
  return {};
}

Json Html(const std::string& html, std::string_view base_url) { return OrNull(html::Sanitize(html, base_url)); }

Json FeedJson(const Feed& feed, std::string_view url) {
  return {{"id", OrNull(feed.id)},
          {"title", OrNull(feed.title)},
          {"description_html", Html(feed.description_html, feed.link.empty() ? url : feed.link)},
          {"link", OrNull(feed.link)},
          {"language", OrNull(feed.language)},
          {"published_time", OrNull(feed.published_time)},
          {"updated_time", OrNull(feed.updated_time)}};
}

// As declared, else as the text tells.
std::string Language(const FeedItem& item) {
  if (!item.language.empty()) return item.language;
  const std::string& html = item.content_html.empty() ? item.summary_html : item.content_html;
  return LanguageOfItem("", "", item.title + "\n" + PlainLineOfHtml(std::string_view(html).substr(0, 8192)));
}

Json ItemJson(const FeedItem& item) {
  Json authors = Json::array();
  for (const FeedPerson& person : item.authors)
    authors.push_back({{"name", OrNull(person.name)}, {"email", OrNull(person.email)}, {"uri", OrNull(person.uri)}});
  Json categories = Json::array();
  for (const FeedCategory& category : item.categories) {
    categories.push_back(
        {{"term", OrNull(category.term)}, {"scheme", OrNull(category.scheme)}, {"label", OrNull(category.label)}});
  }
  Json enclosures = Json::array();
  for (const FeedEnclosure& enclosure : item.enclosures) {
    enclosures.push_back({{"url", OrNull(enclosure.url)},
                          {"type", OrNull(enclosure.type)},
                          {"length", enclosure.length > 0 ? Json(enclosure.length) : Json()}});
  }
  return {{"id", OrNull(item.id)},
          {"id_is_permalink", item.id_is_permalink},
          {"title", OrNull(item.title)},
          {"link", OrNull(item.link)},
          {"authors", std::move(authors)},
          {"published_time", OrNull(item.published_time)},
          {"updated_time", OrNull(item.updated_time)},
          {"summary_html", Html(item.summary_html, item.base_url)},
          {"content_html", Html(item.content_html, item.base_url)},
          {"language", OrNull(Language(item))},
          {"categories", std::move(categories)},
          {"enclosures", std::move(enclosures)}};
}

std::string ParseAnswer(const Json& id, const std::string& url, const Result<Feed>& feed) {
  Json items = Json::array();
  Json warnings = Json::array();
  if (feed) {
    for (const FeedItem& item : feed->items) items.push_back(ItemJson(item));
    for (const std::string& warning : feed->warnings) warnings.push_back(warning);
  }
  return Write({{"id", id},
                {"feed", feed ? FeedJson(*feed, url) : Json()},
                {"items", std::move(items)},
                {"warnings", std::move(warnings)},
                {"error", feed ? Json() : Json(feed.error().message())}});
}

Result<Feed> Parse(const Json& line) {
  if (line.is_discarded()) return Fail(Code::kInvalidArgument, "the line is not valid JSON");
  if (!line.is_object()) return Fail(Code::kInvalidArgument, "the line is not a JSON object");
  KIMBERLITE_ASSIGN_OR_RETURN(const std::string url, Text(line, "url"));
  KIMBERLITE_ASSIGN_OR_RETURN(const std::string zone, Text(line, "time_zone"));
  KIMBERLITE_ASSIGN_OR_RETURN(const std::string encoded, Text(line, "body_base64"));
  const std::optional<std::string> body = DecodeBase64(encoded);
  if (!body) return Fail(Code::kInvalidArgument, "body_base64 is not base64");
  const std::string content_type = ContentType(line);
  KIMBERLITE_ASSIGN_OR_RETURN(Feed feed,
                              ParseFeed({.body = *body, .content_type = content_type, .url = url, .time_zone = zone}));
  return feed;
}

}  // namespace

std::string ParseLine(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const Result<std::string> url = json.is_object() ? Text(json, "url") : std::string();
  return ParseAnswer(Id(json), url ? *url : std::string(), Parse(json));
}

std::string CleanLine(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const auto refused = [&](std::string_view why) {
    return Write({{"id", Id(json)}, {"html", nullptr}, {"error", why}});
  };
  if (json.is_discarded()) return refused("the line is not valid JSON");
  if (!json.is_object()) return refused("the line is not a JSON object");
  const auto html = Text(json, "html");
  if (!html) return refused(html.error().message());
  const auto url = Text(json, "url");
  if (!url) return refused(url.error().message());
  return Write({{"id", Id(json)}, {"html", html::Sanitize(*html, *url)}});
}

int RunLines(std::istream& in, std::ostream& out, std::string (*answer)(std::string_view)) {
  std::string line;
  while (std::getline(in, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    out << answer(line) << '\n' << std::flush;
    if (!out) return 1;
  }
  return 0;
}

}  // namespace kimberlite::ingest
