#include "services/content/core/search.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "libs/base/text.h"
#include "libs/i18n/search_terms.h"

namespace kimberlite::content {
namespace {

constexpr int kMaxWords = 10'000;
constexpr int kMaxPosition = 16'383;  // PostgreSQL's
constexpr std::size_t kMaxPlaces = 64;
constexpr int kFieldGap = 16;  // so that no phrase runs from the headline into the summary
constexpr std::size_t kMaxQueryWords = 16;
constexpr std::size_t kMaxSnippet = 300;  // characters

// First characters of the keys.
bool MayBeKey(std::string_view stem) { return std::string_view("@#^~").find(stem.front()) != std::string_view::npos; }

class Vector {
 public:
  void AddKey(const std::string& key) { places_.try_emplace(key); }

  void AddField(std::string_view text, std::string_view language, char weight, std::string_view marks) {
    for (const i18n::SearchTerm& term : i18n::SearchTerms(text, language)) {
      if (++words_ > kMaxWords) return;
      ++position_;
      if (MayBeKey(term.stem)) continue;
      forms_.emplace(term.form, term.stem);
      std::vector<std::string>& places = places_[term.stem];
      if (position_ <= kMaxPosition && places.size() < kMaxPlaces)
        places.push_back(std::to_string(position_) + (weight == 'D' ? std::string() : std::string(1, weight)));
      for (const char mark : marks) AddKey(mark + term.stem);
    }
    position_ += kFieldGap;
  }

  SearchEntry Take() {
    std::string literal;
    for (const auto& [lexeme, places] : places_) {
      if (!literal.empty()) literal += ' ';
      literal += QuoteLexeme(lexeme);
      if (!places.empty()) literal += ':' + Join(places, ",");
    }
    return {.vector = std::move(literal), .forms = std::move(forms_)};
  }

 private:
  std::map<std::string, std::vector<std::string>> places_;
  std::map<std::string, std::string> forms_;
  int words_ = 0;
  int position_ = 0;
};

bool IsQuote(std::string_view text, std::size_t at, std::size_t& length) {
  for (const std::string_view quote : {"\"", "“", "”", "„", "«", "»"}) {
    if (text.substr(at).starts_with(quote)) {
      length = quote.size();
      return true;
    }
  }
  return false;
}

struct Part {
  std::string_view text;
  bool quoted = false;
};

// Text between pairs of quotes is quoted; a quote without a partner is nothing.
std::vector<Part> Parts(std::string_view text) {
  std::vector<std::size_t> quotes;
  std::vector<std::size_t> lengths;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t length = 0;
    if (!IsQuote(text, at, length)) continue;
    quotes.push_back(at);
    lengths.push_back(length);
    at += length - 1;
  }
  std::vector<Part> parts;
  std::size_t begin = 0;
  for (std::size_t i = 0; i + 1 < quotes.size(); i += 2) {
    parts.push_back({text.substr(begin, quotes[i] - begin), false});
    const std::size_t inside = quotes[i] + lengths[i];
    parts.push_back({text.substr(inside, quotes[i + 1] - inside), true});
    begin = quotes[i + 1] + lengths[i + 1];
  }
  parts.push_back({text.substr(begin), false});
  return parts;
}

// Whether it was not there.
bool AddOnce(std::vector<std::string>& stems, const std::string& stem) {
  if (std::ranges::find(stems, stem) != stems.end()) return false;
  stems.push_back(stem);
  return true;
}

// The byte where the code point that is `count` after (or before) `at` begins.
std::size_t Forward(std::string_view text, std::size_t at, std::size_t count) {
  for (; at < text.size() && count > 0; --count) {
    do ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  }
  return at;
}
std::size_t Back(std::string_view text, std::size_t at, std::size_t count) {
  for (; at > 0 && count > 0; --count) {
    do --at;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  }
  return at;
}

constexpr std::string_view kEllipsis = "…";

}  // namespace

std::string LanguageKey(std::string_view language_code) { return "@" + std::string(language_code); }

std::string DayKey(std::string_view language_code, Time time) {
  return LanguageKey(language_code) + "." + FormatRfc3339(time).substr(0, 10);
}

std::string ConceptKey(std::int64_t concept_id) { return "#" + std::to_string(concept_id); }

std::string QuoteLexeme(std::string_view lexeme) {
  std::string quoted = "'";
  for (const char c : lexeme) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

SearchEntry EntryOf(const SearchText& text) {
  Vector vector;
  vector.AddKey(LanguageKey(text.language_code));
  vector.AddKey(DayKey(text.language_code, text.published_time));
  for (const std::int64_t concept_id : text.concept_ids) vector.AddKey(ConceptKey(concept_id));
  vector.AddField(text.headline, text.language_code, 'A', "^~");
  vector.AddField(text.summary, text.language_code, 'B', "~");
  vector.AddField(text.body, text.language_code, 'D', "");
  return vector.Take();
}

SearchQuery ParseSearch(std::string_view text, std::string_view language_code) {
  SearchQuery query;
  std::size_t words = 0;
  std::string last_form;
  std::string last_stem;
  std::size_t last_characters = 0;
  for (const Part& part : Parts(text)) {
    std::vector<std::string> phrase;
    for (const i18n::SearchTerm& term : i18n::SearchTerms(part.text, language_code)) {
      if (MayBeKey(term.stem) || ++words > kMaxQueryWords) continue;
      if (part.quoted) phrase.push_back(term.stem);
      // Where another place asks for the same word whole, that decides.
      const bool only_here = AddOnce(query.stems, term.stem) && !part.quoted;
      last_form = only_here ? term.form : std::string();
      last_stem = term.stem;
      last_characters = CountCodePoints(term.word.In(part.text));
    }
    if (phrase.size() > 1) query.phrases.push_back(std::move(phrase));
  }
  if (last_form.empty() || last_characters < 2) return query;
  query.prefix = last_form;
  query.prefix_stem = last_stem;
  query.stems.pop_back();
  return query;
}

Snippet MakeSnippet(std::string_view text, std::string_view language_code, const std::vector<std::string>& stems,
                    std::string_view prefix) {
  std::vector<i18n::SearchTerm> found;
  for (i18n::SearchTerm& term : i18n::SearchTerms(text, language_code)) {
    const bool begins = !prefix.empty() && term.form.starts_with(prefix);
    if (begins || std::ranges::find(stems, term.stem) != stems.end()) found.push_back(std::move(term));
  }
  Snippet snippet;
  if (found.empty()) {
    snippet.text = i18n::Excerpt(text, language_code, kMaxSnippet);
    return snippet;
  }
  // The window that begins a little before a word and has most different ones.
  std::size_t best_begin = 0;
  std::size_t best_count = 0;
  for (std::size_t i = 0; i < found.size() && i < 100; ++i) {
    const std::size_t begin = Back(text, found[i].word.begin_byte, kMaxSnippet / 5);
    const std::size_t end = Forward(text, begin, kMaxSnippet - 2);
    std::set<std::string_view> different;
    for (std::size_t j = i; j < found.size() && found[j].word.end_byte <= end; ++j) different.insert(found[j].stem);
    if (different.size() > best_count) {
      best_count = different.size();
      best_begin = begin;
    }
  }
  std::size_t begin = best_begin;
  std::size_t end = Forward(text, begin, kMaxSnippet - 2);
  // To whole words, where there are spaces.
  const auto is_space = [&](std::size_t at) { return text[at] == ' ' || text[at] == '\n'; };
  if (begin > 0) {
    for (std::size_t at = begin; at < text.size() && at < begin + 80; ++at) {
      if (!is_space(at)) continue;
      const bool passes_one = std::ranges::any_of(
          found, [&](const auto& term) { return term.word.begin_byte >= begin && term.word.begin_byte < at; });
      if (!passes_one) begin = at + 1;
      break;
    }
  }
  if (end < text.size()) {
    for (std::size_t at = end; at > begin && at + 80 > end; --at) {
      if (!is_space(at)) continue;
      end = at;
      break;
    }
  }
  if (begin > 0) snippet.text = kEllipsis;
  const std::size_t shift = snippet.text.size();
  snippet.text += text.substr(begin, end - begin);
  for (char& c : snippet.text) {
    if (c == '\n') c = ' ';
  }
  if (end < text.size()) snippet.text += kEllipsis;
  for (const i18n::SearchTerm& term : found) {
    if (term.word.begin_byte < begin || term.word.end_byte > end) continue;
    snippet.spans.push_back(static_cast<std::int32_t>(term.word.begin_byte - begin + shift));
    snippet.spans.push_back(static_cast<std::int32_t>(term.word.end_byte - begin + shift));
  }
  return snippet;
}

}  // namespace kimberlite::content
