#include "services/ingest/core/source.h"

#include <algorithm>

#include "libs/base/text.h"
#include "libs/i18n/dates.h"
#include "libs/i18n/language.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

Result<void> CheckKey(std::string_view key, std::string field, std::size_t max) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (key.empty() || key.size() > max || !std::ranges::all_of(key, allowed)) {
    return InvalidField(std::move(field),
                        "must be 1 to " + std::to_string(max) + " characters of a-z, 0-9 and hyphens");
  }
  return {};
}

Result<void> CheckUrl(std::string_view url, std::string field) {
  if (AbsoluteUrl("", url).empty()) {
    return InvalidField(std::move(field),
                        "must be an absolute http or https URL of at most 2,048 bytes, without a user name");
  }
  return {};
}

}  // namespace

Result<void> CheckSource(const Source& source) {
  KIMBERLITE_RETURN_IF_ERROR(CheckKey(source.source_id, "source.source_id", 60));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(source.name, "source.name", 1, 200));
  if (!source.feed_url.empty()) KIMBERLITE_RETURN_IF_ERROR(CheckUrl(source.feed_url, "source.feed_url"));
  if (!source.home_url.empty()) KIMBERLITE_RETURN_IF_ERROR(CheckUrl(source.home_url, "source.home_url"));
  if (!source.default_language_code.empty()) {
    KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(source.default_language_code, "source.default_language_code"));
  }
  KIMBERLITE_RETURN_IF_ERROR(CheckKey(source.default_section_id, "source.default_section_id", 40));
  if (source.poll_interval < std::chrono::seconds(1) || source.poll_interval > std::chrono::hours(24)) {
    return InvalidField("source.poll_interval", "must be 1 second to 24 hours");
  }
  if (source.max_poll_interval < source.poll_interval || source.max_poll_interval > std::chrono::hours(7 * 24)) {
    return InvalidField("source.max_poll_interval", "must be between poll_interval and 7 days");
  }
  if (source.keep_documents_days < 0 || source.keep_documents_days > 366)
    return InvalidField("source.keep_documents_days", "must be 0 to 366");
  if (source.max_pushed_per_minute < 0 || source.max_pushed_per_minute > 100'000)
    return InvalidField("source.max_pushed_per_minute", "must be 0 to 100,000");
  if (!source.time_zone.empty()) KIMBERLITE_RETURN_IF_ERROR(i18n::CheckTimeZone(source.time_zone, "source.time_zone"));
  return {};
}

}  // namespace kimberlite::ingest
