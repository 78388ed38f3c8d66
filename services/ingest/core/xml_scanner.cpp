#include "services/ingest/core/xml_scanner.h"

#include <algorithm>
#include <cstdint>

#include "libs/html/references.h"

namespace kimberlite::ingest {
namespace {

constexpr std::size_t kMaxAttributes = 256;
constexpr std::string_view kCData = "<![CDATA[";

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         static_cast<unsigned char>(c) >= 0x80;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool StartsWithNoCase(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) { return a == Lower(b); });
}

std::string_view AppendNumeric(std::string& out, std::string_view body) {
  const bool hex = body.size() > 1 && (body[1] == 'x' || body[1] == 'X');
  std::uint32_t point = 0;
  for (const char c : body.substr(hex ? 2 : 1)) {
    const int digit = c >= '0' && c <= '9'                        ? c - '0'
                      : hex && Lower(c) >= 'a' && Lower(c) <= 'f' ? Lower(c) - 'a' + 10
                                                                  : -1;
    if (digit < 0) return "a reference that is none";
    point = std::min<std::uint32_t>(point * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit), 0x110000);
  }
  if (body.size() == (hex ? 2u : 1u)) return "a reference that is none";
  point = html::NumericReference(point);
  const bool allowed =
      point == 9 || point == 10 || point == 13 || (point >= 0x20 && point != 0xFFFE && point != 0xFFFF);
  html::AppendUtf8(out, allowed ? point : 0xFFFD);
  return allowed ? std::string_view() : "a reference to a character that XML forbids";
}

}  // namespace

std::string_view AppendXmlText(std::string& out, std::string_view raw) {
  constexpr std::size_t kLongest = 33;
  std::string_view problem;
  while (true) {
    const std::size_t at = raw.find('&');
    out += raw.substr(0, at);
    if (at == std::string_view::npos) return problem;
    raw.remove_prefix(at + 1);
    const std::size_t end = raw.substr(0, kLongest).find_first_of(";&< \n");
    if (end == std::string_view::npos || raw[end] != ';') {
      // A number that lost its ";" is still one.
      const std::size_t digits =
          raw.starts_with('#') ? std::min(raw.find_first_not_of("0123456789", 1), raw.size()) : 0;
      if (digits > 1 && digits < 9) {
        AppendNumeric(out, raw.substr(0, digits));
        raw.remove_prefix(digits);
      } else {
        out += '&';
      }
      problem = "an ampersand that begins no reference";
      continue;
    }
    const std::string_view body = raw.substr(0, end);
    if (body.starts_with('#')) {
      const std::size_t before = out.size();
      if (const std::string_view wrong = AppendNumeric(out, body); !wrong.empty()) problem = wrong;
      if (out.size() == before) {
        out += '&';
        continue;
      }
    } else {
      const std::string_view meaning = html::NamedReference(body);
      if (meaning.empty()) {
        out += '&';
        problem = "an entity that is not known";
        continue;
      }
      const bool own = body == "amp" || body == "lt" || body == "gt" || body == "quot" || body == "apos";
      if (!own) problem = "an entity that XML does not have";
      out += meaning;
    }
    raw.remove_prefix(end + 1);
  }
}

void XmlScanner::Report(std::string_view problem, std::size_t at) {
  if (!problem_.empty()) return;
  problem_ = problem;
  problem_at_ = at;
}

// Never looks at a byte twice for the same mark, so that asking again and again stays linear.
std::size_t XmlScanner::Find(Mark mark, std::string_view text, std::size_t from) {
  std::size_t& next = next_[mark];
  if (next < from || next == kUnknown) next = text_.find(text, from);
  return next;
}

bool XmlScanner::Next(XmlToken& token) {
  while (at_ < text_.size()) {
    token_begin_ = at_;
    if (text_[at_] == '<') {
      if (Markup(token)) return true;
      continue;
    }
    const std::size_t end = std::min(text_.find('<', at_), text_.size());
    token = {XmlToken::Kind::kText, text_.substr(at_, end - at_)};
    at_ = end;
    return true;
  }
  return false;
}

// At a "<": whether what it begins is a token; at_ is behind it.
bool XmlScanner::Markup(XmlToken& token) {
  const std::string_view rest = text_.substr(at_);
  const char next = rest.size() > 1 ? rest[1] : '\0';
  if (IsNameStart(next) || (next == '/' && rest.size() > 2 && IsNameStart(rest[2]))) {
    Tag(token);
    return true;
  }
  if (next == '!') {
    if (rest.starts_with(kCData)) {
      CData(token);
      return true;
    }
    if (rest.starts_with("<!--")) {
      SkipPast(kCommentEnd, "-->", 4);
      return false;
    }
    if (StartsWithNoCase(rest, "<!doctype")) {
      Doctype();
      return false;
    }
  } else if (next == '?') {
    SkipPast(kInstructionEnd, "?>", 2);
    return false;
  }
  Report("a \"<\" that begins no tag");
  token = {XmlToken::Kind::kText, text_.substr(at_, 1)};
  ++at_;
  return true;
}

void XmlScanner::SkipPast(Mark mark, std::string_view end, std::size_t opening) {
  const std::size_t found = Find(mark, end, at_ + opening);
  if (found != std::string_view::npos) {
    at_ = found + end.size();
    return;
  }
  Report("a comment or instruction that is never closed");
  const std::size_t close = text_.find('>', at_);
  cut_ = close == std::string_view::npos;
  at_ = cut_ ? text_.size() : close + 1;
}

void XmlScanner::CData(XmlToken& token) {
  const std::size_t begin = at_ + kCData.size();
  const std::size_t found = Find(kCDataEnd, "]]>", begin);
  std::size_t end = std::min(found, text_.size());
  // One that was never closed would swallow the elements up to the end of the next one.
  const std::string_view inside = text_.substr(begin, end - begin);
  if (found == std::string_view::npos || inside.find(kCData) != std::string_view::npos) {
    std::string closing = "</";
    (closing += open_element_) += '>';
    const std::size_t bound =
        found == std::string_view::npos ? inside.size() : std::min(inside.find(kCData), inside.size());
    const std::size_t closed = open_element_.empty() ? std::string_view::npos : inside.substr(0, bound).find(closing);
    if (closed != std::string_view::npos) {
      Report("a CDATA section that is never closed");
      token = {XmlToken::Kind::kCData, inside.substr(0, closed)};
      at_ = begin + closed;
      return;
    }
  }
  if (found == std::string_view::npos) {
    Report("a CDATA section that is never closed");
    cut_ = true;
  }
  token = {XmlToken::Kind::kCData, inside};
  at_ = found == std::string_view::npos ? text_.size() : end + 3;
}

// Up to the ">" that stands outside quotes, comments and the brackets of the internal subset.
void XmlScanner::Doctype() {
  int brackets = 0;
  for (++at_; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"' || c == '\'') {
      const std::size_t quote = text_.substr(at_ + 1, 4096).find(c);
      // An apostrophe that is no quote must not swallow the feed.
      if (quote != std::string_view::npos) at_ += 1 + quote;
    } else if (c == '<' && text_.substr(at_, 4) == "<!--") {
      at_ = std::min(Find(kCommentEnd, "-->", at_), text_.size() - 1);
    } else if (c == '[') {
      ++brackets;
    } else if (c == ']') {
      --brackets;
    } else if (c == '>' && brackets <= 0) {
      ++at_;
      return;
    }
  }
  cut_ = true;
}

void XmlScanner::Tag(XmlToken& token) {
  const bool end_tag = text_[at_ + 1] == '/';
  at_ += end_tag ? 2 : 1;
  const std::size_t begin = at_;
  while (at_ < text_.size() && !IsSpace(text_[at_]) && text_[at_] != '>' && text_[at_] != '/' && text_[at_] != '<')
    ++at_;
  token = {end_tag ? XmlToken::Kind::kEnd : XmlToken::Kind::kStart, text_.substr(begin, at_ - begin)};
  attributes_.clear();
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '>') {
      ++at_;
      return;
    }
    if (c == '<') {
      Report("a tag that is never closed");
      return;
    }
    if (c == '/' && at_ + 1 < text_.size() && text_[at_ + 1] == '>') {
      token.empty = true;
      at_ += 2;
      return;
    }
    if (IsSpace(c) || c == '/') {
      ++at_;
    } else {
      Attribute();
    }
  }
  Report("a tag that is never closed");
  cut_ = true;
}

void XmlScanner::Attribute() {
  const std::size_t begin = at_++;
  while (at_ < text_.size() && !IsSpace(text_[at_]) &&
         std::string_view("=>/<").find(text_[at_]) == std::string_view::npos)
    ++at_;
  RawAttribute attribute{text_.substr(begin, at_ - begin), {}};
  while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  if (at_ < text_.size() && text_[at_] == '=') {
    ++at_;
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote == '"' || quote == '\'') {
      attribute.value = QuotedValue(quote);
    } else {
      Report("an attribute without quotes");
      const std::size_t from = at_;
      while (at_ < text_.size() && !IsSpace(text_[at_]) && text_[at_] != '>' && text_[at_] != '<') ++at_;
      attribute.value = text_.substr(from, at_ - from);
      if (attribute.value.ends_with('/') && at_ < text_.size() && text_[at_] == '>') {
        attribute.value.remove_suffix(1);
        --at_;
      }
    }
  } else {
    Report("an attribute without a value");
  }
  if (attributes_.size() < kMaxAttributes) attributes_.push_back(attribute);
}

std::string_view XmlScanner::QuotedValue(char quote) {
  const std::size_t begin = ++at_;
  const std::size_t end = Find(quote == '"' ? kDoubleQuote : kSingleQuote, std::string_view(&quote, 1), begin);
  if (end != std::string_view::npos) {
    at_ = end + 1;
    return text_.substr(begin, end - begin);
  }
  Report("an attribute whose quote is never closed");
  at_ = std::min(text_.find_first_of(">", begin), text_.size());
  return text_.substr(begin, at_ - begin);
}

}  // namespace kimberlite::ingest
