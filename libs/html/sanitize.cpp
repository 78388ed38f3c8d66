#include "libs/html/sanitize.h"

#include <optional>

#include "libs/base/text.h"
#include "libs/html/clean.h"
#include "libs/html/prefilter.h"
#include "libs/html/sanitize_tree.h"
#include "libs/html/simple_writer.h"

namespace kimberlite::html {
namespace {

// Absent when the HTML needs mending.
std::optional<std::string> SanitizeSimple(std::string_view html, std::string_view base_url) {
  SimpleWriter writer(html.size() + html.size() / 8);
  if (!FilterTokens(html, base_url, Attributes::kWritten, writer)) return std::nullopt;
  std::string clean = writer.Finish();
  const std::string_view trimmed = TrimAscii(clean);
  if (trimmed.size() < clean.size()) clean = std::string(trimmed);
  if (clean.size() > kMaxInput) return std::nullopt;
  return clean;
}

// What came out is simple and a fixed point, or it is mended again: unwrapping what the allow-list does not have can
// leave a tree that no HTML makes.
std::string SanitizeMended(std::string_view html, std::string_view base_url) {
  constexpr int kRounds = 4;
  std::optional<std::string> clean = SanitizeTree(html, base_url);
  for (int round = 0; clean && round < kRounds; ++round) {
    *clean = std::string(TrimAscii(*clean));
    const auto again = SanitizeSimple(*clean, base_url);
    if (again && *again == *clean) return *clean;
    clean = again ? again : SanitizeTree(*clean, base_url);
  }
  return CleanText(html);
}

std::string Sanitize(std::string_view html, std::string_view base_url, bool may_be_simple) {
  std::string scratch;
  const std::string_view text = MendUtf8(html, scratch);
  if (may_be_simple) {
    if (auto clean = SanitizeSimple(text, base_url)) return std::move(*clean);
  }
  return SanitizeMended(text, base_url);
}

}  // namespace

std::string Sanitize(std::string_view html, std::string_view base_url) { return Sanitize(html, base_url, true); }

std::string SanitizeByTree(std::string_view html, std::string_view base_url) { return Sanitize(html, base_url, false); }

bool IsSimple(std::string_view html, std::string_view base_url) {
  std::string scratch;
  return SanitizeSimple(MendUtf8(html, scratch), base_url).has_value();
}

}  // namespace kimberlite::html
