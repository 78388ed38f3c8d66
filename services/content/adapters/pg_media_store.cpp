#include "services/content/adapters/pg_media_store.h"

#include <utility>

#include "libs/base/id.h"
#include "libs/image/picture.h"
#include "services/content/adapters/svg_check.h"
#include "services/content/core/picture.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

const std::vector<int> kVariantWidths = {320, 640, 960, 1280, 1920};

std::unexpected<Error> NoSuchPicture(const std::string& media_id, const std::string& field) {
  return Fail(
      Error::Field(Code::kNotFound, field, "picture " + Quoted(media_id) + " does not exist; store it with PutMedia"));
}

std::string IdOf(const image::Encoded& picture) { return Sha256Hex(picture.data) + "." + picture.extension; }

Result<image::Prepared> PrepareAny(std::string_view data, const std::string& field) {
  if (!LooksLikeXml(data)) return image::Prepare(data, kVariantWidths, field);
  auto info = CheckSvg(data);
  if (!info) {
    // The check names the field of PutMedia.
    if (info.error().violations().empty()) return std::unexpected(info.error());
    return Fail(Error::Field(info.error().code(), field, info.error().violations().front().rule));
  }
  return image::Prepared{{.data = std::string(data),
                          .content_type = info->content_type,
                          .extension = info->extension,
                          .width = info->width,
                          .height = info->height},
                         {}};
}

Result<void> InsertRow(pg::Transaction& transaction, const image::Encoded& picture, Time now) {
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO content.media (media_id, content_type, width, height, created_time) VALUES ($1, $2, $3, $4, $5)"
      " ON CONFLICT (media_id) DO NOTHING",
      pg::Params(IdOf(picture), picture.content_type, picture.width, picture.height, now)));
  return {};
}

// Whether such bytes came before, and what they became.
Result<std::vector<v1::Media>> ReadUpload(pg::Transaction& transaction, const std::string& sha256) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT media_id FROM content.media_uploads WHERE sha256 = $1", pg::Params(sha256)));
  if (rows.empty()) return std::vector<v1::Media>();
  return ReadMedia(transaction, {rows[0].String("media_id")});
}

// Held shared by whoever writes rows for bytes, and alone by whoever removes bytes without rows.
Result<void> LockBlobs(pg::Transaction& transaction, bool alone) {
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      alone ? "SELECT pg_advisory_xact_lock(hashtextextended('kimberlite.content.blobs', 0))"
            : "SELECT pg_advisory_xact_lock_shared(hashtextextended('kimberlite.content.blobs', 0))"));
  return {};
}

}  // namespace

Result<v1::Media> StoreMedia(pg::Pool& pool, BlobStore& blobs, std::string_view data, const std::string& field,
                             Time now) {
  const std::string sha256 = Sha256Hex(data);
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<v1::Media> before,
                              pool.Read([&](pg::Transaction& transaction) { return ReadUpload(transaction, sha256); }));
  if (!before.empty()) {
    KIMBERLITE_ASSIGN_OR_RETURN(const bool there, blobs.Has(before[0].media_id()));
    if (there) return before[0];
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const image::Prepared prepared, PrepareAny(data, field));
  std::vector<const image::Encoded*> all = {&prepared.picture};
  for (const image::Encoded& variant : prepared.variants) all.push_back(&variant);
  for (const image::Encoded* each : all) KIMBERLITE_RETURN_IF_ERROR(blobs.Put(IdOf(*each), each->data));

  const std::string media_id = IdOf(prepared.picture);
  return pool.Write([&](pg::Transaction& transaction) -> Result<v1::Media> {
    KIMBERLITE_RETURN_IF_ERROR(LockBlobs(transaction, false));
    // Whatever was swept between the two is put again; nothing is from here on.
    for (const image::Encoded* each : all) {
      KIMBERLITE_ASSIGN_OR_RETURN(const bool there, blobs.Has(IdOf(*each)));
      if (!there) KIMBERLITE_RETURN_IF_ERROR(blobs.Put(IdOf(*each), each->data));
      KIMBERLITE_RETURN_IF_ERROR(InsertRow(transaction, *each, now));
    }
    for (const image::Encoded& variant : prepared.variants) {
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
          "INSERT INTO content.media_variants (media_id, variant_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
          pg::Params(media_id, IdOf(variant))));
    }
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("INSERT INTO content.media_uploads (sha256, media_id) VALUES ($1, $2)"
                          " ON CONFLICT (sha256) DO UPDATE SET media_id = excluded.media_id",
                          pg::Params(sha256, media_id)));
    KIMBERLITE_ASSIGN_OR_RETURN(std::vector<v1::Media> stored, ReadMedia(transaction, {media_id}));
    return std::move(stored.at(0));
  });
}

Result<std::vector<v1::Media>> ReadMedia(pg::Transaction& transaction, const std::vector<std::string>& media_ids) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query("SELECT w.media_id, m.content_type, m.width, m.height, v.media_id AS "
                                                "variant_id, v.content_type AS variant_type,"
                                                " v.width AS variant_width, v.height AS variant_height"
                                                " FROM unnest($1::text[]) WITH ORDINALITY AS w (media_id, place)"
                                                " JOIN content.media AS m ON m.media_id = w.media_id"
                                                " LEFT JOIN content.media_variants AS l ON l.media_id = w.media_id"
                                                " LEFT JOIN content.media AS v ON v.media_id = l.variant_id"
                                                " ORDER BY w.place, v.content_type, v.width",
                                                pg::Params(media_ids)));
  std::vector<v1::Media> pictures;
  for (const pg::Row& row : rows) {
    if (pictures.empty() || pictures.back().media_id() != row.Text("media_id")) {
      v1::Media& media = pictures.emplace_back();
      media.set_media_id(row.String("media_id"));
      media.set_content_type(row.String("content_type"));
      media.set_width(static_cast<std::int32_t>(row.Int("width")));
      media.set_height(static_cast<std::int32_t>(row.Int("height")));
    }
    if (row.IsNull("variant_id")) continue;
    v1::MediaVariant& variant = *pictures.back().add_variants();
    variant.set_media_id(row.String("variant_id"));
    variant.set_content_type(row.String("variant_type"));
    variant.set_width(static_cast<std::int32_t>(row.Int("variant_width")));
    variant.set_height(static_cast<std::int32_t>(row.Int("variant_height")));
  }
  return pictures;
}

Result<v1::Media> ReadMediaWithData(pg::Pool& pool, BlobStore& blobs, const std::string& media_id) {
  KIMBERLITE_ASSIGN_OR_RETURN(v1::Media media, pool.Read([&](pg::Transaction& transaction) -> Result<v1::Media> {
    KIMBERLITE_ASSIGN_OR_RETURN(std::vector<v1::Media> found, ReadMedia(transaction, {media_id}));
    if (found.empty()) return NoSuchPicture(media_id, "media_id");
    // Pictures of the time before blobs.
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("SELECT data FROM content.media WHERE media_id = $1 AND data IS NOT NULL",
                          pg::Params(media_id)));
    if (!rows.empty()) found[0].set_data(rows[0].Bytes("data"));
    return std::move(found[0]);
  }));
  if (!media.data().empty()) return media;
  KIMBERLITE_ASSIGN_OR_RETURN(*media.mutable_data(), blobs.Get(media_id));
  return media;
}

Result<void> CheckMediaExists(pg::Transaction& transaction, const std::string& media_id, const std::string& field) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows, transaction.Query("SELECT 1 FROM content.media WHERE media_id = $1", pg::Params(media_id)));
  if (rows.empty()) return NoSuchPicture(media_id, field);
  return {};
}

Result<int> SweepBlobs(pg::Pool& pool, BlobStore& blobs, Time before, const std::stop_token& stop) {
  int removed = 0;
  for (int group = 0; group < 256 && !stop.stop_requested(); ++group) {
    const std::string prefix = {"0123456789abcdef"[group >> 4], "0123456789abcdef"[group & 15]};
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<std::string> old, blobs.ListOld(prefix, before));
    if (old.empty()) continue;
    KIMBERLITE_ASSIGN_OR_RETURN(const int gone, pool.Write([&](pg::Transaction& transaction) -> Result<int> {
      KIMBERLITE_RETURN_IF_ERROR(LockBlobs(transaction, true));
      KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                                  transaction.Query("SELECT id FROM unnest($1::text[]) AS id WHERE NOT EXISTS"
                                                    " (SELECT 1 FROM content.media WHERE media_id = id)",
                                                    pg::Params(old)));
      for (const pg::Row& row : rows) KIMBERLITE_RETURN_IF_ERROR(blobs.Remove(row.String("id")));
      return rows.size();
    }));
    removed += gone;
  }
  return removed;
}

}  // namespace kimberlite::content
