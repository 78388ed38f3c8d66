#include "services/rendering/core/receipt.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "libs/base/text.h"

namespace kimberlite::rendering {
namespace {

const TranslationFacts* Find(const AppliedRecord& record, std::string_view language_code) {
  const auto found = std::ranges::find(record.facts, language_code, &TranslationFacts::language_code);
  return found == record.facts.end() ? nullptr : &*found;
}

// Whether readers were shown the same or more of the translation at that time.
bool Shows(const AppliedRecord& record, const TranslationFacts& wanted, bool with_places) {
  const TranslationFacts* facts = Find(record, wanted.language_code);
  if (facts == nullptr || facts->version < wanted.version) return false;
  return !with_places || facts->version > wanted.version || facts->places == wanted.places;
}

}  // namespace

std::string WriteFacts(const std::vector<TranslationFacts>& facts) {
  std::string text;
  for (const TranslationFacts& one : facts) {
    const char* state = one.withdrawn ? "gone" : one.is_public ? "public" : "hidden";
    text += one.language_code + " " + std::to_string(one.version) + " " + state + " " + one.places + "\n";
  }
  return text;
}

std::vector<TranslationFacts> ReadFacts(std::string_view text) {
  std::vector<TranslationFacts> facts;
  for (const std::string_view line : Split(text, '\n')) {
    const std::vector<std::string_view> parts = Split(line, ' ');
    if (parts.size() != 4) continue;
    TranslationFacts one{.language_code = std::string(parts[0]),
                         .is_public = parts[2] == "public",
                         .withdrawn = parts[2] == "gone",
                         .places = std::string(parts[3])};
    std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), one.version);
    facts.push_back(std::move(one));
  }
  return facts;
}

std::vector<SurfaceReceipt> ReceiptsOf(const std::vector<AppliedRecord>& records, std::int64_t sequence) {
  std::vector<SurfaceReceipt> receipts;
  const auto wanted = std::ranges::find(records, sequence, &AppliedRecord::sequence);
  if (wanted == records.end()) return receipts;
  std::set<std::string> edges;
  for (const AppliedRecord& record : records) {
    for (const auto& [edge, time] : record.edges) edges.insert(edge);
  }
  for (const TranslationFacts& facts : wanted->facts) {
    if (!facts.is_public && !facts.withdrawn) continue;
    for (const Surface surface : {Surface::kPage, Surface::kLists, Surface::kFeeds, Surface::kSitemap}) {
      const bool with_places = surface == Surface::kLists || surface == Surface::kFeeds;
      for (const std::string& edge : edges) {
        // Without a break from the newest back to the first that shows it.
        std::optional<SurfaceReceipt> since;
        for (const AppliedRecord& record : records) {
          if (!Shows(record, facts, with_places)) {
            if (record.sequence <= sequence) break;
            continue;
          }
          if (const auto applied = record.edges.find(edge); applied != record.edges.end()) {
            since = {facts.language_code, facts.version,  facts.withdrawn, surface, edge,
                     applied->second,     record.sequence};
          }
        }
        if (since) receipts.push_back(std::move(*since));
      }
    }
  }
  return receipts;
}

std::int64_t SequenceOfVersion(const std::vector<AppliedRecord>& records, std::string_view language_code,
                               std::int32_t version) {
  std::int64_t oldest = 0;
  for (const AppliedRecord& record : records) {
    const TranslationFacts* facts = Find(record, language_code);
    if (facts != nullptr && facts->version >= version) oldest = record.sequence;
  }
  return oldest;
}

}  // namespace kimberlite::rendering
