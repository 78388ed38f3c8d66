#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/time.h"

// Since when an edge shows what: from what events said of an article and when each edge had applied them. Pure rules.
namespace kimberlite::rendering {

// A translation as an event left it.
struct TranslationFacts {
  std::string language_code;
  std::int32_t version = 0;
  bool is_public = false;
  bool withdrawn = false;
  std::string places;  // digest of its places in lists

  bool operator==(const TranslationFacts&) const = default;
};

// One line each; what does not read gives nothing.
std::string WriteFacts(const std::vector<TranslationFacts>& facts);
std::vector<TranslationFacts> ReadFacts(std::string_view text);

// An event, and since when it is applied at which edge.
struct AppliedRecord {
  std::int64_t sequence = 0;
  std::vector<TranslationFacts> facts;
  std::map<std::string, Time> edges;
};

enum class Surface : std::uint8_t { kPage, kLists, kFeeds, kSitemap };

struct SurfaceReceipt {
  std::string language_code;
  std::int32_t version = 0;  // the one that was asked about
  bool withdrawn = false;    // it shows that it is gone
  Surface surface = Surface::kPage;
  std::string edge;
  Time visible_time;          // every GET that began later shows it, or a newer one
  std::int64_t sequence = 0;  // of the event that made it so
};

// What every edge shows of the article as it stood at `sequence`, which must be among the records (newest first), and
// since when. Language, surface and edge in turn; an edge that has not applied it is missing.
std::vector<SurfaceReceipt> ReceiptsOf(const std::vector<AppliedRecord>& records, std::int64_t sequence);

// The oldest recorded sequence at which the translation had this version or a newer one; 0: none.
std::int64_t SequenceOfVersion(const std::vector<AppliedRecord>& records, std::string_view language_code,
                               std::int32_t version);

}  // namespace kimberlite::rendering
