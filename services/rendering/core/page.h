#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/base/time.h"

namespace kimberlite::rendering {

// Something whose change makes a page change: "article:1001", "concept:7", "site", or "list:{list_key}" with the window
// of sort keys that the page shows (both ends included; empty: open on that side).
struct Dependency {
  std::string entity;
  std::string low;
  std::string high;

  friend auto operator<=>(const Dependency&, const Dependency&) = default;
};

// An entity that an event touches. For a list the place that was entered or left; without it, all of the list.
struct Touched {
  std::string entity;
  std::string sort_key;

  friend auto operator<=>(const Touched&, const Touched&) = default;
};

// What a GET is answered with, before coding and conditions.
struct Page {
  int status = 200;
  std::string content_type;      // with charset
  std::string content_language;  // empty: none
  std::string location;          // of a 301
  // The path under which the page lives; a request under another spelling of it is redirected there. Empty: any will
  // do.
  std::string canonical_path;
  bool immutable = false;  // its URL names its bytes
  Time last_modified{};    // content time; zero: unknown
  std::string body;
  std::vector<Dependency> dependencies;
  // Whether it may be kept: answers about what never was are not, as anybody can ask for endlessly many of them.
  bool cacheable = true;
  // How long it is kept when nothing touches it.
  std::chrono::seconds keep = std::chrono::days(7);
};

enum class Coding : std::uint8_t { kIdentity, kGzip, kBrotli };

// A page as it is kept: one coding of it.
struct StoredPage {
  int status = 200;
  std::string content_type;
  std::string content_language;
  std::string location;
  std::string canonical_path;
  bool immutable = false;
  Time last_modified{};
  Time rendered_time{};
  std::string etag;  // strong, of this coding, with quotes
  Coding coding = Coding::kIdentity;
  std::shared_ptr<const std::string> body;
};

}  // namespace kimberlite::rendering
