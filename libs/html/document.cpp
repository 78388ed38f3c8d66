#include "libs/html/document.h"

#include <gumbo.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "libs/base/text.h"
#include "libs/html/prefilter.h"
#include "libs/html/text.h"
#include "libs/html/url.h"

namespace kimberlite::html {
namespace {

constexpr int kMaxFormats = 16;  // inline elements around one another
// gumbo's tree is far less deep; recursion ends here whatever it does.
constexpr int kMaxRecursion = 2000;

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

// Drops what is neither seen nor allowed in XML: controls but white space, bidi overrides, non-characters, the byte order mark.
std::string DropControls(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && !IsSpace(text[i])) || byte == 0x7F) continue;
    if (text[i] == '\r' || text[i] == '\f') {  // only from character references: XML has no form feed, and a bare CR is read as LF
      kept += text[i] == '\r' ? '\n' : ' ';
      continue;
    }
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      ++i;
      continue;
    }
    if (byte == 0xE2 || byte == 0xEF) {
      const std::string_view point = text.substr(i, 3);
      if (point == "\u202D" || point == "\u202E" || point == "\uFEFF" || point == "\uFFFE" || point == "\uFFFF") {
        i += 2;
        continue;
      }
    }
    kept += text[i];
  }
  return kept;
}

// White space made single spaces, none at the ends.
std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : DropControls(text)) {
    if (!IsSpace(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

// Whether text is nothing but white space and no-break spaces.
bool IsBlank(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsSpace(text[i])) continue;
    if (text.substr(i, 2) != "\u00A0") return false;
    ++i;
  }
  return true;
}

std::string Attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + EscapeAttribute(value) + "\"";
}

std::string_view Get(const GumboNode& node, const char* name) {
  const GumboAttribute* attribute = gumbo_get_attribute(&node.v.element.attributes, name);
  return attribute == nullptr ? std::string_view() : std::string_view(attribute->value);
}

// A whole number from `min` to `max` in its shortest form.
std::optional<int> Number(std::string_view text, int min, int max) {
  text = TrimAscii(text);
  if (text.ends_with("px")) text.remove_suffix(2);
  if (text.empty() || text.size() > 6 || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  const int value = std::stoi(std::string(text));
  if (value < min || value > max) return std::nullopt;
  return value;
}

// Whether text is a date or a date and time as HTML's <time> takes them: 2026, 2026-11, 2026-11-24, 2026-11-24T18:30+09:00.
bool IsDateTime(std::string_view text) {
  // The shape of each place: 'd' a digit, anything else itself; prefixes that end at a mark are whole forms.
  static constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  std::size_t at = 0;
  for (; at < text.size() && at < kShape.size(); ++at) {
    const bool separator = kShape[at] == 'T' && (text[at] == 'T' || text[at] == ' ');
    const bool match = kShape[at] == 'd' ? IsDigit(text[at]) : text[at] == kShape[at] || separator;
    if (!match) break;
  }
  if (at != 4 && at != 7 && at != 10 && at != 16 && at != 19) return false;
  std::string_view rest = text.substr(at);
  if (at == 19 && rest.starts_with('.')) {
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (digits < 2 || digits > 4) return false;
    rest.remove_prefix(digits);
  }
  if (rest.empty()) return true;
  if (at < 16) return false;
  if (rest == "Z") return true;
  return rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && IsDigit(rest[1]) && IsDigit(rest[2]) && rest[3] == ':' &&
         IsDigit(rest[4]) && IsDigit(rest[5]);
}

bool IsLanguage(std::string_view text) {
  if (text.empty() || text.size() > 35) return false;
  const auto subtags = Split(text, '-');
  for (const std::string_view subtag : subtags) {
    if (subtag.empty() || subtag.size() > 8 || !std::all_of(subtag.begin(), subtag.end(), IsAlnum)) return false;
  }
  return subtags.front().size() >= 2 && std::none_of(subtags.front().begin(), subtags.front().end(), IsDigit);
}

// lang and dir, own or of unwrapped elements around.
struct Speech {
  std::string language;
  std::string direction;

  static Speech Of(const GumboNode& node) {
    Speech speech;
    if (const auto language = TrimAscii(Get(node, "lang")); IsLanguage(language)) speech.language = language;
    const std::string direction = LowerCase(TrimAscii(Get(node, "dir")));
    if (direction == "ltr" || direction == "rtl" || direction == "auto") speech.direction = direction;
    return speech;
  }

  Speech Or(const Speech& outer) const {
    return {language.empty() ? outer.language : language, direction.empty() ? outer.direction : direction};
  }
  bool empty() const { return language.empty() && direction.empty(); }
  std::string Attributes() const {
    std::string text;
    if (!language.empty()) text += Attribute("lang", language);
    if (!direction.empty()) text += Attribute("dir", direction);
    return text;
  }
};

// Where blocks and runs are put.
struct Flow {
  enum class Mode : std::uint8_t {
    kParagraphs,  // every run becomes a <p>
    kLoose,       // a run stays bare unless it touches another
    kLine,        // one run; blocks are no more than gaps in it
  };
  Mode mode;
  std::vector<Block> blocks;
  bool preformatted = false;   // with kLine
  bool takes_caption = false;  // of a figure without one so far
  bool run_open = false;
  bool gap = false;            // kLine: a block began or ended since the last leaf
  bool in_paragraph = false;   // the next run is a <p> of its own
  std::string run_attributes;
};

// What comes down from the elements around.
struct Around {
  const Format* format = nullptr;
  int level = 0;      // elements to be written around
  int recursion = 0;  // nodes around
  Speech speech;      // of elements that were unwrapped
};

class Builder {
 public:
  Builder(std::string_view base_url, Embeds embeds) : base_(ResolveUrl(base_url, std::nullopt)), embeds_(embeds) {}

  Document Build(const GumboNode& body) {
    Flow flow{.mode = Flow::Mode::kParagraphs};
    WalkChildren(body, flow, {});
    document_.blocks = Finish(flow);
    return std::move(document_);
  }

 private:
  // --- runs

  static void EndRun(Flow& flow) {
    if (flow.mode == Flow::Mode::kLine) {
      flow.gap = true;
    } else {
      flow.run_open = false;
    }
  }

  static void AddLeaf(Flow& flow, Leaf leaf) {
    if (!flow.run_open) {
      const bool paragraph = flow.in_paragraph || flow.mode == Flow::Mode::kParagraphs || !flow.run_attributes.empty();
      flow.blocks.push_back({.kind = paragraph && flow.mode != Flow::Mode::kLine ? Block::Kind::kParagraph : Block::Kind::kBare,
                             .attributes = flow.run_attributes});
      flow.run_open = true;
    } else if (flow.gap) {
      flow.blocks.back().leaves.push_back({.text = flow.preformatted ? "\n" : " "});
    }
    flow.gap = false;
    flow.blocks.back().leaves.push_back(std::move(leaf));
  }

  void AddText(Flow& flow, std::string_view text, const Format* format) {
    const bool only_space = std::all_of(text.begin(), text.end(), IsSpace);
    if (only_space && !flow.run_open) return;
    if (only_space && flow.gap && !flow.preformatted) return;
    AddLeaf(flow, {.text = DropControls(text), .format = format});
  }

  // --- elements

  void WalkChildren(const GumboNode& node, Flow& flow, const Around& around) {
    if (around.recursion > kMaxRecursion) return;
    Around inner = around;
    ++inner.recursion;
    const GumboVector& children = node.v.element.children;
    for (unsigned int i = 0; i < children.length; ++i) {
      Walk(*static_cast<const GumboNode*>(children.data[i]), flow, inner);
    }
  }

  void Walk(const GumboNode& node, Flow& flow, const Around& around) {
    switch (node.type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_CDATA:
      case GUMBO_NODE_WHITESPACE: return AddText(flow, node.v.text.text, around.format);
      case GUMBO_NODE_ELEMENT: return WalkElement(node, flow, around);
      default: return;
    }
  }

  void WalkElement(const GumboNode& node, Flow& flow, const Around& around) {
    switch (node.v.element.tag) {
      case GUMBO_TAG_STRONG: return Formatted("strong", node, flow, around);
      case GUMBO_TAG_EM: return Formatted("em", node, flow, around);
      case GUMBO_TAG_B: return Formatted("b", node, flow, around);
      case GUMBO_TAG_I: return Formatted("i", node, flow, around);
      case GUMBO_TAG_CODE: return Formatted("code", node, flow, around);
      case GUMBO_TAG_SUB: return Formatted("sub", node, flow, around);
      case GUMBO_TAG_SUP: return Formatted("sup", node, flow, around);
      case GUMBO_TAG_CITE: return Formatted("cite", node, flow, around);
      case GUMBO_TAG_Q: return Formatted("q", node, flow, around);
      case GUMBO_TAG_BDI: return Formatted("bdi", node, flow, around);
      case GUMBO_TAG_SPAN: return Formatted(Speech::Of(node).empty() ? "" : "bdi", node, flow, around);
      case GUMBO_TAG_ABBR: {
        const std::string title = OneLine(Get(node, "title"));
        return Formatted("abbr", node, flow, around, title.empty() ? "" : Attribute("title", title));
      }
      case GUMBO_TAG_TIME: {
        const std::string_view time = TrimAscii(Get(node, "datetime"));
        return Formatted(IsDateTime(time) ? "time" : "", node, flow, around, Attribute("datetime", time));
      }
      case GUMBO_TAG_A: {
        const auto link = Link(Get(node, "href"));
        return Formatted(link ? "a" : "", node, flow, around, link ? Attribute("href", *link) : "");
      }
      case GUMBO_TAG_BR: return AddLeaf(flow, {.kind = Leaf::Kind::kBreak, .format = around.format});
      case GUMBO_TAG_IMG: return Image(node, flow, around);
      case GUMBO_TAG_EMBED: return Embed(node, flow, around);
      case GUMBO_TAG_HR:
        EndRun(flow);
        if (flow.mode != Flow::Mode::kLine) flow.blocks.push_back({.tag = "hr"});
        return;
      case GUMBO_TAG_SCRIPT:
      case GUMBO_TAG_STYLE:
      case GUMBO_TAG_SVG:
      case GUMBO_TAG_MATH:
      case GUMBO_TAG_TEMPLATE:
      case GUMBO_TAG_TEXTAREA:
      case GUMBO_TAG_TITLE: return;  // the prefilter has dropped them; nothing may depend on it
      default: return WalkBlock(node, flow, around);
    }
  }

  void WalkBlock(const GumboNode& node, Flow& flow, const Around& around) {
    EndRun(flow);
    const bool room = flow.mode != Flow::Mode::kLine && around.level < kMaxWrittenDepth;
    const GumboTag tag = node.v.element.tag;
    if (tag == GUMBO_TAG_P) {
      Paragraph(node, flow, around);
    } else if (!room) {
      WalkChildren(node, flow, around);
    } else if (tag == GUMBO_TAG_H2 || tag == GUMBO_TAG_H3 || tag == GUMBO_TAG_H4) {
      Heading(tag == GUMBO_TAG_H2 ? "h2" : tag == GUMBO_TAG_H3 ? "h3" : "h4", node, flow, around);
    } else if (tag == GUMBO_TAG_UL || tag == GUMBO_TAG_OL) {
      List(tag == GUMBO_TAG_UL ? "ul" : "ol", node, flow, around);
    } else if (tag == GUMBO_TAG_BLOCKQUOTE) {
      Wrap("blockquote", Flow{.mode = Flow::Mode::kParagraphs}, node, flow, around);
    } else if (tag == GUMBO_TAG_FIGURE) {
      Wrap("figure", Flow{.mode = Flow::Mode::kLoose, .takes_caption = true}, node, flow, around);
    } else if (tag == GUMBO_TAG_FIGCAPTION && flow.takes_caption) {
      Wrap("figcaption", Flow{.mode = Flow::Mode::kLoose}, node, flow, around);
      if (!flow.blocks.empty() && flow.blocks.back().tag == "figcaption") flow.takes_caption = false;
    } else if (tag == GUMBO_TAG_PRE) {
      Wrap("pre", Flow{.mode = Flow::Mode::kLine, .preformatted = true}, node, flow, around);
    } else if (tag == GUMBO_TAG_TABLE) {
      Table(node, flow, around);
    } else {
      Unwrapped(node, flow, around);
    }
    EndRun(flow);
  }

  // An inline element; "" unwraps it.
  void Formatted(std::string_view tag, const GumboNode& node, Flow& flow, const Around& around, const std::string& attributes = "") {
    const int depth = around.format == nullptr ? 0 : around.format->depth;
    const bool fits = depth < kMaxFormats && around.level < kMaxWrittenDepth;
    if (tag.empty() || !fits || IsRepeated(tag, around.format)) return WalkChildren(node, flow, around);
    Around inner = around;
    inner.format = &document_.formats.emplace_back(
        Format{around.format, depth + 1, tag, attributes + Speech::Of(node).Attributes()});
    ++inner.level;
    WalkChildren(node, flow, inner);
  }

  // Whether an element is already inside of one that it would only repeat, or may not nest.
  static bool IsRepeated(std::string_view tag, const Format* format) {
    const bool may_nest = tag == "sub" || tag == "sup" || tag == "q" || tag == "bdi" || tag == "abbr" || tag == "cite";
    for (; !may_nest && format != nullptr; format = format->parent) {
      if (format->tag == tag) return true;
    }
    return false;
  }

  void Unwrapped(const GumboNode& node, Flow& flow, const Around& around) {
    Around inner = around;
    inner.speech = Speech::Of(node).Or(around.speech);
    const std::string before = std::exchange(flow.run_attributes, inner.speech.Attributes());
    WalkChildren(node, flow, inner);
    flow.run_attributes = before;
  }

  void Paragraph(const GumboNode& node, Flow& flow, const Around& around) {
    const bool before = std::exchange(flow.in_paragraph, true);
    Unwrapped(node, flow, around);
    flow.in_paragraph = before;
  }

  // What is inside of an element that is written: nothing is inherited from unwrapped ones further.
  static Around Inside(const Around& around) {
    Around inner = around;
    inner.speech = {};
    ++inner.level;
    return inner;
  }

  void Wrap(std::string_view tag, Flow inside, const GumboNode& node, Flow& flow, const Around& around) {
    WalkChildren(node, inside, Inside(around));
    Block block{.tag = tag, .attributes = Speech::Of(node).Or(around.speech).Attributes(), .blocks = Finish(inside)};
    if (!block.blocks.empty()) flow.blocks.push_back(std::move(block));
  }

  void Heading(std::string_view tag, const GumboNode& node, Flow& flow, const Around& around) {
    const std::size_t before = flow.blocks.size();
    Wrap(tag, Flow{.mode = Flow::Mode::kLine}, node, flow, around);
    if (flow.blocks.size() == before) return;
    // A heading of nothing but pictures heads nothing.
    Block& heading = flow.blocks.back();
    const auto& leaves = heading.blocks.front().leaves;
    const bool has_text = std::any_of(leaves.begin(), leaves.end(), [](const Leaf& leaf) {
      return leaf.kind == Leaf::Kind::kText && !IsBlank(leaf.text);
    });
    if (has_text) return;
    Block run = std::move(heading.blocks.front());
    run.kind = Block::Kind::kParagraph;
    run.attributes = heading.attributes;
    heading = std::move(run);
  }

  void List(std::string_view tag, const GumboNode& node, Flow& flow, const Around& around) {
    Block list{.tag = tag, .attributes = Speech::Of(node).Or(around.speech).Attributes()};
    const Around inner = Inside(around);
    Flow stray{.mode = Flow::Mode::kLoose};  // what stands in the list but in no item becomes one
    const auto end_stray = [&] {
      AddItem(list, stray, "");
      stray = Flow{.mode = Flow::Mode::kLoose};
    };
    const GumboVector& children = node.v.element.children;
    for (unsigned int i = 0; i < children.length; ++i) {
      const auto& child = *static_cast<const GumboNode*>(children.data[i]);
      if (child.type == GUMBO_NODE_ELEMENT && child.v.element.tag == GUMBO_TAG_LI) {
        end_stray();
        Flow item{.mode = Flow::Mode::kLoose};
        WalkChildren(child, item, inner);
        AddItem(list, item, Speech::Of(child).Attributes());
      } else {
        Walk(child, stray, inner);
      }
    }
    end_stray();
    if (!list.blocks.empty()) flow.blocks.push_back(std::move(list));
  }

  static void AddItem(Block& list, Flow& flow, const std::string& attributes) {
    Block item{.tag = "li", .attributes = attributes, .blocks = Finish(flow)};
    if (!item.blocks.empty()) list.blocks.push_back(std::move(item));
  }

  void Table(const GumboNode& node, Flow& flow, const Around& around) {
    Block table{.tag = "table", .attributes = Speech::Of(node).Or(around.speech).Attributes()};
    const Around inner = Inside(around);
    bool has_rows = false;
    ForEachChild(node, [&](const GumboNode& child) {
      switch (child.v.element.tag) {
        case GUMBO_TAG_CAPTION: {
          Flow line{.mode = Flow::Mode::kLine};
          WalkChildren(child, line, inner);
          Block caption{.tag = "caption", .attributes = Speech::Of(child).Attributes(), .blocks = Finish(line)};
          // Only one, and before all else.
          if (!caption.blocks.empty() && table.blocks.empty()) table.blocks.push_back(std::move(caption));
          break;
        }
        case GUMBO_TAG_THEAD:
        case GUMBO_TAG_TBODY: {
          Block group{.tag = child.v.element.tag == GUMBO_TAG_THEAD && !has_rows ? "thead" : "tbody",
                      .attributes = Speech::Of(child).Attributes()};
          ForEachChild(child, [&](const GumboNode& row) { AddRow(group, row, inner); });
          has_rows = has_rows || !group.blocks.empty();
          if (!group.blocks.empty()) table.blocks.push_back(std::move(group));
          break;
        }
        default: break;
      }
    });
    if (has_rows) {
      flow.blocks.push_back(std::move(table));
    } else if (!table.blocks.empty()) {  // a caption of nothing is text
      Block run = std::move(table.blocks.front().blocks.front());
      run.kind = Block::Kind::kParagraph;
      flow.blocks.push_back(std::move(run));
    }
  }

  void AddRow(Block& group, const GumboNode& node, const Around& around) {
    if (node.v.element.tag != GUMBO_TAG_TR) return;
    Block row{.tag = "tr", .attributes = Speech::Of(node).Attributes()};
    ForEachChild(node, [&](const GumboNode& child) {
      const bool head = child.v.element.tag == GUMBO_TAG_TH;
      if (!head && child.v.element.tag != GUMBO_TAG_TD) return;
      std::string attributes;
      if (const auto span = Number(Get(child, "colspan"), 2, 1000)) attributes += Attribute("colspan", std::to_string(*span));
      if (const auto span = Number(Get(child, "rowspan"), 2, 1000)) attributes += Attribute("rowspan", std::to_string(*span));
      const std::string scope = LowerCase(Get(child, "scope"));
      if (head && (scope == "row" || scope == "col")) attributes += Attribute("scope", scope);
      Flow cell{.mode = Flow::Mode::kLoose};
      WalkChildren(child, cell, around);
      // Empty cells keep the others in their columns.
      row.blocks.push_back({.tag = head ? "th" : "td", .attributes = attributes + Speech::Of(child).Attributes(), .blocks = Finish(cell)});
    });
    if (!row.blocks.empty()) group.blocks.push_back(std::move(row));
  }

  template <typename Function>
  static void ForEachChild(const GumboNode& node, Function function) {
    const GumboVector& children = node.v.element.children;
    for (unsigned int i = 0; i < children.length; ++i) {
      const auto& child = *static_cast<const GumboNode*>(children.data[i]);
      if (child.type == GUMBO_NODE_ELEMENT) function(child);
    }
  }

  // --- links and pictures

  std::optional<std::string> Link(std::string_view reference) const {
    if (auto url = ResolveUrl(reference, base_)) {
      DropTracking(*url);
      return url->ToString();
    }
    return CleanMailto(reference);
  }

  std::optional<std::string> Picture(std::string_view reference) const {
    const std::string_view path = TrimAscii(reference);
    if (!base_ && path.starts_with("/media/")) {
      // Resolved only to see that it stays below /media/.
      const auto url = ResolveUrl(path, Url{.scheme = "https", .authority = "localhost", .path = "/"});
      if (url && url->path.starts_with("/media/")) return url->path + url->query;
      return std::nullopt;
    }
    const auto url = ResolveUrl(reference, base_);
    return url ? std::optional(url->ToString()) : std::nullopt;
  }

  std::optional<std::string> PictureOf(const GumboNode& node) const {
    for (const char* name : {"src", "data-src", "data-lazy-src", "data-original"}) {
      if (auto url = Picture(Get(node, name))) return url;
    }
    const std::string_view first = TrimAscii(Get(node, "srcset"));
    return Picture(first.substr(0, first.find_first_of(" ,")));
  }

  void Image(const GumboNode& node, Flow& flow, const Around& around) {
    const auto source = PictureOf(node);
    const auto width = Number(Get(node, "width"), 0, 100'000);
    const auto height = Number(Get(node, "height"), 0, 100'000);
    if (!source || (width && *width <= 1) || (height && *height <= 1)) return;
    std::string attributes = Attribute("src", *source) + Attribute("alt", OneLine(Get(node, "alt")));
    if (width) attributes += Attribute("width", std::to_string(*width));
    if (height) attributes += Attribute("height", std::to_string(*height));
    AddLeaf(flow, {.kind = Leaf::Kind::kImage, .text = attributes + Speech::Of(node).Attributes(), .format = around.format});
  }

  void Embed(const GumboNode& node, Flow& flow, const Around& around) {
    auto url = ResolveUrl(Get(node, "src"), base_);
    if (embeds_ == Embeds::kNothing || !url || url->scheme != "https") return;
    if (IsRepeated("a", around.format) || around.level >= kMaxWrittenDepth) return;
    DropTracking(*url);
    std::string label = OneLine(Get(node, "title"));
    if (IsBlank(label)) label = url->authority;
    EndRun(flow);
    const bool before = std::exchange(flow.in_paragraph, true);
    const Format* link = &document_.formats.emplace_back(Format{nullptr, 1, "a", Attribute("href", url->ToString())});
    AddLeaf(flow, {.text = std::move(label), .format = link});
    flow.in_paragraph = before;
    EndRun(flow);
  }

  // --- the end of a flow

  static std::vector<Block> Finish(Flow& flow) {
    std::vector<Block> finished;
    for (Block& block : flow.blocks) {
      if (block.kind == Block::Kind::kElement) {
        finished.push_back(std::move(block));
      } else if (flow.preformatted) {
        TrimPreformatted(block, finished);
      } else {
        SplitRun(block, flow.mode == Flow::Mode::kLine, finished);
      }
    }
    if (flow.mode == Flow::Mode::kLoose) PartBareRuns(finished);
    MoveCaptionToTheEnd(finished);
    return finished;
  }

  // Folds white space, drops it and <br> at the ends, and parts a run at two <br> in a row, unless it must stay one line.
  static void SplitRun(Block& run, bool one_line, std::vector<Block>& finished) {
    Block part{.kind = run.kind, .attributes = run.attributes};
    int breaks = 0;
    const auto end_part = [&] {
      TrimEnd(part.leaves);
      if (!part.leaves.empty()) finished.push_back(std::move(part));
      part = Block{.kind = run.kind, .attributes = run.attributes};
    };
    for (Leaf& leaf : run.leaves) {
      if (leaf.kind == Leaf::Kind::kBreak) {
        if (breaks == 0) TrimEnd(part.leaves);
        if (++breaks == 2 && !one_line) end_part();
        if (breaks == 1 && !part.leaves.empty()) part.leaves.push_back(std::move(leaf));
        continue;
      }
      if (leaf.kind == Leaf::Kind::kText) {
        const bool at_start = part.leaves.empty() || part.leaves.back().kind == Leaf::Kind::kBreak;
        const bool after_space = !at_start && part.leaves.back().kind == Leaf::Kind::kText && part.leaves.back().text.back() == ' ';
        FoldSpace(leaf.text, at_start || after_space);
        if (leaf.text.empty() || (at_start && IsBlank(leaf.text))) continue;
        if (leaf.text != " ") breaks = 0;
        if (!part.leaves.empty() && part.leaves.back().kind == Leaf::Kind::kText && part.leaves.back().format == leaf.format) {
          part.leaves.back().text += leaf.text;
          continue;
        }
      } else {
        breaks = 0;
      }
      part.leaves.push_back(std::move(leaf));
    }
    end_part();
  }

  static void FoldSpace(std::string& text, bool after_space) {
    std::string folded;
    folded.reserve(text.size());
    for (const char c : text) {
      if (!IsSpace(c)) {
        folded += c;
        after_space = false;
      } else if (!after_space) {
        folded += ' ';
        after_space = true;
      }
    }
    text = std::move(folded);
  }

  // Drops white space, <br> and, when nothing else is left, no-break spaces from the end.
  static void TrimEnd(std::vector<Leaf>& leaves) {
    while (!leaves.empty()) {
      Leaf& last = leaves.back();
      if (last.kind == Leaf::Kind::kImage) return;
      if (last.kind == Leaf::Kind::kText) {
        while (!last.text.empty() && IsSpace(last.text.back())) last.text.pop_back();
        if (!last.text.empty()) break;
      }
      leaves.pop_back();
    }
    const bool blank = std::all_of(leaves.begin(), leaves.end(), [](const Leaf& leaf) {
      return leaf.kind != Leaf::Kind::kImage && IsBlank(leaf.text);
    });
    if (blank) leaves.clear();
  }

  // In <pre> white space counts, but a first line break does not: the parser drops one each time.
  static void TrimPreformatted(Block& run, std::vector<Block>& finished) {
    std::vector<Leaf> leaves;
    for (Leaf& leaf : run.leaves) {
      if (leaf.kind == Leaf::Kind::kBreak) leaf = {.text = "\n", .format = leaf.format};
      if (leaves.empty() && leaf.kind == Leaf::Kind::kText) {
        if (std::all_of(leaf.text.begin(), leaf.text.end(), IsSpace)) continue;
        leaf.text.erase(0, leaf.text.find_first_not_of('\n'));
      }
      if (!leaves.empty() && leaf.kind == Leaf::Kind::kText && leaves.back().kind == Leaf::Kind::kText &&
          leaves.back().format == leaf.format) {
        leaves.back().text += leaf.text;
      } else {
        leaves.push_back(std::move(leaf));
      }
    }
    TrimEnd(leaves);
    if (!leaves.empty()) finished.push_back({.kind = run.kind, .leaves = std::move(leaves)});
  }

  // Two bare runs in a row would flow into one another.
  static void PartBareRuns(std::vector<Block>& blocks) {
    bool after_bare = false;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const bool bare = blocks[i].kind == Block::Kind::kBare;
      if (bare && after_bare) blocks[i - 1].kind = blocks[i].kind = Block::Kind::kParagraph;
      after_bare = bare;
    }
  }

  static void MoveCaptionToTheEnd(std::vector<Block>& blocks) {
    const auto caption = std::find_if(blocks.begin(), blocks.end(), [](const Block& block) { return block.tag == "figcaption"; });
    if (caption != blocks.end() && caption != blocks.begin()) std::rotate(caption, caption + 1, blocks.end());
  }

  Document document_;
  const std::optional<Url> base_;
  const Embeds embeds_;
};

Document Parse(const std::string& filtered, std::string_view base_url, Embeds embeds) {
  // The doctype keeps the parser out of quirks mode, <body> out of the head.
  const std::string html = "<!DOCTYPE html><body>" + filtered;
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  const auto destroy = [&options](GumboOutput* output) { gumbo_destroy_output(&options, output); };
  const std::unique_ptr<GumboOutput, decltype(destroy)> output(gumbo_parse_with_options(&options, html.data(), html.size()), destroy);
  const GumboVector& children = output->root->v.element.children;
  for (unsigned int i = 0; i < children.length; ++i) {
    const auto& child = *static_cast<const GumboNode*>(children.data[i]);
    if (child.type == GUMBO_NODE_ELEMENT && child.v.element.tag == GUMBO_TAG_BODY) return Builder(base_url, embeds).Build(child);
  }
  return {};
}

}  // namespace

Document ReadDocument(std::string_view html, std::string_view base_url, Embeds embeds) {
  const Prefiltered filtered = Prefilter(html, Keep::kElements);
  if (filtered.too_many_tags) return ReadText(html);
  return Parse(filtered.html, base_url, embeds);
}

Document ReadText(std::string_view html) { return Parse(Prefilter(html, Keep::kText).html, "", Embeds::kNothing); }

}  // namespace kimberlite::html
