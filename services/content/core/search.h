#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/time.h"

// What is written down of a translation so that it is found, what a reader's words ask for, and what is shown of a
// find.
namespace kimberlite::content {

// What was written under other rules is written again at the start.
inline constexpr int kSearchVersion = 1;

struct SearchText {
  std::string language_code;
  Time published_time;
  std::vector<std::int64_t> concept_ids;
  std::string headline;
  std::string summary;
  std::string body;  // plain text
};

// Beside its words, which stand with their places, a translation has keys that no word can be:
//   "@en" its language, "@en.2026-11-24" its language and day (UTC), "#7" a concept,
//   "^stem" a word of the headline, "~stem" a word of headline or summary.
struct SearchEntry {
  std::string vector;                        // a tsvector literal
  std::map<std::string, std::string> forms;  // every form of a word that stands there, with its stem
};

// The first 10,000 words count, and 64 places of each.
SearchEntry EntryOf(const SearchText& text);

std::string LanguageKey(std::string_view language_code);
std::string DayKey(std::string_view language_code, Time time);
std::string ConceptKey(std::int64_t concept_id);

// A key or word as it stands in a tsvector or tsquery.
std::string QuoteLexeme(std::string_view lexeme);

// What the reader typed.
struct SearchQuery {
  std::vector<std::string> stems;                 // each required, once
  std::vector<std::vector<std::string>> phrases;  // stems that stand together; they are in `stems` too
  // The last word as a beginning, folded, and its stem, which then is not in `stems`; empty: none.
  std::string prefix;
  std::string prefix_stem;

  bool empty() const { return stems.empty() && prefix_stem.empty(); }
};

// Never fails: what has no words asks for nothing. The first 16 words count.
SearchQuery ParseSearch(std::string_view text, std::string_view language_code);

struct Snippet {
  std::string text;                 // up to 300 characters
  std::vector<std::int32_t> spans;  // begin, end, begin, end, … in bytes
};

// The part of the text with most of the words, one of which is also meant by forms that begin with `prefix` (may be
// empty); its beginning when it has none of them.
Snippet MakeSnippet(std::string_view text, std::string_view language_code, const std::vector<std::string>& stems,
                    std::string_view prefix);

}  // namespace kimberlite::content
