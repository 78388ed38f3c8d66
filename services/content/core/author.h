#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "services/content/core/site.h"

// Who writes, and which author a byline means.
namespace kimberlite::content {

struct Author {
  std::string author_id;                            // slug
  std::int64_t sequence = 0;                        // grows by one with every change
  std::map<std::string, std::string> names;         // per language code
  std::vector<std::string> aliases;                 // other spellings that bylines use
  std::map<std::string, std::string> descriptions;  // per language code
  std::string url;                                  // https, may be empty

  bool operator==(const Author&) const = default;
};

inline constexpr std::size_t kMaxAuthorId = 80;  // bytes
inline constexpr std::size_t kMaxAliases = 50;

// Fields are named "author.…".
Result<void> CheckAuthor(const Site& site, const Author& author);

// The form under which bylines are compared: case, ё and е, and runs of white space do not matter. Never empty.
std::string SpellingOf(std::string_view name);

// The spellings of all names and aliases, sorted, each once.
std::vector<std::string> SpellingsOf(const Author& author);

// The id that a name asks for: its slug in the language, with room for a number behind it; never empty.
std::string AuthorIdOf(const std::string& name, const std::string& language_code);

// Whether a byline that is new here, and asks for the id of this author, is another spelling of the same person: its
// language is one in which the author has no name yet ("Анна Петрова" of "Anna Petrova"). In a language that has one it
// is a namesake's: 李娜 and 丽娜 are both li-na.
bool IsSameAuthor(const Author& author, const std::string& language_code);

}  // namespace kimberlite::content
