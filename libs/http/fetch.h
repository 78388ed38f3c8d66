#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/context.h"
#include "libs/base/error.h"

// HTTP client (libcurl) for URLs that strangers chose.
namespace kimberlite::http {

struct FetchRequest {
  std::string url;            // http or https; host names of any script
  std::string accept;         // Accept; empty: anything
  std::string etag;           // If-None-Match, as the server gave it; empty: not sent
  std::string last_modified;  // If-Modified-Since, as the server gave it; empty: not sent
};

struct FetchResponse {
  int status = 0;                                            // of the last hop; 4xx and 5xx are answers too, not errors
  std::vector<std::pair<std::string, std::string>> headers;  // of the last hop, names in lower case
  std::string body;                                          // decompressed
  std::string final_url;                                     // after redirects, without user and fragment
  // Where the first hops, redirected by 301 and 308 alone, led; empty when the first was no such redirect. What a
  // subscriber may keep in the place of the URL (RFC 9110 sections 15.4.2 and 15.4.9).
  std::string permanent_url;
  bool not_modified = false;                        // status is 304
  std::optional<std::chrono::seconds> retry_after;  // Retry-After, seconds or date, never negative
  // How long the answer stays fresh (RFC 9111 section 4.2): max-age, else Expires less Date, less Age. Zero for
  // no-cache and no-store; absent when the server says nothing. Never negative.
  std::optional<std::chrono::seconds> fresh_for;

  // The first header of that (lower-case) name, or empty.
  std::string_view Header(std::string_view name) const;
};

// GET with the care that foreign URLs need:
// - http and https only, on ports 80, 443 and 1024 upwards;
// - each hop's connected address must be public (address.h), whatever the name said when it was asked before. The
//   operator's allow list of host:port, matched against the URL of the hop, is the only way to another address or port;
// - no proxy, netrc, cookie or credential from the environment; a redirect may not carry a user name;
// - at most 5 redirects, followed here; the deadline covers them all;
// - gzip, deflate, br and zstd, with a cap on the decompressed bytes and on how many times larger than what was sent
//   they may be;
// - a server that takes too long to connect, or sends next to nothing for seconds, is given up before the deadline;
// - HTTP/2 over TLS where the server has it; connections are kept alive from one call to the next.
// Safe for any thread; as many transfers at once as there are callers.
class Fetcher {
 public:
  struct Options {
    std::string user_agent = "Kimberlite";
    std::vector<std::string> allowed_hosts;  // "127.0.0.1:8090", "wire.internal:443", "[fd00::1]:80"
    std::size_t max_body_bytes = 15 * 1024 * 1024;
    std::size_t max_header_bytes = 64 * 1024;  // of one hop, interim answers and trailers included
    // Bodies above 1 MiB may be so many times larger than what was sent. Feeds compress 5 to 20 times.
    std::size_t max_ratio = 100;
    int max_redirects = 5;
    std::chrono::milliseconds default_timeout = std::chrono::seconds(15);  // where the context has no deadline
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(6);   // TLS included, of one hop
    std::chrono::seconds stall_time{6};                                    // at less than 128 bytes/s for so long: cut
    std::string ca_file;  // PEM bundle of certificate authorities; empty: the system's
  };

  explicit Fetcher(Options options);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // Errors: INVALID_ARGUMENT the URL is none or its scheme or port is not allowed; PERMISSION_DENIED the address is not
  // public; RESOURCE_EXHAUSTED the answer is larger than its limit; FAILED_PRECONDITION too many redirects, or one that
  // may not be followed; DEADLINE_EXCEEDED; CANCELLED the context was stopped; UNAVAILABLE everything else between us
  // and the server.
  Result<FetchResponse> Get(const Context& context, const FetchRequest& request) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kimberlite::http
