#include <cstdint>
#include <string_view>

#include "libs/base/text.h"
#include "services/ingest/core/charset.h"
#include "tests/fuzz/require.h"

// The first line is a Content-Type, the rest a document. Whatever both are, the text is UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kimberlite;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view type = line == std::string_view::npos ? std::string_view() : input.substr(0, line);
  const std::string_view body = line == std::string_view::npos ? input : input.substr(line + 1);
  const ingest::DecodedText decoded = ingest::DecodeText(body, type);
  Require(IsValidUtf8(decoded.text), "UTF-8");
  Require(!decoded.charset.empty(), "a charset");
  Require(decoded.text.size() <= body.size() * 4 + 16, "no text grows without bounds");
  return 0;
}
