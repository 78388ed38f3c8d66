#include "services/content/core/file_item.h"

#include <algorithm>

#include "libs/base/id.h"
#include "libs/base/text.h"
#include "libs/i18n/slug.h"
#include "libs/i18n/words.h"
#include "services/content/core/drift.h"
#include "services/content/core/editing.h"
#include "services/content/core/life.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

// Whether the three bytes at `at` are one of U+202A..202E, U+2066..2069 (bidi controls), U+2028, U+2029 (separators).
bool IsUnfit(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '\xE2') return false;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  const auto third = static_cast<unsigned char>(text[at + 2]);
  return (second == 0x80 && third >= 0xA8 && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

Result<Translation> TranslationOf(const Item& item, const std::string& language_code) {
  Translation translation{.language_code = language_code,
                          .headline = FitLine(item.headline, language_code, kMaxHeadline),
                          .summary = FitLine(item.summary, language_code, kMaxSummary),
                          .body_html = item.body_html,
                          .from_item = true};
  for (const std::string& author : item.authors) {
    std::string name = FitLine(author, language_code, kMaxAuthor);
    if (!name.empty() && translation.authors.size() < kMaxAuthors) translation.authors.push_back(std::move(name));
  }
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(translation.headline, "headline", 1, kMaxHeadline));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(translation.summary, "summary", 0, kMaxSummary));
  KIMBERLITE_RETURN_IF_ERROR(CheckAuthors(translation.authors, "authors"));
  KIMBERLITE_RETURN_IF_ERROR(CheckBodySize(translation.body_html, "body_html"));
  return translation;
}

}  // namespace

std::string FitLine(const std::string& text, const std::string& language_code, std::size_t max) {
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    bool space = byte <= 0x20 || byte == 0x7F;
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      space = true;  // U+0080..009F
      ++i;
    } else if (IsUnfit(text, i)) {
      const bool separator = static_cast<unsigned char>(text[i + 2]) <= 0xA9 && text[i + 1] == '\x80';
      i += 2;
      if (!separator) continue;
      space = true;
    }
    if (!space) {
      line += text[i];
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return i18n::Excerpt(line, language_code, max);
}

std::optional<std::string> LanguageOf(const Site& site, const Item& item) {
  std::string_view code = item.language_code;
  while (true) {
    const std::string folded = i18n::Fold(code);
    for (const SiteLanguage& language : site.languages) {
      if (i18n::Fold(language.language_code) == folded) return language.language_code;
    }
    const std::size_t cut = code.rfind('-');
    if (cut == std::string_view::npos) return std::nullopt;
    code = code.substr(0, cut);
  }
}

std::string SectionOf(const Site& site, const Item& item) {
  for (const std::string& category : item.categories) {
    const std::string folded = i18n::Fold(TrimAscii(category));
    if (folded.empty()) continue;
    for (const Section& section : site.sections) {
      if (i18n::Fold(section.section_id) == folded) return section.section_id;
      for (const auto& [code, label] : section.labels) {
        if (i18n::Fold(label) == folded) return section.section_id;
      }
    }
  }
  if (site.FindSection(item.default_section_id) != nullptr) return item.default_section_id;
  return site.sections.front().section_id;
}

std::optional<Source> CreditOf(const Site& site, const Item& item, const std::string& language_code) {
  const std::string name = FitLine(item.credit_name, language_code, kMaxSourceName);
  if (!CheckPlainText(name, "credit_name", 1, kMaxSourceName)) return std::nullopt;
  std::string id = i18n::Slugify(name, language_code, kMaxSourceId);
  if (id.empty()) id = "source-" + Sha256Hex(name).substr(0, 12);
  if (const Source* known = site.FindSource(id)) return *known;
  return Source{.source_id = id, .name = name, .url = CheckUrl(item.credit_url, "credit_url") ? item.credit_url : ""};
}

Result<Article> ArticleFromItem(const Site& site, const Item& item, const std::string& language_code,
                                const std::string& section_id, const std::string& source_id, Time now) {
  KIMBERLITE_ASSIGN_OR_RETURN(Translation translation, TranslationOf(item, language_code));
  translation.version = 1;
  translation.slug = SlugOf(translation.headline, language_code);
  translation.updated_time = now;
  Article article{.sequence = 1,
                  .section_id = section_id,
                  .source_id = source_id,
                  .source_url = CheckUrl(item.link, "link") ? item.link : "",
                  .original_language_code = language_code,
                  .created_time = now};
  article.translations.push_back(std::move(translation));
  TrackDrift(nullptr, article, now);
  Translation& filed = article.translations.front();
  if (item.publish_at_once && CheckMayBePublic(site, article, now, "")) {
    Publish(site, filed, now);
  } else {
    filed.state = TranslationState::kReview;
  }
  return article;
}

std::string FilingName(Filing filing) {
  switch (filing) {
    case Filing::kCreated: return "created";
    case Filing::kRevised: return "revised";
    case Filing::kUnchanged: return "unchanged";
    case Filing::kOlder: return "older";
    case Filing::kEdited: return "edited";
    case Filing::kWithdrawn: return "withdrawn";
    case Filing::kRemoved: return "removed";
    case Filing::kFlagged: return "flagged";
    case Filing::kUnknown: return "unknown";
    case Filing::kForeignLanguage: return "foreign_language";
  }
  return "unknown";
}

Result<Revision> ReviseFromItem(const Article& before, const Item& item, const std::string& language_code, Time now) {
  Revision revision{Filing::kRevised, before};
  Article back = before;
  back.source_removed_time.reset();
  if (back != before) ++back.sequence;
  Translation* translation = revision.article.Find(language_code);
  if (translation == nullptr) return Revision{Filing::kForeignLanguage, back};
  if (translation->state == TranslationState::kWithdrawn) return Revision{Filing::kWithdrawn, back};
  if (!translation->from_item) return Revision{Filing::kEdited, back};
  revision.article.source_removed_time.reset();

  KIMBERLITE_ASSIGN_OR_RETURN(Translation words, TranslationOf(item, language_code));
  if (words.headline == translation->headline && words.summary == translation->summary &&
      words.body_html == translation->body_html && words.authors == translation->authors) {
    return Revision{Filing::kUnchanged, back};
  }
  translation->headline = std::move(words.headline);
  translation->summary = std::move(words.summary);
  translation->body_html = std::move(words.body_html);
  translation->authors = std::move(words.authors);
  translation->updated_time = now;
  KIMBERLITE_RETURN_IF_ERROR(CheckBodiesTogether(revision.article, "body_html"));
  TrackDrift(&before, revision.article, now);
  ++translation->version;
  ++revision.article.sequence;
  return revision;
}

Revision RemoveItem(const Article& before, const std::string& language_code, bool withdraw, Time now) {
  Revision revision{Filing::kFlagged, before};
  if (before.source_removed_time) return {Filing::kUnchanged, before};
  revision.article.source_removed_time = now;
  Translation* translation = revision.article.Find(language_code);
  if (withdraw && translation != nullptr && translation->from_item &&
      translation->state == TranslationState::kPublished) {
    translation->state = TranslationState::kWithdrawn;
    ++translation->version;
    revision.filing = Filing::kRemoved;
  }
  ++revision.article.sequence;
  return revision;
}

}  // namespace kimberlite::content
