#include "libs/http/request_head.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace kimberlite::http {
namespace {

// What a byte may be part of.
enum : std::uint8_t { kToken = 1, kTarget = 2, kValue = 4, kHost = 8 };

constexpr std::array<std::uint8_t, 256> MakeClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const auto is_one_of = [c](std::string_view set) { return c != 0 && set.find(static_cast<char>(c)) != set.npos; };
    if (alphanumeric || is_one_of("!#$%&'*+-.^_`|~")) classes[c] |= kToken;  // RFC 9110 section 5.6.2
    if (c > 0x20 && c < 0x7f && c != '#') classes[c] |= kTarget;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) classes[c] |= kValue;  // RFC 9110 section 5.5
    if (alphanumeric || is_one_of("-._~!$&'()*+,;=:[]%")) classes[c] |= kHost;
  }
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, std::uint8_t what) { return (kClasses[static_cast<unsigned char>(c)] & what) != 0; }

bool AllAre(std::string_view text, std::uint8_t what) {
  return std::ranges::all_of(text, [what](char c) { return Is(c, what); });
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool EqualsLower(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return Lower(a) == b; });
}

// The size of the head, its empty line included; 0 when its end is not there yet. A bare LF counts as an end of line
// here, so that a request that uses it is refused at once instead of being waited for.
std::size_t FindEnd(const char* bytes, std::size_t size, std::size_t& scanned) {
  std::size_t at = scanned;
  while (const void* found = at < size ? std::memchr(bytes + at, '\n', size - at) : nullptr) {
    const std::size_t line_feed = static_cast<const char*>(found) - bytes;
    std::size_t next = line_feed + 1;
    if (next < size && bytes[next] == '\r') ++next;
    if (next >= size) {
      scanned = line_feed;
      return 0;
    }
    if (bytes[next] == '\n') return next + 1;
    at = line_feed + 1;
  }
  scanned = size;
  return 0;
}

// A list whose members are compared without regard to case: "close", " Keep-Alive, close".
bool ListHas(std::string_view list, std::string_view lower) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view member = list.substr(0, comma);
    while (!member.empty() && (member.front() == ' ' || member.front() == '\t')) member.remove_prefix(1);
    while (!member.empty() && (member.back() == ' ' || member.back() == '\t')) member.remove_suffix(1);
    if (EqualsLower(member, lower)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

class Reader {
 public:
  Reader(char* bytes, std::size_t size, RequestHead& head) : at_(bytes), end_(bytes + size), head_(head) {}

  Refusal Read() {
    if (const Refusal bad = ReadRequestLine(); bad.status) return bad;
    head_.field_count = 0;
    while (!(at_[0] == '\r' && at_ + 2 == end_)) {
      if (const Refusal bad = ReadField(); bad.status) return bad;
    }
    return Judge();
  }

 private:
  Refusal ReadRequestLine() {
    char* const begin = at_;
    while (Is(*at_, kToken)) ++at_;
    head_.method = {begin, static_cast<std::size_t>(at_ - begin)};
    if (head_.method.empty() || *at_ != ' ') return {400, "This is not a request of HTTP/1.1."};
    char* const target = ++at_;
    while (Is(*at_, kTarget)) ++at_;
    head_.target = {target, static_cast<std::size_t>(at_ - target)};
    if (head_.target.empty() || *at_ != ' ') return {400, "The request target holds what no URL may."};
    if (head_.target.size() > kMaxTargetBytes) return {414, "The address is too long."};
    ++at_;
    constexpr std::string_view kVersion = "HTTP/1.1\r\n";
    const std::string_view rest(at_, end_ - at_);
    if (rest.starts_with(kVersion)) {
      minor_ = 1;
    } else if (rest.starts_with("HTTP/1.0\r\n")) {
      minor_ = 0;
    } else if (rest.starts_with("HTTP/") && rest.size() > 9 && rest[5] >= '0' && rest[5] <= '9' && rest[6] == '.' &&
               rest[7] >= '0' && rest[7] <= '9' && rest.substr(8, 2) == "\r\n") {
      return {505, "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
    } else {
      return {400, "The request line does not end as one of HTTP/1.1."};
    }
    at_ += kVersion.size();
    return {};
  }

  Refusal ReadField() {
    if (head_.field_count == kMaxFields) return {431, "The request has too many header fields."};
    char* const name = at_;
    for (; Is(*at_, kToken); ++at_) *at_ = Lower(*at_);
    Field& field = head_.fields[head_.field_count++];
    field.name = {name, static_cast<std::size_t>(at_ - name)};
    if (field.name.empty() || *at_ != ':') return {400, "A header field's name is not one."};
    ++at_;
    while (*at_ == ' ' || *at_ == '\t') ++at_;
    char* const value = at_;
    while (Is(*at_, kValue)) ++at_;
    if (at_[0] != '\r' || at_[1] != '\n') return {400, "A header field holds a control character."};
    char* last = at_;
    while (last > value && (last[-1] == ' ' || last[-1] == '\t')) --last;
    field.value = {value, static_cast<std::size_t>(last - value)};
    at_ += 2;
    Note(field);
    return {};
  }

  // Remembers what decides about framing and connection.
  void Note(const Field& field) {
    switch (field.name.size()) {
      case 4:
        if (field.name == "host") {
          ++hosts_;
          host_ = field.value;
        }
        break;
      case 6: expects_ |= field.name == "expect"; break;
      case 10:
        if (field.name == "connection") {
          close_ |= ListHas(field.value, "close");
          stay_ |= ListHas(field.value, "keep-alive");
        }
        break;
      case 14:
        if (field.name == "content-length") {
          ++lengths_;
          length_ = field.value;
        }
        break;
      case 17:
        if (field.name == "transfer-encoding") {
          ++codings_;
          coding_ = field.value;
        }
        break;
      default: break;
    }
  }

  Refusal Judge() {
    if (hosts_ > 1 || (hosts_ == 0 && minor_ == 1)) return {400, "A request names exactly one Host."};
    if (hosts_ == 1 && !AllAre(host_, kHost)) return {400, "The Host is not one."};
    if (lengths_ + codings_ > 1) return {400, "It is not clear where this request ends."};
    if (codings_ == 1) {
      if (minor_ == 0) return {400, "HTTP/1.0 has no transfer codings."};
      if (!EqualsLower(coding_, "chunked")) return {400, "The transfer coding is not known here."};
      return {413, "Requests with a body are not taken here."};
    }
    if (lengths_ == 1) {
      if (length_.empty() || !std::ranges::all_of(length_, [](char c) { return c >= '0' && c <= '9'; })) {
        return {400, "Content-Length is not a number."};
      }
      if (length_.find_first_not_of('0') != std::string_view::npos) {
        return {413, "Requests with a body are not taken here."};
      }
    }
    head_.is_head = head_.method == "HEAD";
    if (!head_.is_head && head_.method != "GET") return {405, "Only GET and HEAD are answered here."};
    if (expects_) return {417, "Nothing is expected of a request without a body."};
    head_.keep_alive = !close_ && (minor_ == 1 || stay_);
    return head_.target.front() == '/' ? Refusal{} : TakeAuthorityOff();
  }

  // Absolute-form is for proxies but must be understood (RFC 9112 section 3.2.2).
  Refusal TakeAuthorityOff() {
    constexpr Refusal kNeither = {400, "The request target must begin with a slash."};
    std::string_view& target = head_.target;
    const std::size_t colon = target.find("://");
    if (colon == std::string_view::npos) return kNeither;
    const std::string_view scheme = target.substr(0, colon);
    if (!EqualsLower(scheme, "http") && !EqualsLower(scheme, "https")) return kNeither;
    const std::size_t begin = colon + 3;
    const std::size_t end = std::min(target.find_first_of("/?", begin), target.size());
    const std::string_view authority = target.substr(begin, end - begin);
    if (authority.empty() || !AllAre(authority, kHost)) return {400, "The address names no host."};
    if (hosts_ == 1 && !std::ranges::equal(authority, host_, {}, Lower, Lower)) {
      return {400, "The address and the Host name different hosts."};
    }
    target.remove_prefix(end);
    if (target.empty()) {
      target = "/";
    } else if (target.front() == '?') {
      return {400, "The address has no path."};
    }
    return {};
  }

  char* at_;
  char* const end_;
  RequestHead& head_;
  int minor_ = 1;
  int hosts_ = 0, lengths_ = 0, codings_ = 0;
  bool expects_ = false, close_ = false, stay_ = false;
  std::string_view host_, length_, coding_;
};

}  // namespace

HeadResult ReadHead(char* bytes, std::size_t size, std::size_t max_bytes, std::size_t& scanned, RequestHead& head) {
  // One empty line before a request is passed over (RFC 9112 section 2.2).
  std::size_t skipped = 0;
  if (size >= 2 && bytes[0] == '\r' && bytes[1] == '\n') skipped = 2;
  if (size > skipped && !Is(bytes[skipped], kToken) && !(skipped == 0 && size == 1 && bytes[0] == '\r')) {
    return {0, {400, "This is not a request of HTTP/1.1."}};
  }
  if (size == skipped) return {};
  scanned = std::max(scanned, skipped);
  const std::size_t end = FindEnd(bytes, size, scanned);
  if ((end == 0 ? size : end) > max_bytes) {
    const bool in_target = std::memchr(bytes + skipped, '\n', size - skipped) == nullptr;
    return {0,
            in_target ? Refusal{414, "The address is too long."} : Refusal{431, "The request's header is too large."}};
  }
  if (end == 0) return {};
  // A head that ends in a bare LF would let the reader run past its end.
  if (end - skipped < 4 || std::memcmp(bytes + end - 4, "\r\n\r\n", 4) != 0) {
    return {0, {400, "A line does not end in CRLF."}};
  }
  const Refusal refusal = Reader(bytes + skipped, end - skipped, head).Read();
  return {refusal.status ? 0 : end, refusal};
}

}  // namespace kimberlite::http
