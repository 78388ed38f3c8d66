#include "services/ingest/core/push.h"

#include <algorithm>

#include "libs/base/text.h"
#include "libs/html/text.h"
#include "libs/i18n/language.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

Result<void> CheckUrl(const std::string& url, std::string field) {
  if (url.empty() || !AbsoluteUrl("", url).empty()) return {};
  return InvalidField(std::move(field),
                      "must be an absolute http or https URL of at most 2,048 bytes, without a user name, or empty");
}

Result<void> CheckNames(const std::vector<std::string>& names, const std::string& field, std::size_t max) {
  if (names.size() > max) return InvalidField(field, "must be at most " + std::to_string(max));
  for (std::size_t i = 0; i < names.size(); ++i)
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(names[i], field + "[" + std::to_string(i) + "]", 1, 200));
  return {};
}

Result<void> Check(const PushedItem& item, const Source& source) {
  const bool bad_id =
      item.external_id.size() > kMaxExternalIdBytes || !IsValidUtf8(item.external_id) ||
      std::ranges::any_of(item.external_id, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (bad_id) return InvalidField("item.external_id", "must be at most 500 bytes of text without control characters");
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(item.headline, "item.headline", 1, kMaxHeadline));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(item.summary, "item.summary", 0, kMaxSummary));
  if (!IsValidUtf8(item.body_html)) return InvalidField("item.body_html", "must be UTF-8");
  if (item.body_html.size() > kMaxBodyBytes) {
    return std::unexpected(Error::Field(Code::kResourceExhausted, "item.body_html", "must be at most 1 MiB"));
  }
  KIMBERLITE_RETURN_IF_ERROR(CheckUrl(item.link, "item.link"));
  if (item.language_code.empty() && source.default_language_code.empty())
    return InvalidField("item.language_code", "must be given, as the source names no default");
  if (!item.language_code.empty())
    KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(item.language_code, "item.language_code"));
  KIMBERLITE_RETURN_IF_ERROR(CheckNames(item.authors, "item.authors", kMaxAuthors));
  KIMBERLITE_RETURN_IF_ERROR(CheckNames(item.categories, "item.categories", kMaxCategories));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(item.credit_name, "item.credit_name", 0, 200));
  return CheckUrl(item.credit_url, "item.credit_url");
}

}  // namespace

Result<RecognisedItem> RecognisePushed(const PushedItem& pushed, const Source& source) {
  KIMBERLITE_RETURN_IF_ERROR(Check(pushed, source));
  FeedItem item;
  item.id = pushed.external_id;
  item.title = pushed.headline;
  item.link = AbsoluteUrl("", pushed.link);
  item.base_url = item.link;
  item.language = pushed.language_code;
  // A summary beside a body is one; alone it is the body, as in a feed.
  item.summary_html = html::EscapeText(pushed.summary);
  item.content_html = pushed.body_html;
  item.published_time = pushed.published_time;
  item.source_name = pushed.credit_name;
  item.source_url = pushed.credit_name.empty() ? "" : AbsoluteUrl("", pushed.credit_url);
  for (const std::string& author : pushed.authors) item.authors.push_back({.name = author, .email = {}, .uri = {}});
  for (const std::string& category : pushed.categories)
    item.categories.push_back({.term = category, .scheme = {}, .label = {}});
  RecognisedItem recognised = RecogniseItem(item, Feed(), source);
  if (recognised.headline.empty()) return InvalidField("item.headline", "must not be white space alone");
  if (recognised.body_html.size() > kMaxBodyBytes)
    return std::unexpected(
        Error::Field(Code::kResourceExhausted, "item.body_html", "must be at most 1 MiB once it is cleaned"));
  return recognised;
}

Result<void> CheckIdempotencyKey(const std::string& key) {
  const bool printable = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7F; });
  if (key.size() <= 200 && printable) return {};
  return InvalidField("idempotency_key", "must be at most 200 printable ASCII characters without spaces");
}

}  // namespace kimberlite::ingest
