#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kimberlite {

// A random UUID version 4 (RFC 9562 section 5.4) in lower-case text.
std::string NewUuid();

// 64 random bits from the operating system.
std::uint64_t RandomBits();

// `bytes` random bytes in lower-case hex.
std::string RandomHex(int bytes);

// A new W3C traceparent, or a child span of the given one; an invalid parent starts a new trace.
std::string ChildTraceparent(std::string_view parent);

// SHA-256 (FIPS 180-4) in lower-case hex: 64 characters.
std::string Sha256Hex(std::string_view bytes);

}  // namespace kimberlite
