// Writes the samples into a directory, in each format, with what they say as JSON: for parsers of other languages
// (tests/feeds).
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "services/feed/core/xml.h"
#include "services/feed/tests/samples.h"

int main(int argc, char** argv) {
  using namespace kimberlite::feed;
  if (argc != 2) {
    std::cerr << "usage: feed_write_samples DIRECTORY\n";
    return 2;
  }
  const std::filesystem::path directory(argv[1]);
  std::filesystem::create_directories(directory);
  nlohmann::json all = nlohmann::json::object();
  for (const Sample& sample : Samples()) {
    std::ofstream(directory / (sample.name + ".rss")) << WriteRss(sample.feed);
    std::ofstream(directory / (sample.name + ".atom")) << WriteAtom(sample.feed);
    std::ofstream(directory / (sample.name + ".json")) << WriteJsonFeed(sample.feed);
    auto entries = nlohmann::json::array();
    for (const FeedItem& item : sample.feed.items) {
      entries.push_back(
          {{"id", item.id},
           {"url", item.url},
           {"title", ValidUtf8(WithoutBidiControls(item.title))},
           {"published", std::chrono::floor<std::chrono::seconds>(item.published).time_since_epoch().count()}});
    }
    all[sample.name] = {{"title", sample.feed.title}, {"entries", entries}};
  }
  std::ofstream(directory / "expected.json") << all.dump(1);
  return 0;
}
