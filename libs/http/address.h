#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kimberlite::http {

// Why an IP address is none that a stranger's URL may lead us to: "a loopback address", "a private address", …; empty
// for public unicast addresses. Takes 4 bytes (IPv4) or 16 (IPv6) in network order; anything else is refused too.
//
// IPv4: all of IANA's special-purpose registry but what is globally reachable unicast, and the metadata service that
// Azure keeps at a public address. IPv6: only global unicast (2000::/3) without Teredo, 6to4, documentation and the
// like; IPv4-mapped and NAT64 addresses are refused whatever IPv4 address they hold, since a resolver has no need to
// give them.
std::string_view WhyNotPublic(std::span<const std::uint8_t> address);

}  // namespace kimberlite::http
