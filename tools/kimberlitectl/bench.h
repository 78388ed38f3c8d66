#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "tools/kimberlitectl/caller.h"

namespace kimberlite::ctl {

struct BenchOptions {
  int count = 200;
  std::string edge;  // "http://127.0.0.1:8080"
  std::string language = "en";
  std::string section = "economy";
  bool keep = false;
  bool json = false;
};

// The value that `percent` of the measures do not exceed (nearest rank); 0 for none.
double Percentile(std::vector<double> measures, double percent);

// Publishes `count` times, one after another: an article is created and published, then its headline is corrected, and
// so on. Measures the milliseconds from the acknowledgement until the article's page, the section's list and its RSS
// show the new headline to a reader. Withdraws the articles afterwards, also after an error or an interrupt.
Result<void> BenchPublish(const BenchOptions& options, Caller& caller, std::ostream& out, std::ostream& err);

}  // namespace kimberlite::ctl
