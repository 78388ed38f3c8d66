#pragma once

#include "services/rendering/core/page.h"

namespace kimberlite::rendering {

// Strong and the same on every replica: a digest of the body, with the coding.
std::string ETag(const Page& page, Coding coding);

// The page in one coding.
StoredPage CodePage(const Page& page, Coding coding, Time rendered_time);

// Whether a coding is worth its while for this type of content.
bool IsCompressible(const std::string& content_type);

}  // namespace kimberlite::rendering
