#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/time.h"
#include "libs/neardup/fingerprint.h"

// Near-duplicates among news texts of one language: the same story again, cut, with another headline or an agency's
// line, or written anew sentence by sentence. In memory only; its owner fills it from what it stores.
namespace kimberlite::neardup {

enum class Grade : std::uint8_t {
  kRepublished,  // one text holds nearly all of the other, word for word
  kReworded,     // the same text with many words or sentences changed
};

// "republished", "reworded"
std::string_view GradeName(Grade grade);

// A known text that the asked one repeats, and why.
struct Match {
  std::int64_t id = 0;
  Grade grade = Grade::kReworded;
  double score = 0;  // 0 to 1: how alike; republished from 0.5 on, reworded below
  Overlap why;       // first: the text that was asked about; second: the known one
};

struct Options {
  std::size_t max_texts = 50'000;  // in all languages, about 3.5 KiB each; above it the oldest go
  std::size_t max_matches = 10;
};

// Texts by their rare shingles. Safe for any thread: questions run side by side, changes one at a time.
class Index {
 public:
  explicit Index(Options options = {});
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // Remembers a text, or remembers another under its id. `text` is plain: headline, line break, body. `time` is when
  // the text was published or taken in; the oldest are forgotten first when there are too many. Texts of fewer than
  // kShortest words are not remembered: too little to tell a repetition from a formula.
  void Add(std::int64_t id, std::string_view language, std::string_view text, Time time);
  void Remove(std::int64_t id);
  // Forgets what is older, and returns how many.
  std::size_t RemoveBefore(Time time);

  // The known texts of the language (its primary subtag) that `text` repeats, best first. `except` is the asked text's
  // own id, when it is known already.
  std::vector<Match> Find(std::string_view language, std::string_view text, std::int64_t except = 0) const;

  std::size_t size() const;
  // What is held, in bytes.
  std::size_t memory() const;

  static constexpr std::size_t kShortest = 8;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// How two texts that share these things are graded; false when they are different texts. What Index decides by.
bool Judge(const Fingerprint& asked, const Fingerprint& known, const WordWeights& weights, Match& match);

}  // namespace kimberlite::neardup
