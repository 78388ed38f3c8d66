#include "libs/html/token_filter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "libs/html/reader.h"
#include "libs/html/references.h"
#include "libs/html/sanitize_attributes.h"
#include "libs/html/text.h"
#include "libs/html/values.h"

namespace kimberlite::html {
namespace {

constexpr int kMaxSources = 10;

using Table = std::array<bool, 256>;

// Bytes that may begin what is not presentable.
constexpr Table kSuspects = [] {
  Table table{};
  for (int i = 0; i < 0x20; ++i) table[i] = i != '\n' && i != '\t';
  table[0x7F] = table[0xC2] = table[0xE2] = table[0xEF] = true;
  return table;
}();

constexpr Table kEscaped = [] {
  Table table{};
  table['&'] = table['<'] = table['>'] = true;
  return table;
}();

std::size_t FindFirst(std::string_view text, std::size_t from, const Table& table) {
  while (from < text.size() && !table[static_cast<unsigned char>(text[from])]) ++from;
  return from;
}

// Whether the suspect at text[at] is to go or to change.
bool IsUnpresentable(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  switch (byte(0)) {
    case 0xC2: return byte(1) < 0xA0;
    case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xAD || byte(2) == 0xAE);
    case 0xEF: return (byte(1) == 0xBB && byte(2) == 0xBF) || (byte(1) == 0xBF && byte(2) >= 0xBE);
    default: return true;
  }
}

class Filter {
 public:
  Filter(std::string_view html, std::string_view base_url, Attributes attributes, TokenSink& sink)
      : reader_(html, &IsSanitizedAttribute), writer_(base_url), attributes_(attributes), sink_(sink) {}

  bool Run() {
    Tag tag;
    while (!reader_.AtEnd()) {
      const std::string_view text = reader_.Text();
      if (!text.empty() && TakesText() && !OnText(text)) return false;
      if (reader_.AtEnd()) break;
      switch (reader_.Next(tag)) {
        case Reader::Markup::kTag:
          if (!OnTag(tag)) return false;
          break;
        case Reader::Markup::kLiteral:
          if (TakesText() && !sink_.Text("<")) return false;
          break;
        case Reader::Markup::kNothing: break;
      }
    }
    return !collecting_ || EndCollecting();
  }

 private:
  // Content that is left out until its end tag.
  struct Skipping {
    std::string name;
    int nested = 1;
  };

  // A picture, audio or video whose parts are gathered until its end tag.
  struct Collecting {
    const Element* element;
    std::string start;  // the start tag of audio or video
    std::string sources;
    std::string picture;  // the <img> of a picture
    std::string url;      // of the picture, or of the last source
    int count = 0;
    bool usable = false;
  };

  bool TakesText() const { return !skipping_ && !collecting_ && !in_noscript_; }

  bool OnText(std::string_view text) {
    if (reader_.saw_cdata()) {  // the end of what a feed wrapped twice
      for (std::size_t end; (end = text.find("]]>")) != std::string_view::npos; text.remove_prefix(end + 3)) {
        if (end > 0 && !PassText(text.substr(0, end))) return false;
      }
    }
    return text.empty() || PassText(text);
  }

  bool PassText(std::string_view text) {
    if (text.contains('&')) {
      decoded_.clear();
      AppendDecoded(decoded_, text, false);
      text = decoded_;
    }
    const std::string_view presentable = Presentable(text, scratch_);
    return presentable.empty() || sink_.Text(presentable);
  }

  bool OnTag(const Tag& tag) {
    const Element* element = FindElement(tag.name);
    if (skipping_ && OnSkippedTag(tag, element)) return true;
    if (collecting_) return OnCollectedTag(tag, element);
    if (!element) return true;
    switch (element->base.kind) {
      case Kind::kRawText: return OnRawText(tag);
      case Kind::kNoScript: in_noscript_ = !tag.end && (in_noscript_ || reader_.EndTagFollows(tag.name)); return true;
      case Kind::kDropped:
        // Never closed: the tag alone is dropped, or all of the rest would be.
        if (!tag.end && reader_.EndTagFollows(tag.name)) skipping_ = Skipping{.name = tag.name};
        return true;
      case Kind::kMedia:
      case Kind::kPicture: return tag.end || StartCollecting(tag, *element);
      case Kind::kEmbed: return tag.end || OnEmbed(tag);
      default: break;
    }
    if (element->base.written == "img") return tag.end || OnImage(tag);
    if (in_noscript_) return true;
    if (element->base.kind == Kind::kVoid) return (tag.end && tag.name != "br") || sink_.Void(*element);
    if (tag.end) return sink_.End(*element);
    return OnStart(tag, *element);
  }

  bool OnStart(const Tag& tag, const Element& element) {
    if (attributes_ == Attributes::kNone) return sink_.Start(element, "", true);
    text_.clear();
    writer_.Write(element, tag, text_);
    const bool written = !element.wants_attributes || !text_.empty();
    const bool link = element.base.written != "a" || text_.starts_with(" href=");
    if (!sink_.Start(element, link ? std::string_view(text_) : std::string_view(), written && link)) return false;
    if (tag.name != "blockquote") return true;
    return PassLink(writer_.LinkOfQuotation(tag));
  }

  // False when the tag ends the skipping and is to be taken itself.
  bool OnSkippedTag(const Tag& tag, const Element* element) {
    if (tag.name == skipping_->name) {
      skipping_->nested += tag.end ? -1 : 1;
      if (skipping_->nested == 0) skipping_.reset();
      return true;
    }
    if (element && element->base.kind == Kind::kRawText && !tag.end) {
      reader_.SkipRawText(tag.name);
      return true;
    }
    // The standard lets HTML's own elements break out of SVG and MathML that were left open.
    const bool foreign = skipping_->name == "svg" || skipping_->name == "math";
    if (!foreign || tag.end || !element) return true;
    const Kind kind = element->base.kind;
    if (kind == Kind::kFormat || kind == Kind::kDropped || kind == Kind::kInline) return true;
    skipping_.reset();
    return false;
  }

  bool OnRawText(const Tag& tag) {
    if (tag.end) return true;
    if (tag.name == "iframe" && !in_noscript_ && !PassLink(Embed(tag, "src"))) return false;
    reader_.SkipRawText(tag.name);
    return true;
  }

  // --- embeds and pictures

  AttributeWriter::Link Embed(const Tag& tag, std::string_view attribute) const {
    return attributes_ == Attributes::kNone ? AttributeWriter::Link() : writer_.LinkOfEmbed(tag, attribute);
  }

  bool PassLink(const AttributeWriter::Link& link) {
    if (link.url.empty()) return true;
    const std::string label = EscapeText(link.label);
    return sink_.Atom("<a href=\"" + EscapeAttribute(link.url) + "\">" + label + "</a>", label);
  }

  bool OnEmbed(const Tag& tag) {
    const bool object = tag.name == "object";
    if (object && !tag.Find("data")) return true;  // shows what it holds
    if (!in_noscript_ && !PassLink(Embed(tag, object ? "data" : "src"))) return false;
    if (object && reader_.EndTagFollows(tag.name)) skipping_ = Skipping{.name = tag.name};
    return true;
  }

  bool OnImage(const Tag& tag) {
    if (attributes_ == Attributes::kNone) return true;
    text_.clear();
    std::string url;
    return !writer_.WriteImage(tag, text_, url) || PassPicture(text_, url);
  }

  // What noscript repeats was seen already.
  bool PassPicture(const std::string& html, const std::string& url) {
    if (in_noscript_ && url == last_picture_) return true;
    last_picture_ = url;
    return sink_.Atom(html, html);
  }

  bool StartCollecting(const Tag& tag, const Element& element) {
    const bool picture = element.base.kind == Kind::kPicture;
    if (!reader_.EndTagFollows(tag.name) && picture) return true;
    collecting_ = Collecting{.element = &element};
    if (!picture) collecting_->usable = writer_.WriteMediaStart(tag, element.base.name, collecting_->start);
    return reader_.EndTagFollows(tag.name) || EndCollecting();
  }

  bool OnCollectedTag(const Tag& tag, const Element* element) {
    Collecting& it = *collecting_;
    if (tag.end) return tag.name != it.element->base.name || EndCollecting();
    const bool picture = it.element->base.kind == Kind::kPicture;
    if (tag.name == "source") {
      const bool wanted =
          it.count < kMaxSources && attributes_ == Attributes::kWritten && (picture ? it.picture.empty() : true);
      if (!wanted) return true;
      if (picture ? writer_.WritePictureSource(tag, it.sources, last_source_)
                  : writer_.WriteMediaSource(tag, it.sources)) {
        ++it.count;
        it.usable = it.usable || !picture;
      }
    } else if (element && element->base.kind == Kind::kRawText) {
      reader_.SkipRawText(tag.name);
    } else if (picture && element && element->base.written == "img" && it.picture.empty() &&
               attributes_ == Attributes::kWritten) {
      if (!writer_.WriteImage(tag, it.picture, it.url)) it.picture.clear();
    }
    return true;
  }

  bool EndCollecting() {
    const Collecting it = std::move(*collecting_);
    collecting_.reset();
    const std::string last_source = std::exchange(last_source_, {});
    if (attributes_ == Attributes::kNone) return true;
    if (it.element->base.kind == Kind::kPicture) {
      // A picture of sources alone shows nothing; its last source is what all can show.
      if (it.picture.empty() && last_source.empty()) return true;
      if (it.picture.empty())
        return PassPicture("<img src=\"" + EscapeAttribute(last_source) + "\" alt=\"\">", last_source);
      return PassPicture(it.count == 0 ? it.picture : "<picture>" + it.sources + it.picture + "</picture>", it.url);
    }
    if (!it.usable || in_noscript_) return true;
    const std::string html = it.start + it.sources + "</" + std::string(it.element->base.name) + ">";
    return sink_.Atom(html, html);
  }

  Reader reader_;
  AttributeWriter writer_;
  const Attributes attributes_;
  TokenSink& sink_;
  std::optional<Skipping> skipping_;
  std::optional<Collecting> collecting_;
  bool in_noscript_ = false;
  std::string last_picture_, last_source_;
  std::string text_, decoded_, scratch_;
};

}  // namespace

std::string_view Presentable(std::string_view text, std::string& scratch) {
  std::size_t at = FindFirst(text, 0, kSuspects);
  while (at < text.size() && !IsUnpresentable(text, at)) at = FindFirst(text, at + 1, kSuspects);
  if (at == text.size()) return text;
  scratch.assign(text, 0, at);
  while (at < text.size()) {
    if (!IsUnpresentable(text, at)) {
      scratch += text[at++];
    } else {
      const char c = text[at];
      if (c == '\r' && text.substr(at, 2) != "\r\n") scratch += '\n';
      if (c == '\f') scratch += ' ';
      at += c == '\xC2' ? 2 : static_cast<unsigned char>(c) >= 0x80 ? 3 : 1;
    }
    const std::size_t next = FindFirst(text, at, kSuspects);
    scratch.append(text, at, next - at);
    at = next;
  }
  return scratch;
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = FindFirst(text, at, kEscaped);
    out.append(text, at, next - at);
    if (next == text.size()) return;
    out += text[next] == '&' ? "&amp;" : text[next] == '<' ? "&lt;" : "&gt;";
    at = next + 1;
  }
}

bool FilterTokens(std::string_view html, std::string_view base_url, Attributes attributes, TokenSink& sink) {
  return Filter(html, base_url, attributes, sink).Run();
}

}  // namespace kimberlite::html
