#include "services/ingest/core/item_language.h"

#include <algorithm>

#include "libs/base/text.h"
#include "libs/i18n/language.h"
#include "libs/langid/langid.h"

namespace kimberlite::ingest {
namespace {

constexpr std::size_t kSample = 1024;
// How sure the text must be to outweigh a declaration, and the source's default.
constexpr double kSureOfOther = 0.97;
constexpr double kSureOfText = 0.9;

bool IsKnown(const std::string& language) {
  return std::ranges::find(langid::KnownLanguages(), language) != langid::KnownLanguages().end();
}

std::string_view Sample(std::string_view text) {
  if (text.size() <= kSample) return text;
  std::size_t end = kSample;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string LanguageOfItem(std::string_view declared, std::string_view default_code, std::string_view text) {
  const std::string said = i18n::PrimaryLanguage(TrimAscii(declared));
  // The text of a language that cannot be told is taken for a neighbour's.
  if (!said.empty() && !IsKnown(said)) return said;
  langid::Hints hints{.declared = said};
  if (!default_code.empty()) hints.configured.emplace_back(default_code);
  const langid::Guess guess = langid::Identify(Sample(text), hints);
  const bool is_language = guess.language != langid::kUndetermined;
  if (!said.empty()) return is_language && guess.score >= kSureOfOther ? guess.language : said;
  if (is_language && (default_code.empty() || guess.score >= kSureOfText)) return guess.language;
  return std::string(default_code);
}

}  // namespace kimberlite::ingest
