#pragma once

#include <string_view>

namespace kimberlite::ctl {

// A serialised google.protobuf.FileDescriptorSet with the comments of every proto, made when this program was built.
std::string_view Protoset();

}  // namespace kimberlite::ctl
