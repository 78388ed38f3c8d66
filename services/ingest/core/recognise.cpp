#include "services/ingest/core/recognise.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "libs/base/id.h"
#include "libs/base/text.h"
#include "libs/html/sanitize.h"
#include "libs/html/text.h"
#include "libs/i18n/language.h"
#include "libs/i18n/words.h"
#include "libs/langid/langid.h"
#include "services/ingest/core/item_language.h"
#include "services/ingest/core/plain_line.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

// Joins fields so that no other fields give the same text.
class FieldDigest {
 public:
  FieldDigest& Add(std::string_view field) {
    ((text_ += std::to_string(field.size())) += ':') += field;
    return *this;
  }
  FieldDigest& Add(const std::vector<std::string>& fields) {
    Add(std::to_string(fields.size()));
    for (const std::string& field : fields) Add(field);
    return *this;
  }
  std::string Hex() const { return Sha256Hex(text_); }

 private:
  std::string text_;
};

std::vector<std::string> Authors(const FeedItem& item) {
  std::vector<std::string> names;
  if (item.authors_of_feed) return names;
  for (const FeedPerson& person : item.authors) {
    if (names.size() == kMaxAuthors) break;
    // An address is not for readers.
    if (!person.name.empty()) names.push_back(i18n::Excerpt(person.name, "", 200));
  }
  return names;
}

std::vector<std::string> Categories(const FeedItem& item) {
  std::vector<std::string> names;
  for (const FeedCategory& category : item.categories) {
    if (names.size() == kMaxCategories) break;
    const std::string& name = category.label.empty() ? category.term : category.label;
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(i18n::Excerpt(name, "", 200));
  }
  return names;
}

std::vector<std::string> Sorted(std::vector<std::string> texts) {
  std::ranges::sort(texts);
  return texts;
}

std::string ExternalId(const FeedItem& item, const RecognisedItem& recognised) {
  if (item.id.size() > kMaxExternalIdBytes) return "sha256:" + Sha256Hex(item.id);
  if (!item.id.empty()) return item.id;
  if (!item.link.empty()) {
    std::string link = CanonicalUrl(item.link);
    return link.size() > kMaxExternalIdBytes ? "sha256:" + Sha256Hex(link) : link;
  }
  return "sha256:" + FieldDigest().Add(recognised.headline).Add(recognised.summary).Add(recognised.body_html).Hex();
}

std::string Language(const FeedItem& item, const Feed& feed, const Source& source, const std::string& body) {
  constexpr std::size_t kBeginning = 4096;
  const bool own = !i18n::PrimaryLanguage(TrimAscii(item.language)).empty();
  const std::string text = item.title + "\n" + PlainLineOfHtml(std::string_view(body).substr(0, kBeginning));
  return LanguageOfItem(own ? item.language : feed.language, source.default_language_code, text);
}

// Empty when there is nothing to see in it.
std::string Body(const std::string& html, const std::string& base_url) {
  std::string body = html::Sanitize(html, base_url);
  const bool shows =
      std::ranges::any_of(std::array{"<img", "<video", "<audio"}, [&](const char* tag) { return body.contains(tag); });
  if (!shows && PlainLineOfHtml(body).empty()) body.clear();
  return body;
}

// What readers see of sanitized HTML: its words and what it points to, without white space and markup.
std::string Matter(std::string_view html) {
  std::string matter;
  matter.reserve(html.size());
  while (!html.empty()) {
    const std::size_t tag = std::min(html.find('<'), html.size());
    for (const char c : html.substr(0, tag)) {
      if (static_cast<unsigned char>(c) > ' ') matter += c;
    }
    const std::size_t end = std::min(html.find('>', tag), html.size());
    const std::string_view inside = html.substr(tag, end - tag);
    for (const std::string_view name : {" src=\"", " href=\""}) {
      const std::size_t at = inside.find(name);
      if (at == std::string_view::npos) continue;
      const std::string_view value = inside.substr(at + name.size());
      (matter += ' ') += value.substr(0, value.find('"'));
    }
    html.remove_prefix(std::min(end + 1, html.size()));
  }
  return matter;
}

}  // namespace

void IdentifyLanguage(RecognisedItem& item) {
  constexpr std::size_t kEnough = 2048;  // bytes: more changes no guess
  std::string text = item.headline + "\n" + html::PlainText(item.body_html.substr(0, 2 * kEnough));
  text.resize(std::min(text.size(), kEnough));
  const langid::Guess guess = langid::Identify(text, {.configured = {}, .declared = item.language_code});
  if (guess.language != langid::kUndetermined) item.identified_language_code = guess.language;
}

RecognisedItem RecogniseItem(const FeedItem& item, const Feed& feed, const Source& source) {
  RecognisedItem result;
  // The fullest text is the body; a description beside it is the summary.
  const bool has_content = !item.content_html.empty();
  result.body_html = Body(has_content ? item.content_html : item.summary_html, item.base_url);
  result.language_code = Language(item, feed, source, result.body_html);
  result.headline = i18n::Excerpt(item.title, result.language_code, kMaxHeadline);
  if (has_content)
    result.summary = i18n::Excerpt(PlainLineOfHtml(item.summary_html), result.language_code, kMaxSummary);
  result.authors = Authors(item);
  result.categories = Categories(item);
  result.link = item.link;
  result.credit_name =
      i18n::Excerpt(item.source_name.empty() ? source.name : item.source_name, result.language_code, 200);
  result.credit_url = item.source_name.empty() ? source.home_url : item.source_url;
  result.published_time = item.published_time ? item.published_time : item.updated_time;
  if (!item.link.empty()) result.link_key = Sha256Hex(CanonicalUrl(item.link)).substr(0, 32);
  const std::string declared = i18n::PrimaryLanguage(TrimAscii(item.language));
  result.language_mismatch = !declared.empty() && declared != result.language_code;
  result.external_id = ExternalId(item, result);
  result.digest = FieldDigest()
                      .Add(result.headline)
                      .Add(result.summary)
                      .Add(Matter(result.body_html))
                      .Add(result.authors)
                      .Add(Sorted(result.categories))
                      .Hex();
  return result;
}

namespace {

std::string Count(int count, std::string_view what) { return std::to_string(count) + " " + std::string(what); }

}  // namespace

std::string Recognised::Report() const {
  const int refused = without_headline + without_language + too_large + duplicates + cut;
  if (refused == 0) return {};
  std::vector<std::string> reasons;
  if (without_headline > 0) reasons.push_back(Count(without_headline, "without a headline"));
  if (without_language > 0)
    reasons.push_back(Count(without_language, "without a language (the source may name a default)"));
  if (too_large > 0) reasons.push_back(Count(too_large, "larger than 1 MiB"));
  if (duplicates > 0) reasons.push_back(Count(duplicates, "with the id of another"));
  if (cut > 0) reasons.push_back(Count(cut, "cut off by the end of the document"));
  return std::to_string(refused) + " of " + std::to_string(seen) + " items were not taken: " + Join(reasons, ", ");
}

Recognised RecogniseItems(const Feed& feed, const Source& source) {
  Recognised result;
  std::unordered_map<std::string, std::size_t> places;  // external id to index in result.items
  std::vector<std::optional<Time>> updated;             // parallel to result.items
  for (const FeedItem& item : feed.items) {
    ++result.seen;
    if (item.cut) {
      ++result.cut;
      continue;
    }
    RecognisedItem recognised = RecogniseItem(item, feed, source);
    if (recognised.headline.empty()) {
      ++result.without_headline;
    } else if (recognised.language_code.empty()) {
      ++result.without_language;
    } else if (recognised.body_html.size() > kMaxBodyBytes) {
      ++result.too_large;
    } else if (const auto [place, first] = places.try_emplace(recognised.external_id, result.items.size()); first) {
      result.items.push_back(std::move(recognised));
      updated.push_back(item.updated_time);
    } else {
      ++result.duplicates;
      if (item.updated_time > updated[place->second]) {
        result.items[place->second] = std::move(recognised);
        updated[place->second] = item.updated_time;
      }
    }
  }
  return result;
}

}  // namespace kimberlite::ingest
