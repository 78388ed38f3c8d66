#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/time.h"

namespace kimberlite::ingest {

// How an item's text stands to one that came before; the numbers are those of the database and the proto.
enum class Relation : std::uint8_t {
  kNone = 0,
  kRepublished = 1,  // word for word, or nearly
  kReworded = 2,     // the same text, changed
  kSameStory = 3,    // the same story in another language
};

struct StoryKey {
  std::string source_id;
  std::string external_id;
  bool operator==(const StoryKey&) const = default;
};

struct StoryText {
  StoryKey key;
  std::string language;  // of the words themselves
  std::string headline;
  std::string body_html;  // clean
  std::string link;
  Time time;
};

struct StoryMatch {
  Relation relation = Relation::kNone;
  double score = 0;  // 0 to 1
  StoryKey related;
  std::string why;  // a clause: "shares 93 % of its shingles"
};

// The texts of the last days in memory: near-duplicates within a language by rare shingles (libs/neardup), the same
// story across languages by the traits that translation leaves (core/story_traits). Bounded; the oldest go first. Safe
// for any thread.
class StoryIndex {
 public:
  struct Options {
    std::size_t max_texts = 50'000;           // about 4.5 KiB each
    std::chrono::hours window{7 * 24};        // for near-duplicates
    std::chrono::hours across_languages{48};  // of both texts' times from each other
  };
  explicit StoryIndex(Options options);
  ~StoryIndex();
  StoryIndex(const StoryIndex&) = delete;
  StoryIndex& operator=(const StoryIndex&) = delete;

  // The known text that this one repeats, best first by relation, and remembers it, in place of what was known under
  // its key. An item of the same source in the same language is never its match across languages.
  std::optional<StoryMatch> FindAndAdd(const StoryText& text);
  // Remembers without asking, for what another process took in.
  void Add(const StoryText& text);
  void ForgetBefore(Time time);
  std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kimberlite::ingest
