#pragma once

#include <string>
#include <string_view>

#include "kimberlite/content/v1/site.pb.h"
#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/content/core/picture.h"

// Pictures in content.media.
namespace kimberlite::content {

// Stores the bytes unless they are there. The id is made from them.
Result<v1::Media> PutMedia(pg::Transaction& transaction, std::string_view data, const PictureInfo& info, Time now);

// NOT_FOUND when there is no such picture.
Result<v1::Media> ReadMedia(pg::Transaction& transaction, const std::string& media_id);

// NOT_FOUND naming `field` when there is no such picture.
Result<void> CheckMediaExists(pg::Transaction& transaction, const std::string& media_id, const std::string& field);

}  // namespace kimberlite::content
