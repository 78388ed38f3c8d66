#include "libs/html/url.h"

#include <algorithm>
#include <array>
#include <vector>

#include "libs/base/text.h"

namespace kimberlite::html {
namespace {

constexpr std::size_t kMaxUrl = 2048;

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// What a browser's URL parser removes before it looks. Empty when control characters remain.
std::string Strip(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= 0x20) text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= 0x20) text.remove_suffix(1);
  std::string stripped;
  for (const char c : text) {
    if (c == '\t' || c == '\n' || c == '\r') continue;
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return {};
    stripped += c;
  }
  return stripped;
}

// The scheme in lower case, absent when the text has none.
std::optional<std::string> Scheme(std::string_view text) {
  if (text.empty() || !IsAlpha(text.front())) return std::nullopt;
  std::string scheme;
  for (const char c : text) {
    if (c == ':') return scheme;
    if (!IsAlpha(c) && !IsDigit(c) && c != '+' && c != '-' && c != '.') return std::nullopt;
    scheme += Lower(c);
  }
  return std::nullopt;
}

std::string Encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const bool stray_percent = c == '%' && !(i + 2 < text.size() && IsHex(text[i + 1]) && IsHex(text[i + 2]));
    if (byte <= 0x20 || byte >= 0x7F || stray_percent ||
        std::string_view("\"<>\\^`{|}[]").find(c) != std::string_view::npos) {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    } else {
      encoded += c;
    }
  }
  return encoded;
}

// Host and port in canonical form; empty when they are none.
std::string CheckAuthority(std::string_view authority, std::string_view scheme) {
  std::string_view host = authority, port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return {};
    host = authority.substr(0, end + 1);
    port = authority.substr(end + 1);
    for (const char c : host.substr(1, end - 1)) {
      if (!IsHex(c) && c != ':' && c != '.') return {};
    }
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (!port.empty()) {
    if (port.front() != ':' || port.size() > 6) return {};
    port.remove_prefix(1);
    if (!std::all_of(port.begin(), port.end(), IsDigit)) return {};
  }
  if (host.empty() || host.front() == '.' || host.find("..") != std::string_view::npos) return {};
  std::string result;
  for (const char c : host) {
    const bool known =
        IsAlpha(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (!known && !host.starts_with('[')) return {};
    result += Lower(c);
  }
  const bool is_default = port == (scheme == "http" ? "80" : "443");
  if (!port.empty() && !is_default) result.append(":").append(port);
  return result;
}

// Whether a URL is absolute and such that resolving it changes nothing; false when in doubt.
bool IsFinal(std::string_view text, bool drop_tracking) {
  const std::size_t host = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  if (host == 0 || text.size() > kMaxUrl) return false;
  std::size_t at = host;
  for (; at < text.size() && text[at] != '/'; ++at) {
    const char c = text[at];
    const bool plain =
        (c >= 'a' && c <= 'z') || IsDigit(c) || c == '-' || (c == '.' && at > host && text[at - 1] != '.');
    if (!plain) return false;
  }
  if (at == host || at == text.size()) return false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c >= 'a' && c <= 'z') continue;
    if (IsAlpha(c) || IsDigit(c)) continue;
    if (c == '?' && drop_tracking) return false;
    if (c == '.' && text[at - 1] == '/') return false;
    if (c == '%') {
      if (at + 2 >= text.size() || !IsHex(text[at + 1]) || !IsHex(text[at + 2])) return false;
    } else if (!std::string_view("-._~!$&'()*+,;=:@/?#").contains(c)) {
      return false;
    }
  }
  return true;
}

// RFC 3986 section 5.2.4. The path begins with "/".
std::string RemoveDotSegments(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = Split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (!kept.empty()) kept.pop_back();
      if (last) kept.push_back("");
    } else if (segments[i] == ".") {
      if (last) kept.push_back("");
    } else {
      kept.push_back(segments[i]);
    }
  }
  std::string result;
  for (const std::string_view segment : kept) result.append("/").append(segment);
  return result.empty() ? "/" : result;
}

}  // namespace

std::optional<Url> ResolveUrl(std::string_view reference, const std::optional<Url>& base) {
  if (reference.size() > kMaxUrl) return std::nullopt;
  std::string text = Strip(reference);
  if (text.empty()) return std::nullopt;
  for (char& c : text) {
    if (c == '?' || c == '#') break;
    if (c == '\\') c = '/';
  }
  std::string_view rest = text;
  Url url;
  if (const auto scheme = Scheme(rest)) {
    if (*scheme != "http" && *scheme != "https") return std::nullopt;
    url.scheme = *scheme;
    rest.remove_prefix(scheme->size() + 1);
    if (!rest.starts_with("//")) return std::nullopt;
  } else if (!base) {
    return std::nullopt;
  } else {
    url.scheme = base->scheme;
  }

  const bool own_authority = rest.starts_with("//");
  if (own_authority) {
    rest.remove_prefix(2);
    const std::size_t end = rest.find_first_of("/?#");
    url.authority = CheckAuthority(rest.substr(0, end), url.scheme);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  } else {
    url.authority = base->authority;
  }
  if (url.authority.empty()) return std::nullopt;

  const std::size_t fragment = std::min(rest.find('#'), rest.size());
  const std::size_t query = std::min(rest.substr(0, fragment).find('?'), fragment);
  const std::string_view path = rest.substr(0, query);
  url.query = Encode(rest.substr(query, fragment - query));
  url.fragment = Encode(rest.substr(fragment));
  if (own_authority || path.starts_with('/')) {
    url.path = RemoveDotSegments(Encode(path.empty() ? "/" : path));
  } else if (path.empty()) {
    url.path = base->path;
    if (url.query.empty()) url.query = base->query;
  } else {
    url.path = RemoveDotSegments(base->path.substr(0, base->path.rfind('/') + 1) + Encode(path));
  }
  if (url.ToString().size() > kMaxUrl) return std::nullopt;
  return url;
}

std::string ResolveToText(std::string_view reference, const std::optional<Url>& base, bool drop_tracking) {
  if (IsFinal(reference, drop_tracking)) return std::string(reference);
  auto url = ResolveUrl(reference, base);
  if (!url) return {};
  if (drop_tracking) DropTracking(*url);
  return url->ToString();
}

std::optional<std::string> CleanMailto(std::string_view reference) {
  if (reference.size() > kMaxUrl) return std::nullopt;
  const std::string text = Strip(reference);
  if (Scheme(text) != "mailto" || text.find('@') == std::string::npos) return std::nullopt;
  std::string url = "mailto:" + Encode(std::string_view(text).substr(7));
  if (url.size() > kMaxUrl) return std::nullopt;
  return url;
}

void DropTracking(Url& url) {
  if (url.query.empty()) return;
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"_ga",     "_gl",       "_hsenc",      "_hsmi",      "_openstat",  "dclid",     "epik",    "fbclid",
       "gbraid",  "gclid",     "gclsrc",      "igsh",       "igshid",     "li_fat_id", "mc_cid",  "mc_eid",
       "mkt_tok", "msclkid",   "oly_anon_id", "oly_enc_id", "rb_clickid", "s_cid",     "srsltid", "ttclid",
       "twclid",  "vero_conv", "vero_id",     "wbraid",     "wickedid",   "yclid",     "ymclid",  "ysclid"});
  static constexpr std::string_view kPrefixes[] = {"utm_", "pk_", "mtm_", "hsa_", "matomo_"};
  std::string kept;
  for (const std::string_view parameter : Split(std::string_view(url.query).substr(1), '&')) {
    std::string name(parameter.substr(0, parameter.find('=')));
    std::transform(name.begin(), name.end(), name.begin(), Lower);
    const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
    if (std::any_of(std::begin(kPrefixes), std::end(kPrefixes), begins)) continue;
    if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) continue;
    kept.append(kept.empty() ? "?" : "&").append(parameter);
  }
  // A query of nothing but "?" or "&" signs goes too.
  url.query = kept.find_first_not_of("?&") == std::string::npos ? "" : kept;
}

}  // namespace kimberlite::html
