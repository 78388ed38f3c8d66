#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kimberlite {

// gRPC's canonical codes, with gRPC's numbers.
enum class Code : std::uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// "INVALID_ARGUMENT" and so on, as in google/rpc/code.proto.
std::string_view CodeName(Code code);

// Which field of a request broke which rule.
struct FieldViolation {
  std::string field;  // path in proto names: translations[0].headline
  std::string rule;   // a sentence part: "must not be empty"
};

// Why something did not happen. The message is a sentence for a person and carries ids; it holds no secrets.
class Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  // An error about one field: message "field: rule".
  static Error Field(Code code, std::string field, std::string rule);

  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::vector<FieldViolation>& violations() const { return violations_; }

  // Whether the same call may succeed later without anybody changing anything.
  bool retryable() const {
    return code_ == Code::kUnavailable || code_ == Code::kDeadlineExceeded || code_ == Code::kUnknown;
  }

  Error& AddViolation(FieldViolation violation) {
    violations_.push_back(std::move(violation));
    return *this;
  }

  // "NOT_FOUND: article 7 does not exist"
  std::string ToString() const;

 private:
  Code code_;
  std::string message_;
  std::vector<FieldViolation> violations_;
};

template <typename T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(Error error) { return std::unexpected(std::move(error)); }
inline std::unexpected<Error> Fail(Code code, std::string message) {
  return std::unexpected(Error(code, std::move(message)));
}
inline std::unexpected<Error> InvalidField(std::string field, std::string rule) {
  return std::unexpected(Error::Field(Code::kInvalidArgument, std::move(field), std::move(rule)));
}

}  // namespace kimberlite

#define KIMBERLITE_CONCAT_INNER(a, b) a##b
#define KIMBERLITE_CONCAT(a, b) KIMBERLITE_CONCAT_INNER(a, b)

// Returns the error of a Result<void> from the enclosing function.
#define KIMBERLITE_RETURN_IF_ERROR(expression)                      \
  do {                                                              \
    if (auto kimberlite_result = (expression); !kimberlite_result)  \
      return std::unexpected(std::move(kimberlite_result).error()); \
  } while (false)

// KIMBERLITE_ASSIGN_OR_RETURN(auto article, store.Get(id));
#define KIMBERLITE_ASSIGN_OR_RETURN(declaration, expression) \
  KIMBERLITE_ASSIGN_OR_RETURN_INNER(KIMBERLITE_CONCAT(kimberlite_result_, __LINE__), declaration, expression)
#define KIMBERLITE_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                              \
  if (!result) return std::unexpected(std::move(result).error());          \
  declaration = std::move(*result)
