#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "services/content/core/article.h"
#include "services/content/core/site.h"

// How an item of a wire becomes an article.
namespace kimberlite::content {

struct Item {
  std::string source_id;    // of the feed, in ingest
  std::string external_id;  // at its source
  std::int64_t sequence = 0;
  std::string credit_name;
  std::string credit_url;
  std::string link;
  std::string language_code;
  std::string headline;
  std::string summary;
  std::string body_html;  // clean; the summary as a paragraph where the item has no body
  std::vector<std::string> authors;
  std::vector<std::string> categories;
  std::string default_section_id;
  bool publish_at_once = false;
};

// The site's language that the item is in: its own code, or that without region or script. Absent: none of them.
std::optional<std::string> LanguageOf(const Site& site, const Item& item);

// The section that a category names by id or by a label in any language, else the source's, else the site's first.
std::string SectionOf(const Site& site, const Item& item);

// Whom the item is credited to: an existing source of that id, or a new one. Absent when the item names nobody.
std::optional<Source> CreditOf(const Site& site, const Item& item, const std::string& language_code);

// Words as a wire writes them made fit for a line of ours: no control or bidi-override characters, runs of white space
// one space, at most `max` characters.
std::string FitLine(const std::string& text, const std::string& language_code, std::size_t max);

// A new article in one language; the credit and the section are taken as given. INVALID_ARGUMENT when no headline is
// left.
Result<Article> ArticleFromItem(const Site& site, const Item& item, const std::string& language_code,
                                const std::string& section_id, const std::string& source_id, Time now);

// What became of an item.
enum class Filing : std::uint8_t {
  kCreated,
  kRevised,
  kUnchanged,        // says nothing new
  kOlder,            // a newer one was taken in before
  kEdited,           // an editor has changed the words: they stand
  kWithdrawn,        // the translation was withdrawn: it stays so
  kRemoved,          // gone at its source, and withdrawn here
  kFlagged,          // gone at its source: an editor has to decide
  kUnknown,          // gone at its source before it was here
  kForeignLanguage,  // in none of the site's languages, or no longer in that of its article
};
std::string FilingName(Filing filing);  // "created", "foreign_language", …

// The newer words put into the translation that the item became, with the next sequence for kRevised.
struct Revision {
  Filing filing;
  Article article;
};
// An item that comes back after it was removed is flagged no longer; what was withdrawn stays so until it is restored.
Result<Revision> ReviseFromItem(const Article& before, const Item& item, const std::string& language_code, Time now);

// The item is gone at its source: the article is flagged. With `withdraw` what the item became is withdrawn too, unless
// an editor has taken it over.
Revision RemoveItem(const Article& before, const std::string& language_code, bool withdraw, Time now);

}  // namespace kimberlite::content
