#include "services/rendering/adapters/page_coding.h"

#include "libs/base/id.h"
#include "libs/http/coding.h"

namespace kimberlite::rendering {

bool IsCompressible(const std::string& content_type) {
  return content_type.starts_with("text/") || content_type.starts_with("application/") ||
         content_type.starts_with("image/svg+xml");
}

std::string ETag(const Page& page, Coding coding) {
  // The status too: a page that is withdrawn changes its tag whatever its words.
  const std::string digest = Sha256Hex(std::to_string(page.status) + "\n" + page.body).substr(0, 24);
  switch (coding) {
    case Coding::kIdentity: return "\"" + digest + "\"";
    case Coding::kGzip: return "\"" + digest + "-gz\"";
    case Coding::kBrotli: return "\"" + digest + "-br\"";
  }
  return "";
}

StoredPage CodePage(const Page& page, Coding coding, Time rendered_time) {
  if (!IsCompressible(page.content_type) || page.body.empty()) coding = Coding::kIdentity;
  StoredPage coded{.status = page.status,
                   .content_type = page.content_type,
                   .content_language = page.content_language,
                   .location = page.location,
                   .canonical_path = page.canonical_path,
                   .immutable = page.immutable,
                   .last_modified = page.last_modified,
                   .rendered_time = rendered_time,
                   .etag = ETag(page, coding),
                   .coding = coding};
  std::string body;
  switch (coding) {
    case Coding::kIdentity: body = page.body; break;
    case Coding::kGzip: body = http::CompressGzip(page.body); break;
    case Coding::kBrotli: body = http::CompressBrotli(page.body); break;
  }
  coded.body = std::make_shared<const std::string>(std::move(body));
  return coded;
}

}  // namespace kimberlite::rendering
