#include "libs/http/fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <mutex>
#include <stop_token>

#include "libs/base/text.h"
#include "libs/http/address.h"

namespace kimberlite::http {
namespace {

using std::chrono::steady_clock;

struct EasyCloser {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiCloser {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct UrlCloser {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct StringCloser {
  void operator()(char* text) const { curl_free(text); }
};
using Url = std::unique_ptr<CURLU, UrlCloser>;
using HeaderList = std::unique_ptr<curl_slist, ListCloser>;

// One transfer at a time. The multi handle keeps the connections, and unlike curl_easy_perform it can be woken.
struct Handle {
  std::unique_ptr<CURLM, MultiCloser> multi{curl_multi_init()};
  std::unique_ptr<CURL, EasyCloser> easy{curl_easy_init()};
  std::string host_port;  // served last: its connection may still be open
};

// What the callbacks of one hop fill.
struct Hop {
  const Fetcher::Options* options;
  CURL* easy = nullptr;
  bool any_address = false;  // host and port are on the allow list
  std::string refused;       // why the last address was not connected to
  std::size_t header_bytes = 0;
  bool header_too_large = false;
  bool body_too_large = false;
  bool bomb = false;  // grew too much in decompression
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, StringCloser> owner(text);
  return text;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool HasControl(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// The beginning of what a server may have sent, as UTF-8 that an error may carry.
std::string Shown(std::string_view text) {
  std::size_t end = std::min<std::size_t>(text.size(), 200);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  std::string shown(text.substr(0, end));
  const bool valid = IsValidUtf8(shown);
  std::ranges::replace_if(shown, [&](char c) { return HasControl({&c, 1}) || (!valid && (c & 0x80) != 0); }, '?');
  return shown;
}

// Parses a URL, or a reference against `base`.
Result<Url> ParseUrl(std::string_view text, Url base = nullptr) {
  const std::string copy(TrimAscii(text));
  Url url = base ? std::move(base) : Url(curl_url());
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, copy.c_str(), CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK || HasControl(copy) || Part(url.get(), CURLUPART_HOST).empty()) {
    return Fail(Code::kInvalidArgument, fmt::format("\"{}\" is not a URL that can be fetched", Shown(copy)));
  }
  return url;
}

// The URL as others may read it, without fragment too. Leaves `url` as it is.
std::string WithoutUser(CURLU* url) {
  const Url copy(curl_url_dup(url));
  curl_url_set(copy.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(copy.get(), CURLUPART_PASSWORD, nullptr, 0);
  curl_url_set(copy.get(), CURLUPART_FRAGMENT, nullptr, 0);
  return Part(copy.get(), CURLUPART_URL);
}

// "host:port" as it stands on the allow list.
std::string HostPort(CURLU* url) {
  return Lower(Part(url, CURLUPART_HOST)) + ":" + Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

Result<void> CheckSchemeAndPort(CURLU* url, bool allow_listed) {
  const std::string scheme = Part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return Fail(Code::kInvalidArgument, fmt::format("only http and https are fetched, not {}", scheme.substr(0, 40)));
  }
  const std::string text = Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  int port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  if (!allow_listed && port != 80 && port != 443 && port < 1024) {
    return Fail(Code::kInvalidArgument, fmt::format("port {} is not a port of web servers", text));
  }
  return {};
}

curl_socket_t OnOpenSocket(void* user, curlsocktype, curl_sockaddr* address) {
  Hop& hop = *static_cast<Hop*>(user);
  if (!hop.any_address) {
    std::span<const std::uint8_t> bytes;
    if (address->family == AF_INET) {
      bytes = {reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in*>(&address->addr)->sin_addr),
               4};
    } else if (address->family == AF_INET6) {
      bytes = {reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in6*>(&address->addr)->sin6_addr),
               16};
    }
    if (const std::string_view reason = WhyNotPublic(bytes); !reason.empty()) {
      hop.refused = reason;
      return CURL_SOCKET_BAD;
    }
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t OnHeader(char* data, std::size_t, std::size_t size, void* user) {
  Hop& hop = *static_cast<Hop*>(user);
  std::string_view line(data, size);
  hop.header_bytes += size;
  if (hop.header_bytes > hop.options->max_header_bytes) {
    hop.header_too_large = true;
    return 0;
  }
  // A status line begins the headers anew: those of a 1xx answer are none of ours.
  if (line.starts_with("HTTP/")) hop.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  hop.headers.emplace_back(Lower(TrimAscii(line.substr(0, colon))), TrimAscii(line.substr(colon + 1)));
  return size;
}

std::size_t OnBody(char* data, std::size_t, std::size_t size, void* user) {
  Hop& hop = *static_cast<Hop*>(user);
  if (hop.body.size() + size > hop.options->max_body_bytes) {
    hop.body_too_large = true;
    return 0;
  }
  constexpr std::size_t kHarmless = 1024 * 1024;
  if (hop.body.size() + size > kHarmless) {
    curl_off_t sent = 0;
    curl_easy_getinfo(hop.easy, CURLINFO_SIZE_DOWNLOAD_T, &sent);
    if (hop.body.size() + size > static_cast<std::size_t>(std::max<curl_off_t>(sent, 1)) * hop.options->max_ratio) {
      hop.bomb = true;
      return 0;
    }
  }
  hop.body.append(data, size);
  return size;
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<std::int64_t> ParseSeconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range && end == text.data() + text.size()) return INT64_C(1) << 31;
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return seconds;
}

std::optional<std::time_t> ParseHttpDate(std::string_view text) {
  const std::time_t date = curl_getdate(std::string(text).c_str(), nullptr);
  return date == -1 ? std::nullopt : std::optional(date);
}

// The value of a directive of Cache-Control in lower case: "" when it has none, absent when it does not stand there.
std::optional<std::string_view> Directive(std::string_view cache_control, std::string_view name) {
  for (const std::string_view part : Split(cache_control, ',')) {
    const std::string_view directive = TrimAscii(part);
    const std::size_t equals = directive.find('=');
    if (TrimAscii(directive.substr(0, equals)) != name) continue;
    if (equals == std::string_view::npos) return std::string_view();
    std::string_view value = TrimAscii(directive.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return value;
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> ParseFreshness(const FetchResponse& response) {
  constexpr std::int64_t kYear = 366 * 86400;
  const auto less_age = [&](std::int64_t lifetime) {
    const std::int64_t age = ParseSeconds(response.Header("age")).value_or(0);
    return std::chrono::seconds(std::clamp<std::int64_t>(lifetime - age, 0, kYear));
  };
  std::string cache_control;  // the field may come in several lines
  for (const auto& [name, value] : response.headers) {
    if (name == "cache-control") cache_control += (cache_control.empty() ? "" : ",") + Lower(value);
  }
  if (Directive(cache_control, "no-cache") || Directive(cache_control, "no-store")) return std::chrono::seconds(0);
  if (const auto max_age = Directive(cache_control, "max-age")) return less_age(ParseSeconds(*max_age).value_or(0));
  const std::string_view expires = response.Header("expires");
  if (expires.empty()) return std::nullopt;
  const auto until = ParseHttpDate(expires);
  // What is no date, "0" above all, has expired (RFC 9111 section 5.3).
  if (!until) return std::chrono::seconds(0);
  return less_age(*until - ParseHttpDate(response.Header("date")).value_or(std::time(nullptr)));
}

std::optional<std::chrono::seconds> ParseRetryAfter(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::optional<std::int64_t> seconds = ParseSeconds(text);
  if (!seconds) {
    const auto date = ParseHttpDate(text);
    if (!date) return std::nullopt;
    seconds = *date - std::time(nullptr);
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(*seconds, 0, 366 * 86400));
}

Result<HeaderList> RequestHeaders(const FetchRequest& request) {
  HeaderList list;
  const auto add = [&](std::string_view name, const std::string& value) -> Result<void> {
    if (value.empty()) return {};
    if (HasControl(value)) return Fail(Code::kInvalidArgument, fmt::format("{} holds a control character", name));
    curl_slist* longer = curl_slist_append(list.get(), fmt::format("{}: {}", name, value).c_str());
    if (!longer) return Fail(Code::kResourceExhausted, "out of memory");
    list.release();
    list.reset(longer);
    return {};
  };
  KIMBERLITE_RETURN_IF_ERROR(add("Accept", request.accept));
  KIMBERLITE_RETURN_IF_ERROR(add("If-None-Match", request.etag));
  KIMBERLITE_RETURN_IF_ERROR(add("If-Modified-Since", request.last_modified));
  return list;
}

Error ErrorOf(CURLcode code, const Hop& hop, const std::string& host, const char* detail) {
  if (!hop.refused.empty() && code == CURLE_COULDNT_CONNECT) {
    return Error(
        Code::kPermissionDenied,
        fmt::format("{} leads to {}, which may not be fetched unless an operator allows it", host, hop.refused));
  }
  if (hop.header_too_large) {
    return Error(Code::kResourceExhausted,
                 fmt::format("{} sent more than {} bytes of headers", host, hop.options->max_header_bytes));
  }
  if (hop.body_too_large || code == CURLE_FILESIZE_EXCEEDED) {
    return Error(Code::kResourceExhausted,
                 fmt::format("{} sent more than {} bytes", host, hop.options->max_body_bytes));
  }
  if (hop.bomb) {
    return Error(Code::kResourceExhausted, fmt::format("{} sent a body that grows more than {} times in decompression",
                                                       host, hop.options->max_ratio));
  }
  const std::string reason = Shown(*detail ? detail : curl_easy_strerror(code));
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Error(Code::kDeadlineExceeded, fmt::format("{} did not answer in time ({})", host, reason));
    case CURLE_URL_MALFORMAT: return Error(Code::kInvalidArgument, reason);
    default: return Error(Code::kUnavailable, fmt::format("{}: {}", host, reason));
  }
}

// Everything but the URL that does not change from hop to hop.
void Configure(CURL* easy, Hop& hop, curl_slist* headers, char* error_text) {
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // all that this libcurl can decode
  curl_easy_setopt(easy, CURLOPT_USERAGENT, hop.options->user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(hop.options->max_body_bytes));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(hop.options->connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 128L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(hop.options->stall_time.count()));
  if (!hop.options->ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, hop.options->ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &hop);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &hop);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &hop);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text);
}

// Runs the transfer to its end, or until told to stop.
Result<CURLcode> Drive(Handle& handle, const std::stop_token& stop) {
  CURLM* multi = handle.multi.get();
  if (curl_multi_add_handle(multi, handle.easy.get()) != CURLM_OK)
    return Fail(Code::kInternal, "libcurl refused a transfer");
  CURLMcode state = CURLM_OK;
  int running = 1;
  {
    const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
    while (true) {
      state = curl_multi_perform(multi, &running);
      if (state != CURLM_OK || running == 0 || stop.stop_requested()) break;
      state = curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
      if (state != CURLM_OK) break;
    }
  }
  std::optional<CURLcode> outcome;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) outcome = message->data.result;
  }
  curl_multi_remove_handle(multi, handle.easy.get());
  if (outcome) return *outcome;
  if (stop.stop_requested()) return Fail(Code::kCancelled, "the fetch was stopped");
  return Fail(Code::kInternal, fmt::format("libcurl: {}", curl_multi_strerror(state)));
}

}  // namespace

std::string_view FetchResponse::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

struct Fetcher::State {
  Options options;
  std::mutex mutex;
  std::vector<std::unique_ptr<Handle>> idle;

  // The handle that spoke to the host last, so that its connection is used again; else the one idle longest.
  std::unique_ptr<Handle> Acquire(const std::string& host_port) {
    const std::lock_guard lock(mutex);
    constexpr std::size_t kKept = 64;
    auto found = std::ranges::find_if(idle, [&](const auto& handle) { return handle->host_port == host_port; });
    if (found == idle.end()) {
      if (idle.size() < kKept) {
        auto handle = std::make_unique<Handle>();
        handle->host_port = host_port;
        return handle;
      }
      found = idle.begin();
    }
    auto handle = std::move(*found);
    idle.erase(found);
    handle->host_port = host_port;
    return handle;
  }
  void Release(std::unique_ptr<Handle> handle) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(handle));
  }
  bool Allows(const std::string& host_port) const {
    return std::ranges::find(options.allowed_hosts, host_port) != options.allowed_hosts.end();
  }

  Result<FetchResponse> OneHop(const Context& context, steady_clock::time_point deadline, CURLU* url,
                               curl_slist* headers) {
    const std::string host_port = HostPort(url);
    Hop hop{.options = &options, .any_address = Allows(host_port)};
    KIMBERLITE_RETURN_IF_ERROR(CheckSchemeAndPort(url, hop.any_address));
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) {
      return Fail(Code::kDeadlineExceeded, fmt::format("{} did not answer in time", Shown(host_port)));
    }

    auto handle = Acquire(host_port);
    if (!handle->multi || !handle->easy) return Fail(Code::kResourceExhausted, "out of memory");
    char error_text[CURL_ERROR_SIZE] = {};
    CURL* easy = handle->easy.get();
    hop.easy = easy;
    Configure(easy, hop, headers, error_text);
    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    const Result<CURLcode> code = Drive(*handle, context.stop);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_reset(easy);  // the handle outlives `hop`, `url` and `headers`
    Release(std::move(handle));
    if (!code) return std::unexpected(code.error());
    if (*code != CURLE_OK) return Fail(ErrorOf(*code, hop, Shown(host_port), error_text));

    FetchResponse response;
    response.status = static_cast<int>(status);
    response.headers = std::move(hop.headers);
    response.body = std::move(hop.body);
    return response;
  }
};

Fetcher::Fetcher(Options options) : state_(std::make_unique<State>()) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) std::abort();
  for (std::string& host : options.allowed_hosts) host = Lower(host);
  state_->options = std::move(options);
}

Fetcher::~Fetcher() = default;

Result<FetchResponse> Fetcher::Get(const Context& context, const FetchRequest& request) const {
  const auto deadline = context.deadline.value_or(steady_clock::now() + state_->options.default_timeout);
  KIMBERLITE_ASSIGN_OR_RETURN(const HeaderList headers, RequestHeaders(request));
  KIMBERLITE_ASSIGN_OR_RETURN(Url url, ParseUrl(request.url));
  std::string permanent_url;
  bool permanent = true;
  for (int redirects = 0;; ++redirects) {
    auto response = state_->OneHop(context, deadline, url.get(), headers.get());
    if (!response) return response;
    const std::string_view location = response->Header("location");
    if (!IsRedirect(response->status) || location.empty()) {
      response->final_url = WithoutUser(url.get());
      response->permanent_url = std::move(permanent_url);
      response->not_modified = response->status == 304;
      response->retry_after = ParseRetryAfter(response->Header("retry-after"));
      response->fresh_for = ParseFreshness(*response);
      return response;
    }
    if (redirects == state_->options.max_redirects) {
      return Fail(Code::kFailedPrecondition, fmt::format("more than {} redirects", state_->options.max_redirects));
    }
    permanent = permanent && (response->status == 301 || response->status == 308);
    // Credentials of this hop are for this hop alone; a relative Location would inherit them.
    curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
    curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
    auto next = ParseUrl(location, std::move(url));
    if (!next) return Fail(Code::kFailedPrecondition, "a redirect that may not be followed: " + next.error().message());
    url = std::move(*next);
    if (!Part(url.get(), CURLUPART_USER).empty()) {
      return Fail(Code::kFailedPrecondition, "a redirect that may not be followed: its URL names a user");
    }
    if (permanent) permanent_url = WithoutUser(url.get());
  }
}

}  // namespace kimberlite::http
