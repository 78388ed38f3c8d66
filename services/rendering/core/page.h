#pragma once

#include <array>
#include <chrono>
#include <cstdint>
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
  // Of HTML: the theme that it was made with, and the policy under which its own style works.
  std::string theme_version;
  std::string content_security_policy;
  std::vector<Dependency> dependencies;
  // Whether it may be kept: answers about what never was are not, as anybody can ask for endlessly many of them.
  bool cacheable = true;
  // How long it is kept when nothing touches it.
  std::chrono::seconds keep = std::chrono::days(7);
  // It changes after `keep` though nothing touches it: kept in the store alone, which forgets by the clock.
  bool ages = false;
};

enum class Coding : std::uint8_t { kIdentity, kGzip, kBrotli };
inline constexpr std::size_t kCodings = 3;

// A page ready to be sent in every coding it has. Never changed once it is shared.
struct KeptPage {
  struct Variant {
    std::string etag;                         // strong, of this coding, with quotes
    std::shared_ptr<const std::string> body;  // null: the page does not have this coding
    // Status line and header fields as they go out, for a 200 and its 304; made by the HTTP adapter, empty until then.
    std::string head;
    std::string head_not_modified;
  };

  int status = 200;
  std::string content_type;
  std::string content_language;
  std::string location;
  std::string canonical_path;
  bool immutable = false;
  bool ages = false;
  Time last_modified{};
  Time rendered_time{};
  std::string theme_version;            // of HTML, as in Page
  std::string content_security_policy;  // likewise
  std::vector<Dependency> dependencies;
  std::array<Variant, kCodings> variants;

  // The coding asked for, or identity where the page does not have it.
  const Variant& variant(Coding coding) const {
    const Variant& wanted = variants[static_cast<std::size_t>(coding)];
    return wanted.body ? wanted : variants[0];
  }
};

}  // namespace kimberlite::rendering
