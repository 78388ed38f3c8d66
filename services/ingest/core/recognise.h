#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/time.h"
#include "services/ingest/core/feed.h"
#include "services/ingest/core/source.h"

namespace kimberlite::ingest {

// An item ready to be taken in; as kimberlite.ingest.v1.ItemTaken.
struct RecognisedItem {
  std::string external_id;
  std::string digest;    // of what readers would see: when it moved, the item changed
  std::string link_key;  // digest of the canonical link; empty without one
  std::string credit_name;
  std::string credit_url;
  std::string link;
  std::string language_code;
  std::string headline;
  std::string summary;
  std::string body_html;
  std::vector<std::string> authors;
  std::vector<std::string> categories;
  std::optional<Time> published_time;
  // What its words are in, as far as they tell (IdentifyLanguage); empty: they do not.
  std::string identified_language_code;
  bool language_mismatch = false;  // another language was declared than language_code, which is that of the words
};

struct Recognised {
  std::vector<RecognisedItem> items;  // in the document's order, each external_id once
  int seen = 0;
  int without_headline = 0;
  int without_language = 0;
  int too_large = 0;   // body above kMaxBodyBytes
  int duplicates = 0;  // of an item of the same document
  int cut = 0;         // the document ended within them: the next poll may bring them whole

  // What was not taken and why, as a sentence; empty when everything was.
  std::string Report() const;
};

constexpr std::size_t kMaxHeadline = 300;           // code points; longer ones are cut
constexpr std::size_t kMaxSummary = 1000;           // code points; longer ones are cut
constexpr std::size_t kMaxBodyBytes = 1024 * 1024;  // of cleaned HTML
constexpr std::size_t kMaxAuthors = 20;
constexpr std::size_t kMaxCategories = 100;
constexpr std::size_t kMaxExternalIdBytes = 500;  // longer ids are known by their SHA-256

// Fills identified_language_code, by libs/langid.
void IdentifyLanguage(RecognisedItem& item);

// One item, whatever is wrong with it. The digest is of headline, summary, authors, categories in any order, and of the
// body's words and addresses.
RecognisedItem RecogniseItem(const FeedItem& item, const Feed& feed, const Source& source);

// Turns a feed's items into what the newsroom takes: identity, language, cleaned HTML, plain headline and summary.
// An item's identity is its id, else its canonical link, else the digest of its words. Of several items with one id in
// a document the one updated last counts, else the first.
Recognised RecogniseItems(const Feed& feed, const Source& source);

}  // namespace kimberlite::ingest
