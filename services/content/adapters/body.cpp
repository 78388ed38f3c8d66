#include "services/content/adapters/body.h"

#include "libs/base/text.h"
#include "libs/html/clean.h"
#include "libs/html/text.h"
#include "services/content/adapters/markdown.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {

Result<std::string> CleanBody(std::string_view html, std::string_view base_url, const std::string& field) {
  KIMBERLITE_RETURN_IF_ERROR(CheckBodySize(html, field));
  std::string clean = html::Clean(html, base_url);
  KIMBERLITE_RETURN_IF_ERROR(CheckBodySize(clean, field));
  return clean;
}

Result<std::string> MarkdownBody(std::string_view markdown, const std::string& field) {
  KIMBERLITE_RETURN_IF_ERROR(CheckBodySize(markdown, field));
  if (!IsValidUtf8(markdown)) return InvalidField(field, "must be valid UTF-8");
  return CleanBody(HtmlOfMarkdown(markdown), "", field);
}

std::string ParagraphOf(std::string_view text) {
  const std::string_view trimmed = TrimAscii(text);
  return trimmed.empty() ? "" : "<p>" + html::EscapeText(trimmed) + "</p>";
}

}  // namespace kimberlite::content
