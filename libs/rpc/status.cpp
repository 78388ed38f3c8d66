#include "libs/rpc/status.h"

#include <google/protobuf/message.h>

#include <cstdlib>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace kimberlite::rpc {

grpc::Status ToStatus(const Error& error) {
  const auto code = static_cast<grpc::StatusCode>(error.code());
  if (error.violations().empty()) return grpc::Status(code, error.message());
  google::rpc::BadRequest bad_request;
  for (const FieldViolation& violation : error.violations()) {
    auto* added = bad_request.add_field_violations();
    added->set_field(violation.field);
    added->set_description(violation.rule);
  }
  google::rpc::Status status;
  status.set_code(static_cast<int>(error.code()));
  status.set_message(error.message());
  status.add_details()->PackFrom(bad_request);
  return grpc::Status(code, error.message(), status.SerializeAsString());
}

Error FromStatus(const grpc::Status& status) {
  Error error(static_cast<Code>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (!status.error_details().empty() && details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      google::rpc::BadRequest bad_request;
      if (!detail.UnpackTo(&bad_request)) continue;
      for (const auto& violation : bad_request.field_violations()) {
        error.AddViolation({violation.field(), violation.description()});
      }
    }
  }
  return error;
}

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  const std::size_t size = message.ByteSizeLong();
  grpc::Slice slice(size);
  // A slice just made is not shared, so its bytes may be written.
  if (!message.SerializeToArray(const_cast<std::uint8_t*>(slice.begin()), static_cast<int>(size))) std::abort();
  return grpc::ByteBuffer(&slice, 1);
}

bool FromBuffer(const grpc::ByteBuffer& buffer, google::protobuf::Message& message) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return false;
  if (slices.size() == 1) return message.ParseFromArray(slices[0].begin(), static_cast<int>(slices[0].size()));
  std::string bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return message.ParseFromString(bytes);
}

}  // namespace kimberlite::rpc
