#include "services/ingest/core/xml_repair.h"

#include <libxml/HTMLparser.h>

#include <array>
#include <cstdint>
#include <unordered_map>

#include "libs/html/text.h"

namespace kimberlite::ingest {
namespace {

void AppendUtf8(std::string& out, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6), byte(0x80 | (point & 63));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 63)), byte(0x80 | (point & 63));
  } else {
    byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 63)), byte(0x80 | (point >> 6 & 63)),
        byte(0x80 | (point & 63));
  }
}

bool IsXmlChar(std::uint32_t point) {
  return point == 9 || point == 10 || point == 13 || (point >= 0x20 && point < 0xD800) ||
         (point >= 0xE000 && point < 0xFFFE) || (point >= 0x10000 && point <= 0x10FFFF);
}

// What windows-1252 has at 0x80 to 0x9F; 0 where it has nothing.
constexpr std::array<std::uint16_t, 32> kWindows1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                        0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool StartsWithNoCase(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

class Repairer {
 public:
  explicit Repairer(std::string_view in) : in_(in) { out_.reserve(in.size() + in.size() / 64); }

  RepairedXml Run() {
    at_ = std::min(in_.find('<'), in_.size());
    while (at_ < in_.size()) {
      if (in_[at_] == '<') {
        Markup();
      } else {
        Text(std::min(in_.find('<', at_), in_.size()), false);
      }
    }
    return {std::move(out_), repaired_};
  }

 private:
  std::string_view Rest() const { return in_.substr(at_); }

  // Everything up to and with `terminator` is left out.
  void Drop(std::string_view terminator) {
    const std::size_t end = in_.find(terminator, at_);
    if (end == std::string_view::npos) repaired_ = true;
    at_ = end == std::string_view::npos ? in_.size() : end + terminator.size();
  }

  void Markup() {
    const std::string_view rest = Rest();
    if (rest.starts_with("<![CDATA[")) return CData();
    if (rest.starts_with("<!--")) return Drop("-->");
    if (rest.starts_with("<?")) return Drop("?>");
    if (StartsWithNoCase(rest, "<!doctype")) return Doctype();
    const std::size_t name = rest.starts_with("</") ? 2 : 1;
    if (rest.size() > name && IsNameStart(rest[name])) return Tag();
    out_ += "&lt;";
    repaired_ = true;
    ++at_;
  }

  void CData() {
    std::size_t end = in_.find("]]>", at_);
    if (end == std::string_view::npos) {
      end = in_.size();
      repaired_ = true;
    }
    Copy(end);
    out_ += "]]>";
    at_ = std::min(end + 3, in_.size());
  }

  // Up to the ">" that stands outside quotes, comments and the brackets of the internal subset.
  void Doctype() {
    int brackets = 0;
    for (++at_; at_ < in_.size(); ++at_) {
      const char c = in_[at_];
      if (c == '"' || c == '\'') {
        const std::size_t quote = in_.find(c, at_ + 1);
        // An apostrophe that is no quote must not swallow the feed.
        if (quote != std::string_view::npos && quote - at_ < 4096) at_ = quote;
      } else if (Rest().starts_with("<!--")) {
        at_ = std::min(in_.find("-->", at_), in_.size() - 1);
      } else if (c == '[') {
        ++brackets;
      } else if (c == ']') {
        --brackets;
      } else if (c == '>' && brackets <= 0) {
        ++at_;
        return;
      }
    }
  }

  // A tag with its attributes. Quotes that are never closed end at the tag's ">". Attributes beyond the limit are left
  // out: the parser compares each with each.
  void Tag() {
    constexpr int kMaxAttributes = 256;
    out_ += '<';
    ++at_;
    for (int attributes = 0; at_ < in_.size();) {
      if (attributes == kMaxAttributes) {
        at_ = EndOfTag();
        repaired_ = true;
        if (at_ == in_.size()) return;
        if (in_[at_ - 1] == '/') out_ += '/';
      }
      const char c = in_[at_];
      if (c == '>') {
        out_ += '>';
        ++at_;
        return;
      }
      if (c == '<') {  // the tag was never closed; the parser will say so
        repaired_ = true;
        out_ += '>';
        return;
      }
      if (c == '"' || c == '\'') {
        const std::size_t end = in_.find(c, at_ + 1);
        if (end != std::string_view::npos) {
          out_ += c;
          ++at_;
          Text(end, true);
          out_ += c;
          ++at_;
          ++attributes;
          continue;
        }
        repaired_ = true;
      }
      Copy(at_ + 1);
    }
  }

  // Where the tag that at_ stands in ends: its ">", or the end of the text.
  std::size_t EndOfTag() const {
    std::size_t end = at_;
    while (end < in_.size() && in_[end] != '>' && in_[end] != '<') {
      const bool quote = in_[end] == '"' || in_[end] == '\'';
      const std::size_t closed = quote ? in_.find(in_[end], end + 1) : std::string_view::npos;
      end = (closed == std::string_view::npos ? end : closed) + 1;
    }
    return end;
  }

  // Text up to `end`; in an attribute's value "<" is text too.
  void Text(std::size_t end, bool attribute) {
    while (at_ < end) {
      std::size_t next = at_;
      while (next < end && in_[next] != '&' && !(attribute && in_[next] == '<')) ++next;
      Copy(next);
      if (at_ == end) return;
      if (in_[at_] == '<') {
        out_ += "&lt;";
        repaired_ = true;
        ++at_;
      } else {
        Reference(end);
      }
    }
  }

  // Copies up to `end` without the characters that XML forbids.
  void Copy(std::size_t end) {
    std::size_t from = at_;
    for (std::size_t i = at_; i < end; ++i) {
      const auto byte = static_cast<unsigned char>(in_[i]);
      const bool control = byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
      const bool noncharacter =
          byte == 0xEF && i + 2 < in_.size() && in_[i + 1] == '\xBF' && static_cast<unsigned char>(in_[i + 2]) >= 0xBE;
      if (!control && !noncharacter) continue;
      out_.append(in_, from, i - from);
      if (noncharacter) i += 2;
      from = i + 1;
      repaired_ = true;
    }
    if (from < end) out_.append(in_, from, end - from);
    at_ = end;
  }

  void Reference(std::size_t end) {
    const std::string_view rest = in_.substr(at_, std::min<std::size_t>(end - at_, 40));
    if (rest.starts_with("&#")) return CharacterReference(rest);
    std::size_t length = 1;
    while (length < rest.size() &&
           ((rest[length] >= '0' && rest[length] <= '9') || (IsNameStart(rest[length]) && rest[length] != ':')))
      ++length;
    if (length > 1 && length < rest.size() && rest[length] == ';' && Named(rest.substr(1, length - 1))) {
      at_ += length + 1;
      return;
    }
    out_ += "&amp;";
    repaired_ = true;
    ++at_;
  }

  bool Named(std::string_view name) {
    if (name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos") {
      ((out_ += '&') += name) += ';';
      return true;
    }
    repaired_ = true;
    const std::string& text = Meaning(std::string(name));
    out_ += text;
    return !text.empty();
  }

  // What HTML's entity of that name means, as escaped text; empty for a name that is none. Remembered, and not more
  // than some hundreds are looked up, since the names that HTML 5 added cost an HTML parser each.
  const std::string& Meaning(const std::string& name) {
    constexpr std::size_t kMaxLookups = 500;
    static const std::string kUnknown;
    if (const auto known = meanings_.find(name); known != meanings_.end()) return known->second;
    if (meanings_.size() == kMaxLookups) return kUnknown;
    std::string& meaning = meanings_[name];
    if (const htmlEntityDesc* known = htmlEntityLookup(reinterpret_cast<const xmlChar*>(name.c_str()))) {
      AppendUtf8(meaning, known->value);
      return meaning;
    }
    const std::string reference = "&" + name + ";";
    const std::string text = html::PlainText(reference);
    if (text != reference) meaning = html::EscapeText(text);
    return meaning;
  }

  void CharacterReference(std::string_view rest) {
    const bool hex = rest.size() > 2 && (rest[2] == 'x' || rest[2] == 'X');
    std::size_t at = hex ? 3 : 2;
    const std::size_t first = at;
    std::uint32_t point = 0;
    for (; at < rest.size(); ++at) {
      const char c = rest[at];
      const int digit = c >= '0' && c <= '9'                        ? c - '0'
                        : hex && (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                                    : -1;
      if (digit < 0) break;
      point = std::min<std::uint32_t>(point * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit), 0x110000);
    }
    if (at == first) {
      out_ += "&amp;";
      repaired_ = true;
      ++at_;
      return;
    }
    if (at < rest.size() && rest[at] == ';') {
      ++at;
    } else {
      repaired_ = true;
    }
    at_ += at;
    if (point >= 0x80 && point < 0xA0 && kWindows1252[point - 0x80] != 0) point = kWindows1252[point - 0x80];
    if (!IsXmlChar(point)) {
      point = 0xFFFD;
      repaired_ = true;
    }
    // Markup characters stay references.
    if (point == '<' || point == '&' || point == '>' || point == '"' || point == '\'' || point < 0x20) {
      out_ += "&#" + std::to_string(point) + ";";
    } else {
      AppendUtf8(out_, point);
    }
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
  bool repaired_ = false;
  std::unordered_map<std::string, std::string> meanings_;  // of entities by name
};

}  // namespace

RepairedXml RepairXml(std::string_view text) { return Repairer(text).Run(); }

}  // namespace kimberlite::ingest
