#include "libs/base/id.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <vector>

namespace kimberlite {
namespace {

void FillRandom(unsigned char* bytes, std::size_t count) {
  // getrandom fills up to 256 bytes without interruption (getrandom(2)).
  if (getrandom(bytes, count, 0) != static_cast<ssize_t>(count)) std::abort();
}

std::string Hex(const unsigned char* bytes, std::size_t count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

bool IsHex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace

std::string NewUuid() {
  std::array<unsigned char, 16> bytes;
  FillRandom(bytes.data(), bytes.size());
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const std::string hex = Hex(bytes.data(), bytes.size());
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
         hex.substr(20);
}

std::uint64_t RandomBits() {
  std::uint64_t value;
  FillRandom(reinterpret_cast<unsigned char*>(&value), sizeof value);
  return value;
}

std::string RandomHex(int bytes) {
  std::vector<unsigned char> buffer(bytes);
  FillRandom(buffer.data(), buffer.size());
  return Hex(buffer.data(), buffer.size());
}

std::string ChildTraceparent(std::string_view parent) {
  // version 00: "00-" 32 hex "-" 16 hex "-" 2 hex
  const bool valid = parent.size() == 55 && parent.substr(0, 3) == "00-" && parent[35] == '-' && parent[52] == '-' &&
                     IsHex(parent.substr(3, 32)) && IsHex(parent.substr(36, 16)) && IsHex(parent.substr(53, 2)) &&
                     parent.substr(3, 32).find_first_not_of('0') != std::string_view::npos;
  const std::string trace = valid ? std::string(parent.substr(3, 32)) : RandomHex(16);
  const std::string flags = valid ? std::string(parent.substr(53, 2)) : "01";
  return "00-" + trace + "-" + RandomHex(8) + "-" + flags;
}

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) std::abort();
  return Hex(digest.data(), size);
}

}  // namespace kimberlite
