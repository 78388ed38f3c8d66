#include "libs/http/address.h"

#include <algorithm>
#include <array>

namespace kimberlite::http {
namespace {

// A block of addresses by its first `bits` bits.
template <std::size_t kBytes>
struct Block {
  std::array<std::uint8_t, kBytes> prefix;
  int bits;
  std::string_view name;

  bool Holds(std::span<const std::uint8_t> address) const {
    const int whole = bits / 8;
    if (!std::equal(prefix.begin(), prefix.begin() + whole, address.begin())) return false;
    const int rest = bits % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
    return (prefix[whole] & mask) == (address[whole] & mask);
  }
};

constexpr Block<4> kRefused4[] = {
    {{0, 0, 0, 0}, 8, "an address of this network"},     {{10, 0, 0, 0}, 8, "a private address"},
    {{100, 64, 0, 0}, 10, "a carrier's shared address"}, {{127, 0, 0, 0}, 8, "a loopback address"},
    {{168, 63, 129, 16}, 32, "a metadata service"},      {{169, 254, 0, 0}, 16, "a link-local address"},
    {{172, 16, 0, 0}, 12, "a private address"},          {{192, 0, 0, 0}, 24, "a protocol's own address"},
    {{192, 0, 2, 0}, 24, "a documentation address"},     {{192, 88, 99, 0}, 24, "a 6to4 relay"},
    {{192, 168, 0, 0}, 16, "a private address"},         {{198, 18, 0, 0}, 15, "a benchmarking address"},
    {{198, 51, 100, 0}, 24, "a documentation address"},  {{203, 0, 113, 0}, 24, "a documentation address"},
    {{224, 0, 0, 0}, 4, "a multicast address"},          {{240, 0, 0, 0}, 4, "a reserved address"},
};

// The first match names the reason.
constexpr Block<16> kRefused6[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "a loopback address"},
    {{}, 128, "the unspecified address"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, "an IPv4-mapped address"},
    {{0x00, 0x64, 0xFF, 0x9B}, 96, "a NAT64 address"},
    {{0x00, 0x64, 0xFF, 0x9B, 0, 1}, 48, "a NAT64 address"},
    {{0xFC}, 7, "a unique local address"},
    {{0xFE, 0x80}, 10, "a link-local address"},
    {{0xFE, 0xC0}, 10, "a site-local address"},
    {{0xFF}, 8, "a multicast address"},
    {{0x20, 0x01}, 23, "a protocol's own address"},
    {{0x20, 0x01, 0x0D, 0xB8}, 32, "a documentation address"},
    {{0x20, 0x02}, 16, "a 6to4 address"},
    {{0x3F, 0xFF}, 20, "a documentation address"},
};
constexpr Block<16> kGlobalUnicast6 = {{0x20}, 3, ""};

}  // namespace

std::string_view WhyNotPublic(std::span<const std::uint8_t> address) {
  if (address.size() == 4) {
    for (const auto& block : kRefused4) {
      if (block.Holds(address)) return block.name;
    }
    return {};
  }
  if (address.size() == 16) {
    for (const auto& block : kRefused6) {
      if (block.Holds(address)) return block.name;
    }
    return kGlobalUnicast6.Holds(address) ? std::string_view() : "a reserved address";
  }
  return "no IP address";
}

}  // namespace kimberlite::http
