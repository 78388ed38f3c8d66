#include "services/rendering/adapters/http_edge.h"

#include <array>

#include "libs/base/text.h"
#include "libs/http/coding.h"
#include "libs/http/conditions.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::rendering {
namespace {

// How long a reader waits for a page that is not kept.
constexpr std::chrono::milliseconds kRenderTimeout{5000};

Coding PreferredCoding(std::string_view accept_encoding) {
  if (accept_encoding.empty()) return Coding::kIdentity;
  const http::CodingWeights weights = http::ReadAcceptEncoding(accept_encoding);
  if (weights.brotli > 0 && weights.brotli >= weights.gzip && weights.brotli >= weights.identity) {
    return Coding::kBrotli;
  }
  return weights.gzip > 0 && weights.gzip >= weights.identity ? Coding::kGzip : Coding::kIdentity;
}

// RFC 9211.
std::string_view CacheStatus(CacheOutcome outcome, bool collapsed = false) {
  switch (outcome) {
    case CacheOutcome::kHit: return "Cache-Status: Kimberlite; hit\r\n";
    case CacheOutcome::kMissStored:
      return collapsed ? "Cache-Status: Kimberlite; fwd=miss; stored; collapsed\r\n"
                       : "Cache-Status: Kimberlite; fwd=miss; stored\r\n";
    case CacheOutcome::kMissNotStored:
      return collapsed ? "Cache-Status: Kimberlite; fwd=miss; collapsed\r\n" : "Cache-Status: Kimberlite; fwd=miss\r\n";
    case CacheOutcome::kBypass:
      return collapsed ? "Cache-Status: Kimberlite; fwd=bypass; collapsed\r\n"
                       : "Cache-Status: Kimberlite; fwd=bypass\r\n";
    case CacheOutcome::kStale: return "Cache-Status: Kimberlite; hit; detail=stale\r\n";
  }
  return "";
}

constexpr std::string_view kUnavailableLines = "Cache-Status: Kimberlite; fwd=miss\r\nRetry-After: 5\r\n";

const char* OutcomeName(CacheOutcome outcome) {
  switch (outcome) {
    case CacheOutcome::kHit: return "hit";
    case CacheOutcome::kStale: return "stale";
    case CacheOutcome::kBypass: return "bypass";
    case CacheOutcome::kMissStored:
    case CacheOutcome::kMissNotStored: return "miss";
  }
  return "";
}

telemetry::Counter RequestCounter(int status, CacheOutcome outcome) {
  return telemetry::Metrics::Counter("kimberlite_edge_requests_total", "Requests answered by the edge",
                                     {{"status", std::to_string(status)}, {"cache", OutcomeName(outcome)}});
}

void Count(int status, CacheOutcome outcome) {
  if (outcome == CacheOutcome::kHit && (status == 200 || status == 304)) {
    static const std::array<telemetry::Counter, 2> often = {RequestCounter(200, CacheOutcome::kHit),
                                                            RequestCounter(304, CacheOutcome::kHit)};
    often[status == 304].Add();
  } else {
    RequestCounter(status, outcome).Add();
  }
}

// RFC 9110 section 13.2.2: a tag says more than a date. The date is compared for equality, since what a page shows can
// grow older as well: its newest story may be withdrawn.
template <typename Head>
bool IsNotModified(const Head& head, const KeptPage& page, const KeptPage::Variant& variant) {
  if (page.status != 200) return false;
  if (const std::string_view tags = head.header("if-none-match"); !tags.empty()) {
    return http::TagListMatches(tags, variant.etag);
  }
  const std::string_view since = head.header("if-modified-since");
  if (since.empty() || page.last_modified == Time{}) return false;
  const auto time = http::ParseHttpDate(since);
  return time && *time == std::chrono::floor<std::chrono::seconds>(page.last_modified);
}

// The page, or that it has not changed.
template <typename Head>
http::Prepared Choose(const Head& head, const std::shared_ptr<const KeptPage>& page, CacheOutcome outcome,
                      std::string_view more) {
  const KeptPage::Variant& variant = page->variant(PreferredCoding(head.header("accept-encoding")));
  if (IsNotModified(head, *page, variant)) {
    Count(304, outcome);
    return {variant.head_not_modified, more, {}, page};
  }
  Count(page->status, outcome);
  return {variant.head, more, *variant.body, page};
}

// A part of a page whose bytes never change, or nothing when all of it is asked for (RFC 9110 section 14).
std::optional<http::Response> ChooseRange(const http::Request& request, const KeptPage& page) {
  const std::string_view asked = request.header("range");
  const KeptPage::Variant& whole = page.variants[0];
  if (asked.empty() || !page.immutable || page.status != 200 || request.method != "GET") return std::nullopt;
  if (const std::string_view tag = request.header("if-range"); !tag.empty() && tag != whole.etag) return std::nullopt;
  if (IsNotModified(request, page, whole)) return std::nullopt;
  const http::ByteRange range = http::ReadRange(asked, whole.body->size());
  const std::string size = std::to_string(whole.body->size());
  http::Response response{.headers = {{"Vary", "Accept-Encoding"}, {"X-Content-Type-Options", "nosniff"}}};
  switch (range.kind) {
    case http::ByteRange::Kind::kWhole: return std::nullopt;
    case http::ByteRange::Kind::kUnsatisfiable:
      response.status = 416;
      response.headers.emplace_back("Content-Range", "bytes */" + size);
      return response;
    case http::ByteRange::Kind::kPart: break;
  }
  response.status = 206;
  response.headers.emplace_back("Content-Range",
                                "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" + size);
  response.headers.emplace_back("Content-Type", page.content_type);
  response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
  response.headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
  response.headers.emplace_back("ETag", whole.etag);
  response.body = std::make_shared<const std::string>(whole.body->substr(range.first, range.last - range.first + 1));
  return response;
}

}  // namespace

HttpEdge::HttpEdge(Edge& edge, const MemoryCache& memory, PageBuilder& builder, HeadOptions heads,
                   std::function<bool()> is_current)
    : edge_(edge), memory_(memory), builder_(builder), heads_(std::move(heads)), is_current_(std::move(is_current)) {}

// Asked for every request: the answer is taken for good for 20 ms, a hundredth of the silence that matters.
bool HttpEdge::IsCurrent() {
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
  if (now < current_until_.load(std::memory_order_relaxed)) return true;
  if (!is_current_()) return false;
  current_until_.store(now + 20'000'000, std::memory_order_relaxed);
  return true;
}

bool HttpEdge::AnswerAtOnce(const http::RequestHead& head, http::Prepared& answer) {
  const std::string_view path = head.path();
  if (path.size() != head.target.size() && QueryMatters(head.query())) return false;
  auto page = memory_.FindByPath(path);
  if (!page) return false;
  if (page->immutable ? head.header("range").data() != nullptr : !IsCurrent()) return false;
  answer = Choose(head, page, CacheOutcome::kHit, CacheStatus(CacheOutcome::kHit));
  return true;
}

void HttpEdge::Answer(http::Request request, http::Responder respond) {
  Context context = Context::WithTimeout(kRenderTimeout);
  context.stop = request.stop;
  const auto pending = std::make_shared<Pending>(std::move(request), std::move(respond));
  Route route = ParseRoute(pending->request.path());
  route.target = pending->request.target;
  edge_.Get(context, route, pending->request.path(),
            [this, pending, route](const Result<EdgeAnswer>& answer) { Finish(*pending, route, answer); });
}

void HttpEdge::Finish(Pending& pending, const Route& route, const Result<EdgeAnswer>& answer) {
  if (!answer) {
    telemetry::Warning("page cannot be made",
                       {{"target", pending.request.target}, {"error", answer.error().ToString()}});
    const int status = answer.error().retryable() || answer.error().code() == Code::kFailedPrecondition ? 503 : 500;
    return Send(pending, ErrorPage(route, status), CacheOutcome::kMissNotStored,
                status == 503 ? kUnavailableLines : CacheStatus(CacheOutcome::kMissNotStored));
  }
  const KeptPage& page = *answer->page;
  if (!page.canonical_path.empty() && page.canonical_path != pending.request.path()) {
    auto moved = CodePage({.status = 301,
                           .content_type = "text/plain; charset=utf-8",
                           .location = page.canonical_path,
                           .body = "This page is at " + page.canonical_path + "\n",
                           .dependencies = page.dependencies,
                           .cacheable = false},
                          page.rendered_time);
    PrepareHeads(*moved, heads_);
    return Send(pending, std::move(moved), answer->outcome, CacheStatus(answer->outcome, answer->collapsed));
  }
  Send(pending, answer->page, answer->outcome, CacheStatus(answer->outcome, answer->collapsed));
}

void HttpEdge::Send(Pending& pending, const std::shared_ptr<const KeptPage>& page, CacheOutcome outcome,
                    std::string_view more) {
  if (const auto part = ChooseRange(pending.request, *page)) {
    Count(part->status, outcome);
    return pending.respond(*part);
  }
  pending.respond(Choose(pending.request, page, outcome, more));
}

std::shared_ptr<const KeptPage> HttpEdge::ErrorPage(const Route& route, int status) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (errors_.size() > 100) errors_.clear();  // languages that somebody made up
  MadeError& made = errors_[{route.language, status}];
  if (made.page && now < made.until) return made.page;
  auto page = CodePage(builder_.MakeError(Context::WithTimeout(std::chrono::seconds(1)), route, status), Time{});
  PrepareHeads(*page, heads_);
  made = {now + std::chrono::seconds(1), std::move(page)};
  return made.page;
}

}  // namespace kimberlite::rendering
