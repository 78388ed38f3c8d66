#include "libs/html/prefilter.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "libs/base/text.h"
#include "libs/html/nesting.h"
#include "libs/html/reader.h"
#include "libs/html/rules.h"
#include "libs/html/values.h"

namespace kimberlite::html {
namespace {

class Filter {
 public:
  Filter(std::string_view html, Keep keep) : reader_(html), keep_(keep) {}

  Prefiltered Run() {
    Tag tag;
    while (!reader_.AtEnd() && !result_.too_many_tags) {
      const std::string_view text = reader_.Text();
      if (!skipping_) WriteText(text);
      if (reader_.AtEnd()) break;
      switch (reader_.Next(tag)) {
        case Reader::Markup::kTag:
          saw_tag_ = true;
          OnTag(tag);
          break;
        case Reader::Markup::kLiteral:
          if (!skipping_) result_.html += "&lt;";
          break;
        case Reader::Markup::kNothing: break;
      }
    }
    if (!saw_tag_) WriteParagraphs();
    return std::move(result_);
  }

 private:
  // Content that is left out until its end tag.
  struct Skipping {
    std::string name;
    int nested = 1;
    bool wants_source = false;  // media without an address of its own
  };

  void OnTag(const Tag& tag) {
    const Rule* rule = FindRule(tag.name);
    if (skipping_ && OnSkippedTag(tag, rule)) return;
    if (rule == nullptr) return;
    if (rule->kind == Kind::kRawText) {
      if (tag.end) return;
      if (rule->written == "embed") WriteEmbed(tag, tag.Find("src"));
      reader_.SkipRawText(tag.name);
      return;
    }
    if (rule->kind == Kind::kDropped || rule->kind == Kind::kMedia || tag.name == "object") {
      if (!tag.end) StartDropped(tag, *rule);
      return;
    }
    if (rule->kind == Kind::kEmbed) {
      if (!tag.end) WriteEmbed(tag, tag.Find("src"));
      return;
    }
    WriteTag(tag, *rule);
  }

  // Returns false when the tag ends the skipping and is to be taken itself.
  bool OnSkippedTag(const Tag& tag, const Rule* rule) {
    if (tag.name == skipping_->name) {
      skipping_->nested += tag.end ? -1 : 1;
      if (skipping_->nested == 0) skipping_.reset();
      return true;
    }
    if (rule != nullptr && rule->kind == Kind::kRawText && !tag.end) {
      reader_.SkipRawText(tag.name);
      return true;
    }
    if (skipping_->wants_source && tag.name == "source" && !tag.end && tag.Find("src") != nullptr) {
      skipping_->wants_source = false;
      WriteEmbed(tag, tag.Find("src"));
      return true;
    }
    // The standard lets HTML's own elements break out of SVG and MathML that were left open.
    const bool foreign = skipping_->name == "svg" || skipping_->name == "math";
    if (foreign && !tag.end && rule != nullptr && rule->kind != Kind::kFormat && rule->kind != Kind::kDropped) {
      skipping_.reset();
      return false;
    }
    return true;
  }

  void StartDropped(const Tag& tag, const Rule& rule) {
    const Attribute* address = tag.Find(tag.name == "object" ? "data" : "src");
    if (!rule.written.empty() && address != nullptr) WriteEmbed(tag, address);
    // An object without data shows what it holds.
    if (tag.name == "object" && address == nullptr) return;
    // Never closed: the tag alone is dropped, or all of the rest would be.
    if (!reader_.EndTagFollows(tag.name)) return;
    skipping_ = Skipping{.name = tag.name, .wants_source = rule.kind == Kind::kMedia && address == nullptr};
  }

  void WriteTag(const Tag& tag, const Rule& rule) {
    if (keep_ == Keep::kText) {
      if (rule.kind != Kind::kInline && rule.kind != Kind::kFormat && rule.written != "img") WriteBreak();
      return;
    }
    if (rule.kind == Kind::kVoid) {
      if (!tag.end || rule.written == "br") WriteStart(rule.written, tag.attributes);
    } else if (tag.end) {
      if (nesting_.End(rule)) result_.html.append("</").append(rule.written).append(">");
    } else if (nesting_.Start(rule)) {
      WriteStart(rule.written, tag.attributes);
    }
  }

  void WriteEmbed(const Tag& tag, const Attribute* address) {
    if (keep_ == Keep::kText || address == nullptr) return;
    std::vector<Attribute> attributes = {{"src", address->value}};
    if (const Attribute* title = tag.Find("title")) attributes.push_back(*title);
    WriteStart("embed", attributes);
  }

  void WriteStart(std::string_view name, const std::vector<Attribute>& attributes) {
    if (++tags_ > kMaxTags) {
      result_.too_many_tags = true;
      return;
    }
    std::string& html = result_.html;
    html.append("<").append(name);
    for (const Attribute& attribute : attributes) {
      html.append(" ").append(attribute.name).append("=\"");
      for (const char c : attribute.value) {
        if (c == '"') {
          html += "&quot;";
        } else if (c != '\0') {
          html += c;
        }
      }
      html += '"';
    }
    html += '>';
    text_since_break_ = true;
  }

  void WriteBreak() {
    if (!text_since_break_ || tags_ >= kMaxTags / 2) {
      result_.html += ' ';
      return;
    }
    ++tags_;
    result_.html += "<p>";
    text_since_break_ = false;
  }

  void WriteText(std::string_view text) {
    std::size_t from = 0;
    while (from < text.size()) {
      const std::size_t closing = reader_.saw_cdata() ? text.find("]]>", from) : std::string_view::npos;
      const std::size_t stop = std::min({closing, text.find('\0', from), text.size()});
      result_.html.append(text, from, stop - from);
      if (stop == text.size()) break;
      from = stop + (text[stop] == '\0' ? 1 : 3);
    }
    text_since_break_ = text_since_break_ || std::any_of(text.begin(), text.end(), [](char c) { return !IsSpace(c); });
  }

  // Text without tags: blank lines part paragraphs.
  void WriteParagraphs() {
    std::string html = "<p>";
    bool line_empty = true;
    for (std::size_t i = 0; i < result_.html.size(); ++i) {
      const char c = result_.html[i];
      if (c == '\n' && line_empty && !html.ends_with("<p>") && ++tags_ < kMaxTags) html += "<p>";
      line_empty = c == '\n' || (line_empty && IsSpace(c));
      html += c;
    }
    result_.html = std::move(html);
  }

  Reader reader_;
  const Keep keep_;
  Nesting nesting_;
  std::optional<Skipping> skipping_;
  Prefiltered result_;
  std::size_t tags_ = 0;
  bool saw_tag_ = false;
  bool text_since_break_ = false;
};

}  // namespace

Prefiltered Prefilter(std::string_view html, Keep keep) {
  std::string scratch;
  return Filter(MendUtf8(html, scratch), keep).Run();
}

std::string_view MendUtf8(std::string_view text, std::string& scratch) {
  if (text.size() > kMaxInput) {
    std::size_t end = kMaxInput;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  if (IsValidUtf8(text)) return text;
  scratch.clear();
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < 4 && length < text.size() && !IsValidUtf8(text.substr(0, length))) ++length;
    const bool valid = IsValidUtf8(text.substr(0, length));
    scratch += valid ? text.substr(0, length) : std::string_view("\uFFFD");
    text.remove_prefix(valid ? length : 1);
  }
  return scratch;
}

}  // namespace kimberlite::html
