#include "libs/html/clean.h"

#include <vector>

#include "libs/html/document.h"
#include "libs/html/prefilter.h"
#include "libs/html/text.h"

namespace kimberlite::html {
namespace {

class Printer {
 public:
  // The document's HTML as far as whole top-level blocks fit.
  std::string Print(const Document& document) {
    for (const Block& block : document.blocks) {
      const std::size_t before = html_.size();
      PrintBlock(block);
      if (html_.size() > kMaxInput) html_.resize(before);
    }
    return std::move(html_);
  }

  std::size_t tags() const { return tags_; }

 private:
  void Open(std::string_view tag, std::string_view attributes) {
    html_.append("<").append(tag).append(attributes).append(">");
    ++tags_;
  }
  void Close(std::string_view tag) { html_.append("</").append(tag).append(">"); }

  void PrintBlock(const Block& block) {
    switch (block.kind) {
      case Block::Kind::kBare: PrintLeaves(block.leaves); break;
      case Block::Kind::kParagraph:
        Open("p", block.attributes);
        PrintLeaves(block.leaves);
        Close("p");
        break;
      case Block::Kind::kElement:
        Open(block.tag, block.attributes);
        if (block.tag == "hr") break;
        for (const Block& inner : block.blocks) PrintBlock(inner);
        Close(block.tag);
        break;
    }
  }

  void PrintLeaves(const std::vector<Leaf>& leaves) {
    std::vector<const Format*> open;
    for (const Leaf& leaf : leaves) {
      SwitchTo(leaf.format, open);
      switch (leaf.kind) {
        case Leaf::Kind::kText: html_ += EscapeText(leaf.text); break;
        case Leaf::Kind::kBreak: Open("br", ""); break;
        case Leaf::Kind::kImage: Open("img", leaf.text); break;
      }
    }
    SwitchTo(nullptr, open);
  }

  // Closes and opens inline elements until exactly `format` and those around it are open.
  void SwitchTo(const Format* format, std::vector<const Format*>& open) {
    std::vector<const Format*> wanted(format == nullptr ? 0 : format->depth);
    for (std::size_t i = wanted.size(); i-- > 0; format = format->parent) wanted[i] = format;
    std::size_t common = 0;
    while (common < open.size() && common < wanted.size() && open[common] == wanted[common]) ++common;
    while (open.size() > common) {
      Close(open.back()->tag);
      open.pop_back();
    }
    for (; common < wanted.size(); ++common) {
      open.push_back(wanted[common]);
      Open(wanted[common]->tag, wanted[common]->attributes);
    }
  }

  std::string html_;
  std::size_t tags_ = 0;
};

}  // namespace

std::string Clean(std::string_view html, std::string_view base_url) {
  Printer printer;
  std::string clean = printer.Print(ReadDocument(html, base_url, Embeds::kLinks));
  // Elements reopened in many blocks: what would not be read back whole is not written.
  if (printer.tags() > kMaxTags) return CleanText(html);
  return clean;
}

std::string CleanText(std::string_view html) { return Printer().Print(ReadText(html)); }

}  // namespace kimberlite::html
