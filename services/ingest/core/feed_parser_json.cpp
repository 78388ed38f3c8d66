#include <algorithm>
#include <nlohmann/json.hpp>

#include "libs/base/text.h"
#include "libs/html/text.h"
#include "services/ingest/core/feed_date.h"
#include "services/ingest/core/feed_parser_formats.h"
#include "services/ingest/core/feed_people.h"
#include "services/ingest/core/plain_line.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;
constexpr int kMaxValues = 300'000;

// Bounds what the parser will have to hold, before it holds it.
Result<void> CheckShape(std::string_view text) {
  int depth = 0;
  int values = 0;
  bool string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (string) {
      if (c == '\\') ++i;
      if (c == '"') string = false;
      continue;
    }
    if (c == '"') string = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == ',' || c == '[' || c == '{') ++values;
    if (depth > kMaxDepth) return Fail(Code::kInvalidArgument, "the JSON is nested more than 32 levels deep");
    if (values > kMaxValues) return Fail(Code::kInvalidArgument, "the JSON holds more than 300,000 values");
  }
  return {};
}

// What can be made of JSON that is broken: control characters within strings are escaped, a comma before a closing
// bracket goes, and what follows the last whole value of "items", or of the document, is cut off and its brackets
// closed. `cut` tells whether it was.
std::string Mend(std::string_view text, bool& cut) {
  std::string mended;
  mended.reserve(text.size() + 16);
  std::string open;           // closing brackets of what is open
  std::size_t whole = 0;      // where the last whole element of an array ends in `mended`
  std::string open_at_whole;  // what was open there
  bool string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (string) {
      if (static_cast<unsigned char>(c) < 0x20) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        ((mended += "\\u00") += kDigits[c >> 4]) += kDigits[c & 15];
        continue;
      }
      mended += c;
      if (c == '\\' && i + 1 < text.size()) mended += text[++i];
      if (c == '"') string = false;
      continue;
    }
    if (c == '"') string = true;
    if (c == '{' || c == '[') open += c == '{' ? '}' : ']';
    if (c == '}' || c == ']') {
      if (open.empty() || open.back() != c) break;
      open.pop_back();
      while (!mended.empty() && std::string_view(" \t\r\n,").contains(mended.back())) mended.pop_back();
    }
    mended += c;
    if (c == '}' && open.size() == 2 && open.back() == ']') {
      whole = mended.size();
      open_at_whole = open;
    }
    if (open.empty() && (c == '}' || c == ']')) return mended;
  }
  cut = true;
  mended.resize(whole);
  mended.append(open_at_whole.rbegin(), open_at_whole.rend());
  return mended;
}

// A member that is a string; numbers are taken too, as ids are often written so.
std::string Text(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number()) return found->dump();
  return {};
}

const json* Member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

// "authors" of version 1.1, else "author" of version 1.
std::vector<FeedPerson> Authors(const json& object, std::string_view base) {
  std::vector<FeedPerson> people;
  const auto add = [&](const json& author) {
    if (!author.is_object()) return;
    FeedPerson person{PlainLine(Text(author, "name")), {}, AbsoluteUrl(base, Text(author, "url"))};
    AddPerson(people, std::move(person));
  };
  const json* list = Member(object, "authors");
  if (list && list->is_array()) std::ranges::for_each(*list, add);
  const json* single = Member(object, "author");
  if (people.empty() && single) add(*single);
  return people;
}

FeedItem ReadItem(const json& object, std::string_view base, std::string_view zone) {
  FeedItem item;
  item.id = PlainLine(Text(object, "id"));
  item.link = AbsoluteUrl(base, Text(object, "url"));
  item.base_url = item.link.empty() ? std::string(base) : item.link;
  if (const std::string elsewhere = AbsoluteUrl(base, Text(object, "external_url")); item.link.empty())
    item.link = elsewhere;
  // An id is a URL where its author has nothing better (JSON Feed 1.1, "id").
  item.id_is_permalink = !item.id.empty() && !AbsoluteUrl("", item.id).empty();
  if (item.link.empty() && item.id_is_permalink) item.link = AbsoluteUrl("", item.id);
  item.title = PlainLine(Text(object, "title"));
  item.content_html = TrimAscii(Text(object, "content_html"));
  if (item.content_html.empty()) item.content_html = html::EscapeText(TrimAscii(Text(object, "content_text")));
  item.summary_html = html::EscapeText(TrimAscii(Text(object, "summary")));
  item.published_time = ParseFeedDate(Text(object, "date_published"), zone);
  item.updated_time = ParseFeedDate(Text(object, "date_modified"), zone);
  item.authors = Authors(object, base);
  item.language = PlainLine(Text(object, "language"));
  if (const json* tags = Member(object, "tags"); tags && tags->is_array()) {
    for (const json& tag : *tags) {
      if (!tag.is_string()) continue;
      std::string term = PlainLine(tag.get_ref<const std::string&>());
      if (!term.empty()) item.categories.push_back({std::move(term), {}, {}});
    }
  }
  if (const json* attachments = Member(object, "attachments"); attachments && attachments->is_array()) {
    for (const json& attachment : *attachments) {
      if (!attachment.is_object()) continue;
      FeedEnclosure enclosure{AbsoluteUrl(base, Text(attachment, "url")), PlainLine(Text(attachment, "mime_type")), 0};
      const json* size = Member(attachment, "size_in_bytes");
      if (size && size->is_number_unsigned())
        enclosure.length = static_cast<std::int64_t>(std::min<std::uint64_t>(size->get<std::uint64_t>(), INT64_MAX));
      if (!enclosure.url.empty()) item.enclosures.push_back(std::move(enclosure));
    }
  }
  return item;
}

}  // namespace

Result<Feed> ParseJsonFeed(std::string_view text, const FeedDocument& document) {
  KIMBERLITE_RETURN_IF_ERROR(CheckShape(text));
  json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  bool cut = false;
  const bool broken = root.is_discarded();
  if (broken) root = json::parse(Mend(text, cut), nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return Fail(Code::kInvalidArgument, "the document is not well-formed JSON");
  const json* items = root.is_object() ? Member(root, "items") : nullptr;
  if (!items || !items->is_array() || !Text(root, "version").contains("jsonfeed.org/version/")) {
    return Fail(Code::kInvalidArgument,
                "the JSON document is not a JSON Feed: it has no \"version\" of jsonfeed.org or no \"items\"");
  }
  Feed feed;
  if (broken)
    feed.warnings.emplace_back(cut ? "the JSON is not well-formed: it was read up to its last whole item"
                                   : "the JSON is not well-formed");
  feed.id = AbsoluteUrl(document.url, Text(root, "feed_url"));
  feed.title = PlainLine(Text(root, "title"));
  feed.description_html = html::EscapeText(TrimAscii(Text(root, "description")));
  feed.link = AbsoluteUrl(document.url, Text(root, "home_page_url"));
  feed.language = PlainLine(Text(root, "language"));
  const std::vector<FeedPerson> authors = Authors(root, document.url);
  for (const json& object : *items) {
    if (!object.is_object()) continue;
    if (feed.items.size() == kMaxItems) {
      feed.warnings.push_back("the document was not read to its end");
      break;
    }
    FeedItem item = ReadItem(object, document.url, document.time_zone);
    if (item.authors.empty()) item.authors = authors;
    if (item.language.empty()) item.language = feed.language;
    feed.items.push_back(std::move(item));
  }
  return feed;
}

}  // namespace kimberlite::ingest
