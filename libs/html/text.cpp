#include "libs/html/text.h"

#include <vector>

#include "libs/html/document.h"
#include "libs/html/prefilter.h"
#include "libs/html/token_filter.h"

namespace kimberlite::html {
namespace {

// Appends text with white space and no-break spaces folded. Lines stay where `keep_lines`.
void AppendFolded(std::string& text, std::string_view added, bool keep_lines) {
  for (std::size_t i = 0; i < added.size(); ++i) {
    const char c = added[i];
    const bool no_break = added.substr(i, 2) == "\u00A0";
    if (c == '\n' && keep_lines) {
      while (!text.empty() && text.back() == ' ') text.pop_back();
      text += '\n';
    } else if (no_break || c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f') {
      if (!text.empty() && text.back() != ' ' && text.back() != '\n') text += ' ';
    } else {
      text += c;
    }
    i += no_break;
  }
}

void AppendBlocks(std::string& text, const std::vector<Block>& blocks, bool preformatted) {
  for (const Block& block : blocks) {
    AppendBlocks(text, block.blocks, preformatted || block.tag == "pre");
    if (block.leaves.empty()) continue;
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
    if (!text.empty()) text += '\n';
    for (const Leaf& leaf : block.leaves) {
      if (leaf.kind == Leaf::Kind::kText) AppendFolded(text, leaf.text, preformatted);
      if (leaf.kind == Leaf::Kind::kBreak) AppendFolded(text, "\n", true);
    }
  }
}

std::string Escape(std::string_view text, bool quotes) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 16);
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += quotes ? "&quot;" : "\""; break;
      case '\'': escaped += quotes ? "&#39;" : "'"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

// Text as it comes, with a space for all that is not in a line.
struct LineSink : TokenSink {
  bool Part(const Element& element) {
    const Kind kind = element.base.kind;
    if (kind != Kind::kInline && kind != Kind::kFormat && element.base.written != "wbr") AppendFolded(text, " ", false);
    return true;
  }
  bool Start(const Element& element, std::string_view, bool) override { return Part(element); }
  bool End(const Element& element) override { return Part(element); }
  bool Void(const Element& element) override { return Part(element); }
  bool Text(std::string_view added) override {
    AppendFolded(text, added, false);
    return true;
  }
  bool Atom(std::string_view, std::string_view) override { return true; }

  std::string text;
};

}  // namespace

std::string PlainText(std::string_view html) {
  std::string text;
  AppendBlocks(text, ReadDocument(html, "", Embeds::kNothing).blocks, false);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
  return text;
}

std::string TextLine(std::string_view html) {
  std::string scratch;
  LineSink sink;
  FilterTokens(MendUtf8(html, scratch), "", Attributes::kNone, sink);
  std::string& text = sink.text;
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return std::move(text);
}

std::string EscapeText(std::string_view text) { return Escape(text, false); }
std::string EscapeAttribute(std::string_view text) { return Escape(text, true); }

}  // namespace kimberlite::html
