#include "libs/html/document.h"

#include <gumbo.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "libs/base/text.h"
#include "libs/html/flow.h"
#include "libs/html/prefilter.h"
#include "libs/html/text.h"
#include "libs/html/url.h"
#include "libs/html/values.h"

namespace kimberlite::html {
namespace {

constexpr int kMaxFormats = 16;  // inline elements around one another
// gumbo's tree is far less deep; recursion ends here whatever it does.
constexpr int kMaxRecursion = 2000;

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

std::string Attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + EscapeAttribute(value) + "\"";
}

std::string_view Get(const GumboNode& node, const char* name) {
  const GumboAttribute* attribute = gumbo_get_attribute(&node.v.element.attributes, name);
  return attribute == nullptr ? std::string_view() : std::string_view(attribute->value);
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
  void Formatted(std::string_view tag, const GumboNode& node, Flow& flow, const Around& around,
                 const std::string& attributes = "") {
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
      if (const auto span = Number(Get(child, "colspan"), 2, 1000))
        attributes += Attribute("colspan", std::to_string(*span));
      if (const auto span = Number(Get(child, "rowspan"), 2, 1000))
        attributes += Attribute("rowspan", std::to_string(*span));
      const std::string scope = LowerCase(Get(child, "scope"));
      if (head && (scope == "row" || scope == "col")) attributes += Attribute("scope", scope);
      Flow cell{.mode = Flow::Mode::kLoose};
      WalkChildren(child, cell, around);
      // Empty cells keep the others in their columns.
      row.blocks.push_back({.tag = head ? "th" : "td",
                            .attributes = attributes + Speech::Of(child).Attributes(),
                            .blocks = Finish(cell)});
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
    AddLeaf(flow,
            {.kind = Leaf::Kind::kImage, .text = attributes + Speech::Of(node).Attributes(), .format = around.format});
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
  const std::unique_ptr<GumboOutput, decltype(destroy)> output(
      gumbo_parse_with_options(&options, html.data(), html.size()), destroy);
  const GumboVector& children = output->root->v.element.children;
  for (unsigned int i = 0; i < children.length; ++i) {
    const auto& child = *static_cast<const GumboNode*>(children.data[i]);
    if (child.type == GUMBO_NODE_ELEMENT && child.v.element.tag == GUMBO_TAG_BODY)
      return Builder(base_url, embeds).Build(child);
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
