#include "services/rendering/adapters/http_edge.h"

#include "libs/base/text.h"
#include "libs/http/coding.h"
#include "libs/telemetry/telemetry.h"
#include "services/rendering/adapters/page_coding.h"

namespace kimberlite::rendering {
namespace {

// How long a reader waits for a page that is not kept.
constexpr std::chrono::milliseconds kRenderTimeout{5000};

Coding PreferredCoding(const http::Request& request) {
  const std::string_view accepted = request.header("accept-encoding");
  if (http::Accepts(accepted, "br")) return Coding::kBrotli;
  if (http::Accepts(accepted, "gzip")) return Coding::kGzip;
  return Coding::kIdentity;
}

// RFC 9110 section 13.1.2: a list of tags or "*", compared weakly.
bool Matches(std::string_view if_none_match, std::string_view etag) {
  for (std::string_view candidate : Split(if_none_match, ',')) {
    candidate = TrimAscii(candidate);
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == "*" || candidate == etag) return true;
  }
  return false;
}

// RFC 9211.
std::string CacheStatus(CacheOutcome outcome) {
  switch (outcome) {
    case CacheOutcome::kHit: return "Kimberlite; hit";
    case CacheOutcome::kMissStored: return "Kimberlite; fwd=miss; stored";
    case CacheOutcome::kMissNotStored: return "Kimberlite; fwd=miss";
    case CacheOutcome::kBypass: return "Kimberlite; fwd=bypass";
    case CacheOutcome::kStale: return "Kimberlite; hit; detail=stale";
  }
  return "Kimberlite";
}

void Count(int status, CacheOutcome outcome) {
  const char* cache = outcome == CacheOutcome::kHit      ? "hit"
                      : outcome == CacheOutcome::kStale  ? "stale"
                      : outcome == CacheOutcome::kBypass ? "bypass"
                                                         : "miss";
  telemetry::Metrics::Counter("kimberlite_edge_requests_total", "Requests answered by the edge",
                              {{"status", std::to_string(status)}, {"cache", cache}})
      .Add();
}

}  // namespace

HttpEdge::HttpEdge(Edge& edge, PageBuilder& builder)
    : edge_(edge), builder_(builder), content_security_policy_(builder.theme().ContentSecurityPolicy()) {}

http::Response HttpEdge::Answer(const http::Request& request) {
  const Route route = ParseRoute(request.path());
  const Coding coding = PreferredCoding(request);
  Context context = Context::WithTimeout(kRenderTimeout);
  context.stop = request.stop;
  auto answer = edge_.Get(context, route, coding);
  if (!answer) {
    telemetry::Warning("page cannot be made", {{"target", request.target}, {"error", answer.error().ToString()}});
    const int status = answer.error().retryable() || answer.error().code() == Code::kFailedPrecondition ? 503 : 500;
    const Page page = builder_.MakeError(Context::WithTimeout(std::chrono::seconds(1)), route, status);
    http::Response response = Respond(request, route, CodePage(page, coding, Time{}), CacheOutcome::kMissNotStored);
    if (status == 503) response.headers.emplace_back("Retry-After", "5");
    return response;
  }
  const StoredPage page =
      answer->kept ? std::move(*answer->kept) : CodePage(*answer->fresh, coding, answer->rendered_time);
  if (!page.canonical_path.empty() && page.canonical_path != request.path()) {
    StoredPage moved{.status = 301, .content_type = "text/plain; charset=utf-8", .location = page.canonical_path};
    moved.body = std::make_shared<const std::string>("This page is at " + page.canonical_path + "\n");
    return Respond(request, route, moved, answer->outcome);
  }
  return Respond(request, route, page, answer->outcome);
}

http::Response HttpEdge::Respond(const http::Request& request, const Route& route, const StoredPage& page,
                                 CacheOutcome outcome) const {
  http::Response response;
  response.status = page.status;
  auto& headers = response.headers;
  const bool html = page.content_type.starts_with("text/html");
  if (page.immutable) {
    headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
  } else {
    headers.emplace_back("Cache-Control", page.status >= 500 ? "no-store" : "no-cache");
  }
  if (!page.etag.empty()) headers.emplace_back("ETag", page.etag);
  if (page.last_modified != Time{}) headers.emplace_back("Last-Modified", FormatHttpDate(page.last_modified));
  headers.emplace_back("Vary", "Accept-Encoding");
  headers.emplace_back("Cache-Status", CacheStatus(outcome));
  headers.emplace_back("X-Content-Type-Options", "nosniff");
  headers.emplace_back("Referrer-Policy", "strict-origin-when-cross-origin");
  // A picture opened by itself may do nothing: SVG is a document.
  headers.emplace_back("Content-Security-Policy", route.kind == RouteKind::kMedia
                                                      ? "default-src 'none'; style-src 'unsafe-inline'; sandbox"
                                                  : html ? content_security_policy_
                                                         : "default-src 'none'");
  if (page.status == 200 && !page.etag.empty() && Matches(request.header("if-none-match"), page.etag)) {
    response.status = 304;
    Count(304, outcome);
    return response;
  }
  headers.emplace_back("Content-Type", page.content_type);
  if (!page.content_language.empty()) headers.emplace_back("Content-Language", page.content_language);
  if (!page.location.empty()) headers.emplace_back("Location", page.location);
  if (page.coding == Coding::kBrotli) headers.emplace_back("Content-Encoding", "br");
  if (page.coding == Coding::kGzip) headers.emplace_back("Content-Encoding", "gzip");
  response.body = page.body;
  Count(page.status, outcome);
  return response;
}

}  // namespace kimberlite::rendering
