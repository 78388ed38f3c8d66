#pragma once

#include <memory>
#include <string>

#include "services/rendering/core/page.h"

namespace kimberlite::rendering {

// The page in every coding worth its while, each with a strong tag that is the same on every replica: a digest of
// status and body, with the coding. What is not kept is coded quickly instead of well.
std::unique_ptr<KeptPage> CodePage(Page page, Time rendered_time);

// Of the headers that all answers with the page share.
struct HeadOptions {
  int hsts_seconds = 0;  // 0: no Strict-Transport-Security
  int cdn_seconds = 0;   // how long a CDN that is purged by keys may keep pages; 0: there is none
};

// Makes the heads of each variant, for a 200 (or what the page's status is) and for a 304.
void PrepareHeads(KeptPage& page, const HeadOptions& options);

}  // namespace kimberlite::rendering
