#include "services/rendering/adapters/page_coding.h"

#include <set>
#include <utility>
#include <vector>

#include "libs/base/id.h"
#include "libs/base/time.h"
#include "libs/http/coding.h"
#include "libs/http/server.h"

namespace kimberlite::rendering {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

bool IsCompressible(const std::string& content_type) {
  return content_type.starts_with("text/") || content_type.starts_with("application/") ||
         content_type.starts_with("image/svg+xml");
}

std::shared_ptr<const std::string> Share(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

std::string CacheControl(const KeptPage& page, const HeadOptions& options) {
  if (page.immutable) return "public, max-age=31536000, immutable";
  if (page.status >= 500) return "no-store";
  // A browser asks each time; only a cache that is purged may answer by itself.
  if (options.cdn_seconds == 0 || page.status == 404) return "no-cache";
  return "max-age=0, s-maxage=" + std::to_string(options.cdn_seconds);
}

// What purges a CDN: the entities that events touch (adapters/bus_invalidator).
void AddGroups(const KeptPage& page, int seconds, Headers& headers) {
  std::set<std::string> entities;
  for (const Dependency& one : page.dependencies) entities.insert(one.entity);
  std::string keys, groups;
  constexpr std::size_t kMost = 128;  // RFC 9875 section 2: what every cache takes
  std::size_t count = 0;
  for (const std::string& entity : entities) {
    keys += (keys.empty() ? "" : " ") + entity;
    if (++count <= kMost) groups += (groups.empty() ? "\"" : ", \"") + entity + "\"";
  }
  // Targeted (RFC 9213): a browser would serve stale, too.
  headers.emplace_back("CDN-Cache-Control",
                       "max-age=" + std::to_string(seconds) + ", stale-while-revalidate=60, stale-if-error=86400");
  headers.emplace_back("Surrogate-Key", keys);
  headers.emplace_back("Cache-Groups", groups);
}

std::string SecurityPolicy(const KeptPage& page) {
  if (!page.content_security_policy.empty()) return page.content_security_policy;
  // A picture opened by itself may do nothing: SVG is a document.
  if (page.content_type.starts_with("image/")) return "default-src 'none'; style-src 'unsafe-inline'; sandbox";
  return "default-src 'none'";
}

}  // namespace

std::unique_ptr<KeptPage> CodePage(Page page, Time rendered_time) {
  auto kept = std::make_unique<KeptPage>();
  kept->status = page.status;
  kept->content_type = std::move(page.content_type);
  kept->content_language = std::move(page.content_language);
  kept->location = std::move(page.location);
  kept->canonical_path = std::move(page.canonical_path);
  kept->immutable = page.immutable;
  kept->ages = page.ages;
  kept->last_modified = page.last_modified;
  kept->rendered_time = rendered_time;
  kept->theme_version = std::move(page.theme_version);
  kept->content_security_policy = std::move(page.content_security_policy);
  kept->dependencies = std::move(page.dependencies);
  // The status too: a page that is withdrawn changes its tag whatever its words.
  const std::string digest = Sha256Hex(std::to_string(page.status) + "\n" + page.body).substr(0, 24);
  auto& [identity, gzip, brotli] = kept->variants;
  if (IsCompressible(kept->content_type) && !page.body.empty()) {
    brotli.etag = "\"" + digest + "-br\"";
    brotli.body = Share(http::CompressBrotli(page.body, page.cacheable ? 5 : 1));
    if (page.cacheable) {
      gzip.etag = "\"" + digest + "-gz\"";
      gzip.body = Share(http::CompressGzip(page.body));
    }
  }
  identity.etag = "\"" + digest + "\"";
  identity.body = Share(std::move(page.body));
  return kept;
}

void PrepareHeads(KeptPage& page, const HeadOptions& options) {
  Headers common = {{"Cache-Control", CacheControl(page, options)}};
  if (page.last_modified != Time{}) common.emplace_back("Last-Modified", FormatHttpDate(page.last_modified));
  common.emplace_back("Vary", "Accept-Encoding");
  common.emplace_back("X-Content-Type-Options", "nosniff");
  common.emplace_back("Referrer-Policy", "strict-origin-when-cross-origin");
  common.emplace_back("Content-Security-Policy", SecurityPolicy(page));
  if (options.hsts_seconds > 0) {
    common.emplace_back("Strict-Transport-Security", "max-age=" + std::to_string(options.hsts_seconds));
  }
  if (options.cdn_seconds > 0 && !page.immutable && page.status != 404 && page.status < 500) {
    AddGroups(page, options.cdn_seconds, common);
  }
  if (!page.content_language.empty()) common.emplace_back("Content-Language", page.content_language);
  if (page.immutable) common.emplace_back("Accept-Ranges", "bytes");

  constexpr std::array<const char*, kCodings> kNames = {"", "gzip", "br"};
  for (std::size_t i = 0; i < kCodings; ++i) {
    KeptPage::Variant& variant = page.variants[i];
    if (!variant.body) continue;
    Headers headers = common;
    if (page.status < 500) headers.emplace_back("ETag", variant.etag);
    if (page.status == 200) variant.head_not_modified = http::MakeHead(304, headers, 0);
    headers.emplace_back("Content-Type", page.content_type);
    if (*kNames[i]) headers.emplace_back("Content-Encoding", kNames[i]);
    if (!page.location.empty()) headers.emplace_back("Location", page.location);
    variant.head = http::MakeHead(page.status, headers, variant.body->size());
  }
}

}  // namespace kimberlite::rendering
