#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "services/rendering/core/view.h"

// The body of a story as it was stored (HTML as libs/html writes it: quoted attributes, escaped text) made ready for a
// page.
namespace kimberlite::rendering {

// The stored picture behind "/media/{id}"; absent when there is none.
using DescribePicture = std::function<std::optional<Picture>(std::string_view media_id)>;

// Every picture of this site gets its size, its lighter forms and loading="lazy", the first of them only where
// `first_is_eager` does not hold. Pages ask nobody else for anything: a picture of another site becomes its alternative
// text.
std::string FullBody(std::string_view html, bool first_is_eager, const DescribePicture& describe);

// With the alternative text of each picture in its place. Figures keep their captions.
std::string LiteBody(std::string_view html);

}  // namespace kimberlite::rendering
