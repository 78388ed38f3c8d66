#include "libs/html/reader.h"

#include <algorithm>

#include "libs/html/rules.h"
#include "libs/html/values.h"

namespace kimberlite::html {
namespace {

constexpr std::size_t kMaxAttributeBytes = 8192;
constexpr int kMaxAttributesKept = 16;
constexpr std::size_t kMaxAttributeName = 24;

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

}  // namespace

std::string_view Reader::Text() {
  const std::size_t end = std::min(html_.find('<', at_), html_.size());
  const std::string_view text = html_.substr(at_, end - at_);
  at_ = end;
  return text;
}

Reader::Markup Reader::Next(Tag& tag) {
  const char next = Peek(1);
  if (IsAlpha(next) || (next == '/' && IsAlpha(Peek(2)))) return ReadTag(tag) ? Markup::kTag : Markup::kNothing;
  if (next == '!' && html_.substr(at_, 4) == "<!--") {
    SkipComment();
  } else if (html_.substr(at_, 9) == "<![CDATA[") {
    // Outside of SVG a broken comment by the letter of the standard, but feeds that wrap twice mean what is inside.
    at_ += 9;
    saw_cdata_ = true;
  } else if (next == '!' || next == '?' || next == '/') {
    SkipPast(">");
  } else {
    ++at_;
    return Markup::kLiteral;
  }
  return Markup::kNothing;
}

void Reader::SkipRawText(std::string_view name) {
  if (name == "plaintext") {
    at_ = html_.size();
    return;
  }
  const std::size_t end = FindEndTag(name, at_);
  at_ = end == std::string_view::npos ? html_.size() : end;
  Tag ignored;
  if (!AtEnd()) ReadTag(ignored);
}

bool Reader::EndTagFollows(const std::string& name) {
  const auto [known, is_new] = end_tags_.try_emplace(name, 0);
  std::size_t& next = known->second;
  if (is_new || next < at_) next = FindEndTag(name, at_);
  return next != std::string_view::npos;
}

std::size_t Reader::FindEndTag(std::string_view name, std::size_t from) const {
  for (std::size_t at = html_.find("</", from); at != std::string_view::npos; at = html_.find("</", at + 2)) {
    const std::size_t end = at + 2 + name.size();
    if (end >= html_.size()) return std::string_view::npos;
    if (!IsSpace(html_[end]) && html_[end] != '/' && html_[end] != '>') continue;
    if (std::equal(name.begin(), name.end(), html_.begin() + static_cast<std::ptrdiff_t>(at) + 2,
                   [](char a, char b) { return a == Lower(b); })) {
      return at;
    }
  }
  return std::string_view::npos;
}

void Reader::SkipPast(std::string_view mark) {
  const std::size_t found = html_.find(mark, at_);
  at_ = found == std::string_view::npos ? html_.size() : found + mark.size();
}

void Reader::SkipComment() {
  at_ += 4;
  if (html_.substr(at_, 1) == ">") {
    at_ += 1;
  } else if (html_.substr(at_, 2) == "->") {
    at_ += 2;
  } else {
    // "--" may be followed by "!" before ">".
    while (true) {
      SkipPast("--");
      if (AtEnd()) return;
      if (Peek(0) == '>') {
        at_ += 1;
        return;
      }
      if (Peek(0) == '!' && Peek(1) == '>') {
        at_ += 2;
        return;
      }
      at_ -= 1;  // "--->": the second hyphen may begin the closing pair
    }
  }
}

bool Reader::ReadTag(Tag& tag) {
  tag.end = Peek(1) == '/';
  at_ += tag.end ? 2 : 1;
  const std::size_t begin = at_;
  while (!AtEnd() && !IsSpace(html_[at_]) && html_[at_] != '/' && html_[at_] != '>') ++at_;
  tag.name = LowerCase(html_.substr(begin, std::min<std::size_t>(at_ - begin, 32)));
  tag.attributes.clear();
  while (!AtEnd()) {
    const char c = html_[at_];
    if (c == '>') {
      ++at_;
      return true;
    }
    if (IsSpace(c) || c == '/') {
      ++at_;
    } else {
      ReadAttribute(tag);
    }
  }
  return false;
}

void Reader::ReadAttribute(Tag& tag) {
  const std::size_t begin = at_++;  // a "=" at the beginning belongs to the name
  while (!AtEnd() && !IsSpace(html_[at_]) && std::string_view("/>=").find(html_[at_]) == std::string_view::npos) ++at_;
  const std::string_view name = html_.substr(begin, at_ - begin);
  while (!AtEnd() && IsSpace(html_[at_])) ++at_;
  std::string_view value;
  if (Peek(0) == '=') {
    ++at_;
    while (!AtEnd() && IsSpace(html_[at_])) ++at_;
    value = ReadValue();
  }
  if (name.size() > kMaxAttributeName || value.size() > kMaxAttributeBytes ||
      tag.attributes.size() >= kMaxAttributesKept)
    return;
  std::string lower = LowerCase(name);
  if (is_known_(lower) && tag.Find(lower) == nullptr) {
    tag.attributes.push_back({std::move(lower), value});
  }
}

std::string_view Reader::ReadValue() {
  const char quote = Peek(0);
  std::size_t end;
  const std::size_t begin = quote == '"' || quote == '\'' ? at_ + 1 : at_;
  if (begin > at_) {
    end = std::min(html_.find(quote, begin), html_.size());
    at_ = std::min(end + 1, html_.size());
  } else {
    end = std::min(html_.find_first_of(" \n\t\r\f>", at_), html_.size());
    at_ = end;
  }
  return html_.substr(begin, end - begin);
}

}  // namespace kimberlite::html
