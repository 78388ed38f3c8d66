#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/text.h"
#include "libs/html/clean.h"
#include "libs/html/sanitize.h"
#include "libs/html/text.h"
#include "tests/fuzz/require.h"

// Whatever comes: the result is a fixed point, one pass gives what the tree gives, and no byte of it begins anything
// but what the allow-list has.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kimberlite;
  constexpr std::string_view kBase = "https://example.org/news/7";
  if (size > 1 << 16) return 0;
  const std::string_view html(reinterpret_cast<const char*>(data), size);
  const std::string clean = html::Sanitize(html, kBase);
  Require(IsValidUtf8(clean), "UTF-8");
  Require(html::Sanitize(clean, kBase) == clean, "Sanitize is idempotent");
  Require(html::IsSimple(clean, kBase), "what comes out needs no mending");
  if (html::IsSimple(html, kBase)) Require(html::SanitizeByTree(html, kBase) == clean, "one pass as by the tree");
  for (const std::string_view never : {"<script", "<style", "<svg", "<math", "<iframe", "<object", "<embed", "<form",
                                       "<input", "<template", "<noscript", "<!--", "<base", "<meta", "<link"}) {
    Require(!clean.contains(never), "nothing that runs");
  }
  const std::string article = html::Clean(html, kBase);
  Require(html::Clean(article, kBase) == article, "Clean is idempotent");
  Require(IsValidUtf8(html::TextLine(html)), "a line is UTF-8");
  return 0;
}
