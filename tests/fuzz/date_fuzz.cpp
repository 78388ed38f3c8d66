#include <cstdint>
#include <string_view>

#include "libs/base/time.h"
#include "services/ingest/core/feed_date.h"
#include "tests/fuzz/require.h"

// Whatever a date is made of, an instant of it is one that its own RFC 3339 form gives again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kimberlite;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view zone : {"", "Asia/Yakutsk", "America/St_Johns"}) {
    const auto time = ingest::ParseFeedDate(text, zone);
    if (!time) continue;
    const auto again = ingest::ParseFeedDate(FormatRfc3339(*time), zone);
    Require(again == time, "the same instant");
  }
  return 0;
}
