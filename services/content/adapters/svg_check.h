#pragma once

#include <string_view>

#include "libs/base/error.h"
#include "services/content/core/picture.h"

namespace kimberlite::content {

// Reads an SVG picture's size, after holding every element and attribute against an allow-list of shapes, text,
// gradients, clips and filters. Anything else is INVALID_ARGUMENT for `data` with what was found: script, links,
// pictures, foreign content, style sheets, event handlers, references out of the document, a DOCTYPE, processing
// instructions, other namespaces. No entity is expanded and nothing is fetched. The size comes from width and height in
// pixels, else from the viewBox.
Result<PictureInfo> CheckSvg(std::string_view data);

}  // namespace kimberlite::content
