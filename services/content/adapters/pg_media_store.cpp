#include "services/content/adapters/pg_media_store.h"

#include "libs/base/id.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

std::unexpected<Error> NoSuchPicture(const std::string& media_id, const std::string& field) {
  return Fail(
      Error::Field(Code::kNotFound, field, "picture " + Quoted(media_id) + " does not exist; store it with PutMedia"));
}

}  // namespace

Result<v1::Media> PutMedia(pg::Transaction& transaction, std::string_view data, const PictureInfo& info, Time now) {
  v1::Media media;
  media.set_media_id(Sha256Hex(data) + "." + info.extension);
  media.set_content_type(info.content_type);
  media.set_width(info.width);
  media.set_height(info.height);
  pg::Params params(media.media_id(), info.content_type, info.width, info.height);
  params.AddBytes(data).Add(now);
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.media (media_id, content_type, width, height, data, created_time)"
                        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (media_id) DO NOTHING",
                        params));
  return media;
}

Result<v1::Media> ReadMedia(pg::Transaction& transaction, const std::string& media_id) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT content_type, width, height, data FROM content.media WHERE media_id = $1",
                        pg::Params(media_id)));
  if (rows.empty()) return NoSuchPicture(media_id, "media_id");
  v1::Media media;
  media.set_media_id(media_id);
  media.set_content_type(rows[0].String("content_type"));
  media.set_width(static_cast<std::int32_t>(rows[0].Int("width")));
  media.set_height(static_cast<std::int32_t>(rows[0].Int("height")));
  media.set_data(rows[0].Bytes("data"));
  return media;
}

Result<void> CheckMediaExists(pg::Transaction& transaction, const std::string& media_id, const std::string& field) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows, transaction.Query("SELECT 1 FROM content.media WHERE media_id = $1", pg::Params(media_id)));
  if (rows.empty()) return NoSuchPicture(media_id, field);
  return {};
}

}  // namespace kimberlite::content
