#include "services/content/adapters/pg_idempotency.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "libs/base/id.h"

namespace kimberlite::content {
namespace {

constexpr std::chrono::hours kKept{7 * 24};

// The request's name and its bytes, in which the same maps stand in the same order.
std::string DigestOf(const google::protobuf::Message& request) {
  std::string bytes = request.GetDescriptor()->full_name() + '\n';
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return Sha256Hex(bytes);
}

}  // namespace

Result<std::optional<std::string>> ClaimKey(pg::Transaction& transaction, const std::string& key,
                                            const google::protobuf::Message& request, Time now) {
  const std::string digest = DigestOf(request);
  // Waits for a transaction that has inserted the key and not yet ended.
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows claimed,
      transaction.Query("INSERT INTO content.idempotency (key, request_digest, created_time) VALUES ($1, $2, $3)"
                        " ON CONFLICT (key) DO NOTHING",
                        pg::Params(key, digest, now)));
  if (claimed.affected() == 1) return std::nullopt;
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows known,
      transaction.Query("SELECT request_digest, response FROM content.idempotency WHERE key = $1", pg::Params(key)));
  // Swept between the two statements.
  if (known.empty()) return Fail(Code::kUnavailable, "the idempotency key has just expired; try again");
  if (known[0].Text("request_digest") != digest) {
    return InvalidField("idempotency_key", "must not be used again for another request");
  }
  return known[0].Bytes("response");
}

Result<void> KeepAnswer(pg::Transaction& transaction, const std::string& key,
                        const google::protobuf::Message& response) {
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("UPDATE content.idempotency SET response = $2 WHERE key = $1",
                                               pg::Params(key).AddBytes(response.SerializeAsString())));
  return {};
}

Result<std::int64_t> SweepKeys(pg::Transaction& transaction, Time now, int count) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows swept,
      transaction.Query(
          "DELETE FROM content.idempotency WHERE key IN (SELECT key FROM content.idempotency WHERE created_time < $1"
          " ORDER BY created_time LIMIT $2 FOR UPDATE SKIP LOCKED)",
          pg::Params(now - kKept, count)));
  return swept.affected();
}

}  // namespace kimberlite::content
