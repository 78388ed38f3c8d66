#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "kimberlite/content/v1/site.pb.h"
#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/blob_store.h"

// Pictures: rows in content.media, bytes in a blob store.
namespace kimberlite::content {

// Takes a picture in: an SVG as it is when it keeps the rules of CheckSvg, any other decoded, cleaned of metadata and
// with its variants. The bytes are stored before the rows that know them. Without data. Errors name `field`.
Result<v1::Media> StoreMedia(pg::Pool& pool, BlobStore& blobs, std::string_view data, const std::string& field,
                             Time now);

// Without data, with variants; what does not exist is left out.
Result<std::vector<v1::Media>> ReadMedia(pg::Transaction& transaction, const std::vector<std::string>& media_ids);

// With data. NOT_FOUND when there is no such picture.
Result<v1::Media> ReadMediaWithData(pg::Pool& pool, BlobStore& blobs, const std::string& media_id);

// NOT_FOUND naming `field` when there is no such picture.
Result<void> CheckMediaExists(pg::Transaction& transaction, const std::string& media_id, const std::string& field);

// Removes the bytes that no row knows and that were put before a time: what was left when a process died between the
// two. How many.
Result<int> SweepBlobs(pg::Pool& pool, BlobStore& blobs, Time before, const std::stop_token& stop = {});

}  // namespace kimberlite::content
