#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "libs/base/error.h"

namespace google::protobuf {
class Message;
}

namespace kimberlite::rpc {

// With google.rpc.BadRequest in the details when fields are named.
grpc::Status ToStatus(const Error& error);
Error FromStatus(const grpc::Status& status);

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message);
// False when the bytes are not this message.
bool FromBuffer(const grpc::ByteBuffer& buffer, google::protobuf::Message& message);

}  // namespace kimberlite::rpc
