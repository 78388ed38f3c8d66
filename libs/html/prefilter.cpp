#include "libs/html/prefilter.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "libs/base/text.h"

namespace kimberlite::html {
namespace {

constexpr std::size_t kMaxAttributeBytes = 8192;
constexpr int kMaxAttributesKept = 12;

enum class Kind : std::uint8_t {
  kContainer,  // a block that holds blocks
  kList,       // ul, ol: a container that bounds the search for li
  kTable,
  kHeading,
  kParagraph,
  kItem,
  kRowGroup,
  kRow,
  kCell,
  kCaption,
  kInline,
  kFormat,  // formatting elements of the HTML standard, which the parser reopens in later blocks
  kVoid,
  kEmbed,    // written as <embed>
  kMedia,    // video, audio: as <embed> of their own or their first source's address; content dropped
  kRawText,  // content is no markup; dropped
  kDropped,  // dropped with content
};

struct Rule {
  std::string_view name;
  Kind kind;
  std::string_view written;
};

constexpr std::array kRules = std::to_array<Rule>({
    {"a", Kind::kFormat, "a"},
    {"abbr", Kind::kInline, "abbr"},
    {"acronym", Kind::kInline, "abbr"},
    {"address", Kind::kContainer, "div"},
    {"article", Kind::kContainer, "div"},
    {"aside", Kind::kContainer, "div"},
    {"audio", Kind::kMedia, "embed"},
    {"b", Kind::kFormat, "b"},
    {"bdi", Kind::kInline, "bdi"},
    {"bdo", Kind::kInline, "bdi"},
    {"blockquote", Kind::kContainer, "blockquote"},
    {"br", Kind::kVoid, "br"},
    {"button", Kind::kDropped, ""},
    {"canvas", Kind::kDropped, ""},
    {"caption", Kind::kCaption, "caption"},
    {"center", Kind::kContainer, "div"},
    {"cite", Kind::kInline, "cite"},
    {"code", Kind::kFormat, "code"},
    {"datalist", Kind::kDropped, ""},
    {"dd", Kind::kContainer, "div"},
    {"details", Kind::kContainer, "div"},
    {"dir", Kind::kList, "ul"},
    {"div", Kind::kContainer, "div"},
    {"dl", Kind::kContainer, "div"},
    {"dt", Kind::kContainer, "div"},
    {"em", Kind::kFormat, "em"},
    {"embed", Kind::kEmbed, "embed"},
    {"fieldset", Kind::kContainer, "div"},
    {"figcaption", Kind::kContainer, "figcaption"},
    {"figure", Kind::kContainer, "figure"},
    {"footer", Kind::kContainer, "div"},
    {"form", Kind::kContainer, "div"},
    {"h1", Kind::kHeading, "h2"},
    {"h2", Kind::kHeading, "h2"},
    {"h3", Kind::kHeading, "h3"},
    {"h4", Kind::kHeading, "h4"},
    {"h5", Kind::kHeading, "h4"},
    {"h6", Kind::kHeading, "h4"},
    {"header", Kind::kContainer, "div"},
    {"hgroup", Kind::kContainer, "div"},
    {"hr", Kind::kVoid, "hr"},
    {"i", Kind::kFormat, "i"},
    {"iframe", Kind::kRawText, "embed"},
    {"img", Kind::kVoid, "img"},
    {"kbd", Kind::kFormat, "code"},
    {"li", Kind::kItem, "li"},
    {"listing", Kind::kContainer, "pre"},
    {"main", Kind::kContainer, "div"},
    {"math", Kind::kDropped, ""},
    {"menu", Kind::kList, "ul"},
    {"nav", Kind::kContainer, "div"},
    {"noembed", Kind::kRawText, ""},
    {"noframes", Kind::kRawText, ""},
    {"noscript", Kind::kDropped, ""},
    {"object", Kind::kEmbed, "embed"},
    {"ol", Kind::kList, "ol"},
    {"p", Kind::kParagraph, "p"},
    {"plaintext", Kind::kRawText, ""},
    {"pre", Kind::kContainer, "pre"},
    {"q", Kind::kInline, "q"},
    {"samp", Kind::kFormat, "code"},
    {"script", Kind::kRawText, ""},
    {"section", Kind::kContainer, "div"},
    {"select", Kind::kDropped, ""},
    {"span", Kind::kInline, "span"},
    {"strong", Kind::kFormat, "strong"},
    {"style", Kind::kRawText, ""},
    {"sub", Kind::kInline, "sub"},
    {"summary", Kind::kContainer, "div"},
    {"sup", Kind::kInline, "sup"},
    {"svg", Kind::kDropped, ""},
    {"table", Kind::kTable, "table"},
    {"tbody", Kind::kRowGroup, "tbody"},
    {"td", Kind::kCell, "td"},
    {"template", Kind::kDropped, ""},
    {"textarea", Kind::kRawText, ""},
    {"tfoot", Kind::kRowGroup, "tbody"},
    {"th", Kind::kCell, "th"},
    {"thead", Kind::kRowGroup, "thead"},
    {"time", Kind::kInline, "time"},
    {"title", Kind::kRawText, ""},
    {"tr", Kind::kRow, "tr"},
    {"tt", Kind::kFormat, "code"},
    {"ul", Kind::kList, "ul"},
    {"var", Kind::kFormat, "i"},
    {"video", Kind::kMedia, "embed"},
    {"xmp", Kind::kRawText, ""},
});
static_assert(std::is_sorted(kRules.begin(), kRules.end(), [](const Rule& a, const Rule& b) { return a.name < b.name; }));

const Rule* FindRule(std::string_view name) {
  const auto found = std::lower_bound(kRules.begin(), kRules.end(), name,
                                      [](const Rule& rule, std::string_view value) { return rule.name < value; });
  return found != kRules.end() && found->name == name ? &*found : nullptr;
}

// By what document.cpp reads; which element may have which is decided there.
constexpr std::array kAttributes = std::to_array<std::string_view>(
    {"alt", "colspan", "data", "data-lazy-src", "data-original", "data-src", "datetime", "dir", "height", "href", "lang", "rowspan",
     "scope", "src", "srcset", "title", "width"});
static_assert(std::is_sorted(kAttributes.begin(), kAttributes.end()));

constexpr std::array<std::string_view, 6> kFormats = {"a", "b", "code", "em", "i", "strong"};

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

struct Attribute {
  std::string name;
  std::string_view value;  // as in the source, entities not decoded
};

struct Tag {
  bool end = false;
  std::string name;
  std::vector<Attribute> attributes;  // those of kAttributes, the first of each name

  const Attribute* Find(std::string_view wanted) const {
    for (const Attribute& attribute : attributes) {
      if (attribute.name == wanted) return &attribute;
    }
    return nullptr;
  }
};

// The tokenizer of the HTML standard (section 13.2.5), as far as it matters where tags begin and end.
class Reader {
 public:
  explicit Reader(std::string_view html) : html_(html) {}

  bool AtEnd() const { return at_ >= html_.size(); }

  // Text up to the next "<" or the end.
  std::string_view Text() {
    const std::size_t end = std::min(html_.find('<', at_), html_.size());
    const std::string_view text = html_.substr(at_, end - at_);
    at_ = end;
    return text;
  }

  enum class Markup : std::uint8_t { kTag, kNothing, kLiteral };

  // At a "<": reads what it begins. kLiteral: it begins nothing and stands for itself; it is passed.
  Markup Next(Tag& tag) {
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

  // After a start tag whose content is no markup: to behind its end tag, or the end.
  void SkipRawText(std::string_view name) {
    if (name == "plaintext") {
      at_ = html_.size();
      return;
    }
    const std::size_t end = FindEndTag(name, at_);
    at_ = end == std::string_view::npos ? html_.size() : end;
    Tag ignored;
    if (!AtEnd()) ReadTag(ignored);
  }

  // Whether an end tag of the name follows. The answer is kept, so that asking again and again stays linear.
  bool EndTagFollows(const std::string& name) {
    const auto [known, is_new] = end_tags_.try_emplace(name, 0);
    std::size_t& next = known->second;
    if (is_new || next < at_) next = FindEndTag(name, at_);
    return next != std::string_view::npos;
  }

  // Whether a "<![CDATA[" was passed.
  bool saw_cdata() const { return saw_cdata_; }

 private:
  char Peek(std::size_t ahead) const { return at_ + ahead < html_.size() ? html_[at_ + ahead] : '\0'; }

  std::size_t FindEndTag(std::string_view name, std::size_t from) const {
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

  void SkipPast(std::string_view mark) {
    const std::size_t found = html_.find(mark, at_);
    at_ = found == std::string_view::npos ? html_.size() : found + mark.size();
  }

  void SkipComment() {
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

  // False when the input ends within the tag: the standard drops such a tag.
  bool ReadTag(Tag& tag) {
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

  void ReadAttribute(Tag& tag) {
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
    if (name.size() > 16 || value.size() > kMaxAttributeBytes || tag.attributes.size() >= kMaxAttributesKept) return;
    std::string lower = LowerCase(name);
    if (std::binary_search(kAttributes.begin(), kAttributes.end(), lower) && tag.Find(lower) == nullptr) {
      tag.attributes.push_back({std::move(lower), value});
    }
  }

  std::string_view ReadValue() {
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

  std::string_view html_;
  std::size_t at_ = 0;
  std::unordered_map<std::string, std::size_t> end_tags_;  // where the next one is, npos when there is none
  bool saw_cdata_ = false;
};

// What is open in the parser, kept by the same rules as far as they bear on how deep it gets.
class Nesting {
 public:
  // How often each of kFormats was opened and not closed.
  using FormatCounts = std::array<std::uint16_t, kFormats.size()>;

  // Whether a start tag is to be written.
  bool Start(const Rule& rule) {
    switch (rule.kind) {
      case Kind::kFormat: return StartFormat(rule);
      case Kind::kInline: return Push(rule);
      case Kind::kHeading:
        CloseParagraph();
        if (!open_.empty() && open_.back().rule->kind == Kind::kHeading && formats_ == FormatCounts{}) Truncate(open_.size() - 1);
        return Push(rule);
      case Kind::kContainer:
      case Kind::kList:
      case Kind::kTable:
        CloseParagraph();
        return Push(rule);
      case Kind::kParagraph:
        CloseParagraph();
        return Push(rule);
      case Kind::kItem:
        CloseItem();
        CloseParagraph();
        return Push(rule);
      case Kind::kRowGroup:
      case Kind::kRow:
      case Kind::kCell:
      case Kind::kCaption: return StartTablePart(rule);
      default: return true;
    }
  }

  // Whether an end tag is to be written.
  bool End(const Rule& rule) {
    if (rule.kind == Kind::kFormat) return EndFormat(rule);
    const bool table_part = IsTablePart(rule.kind);
    for (std::size_t i = open_.size(); i-- > 0;) {
      const Rule& open = *open_[i].rule;
      const bool match = rule.kind == Kind::kHeading ? open.kind == Kind::kHeading : open.written == rule.written;
      if (match) {
        Truncate(i);
        return true;
      }
      if (open.kind == Kind::kTable) return false;
      if (!table_part && (open.kind == Kind::kCell || open.kind == Kind::kCaption)) return false;
      if (rule.kind == Kind::kInline && open.kind != Kind::kInline) return false;
      if (rule.kind == Kind::kItem && open.kind == Kind::kList) return false;
    }
    return false;
  }

 private:
  struct Open {
    const Rule* rule;
    FormatCounts formats;  // outside of a cell or caption, which formatting does not cross
  };

  static bool IsTablePart(Kind kind) {
    return kind == Kind::kTable || kind == Kind::kRowGroup || kind == Kind::kRow || kind == Kind::kCell || kind == Kind::kCaption;
  }
  // Those that cannot nest without something else that is counted in between.
  static bool IsCounted(Kind kind) {
    return kind == Kind::kContainer || kind == Kind::kList || kind == Kind::kTable || kind == Kind::kHeading || kind == Kind::kInline;
  }

  bool Push(const Rule& rule) {
    const bool counted = IsCounted(rule.kind);
    if (counted && depth_ >= kMaxParsedDepth) return false;
    depth_ += counted;
    open_.push_back({&rule, formats_});
    if (rule.kind == Kind::kCell || rule.kind == Kind::kCaption) formats_ = {};
    return true;
  }

  void Truncate(std::size_t size) {
    while (open_.size() > size) {
      const Open& last = open_.back();
      depth_ -= IsCounted(last.rule->kind);
      if (last.rule->kind == Kind::kCell || last.rule->kind == Kind::kCaption) formats_ = last.formats;
      open_.pop_back();
    }
  }

  void CloseParagraph() {
    for (std::size_t i = open_.size(); i-- > 0;) {
      const Kind kind = open_[i].rule->kind;
      if (kind == Kind::kParagraph) return Truncate(i);
      if (kind != Kind::kInline) return;
    }
  }

  void CloseItem() {
    for (std::size_t i = open_.size(); i-- > 0;) {
      const Rule& open = *open_[i].rule;
      if (open.kind == Kind::kItem) return Truncate(i);
      if (open.kind != Kind::kInline && open.kind != Kind::kParagraph && open.written != "div") return;
    }
  }

  bool StartTablePart(const Rule& rule) {
    // Closes the table's open parts of the same and of lower rank; outside of a table the parser ignores these tags.
    std::size_t cut = open_.size();
    for (std::size_t i = open_.size(); i-- > 0;) {
      const Kind kind = open_[i].rule->kind;
      if (kind == Kind::kTable) {
        Truncate(cut);
        return Push(rule);
      }
      if (IsTablePart(kind) && (kind >= rule.kind || kind == Kind::kCaption)) cut = i;
    }
    return false;
  }

  static std::size_t FormatIndex(const Rule& rule) {
    return std::find(kFormats.begin(), kFormats.end(), rule.written) - kFormats.begin();
  }

  // Bold within bold changes nothing, and would be reopened with each later paragraph as often as it is open.
  bool StartFormat(const Rule& rule) {
    std::uint16_t& count = formats_[FormatIndex(rule)];
    if (rule.written == "a") {
      count = 1;  // the parser closes the link before
      return true;
    }
    if (count < UINT16_MAX) ++count;
    return count == 1;
  }

  bool EndFormat(const Rule& rule) {
    std::uint16_t& count = formats_[FormatIndex(rule)];
    return count > 0 && --count == 0;
  }

  std::vector<Open> open_;
  FormatCounts formats_{};
  int depth_ = 0;
};

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
        case Reader::Markup::kNothing:
          break;
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

// Malformed bytes become U+FFFD.
std::string MendUtf8(std::string_view text) {
  std::string mended;
  mended.reserve(text.size());
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < 4 && length < text.size() && !IsValidUtf8(text.substr(0, length))) ++length;
    if (IsValidUtf8(text.substr(0, length))) {
      mended.append(text, 0, length);
    } else {
      mended += "\uFFFD";
      length = 1;
    }
    text.remove_prefix(length);
  }
  return mended;
}

}  // namespace

Prefiltered Prefilter(std::string_view html, Keep keep) {
  if (html.size() > kMaxInput) {
    std::size_t end = kMaxInput;
    while (end > 0 && (static_cast<unsigned char>(html[end]) & 0xC0) == 0x80) --end;
    html = html.substr(0, end);
  }
  if (IsValidUtf8(html)) return Filter(html, keep).Run();
  return Filter(MendUtf8(html), keep).Run();
}

}  // namespace kimberlite::html
