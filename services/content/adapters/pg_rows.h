#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "libs/pg/pg.h"
#include "services/content/core/article.h"

// Rows of articles and translations, and of their revisions, as the types of core/.
namespace kimberlite::content {

// The columns that translations and their revisions share, but the body.
Translation TranslationOf(const pg::Row& row);

// Of picture_media_id, picture_alt, picture_captions and picture_credit.
std::optional<Picture> PictureOf(const pg::Row& row);

// Of the column corrections.
std::vector<Correction> CorrectionsOf(std::string_view json_text);

}  // namespace kimberlite::content
