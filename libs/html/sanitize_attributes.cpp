#include "libs/html/sanitize_attributes.h"

#include <algorithm>

#include "libs/base/text.h"
#include "libs/html/embeds.h"
#include "libs/html/references.h"
#include "libs/html/text.h"
#include "libs/html/values.h"

namespace kimberlite::html {
namespace {

constexpr int kMaxCandidates = 20;

void Append(std::string& out, std::string_view name, std::string_view value) {
  (((out += ' ') += name) += "=\"") += EscapeAttribute(value);
  out += '"';
}

std::string Lower(std::string_view text) {
  std::string lower(TrimAscii(text));
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// "2x", "640w", "1.5x".
bool IsDescriptor(std::string_view text) {
  if (text.size() < 2 || text.size() > 8 || !std::string_view("wxh").contains(text.back())) return false;
  text.remove_suffix(1);
  return text.find_first_not_of("0123456789.") == std::string_view::npos && text.front() != '.' && text.back() != '.';
}

// A media query, list of sizes or media type in which nothing could hide.
bool IsHarmless(std::string_view text) {
  return !text.empty() && text.size() <= 500 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" ()-+*/.,:;=%<>").contains(c);
  });
}

// Hidden by its style or by being hidden; pixels are told by their size.
bool IsHidden(const Tag& tag) {
  if (tag.Find("hidden")) return true;
  const Attribute* style = tag.Find("style");
  if (!style) return false;
  std::string plain;
  for (const char c : Lower(style->value)) {
    if (!IsSpace(c)) plain += c;
  }
  return plain.contains("display:none") || plain.contains("visibility:hidden") || plain.starts_with("width:1px") ||
         plain.contains(";width:1px") || plain.starts_with("width:0") || plain.contains(";width:0");
}

bool IsPixel(const Tag& tag) {
  for (const char* name : {"width", "height"}) {
    const Attribute* size = tag.Find(name);
    const auto number = size ? Number(size->value, 0, 1) : std::nullopt;
    if (number) return true;
  }
  return IsHidden(tag);
}

}  // namespace

std::string AttributeWriter::Decoded(const Tag& tag, std::string_view name) const {
  const Attribute* attribute = tag.Find(name);
  std::string value;
  if (attribute) AppendDecoded(value, attribute->value, true);
  return value;
}

std::string_view AttributeWriter::Value(const Tag& tag, std::string_view name) {
  const Attribute* attribute = tag.Find(name);
  if (!attribute) return {};
  if (!attribute->value.contains('&')) return attribute->value;
  scratch_.clear();
  AppendDecoded(scratch_, attribute->value, true);
  return scratch_;
}

void AttributeWriter::WriteSpeech(const Tag& tag, std::string& out) {
  if (const std::string_view language = TrimAscii(Value(tag, "lang")); IsLanguage(language))
    Append(out, "lang", language);
  if (!tag.Find("dir")) return;
  const std::string direction = Lower(Value(tag, "dir"));
  if (direction == "ltr" || direction == "rtl" || direction == "auto") Append(out, "dir", direction);
}

void AttributeWriter::WriteUrl(const Tag& tag, std::string_view name, std::string& out) {
  if (!tag.Find(name)) return;
  if (const std::string url = ResolveToText(Value(tag, name), base_, false); !url.empty()) Append(out, name, url);
}

void AttributeWriter::WriteNumber(const Tag& tag, std::string_view name, int min, int max, std::string& out) {
  if (!tag.Find(name)) return;
  if (const auto number = Number(Value(tag, name), min, max)) Append(out, name, std::to_string(*number));
}

void AttributeWriter::Write(const Element& element, const Tag& tag, std::string& out) {
  if (tag.attributes.empty()) return;
  const std::string_view name = element.base.written;
  if (name == "a") {
    if (!tag.Find("href")) return;
    std::string url = ResolveToText(Value(tag, "href"), base_, true);
    if (url.empty()) url = CleanMailto(Value(tag, "href")).value_or("");
    if (url.empty()) return;
    Append(out, "href", url);
  } else if (name == "td" || name == "th") {
    WriteNumber(tag, "colspan", 2, 1000, out);
    WriteNumber(tag, "rowspan", 2, 1000, out);
    if (name == "th" && tag.Find("scope")) {
      const std::string scope = Lower(Value(tag, "scope"));
      if (scope == "row" || scope == "col" || scope == "rowgroup" || scope == "colgroup") Append(out, "scope", scope);
    }
  } else if (name == "ol") {
    WriteNumber(tag, "start", 0, 100'000, out);
    if (tag.Find("reversed")) Append(out, "reversed", "");
    if (const std::string_view type = Value(tag, "type"); type.size() == 1 && std::string_view("1aAiI").contains(type))
      Append(out, "type", type);
  } else if (name == "li") {
    WriteNumber(tag, "value", 0, 100'000, out);
  } else if (name == "details") {
    if (tag.Find("open")) Append(out, "open", "");
  } else if (name == "blockquote" || name == "q") {
    WriteUrl(tag, "cite", out);
  } else if (name == "del" || name == "ins" || name == "time") {
    if (name != "time") WriteUrl(tag, "cite", out);
    if (const std::string_view time = TrimAscii(Value(tag, "datetime")); IsDateTime(time))
      Append(out, "datetime", time);
  }
  if (tag.Find("title") && name != "span") {
    if (const std::string title = OneLine(Value(tag, "title")); !title.empty()) Append(out, "title", title);
  }
  WriteSpeech(tag, out);
}

std::string AttributeWriter::SourceSet(std::string_view text, std::string& first) const {
  std::string set;
  for (int count = 0; count < kMaxCandidates;) {
    while (!text.empty() && (IsSpace(text.front()) || text.front() == ',')) text.remove_prefix(1);
    if (text.empty()) break;
    const std::size_t end = std::min(text.find_first_of(" \n\t\r\f"), text.size());
    std::string_view address = text.substr(0, end);
    text.remove_prefix(end);
    std::string_view descriptor;
    if (address.ends_with(',')) {
      while (address.ends_with(',')) address.remove_suffix(1);
    } else {
      const std::size_t comma = std::min(text.find(','), text.size());
      descriptor = TrimAscii(text.substr(0, comma));
      text.remove_prefix(comma);
    }
    const std::string url = ResolveToText(address, base_, false);
    if (url.empty() || url.ends_with(',') || (!descriptor.empty() && !IsDescriptor(descriptor))) continue;
    if (first.empty()) first = url;
    if (!set.empty()) set += ", ";
    set += url;
    if (!descriptor.empty()) (set += ' ') += descriptor;
    ++count;
  }
  return set;
}

bool AttributeWriter::WriteImage(const Tag& tag, std::string& out, std::string& url) {
  if (IsPixel(tag)) return false;
  url.clear();
  std::string first;
  std::string set;
  for (const char* name : {"data-srcset", "data-lazy-srcset", "srcset"}) {
    if (set.empty() && tag.Find(name)) set = SourceSet(Value(tag, name), first);
  }
  // What is loaded late is the picture; what stands in its place meanwhile is not.
  for (const char* name : {"data-src", "data-lazy-src", "data-original", "src"}) {
    if (url.empty() && tag.Find(name)) url = ResolveToText(Value(tag, name), base_, false);
  }
  if (url.empty()) url = first;
  if (url.empty() || IsTracker(url)) return false;
  out += "<img";
  Append(out, "src", url);
  if (!set.empty()) {
    Append(out, "srcset", set);
    if (const std::string sizes = OneLine(Decoded(tag, "sizes")); IsHarmless(sizes)) Append(out, "sizes", sizes);
  }
  Append(out, "alt", OneLine(Decoded(tag, "alt")));
  WriteNumber(tag, "width", 2, 100'000, out);
  WriteNumber(tag, "height", 2, 100'000, out);
  if (const std::string title = OneLine(Decoded(tag, "title")); !title.empty()) Append(out, "title", title);
  WriteSpeech(tag, out);
  out += '>';
  return true;
}

bool AttributeWriter::WritePictureSource(const Tag& tag, std::string& out, std::string& url) {
  std::string set;
  for (const char* name : {"data-srcset", "data-lazy-srcset", "srcset"}) {
    if (set.empty() && tag.Find(name)) set = SourceSet(Value(tag, name), url);
  }
  if (set.empty()) return false;
  out += "<source";
  Append(out, "srcset", set);
  for (const char* name : {"sizes", "media", "type"}) {
    if (const std::string value = OneLine(Decoded(tag, name)); IsHarmless(value)) Append(out, name, value);
  }
  out += '>';
  return true;
}

bool AttributeWriter::WriteMediaSource(const Tag& tag, std::string& out) {
  const std::string url = tag.Find("src") ? ResolveToText(Value(tag, "src"), base_, false) : std::string();
  if (url.empty()) return false;
  out += "<source";
  Append(out, "src", url);
  if (const std::string type = OneLine(Decoded(tag, "type")); IsHarmless(type)) Append(out, "type", type);
  out += '>';
  return true;
}

bool AttributeWriter::WriteMediaStart(const Tag& tag, std::string_view name, std::string& out) {
  (out += '<') += name;
  out += " controls=\"\"";
  std::string url;
  for (const char* attribute : {"src", "data-src"}) {
    if (url.empty() && tag.Find(attribute)) url = ResolveToText(Value(tag, attribute), base_, false);
  }
  if (!url.empty()) Append(out, "src", url);
  if (name == "video") {
    WriteUrl(tag, "poster", out);
    WriteNumber(tag, "width", 2, 100'000, out);
    WriteNumber(tag, "height", 2, 100'000, out);
  }
  out += '>';
  return !url.empty();
}

AttributeWriter::Link AttributeWriter::LinkOfEmbed(const Tag& tag, std::string_view address_attribute) const {
  if (IsPixel(tag)) return {};
  std::string address = Decoded(tag, address_attribute);
  if (!ResolveUrl(address, base_)) address = Decoded(tag, "data-src");
  auto url = ResolveUrl(address, base_);
  if (!url || IsTracker(url->ToString())) return {};
  *url = PageOfEmbed(std::move(*url));
  DropTracking(*url);
  Link link{url->ToString(), OneLine(Decoded(tag, "title"))};
  if (IsBlank(link.label)) link.label = url->authority;
  return link;
}

AttributeWriter::Link AttributeWriter::LinkOfQuotation(const Tag& tag) const {
  std::string address = Decoded(tag, "data-instgrm-permalink");
  if (address.empty() && Decoded(tag, "class").contains("tiktok-embed")) address = Decoded(tag, "cite");
  auto url = address.empty() ? std::nullopt : ResolveUrl(address, base_);
  if (!url) return {};
  DropTracking(*url);
  return {url->ToString(), url->authority + url->path};
}

}  // namespace kimberlite::html
