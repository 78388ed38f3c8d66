#pragma once

#include <array>
#include <cstddef>
#include <string_view>

// The head of a request: read strictly, without allocating.
namespace kimberlite::http {

struct Field {
  std::string_view name;   // in lower case
  std::string_view value;  // without white space around it; any bytes but control characters
};

inline constexpr std::size_t kMaxFields = 64;
inline constexpr std::size_t kMaxTargetBytes = 8 * 1024;

// Points into the bytes that it was read from.
struct RequestHead {
  std::string_view method;
  std::string_view target;  // in origin-form: "/path?query"; of an absolute-form what follows the authority
  bool is_head = false;     // HEAD; else GET
  bool keep_alive = true;
  std::array<Field, kMaxFields> fields;
  std::size_t field_count = 0;

  // The first field of this lower-case name; empty when absent. Empty and absent are told apart by data().
  std::string_view header(std::string_view name) const {
    for (std::size_t i = 0; i < field_count; ++i) {
      if (fields[i].name == name) return fields[i].value;
    }
    return {};
  }
  // Target up to '?', and what follows it.
  std::string_view path() const { return target.substr(0, target.find('?')); }
  std::string_view query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  }
};

// Why a request is not taken; the connection closes after the answer.
struct Refusal {
  int status = 0;  // 0: none
  const char* reason = "";
};

struct HeadResult {
  std::size_t size = 0;  // bytes of the head; 0: not all of it is there yet, or it is refused
  Refusal refusal;
};

// Reads one request head of HTTP/1.0 or 1.1 (RFC 9112) at the beginning of `bytes`. `scanned` says how far earlier
// calls have looked for its end: 0 for a new request; kept by the caller from call to call, so that bytes that trickle
// in are looked at once. Names of fields are turned to lower case where they stand.
//
// Refused with 400, since others on the way may read it differently: a line that does not end in CRLF (RFC 9112 section
// 2.2), white space before a colon or at a line's start (5.1, 5.2), control characters, no or several Host (3.2), a
// Host that is none or that differs from an absolute-form's authority, Content-Length that is no number, several of
// them, or beside Transfer-Encoding (6.3), a transfer coding that does not end in chunked, or in HTTP/1.0 (6.1), a
// target that is in neither form (3.2) or holds a fragment. Otherwise: 405 another method than GET and HEAD, 413 a
// body, 414 a target over kMaxTargetBytes, 417 an expectation, 431 more than `max_bytes` or kMaxFields, 505 another
// version.
HeadResult ReadHead(char* bytes, std::size_t size, std::size_t max_bytes, std::size_t& scanned, RequestHead& head);

}  // namespace kimberlite::http
