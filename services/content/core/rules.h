#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

// Rules of single fields. `field` names the field in the error.
namespace kimberlite::content {

inline constexpr std::size_t kMaxHeadline = 300;  // characters
inline constexpr std::size_t kMaxSummary = 1000;  // characters
inline constexpr std::size_t kMaxSlug = 80;       // bytes
inline constexpr std::size_t kMaxAuthors = 20;
inline constexpr std::size_t kMaxAuthor = 120;  // characters
inline constexpr std::size_t kMaxConcepts = 100;
inline constexpr std::size_t kMaxTranslations = 50;
inline constexpr std::size_t kMaxUrl = 2048;         // bytes
inline constexpr std::size_t kMaxBody = 1 << 20;     // bytes
inline constexpr std::size_t kMaxBodies = 16 << 20;  // bytes, of all translations of an article
inline constexpr std::size_t kMaxAlt = 500;          // characters
inline constexpr std::size_t kMaxCaption = 500;      // characters
inline constexpr std::size_t kMaxCredit = 200;       // characters
inline constexpr std::size_t kMaxSourceId = 60;      // bytes
inline constexpr std::size_t kMaxSourceName = 120;   // characters
inline constexpr std::size_t kMaxSources = 1000;     // a hostile feed must not fill the site with credits

// "field[index]"
std::string At(const std::string& field, std::size_t index);

// Whether it is "scheme://host…" with one of http and https, without white space, control characters or user name.
bool IsHttpUrl(std::string_view url);

// Absolute http(s) URL of up to 2,048 bytes, or empty.
Result<void> CheckUrl(std::string_view url, const std::string& field);

// Empty (one is made) or a slug.
Result<void> CheckSlug(std::string_view slug, const std::string& field);

// Up to 20 names of 1 to 120 characters.
Result<void> CheckAuthors(const std::vector<std::string>& authors, const std::string& field);

// Up to 100 different positive ids.
Result<void> CheckConceptIds(const std::vector<std::int64_t>& concept_ids, const std::string& field);

// RESOURCE_EXHAUSTED above 1 MiB.
Result<void> CheckBodySize(std::string_view body_html, const std::string& field);

// Empty or 1 to 200 printable ASCII characters.
Result<void> CheckIdempotencyKey(std::string_view key);

// Whether it is one of the first path segments after the language that no section may take: "tag", "feeds", ….
bool IsReservedSegment(std::string_view segment);

// The text in double quotes as an error may carry it: cut after 60 bytes, control characters as "?".
std::string Quoted(std::string_view text);

// "must be at most 20, this has 21": RESOURCE_EXHAUSTED.
std::unexpected<Error> TooMany(const std::string& field, std::size_t limit, std::size_t count);

}  // namespace kimberlite::content
