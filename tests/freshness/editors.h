#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/freshness/newsroom.h"

namespace kimberlite::freshness {

// Editors who do something at random, and readers' addresses of what they did. One thread.
class Editors {
 public:
  Editors(Newsroom& newsroom, std::uint32_t seed) : newsroom_(newsroom), random_(seed) {}

  // Site, sources, concepts.
  void Furnish();

  struct Edit {
    std::string what;
    std::int64_t article_id = 0;  // 0: of something else
    std::int64_t sequence = 0;
  };
  Edit Publish();
  // One of all that editors do.
  Edit Something();

  // Addresses that readers ask for: every list with its feeds and sealed pages, and the newest articles.
  std::vector<std::string> Addresses(int articles);

 private:
  struct Story {
    std::int64_t id = 0;
    std::vector<std::string> languages;  // public or withdrawn
    bool gone = false;
  };
  std::size_t Pick(std::size_t count) { return random_() % count; }
  std::string Words();
  Edit Update(const std::string& what, content::v1::UpdateArticleRequest request);
  Story* Any();
  std::string Language();

  Newsroom& newsroom_;
  std::mt19937 random_;
  std::vector<Story> stories_;
  std::vector<std::int64_t> concepts_;
  int count_ = 0;
};

}  // namespace kimberlite::freshness
