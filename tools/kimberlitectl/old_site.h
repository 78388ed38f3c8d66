#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

// Exports of other systems, as files.
namespace kimberlite::ctl {

// An article of another system.
struct OldArticle {
  std::string key;       // of the import: "joomla:123"
  std::string where;     // file and number, for errors
  std::string language;  // as it stands there
  std::string category;
  std::string headline, alias, summary;
  std::string html;               // or
  std::string markdown;           // one of the two
  std::vector<std::string> tags;  // trimmed, without empty ones
  std::vector<std::string> authors;
  std::string published;  // RFC 3339; empty: none
  bool is_public = true;
  std::vector<std::string> old_paths;
};

// A Joomla export: a JSON array, an object with "articles", JSON lines, or CSV with a line of names (RFC 4180). Fields:
// id, title, alias, category (its alias), tags (a list, or one text with commas), language ("ru-RU", "*"), introtext,
// fulltext, metadesc, created, publish_up, state (1 and 2 public, 0 not; -2, in the bin, is left out),
// created_by_alias. Errors name the article.
Result<std::vector<OldArticle>> ReadJoomla(std::string_view bytes, const std::string& name);

// Every *.md below a folder, in order of name: front matter between lines of "---" with title, language, section, tags,
// slug, summary, date, authors, draft, url (of the past); below it Markdown. Language and section may be the first
// folders instead: ru/economy/story.md.
Result<std::vector<OldArticle>> ReadMarkdownFolder(const std::string& folder);

// Rows of fields of CSV; quoted fields may hold commas, quotes ("") and line breaks.
Result<std::vector<std::vector<std::string>>> ParseCsv(std::string_view bytes);

// " New Year, ," → "New Year"; parts of one text with commas.
std::vector<std::string> TagsOf(std::string_view text);

}  // namespace kimberlite::ctl
