#include "services/content/core/rules.h"

#include <algorithm>
#include <array>
#include <set>

#include "libs/base/text.h"

namespace kimberlite::content {

std::string At(const std::string& field, std::size_t index) { return field + "[" + std::to_string(index) + "]"; }

std::string Quoted(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::size_t end = std::min(text.size(), kLongest);
  // Not inside a character.
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  std::string quoted = "\"";
  for (const char c : text.substr(0, end)) quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  if (end < text.size()) quoted += "…";
  return quoted + "\"";
}

std::unexpected<Error> TooMany(const std::string& field, std::size_t limit, std::size_t count) {
  return Fail(Error::Field(Code::kResourceExhausted, field,
                           "must be at most " + std::to_string(limit) + ", this has " + std::to_string(count)));
}

bool IsHttpUrl(std::string_view url) {
  std::size_t scheme = 0;
  if (url.starts_with("https://")) {
    scheme = 8;
  } else if (url.starts_with("http://")) {
    scheme = 7;
  } else {
    return false;
  }
  const std::string_view rest = url.substr(scheme);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty() || authority.front() == ':' || authority.find('@') != std::string_view::npos) return false;
  if (!IsValidUtf8(url)) return false;
  return std::ranges::none_of(url, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' ||
           c == '{' || c == '|' || c == '}';
  });
}

Result<void> CheckUrl(std::string_view url, const std::string& field) {
  if (url.empty()) return {};
  if (url.size() > kMaxUrl) {
    return Fail(Error::Field(Code::kResourceExhausted, field, "must be at most 2048 bytes long"));
  }
  if (!IsHttpUrl(url))
    return InvalidField(field, "must be an absolute http or https URL, such as https://example.org/news");
  return {};
}

Result<void> CheckSlug(std::string_view slug, const std::string& field) {
  if (slug.empty() || IsSlug(slug, kMaxSlug)) return {};
  return InvalidField(field, "must be 1 to 80 of a-z, 0-9 and single hyphens between them");
}

Result<void> CheckAuthors(const std::vector<std::string>& authors, const std::string& field) {
  if (authors.size() > kMaxAuthors) return TooMany(field, kMaxAuthors, authors.size());
  for (std::size_t i = 0; i < authors.size(); ++i) {
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(authors[i], At(field, i), 1, kMaxAuthor));
  }
  return {};
}

Result<void> CheckConceptIds(const std::vector<std::int64_t>& concept_ids, const std::string& field) {
  if (concept_ids.size() > kMaxConcepts) return TooMany(field, kMaxConcepts, concept_ids.size());
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < concept_ids.size(); ++i) {
    if (concept_ids[i] <= 0) return InvalidField(At(field, i), "must be a concept's id, greater than 0");
    if (!seen.insert(concept_ids[i]).second) {
      return InvalidField(At(field, i), "must not name concept " + std::to_string(concept_ids[i]) + " twice");
    }
  }
  return {};
}

Result<void> CheckBodySize(std::string_view body_html, const std::string& field) {
  if (body_html.size() <= kMaxBody) return {};
  return Fail(Error::Field(Code::kResourceExhausted, field,
                           "must be at most 1 MiB (1048576 bytes), this has " + std::to_string(body_html.size())));
}

Result<void> CheckIdempotencyKey(std::string_view key) {
  const std::string field = "idempotency_key";
  if (key.size() > 200) {
    return Fail(Error::Field(Code::kResourceExhausted, field, "must be at most 200 characters"));
  }
  if (!std::ranges::all_of(key, [](char c) { return c >= 0x20 && c < 0x7F; })) {
    return InvalidField(field, "must be printable ASCII");
  }
  return {};
}

bool IsReservedSegment(std::string_view segment) {
  static constexpr std::array<std::string_view, 14> kReserved = {
      "tag",  "source", "author", "archive", "search",   "feeds",     "about",
      "live", "page",   "lite",   "rss.xml", "atom.xml", "feed.json", "media"};
  return std::ranges::find(kReserved, segment) != kReserved.end();
}

}  // namespace kimberlite::content
