#include "services/content/core/redirect.h"

#include <algorithm>
#include <cctype>

#include "libs/base/percent.h"
#include "libs/base/text.h"
#include "libs/i18n/language.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

// %XX of everything but what has a meaning in a path: an address is written with and without.
std::string Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = PercentEscape(text.substr(i));
    if (c && std::string_view("%/?#&=").find(*c) == std::string_view::npos && static_cast<unsigned char>(*c) >= 0x20) {
      out += *c;
      i += 2;
      continue;
    }
    out += text[i];
  }
  return out;
}

// "123-alias" → "123".
std::string_view NumberOf(std::string_view segment) {
  const std::size_t digits = std::min(segment.find_first_not_of("0123456789"), segment.size());
  return digits > 0 && digits < segment.size() && segment[digits] == '-' ? segment.substr(0, digits) : segment;
}

std::string QueryWithoutStart(std::string_view query) {
  std::vector<std::string> kept;
  for (const std::string_view part : Split(query, '&')) {
    if (!part.empty() && !part.starts_with("start=") && !part.starts_with("limitstart=")) kept.emplace_back(part);
  }
  std::ranges::sort(kept);
  return Join(kept, "&");
}

}  // namespace

Result<std::string> RedirectPath(std::string_view path, const std::string& field) {
  if (path.size() > kMaxOldPath) {
    return Fail(Error::Field(Code::kResourceExhausted, field,
                             "must be at most 2,000 bytes, this has " + std::to_string(path.size())));
  }
  if (!path.starts_with('/') || path.starts_with("//")) return InvalidField(field, "must begin with one \"/\"");
  path = path.substr(0, path.find('#'));
  const std::size_t mark = std::min(path.find('?'), path.size());
  const std::string query = mark < path.size() ? QueryWithoutStart(Unescaped(path.substr(mark + 1))) : std::string();
  std::string whole = Unescaped(path.substr(0, mark));
  if (!IsValidUtf8(whole) || !IsValidUtf8(query)) return InvalidField(field, "must be UTF-8 where %XX is undone");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::ranges::any_of(whole, is_control) || std::ranges::any_of(query, is_control))
    return InvalidField(field, "must not contain control characters");
  while (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  const std::size_t last = whole.rfind('/') + 1;
  whole = whole.substr(0, last) + std::string(NumberOf(std::string_view(whole).substr(last)));
  return query.empty() ? whole : whole + "?" + query;
}

Result<std::vector<std::string>> RedirectCandidates(std::string_view path, const std::string& field) {
  KIMBERLITE_ASSIGN_OR_RETURN(const std::string whole, RedirectPath(path, field));
  std::vector<std::string> candidates = {whole};
  if (const std::size_t mark = whole.find('?'); mark != std::string::npos) candidates.push_back(whole.substr(0, mark));
  return candidates;
}

Result<void> CheckRedirect(const Redirect& redirect) {
  const int targets = (redirect.article_id != 0 ? 1 : 0) + (redirect.section_id.empty() ? 0 : 1) +
                      (redirect.concept_id != 0 ? 1 : 0) + (redirect.target_path.empty() ? 0 : 1) +
                      (redirect.gone ? 1 : 0);
  if (targets != 1)
    return InvalidField("redirect",
                        "must have exactly one of article_id, section_id, concept_id, target_path and gone");
  if (redirect.article_id < 0) return InvalidField("redirect.article_id", "must be greater than 0");
  if (redirect.concept_id < 0) return InvalidField("redirect.concept_id", "must be greater than 0");
  if (!redirect.language_code.empty())
    KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(redirect.language_code, "redirect.language_code"));
  if (!redirect.target_path.empty()) {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string target, RedirectPath(redirect.target_path, "redirect.target_path"));
    if (target == redirect.path) return InvalidField("redirect.target_path", "must be another address than path");
  }
  return {};
}

}  // namespace kimberlite::content
