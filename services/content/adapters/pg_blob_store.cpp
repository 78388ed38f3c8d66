#include "services/content/adapters/blob_store.h"

namespace kimberlite::content {

Result<void> PgBlobStore::Put(const std::string& id, std::string_view bytes) {
  const auto done = pool_.Write([&](pg::Transaction& transaction) {
    pg::Params params(id);
    params.AddBytes(bytes).Add(clock_.Now());
    return transaction.Query(
        "INSERT INTO content.blobs (blob_id, data, touched_time) VALUES ($1, $2, $3)"
        " ON CONFLICT (blob_id) DO UPDATE SET touched_time = excluded.touched_time",
        params);
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::string> PgBlobStore::Get(const std::string& id) {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<std::string> {
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                                transaction.Query("SELECT data FROM content.blobs WHERE blob_id = $1", pg::Params(id)));
    if (rows.empty()) return Fail(Code::kNotFound, "the bytes of " + id + " are not in content.blobs");
    return rows[0].Bytes("data");
  });
}

Result<bool> PgBlobStore::Has(const std::string& id) {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<bool> {
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                                transaction.Query("SELECT 1 FROM content.blobs WHERE blob_id = $1", pg::Params(id)));
    return !rows.empty();
  });
}

Result<void> PgBlobStore::Remove(const std::string& id) {
  const auto done = pool_.Write([&](pg::Transaction& transaction) {
    return transaction.Query("DELETE FROM content.blobs WHERE blob_id = $1", pg::Params(id));
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::vector<std::string>> PgBlobStore::ListOld(const std::string& prefix, Time before) {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<std::vector<std::string>> {
    // "g" comes after every hex digit.
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(
            "SELECT blob_id FROM content.blobs WHERE blob_id >= $1 AND blob_id < $2 AND touched_time < $3",
            pg::Params(prefix, prefix + "g", before)));
    std::vector<std::string> ids;
    for (const pg::Row& row : rows) ids.push_back(row.String("blob_id"));
    return ids;
  });
}

}  // namespace kimberlite::content
