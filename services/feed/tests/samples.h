#pragma once

#include <string>
#include <vector>

#include "services/feed/core/feed_document.h"

namespace kimberlite::feed {

// Feeds as the service makes them, in several scripts, with texts that attack: what validators and parsers are tried
// on.
struct Sample {
  std::string name;
  FeedDocument feed;
};
std::vector<Sample> Samples();

}  // namespace kimberlite::feed
