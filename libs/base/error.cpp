#include "libs/base/error.h"

#include <array>

namespace kimberlite {

std::string_view CodeName(Code code) {
  static constexpr std::array<std::string_view, 17> kNames = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

Error Error::Field(Code code, std::string field, std::string rule) {
  Error error(code, field + ": " + rule);
  error.AddViolation({std::move(field), std::move(rule)});
  return error;
}

std::string Error::ToString() const { return std::string(CodeName(code_)) + ": " + message_; }

}  // namespace kimberlite
