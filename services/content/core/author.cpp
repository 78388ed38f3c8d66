#include "services/content/core/author.h"

#include <algorithm>

#include "libs/base/id.h"
#include "libs/base/text.h"
#include "libs/i18n/slug.h"
#include "libs/i18n/words.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {

Result<void> CheckAuthor(const Site& site, const Author& author) {
  if (!IsSlug(author.author_id, kMaxAuthorId)) {
    return InvalidField("author.author_id", "must be 1 to 80 of a-z, 0-9 and single hyphens between them");
  }
  if (author.names.empty()) return InvalidField("author.names", "must hold a name in at least one language");
  for (const auto& [code, name] : author.names) {
    const std::string at = "author.names[" + Quoted(code) + "]";
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, code, at));
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(name, at, 1, kMaxAuthor));
  }
  if (author.aliases.size() > kMaxAliases) return TooMany("author.aliases", kMaxAliases, author.aliases.size());
  for (std::size_t i = 0; i < author.aliases.size(); ++i) {
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(author.aliases[i], At("author.aliases", i), 1, kMaxAuthor));
  }
  for (const auto& [code, description] : author.descriptions) {
    const std::string at = "author.descriptions[" + Quoted(code) + "]";
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, code, at));
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(description, at, 0, 1000));
  }
  KIMBERLITE_RETURN_IF_ERROR(CheckUrl(author.url, "author.url"));
  if (!author.url.empty() && !author.url.starts_with("https://")) {
    return InvalidField("author.url", "must be an absolute https URL, or empty");
  }
  return {};
}

std::string SpellingOf(std::string_view name) {
  std::string spelling;
  for (const char c : i18n::Fold(name)) {
    if (c != ' ') {
      spelling += c;
    } else if (!spelling.empty() && spelling.back() != ' ') {
      spelling += ' ';
    }
  }
  if (spelling.ends_with(' ')) spelling.pop_back();
  // Nothing is left of a name of invisible characters.
  return spelling.empty() ? std::string(name) : spelling;
}

std::vector<std::string> SpellingsOf(const Author& author) {
  std::vector<std::string> spellings;
  for (const auto& [code, name] : author.names) spellings.push_back(SpellingOf(name));
  for (const std::string& alias : author.aliases) spellings.push_back(SpellingOf(alias));
  std::ranges::sort(spellings);
  spellings.erase(std::ranges::unique(spellings).begin(), spellings.end());
  return spellings;
}

std::string AuthorIdOf(const std::string& name, const std::string& language_code) {
  std::string id = i18n::Slugify(name, language_code, kMaxAuthorId - 6);
  return id.empty() ? "author-" + Sha256Hex(name).substr(0, 12) : id;
}

bool IsSameAuthor(const Author& author, const std::string& language_code) {
  return !author.names.contains(language_code);
}

}  // namespace kimberlite::content
