#include "libs/html/simple_writer.h"

#include <algorithm>

#include "libs/base/text.h"
#include "libs/html/values.h"

namespace kimberlite::html {
namespace {

bool IsRubyText(std::string_view name) { return name == "rt" || name == "rp"; }

}  // namespace

bool SimpleWriter::InTable() const {
  const Kind kind = TopKind();
  return kind == Kind::kTable || kind == Kind::kRowGroup || kind == Kind::kRow;
}

bool SimpleWriter::IsImplied(const Element& element) {
  const Kind kind = element.base.kind;
  return kind == Kind::kParagraph || kind == Kind::kItem || kind == Kind::kDefinition ||
         (kind == Kind::kInline && IsRubyText(element.base.written));
}

bool SimpleWriter::Push(const Element& element, std::string_view attributes, bool written) {
  if (stack_.size() >= kMaxSanitizedDepth) return false;
  const Kind kind = element.base.kind;
  const bool bounds = kind == Kind::kCell || kind == Kind::kCaption || kind == Kind::kTable;
  const bool outer = !stack_.empty() && stack_.back().paragraph;
  stack_.push_back({&element, written, kind == Kind::kParagraph || (outer && !bounds)});
  ++open_[element.id];
  headings_ += kind == Kind::kHeading;
  if (!written) return true;
  links_ += element.base.written == "a";
  at_pre_start_ = element.base.written == "pre";
  (((html_ += '<') += element.base.written) += attributes) += '>';
  return true;
}

void SimpleWriter::Pop() {
  const Open& top = stack_.back();
  if (top.written) {
    ((html_ += "</") += top.element->base.written) += '>';
    links_ -= top.element->base.written == "a";
    at_pre_start_ = false;
  }
  --open_[top.element->id];
  headings_ -= top.element->base.kind == Kind::kHeading;
  stack_.pop_back();
}

bool SimpleWriter::CloseParagraph() {
  if (stack_.empty() || !stack_.back().paragraph) return true;
  if (TopKind() != Kind::kParagraph) return false;
  Pop();
  return true;
}

bool SimpleWriter::Start(const Element& element, std::string_view attributes, bool written) {
  const Kind kind = element.base.kind;
  switch (kind) {
    case Kind::kRowGroup:
    case Kind::kRow:
    case Kind::kCell:
    case Kind::kCaption:
      // Outside of a table the parser passes over them.
      if (!stack_.empty() && open_[FindElement("table")->id] > 0) {
        if (!StartTablePart(element)) return false;
        return Push(element, attributes, written);
      }
      return true;
    default: break;
  }
  if (InTable()) return false;
  switch (kind) {
    case Kind::kHeading:
      if (!CloseParagraph() || headings_ > 0) return false;
      break;
    case Kind::kContainer:
    case Kind::kList:
    case Kind::kTable:
    case Kind::kParagraph:
      if (!CloseParagraph()) return false;
      break;
    case Kind::kItem:
    case Kind::kDefinition:
      if (!StartItem(element)) return false;
      break;
    case Kind::kFormat:
      if (Count(element)) return false;
      break;
    case Kind::kInline:
      if (IsRubyText(element.base.written) && !StartRubyText()) return false;
      break;
    default: return false;
  }
  return Push(element, attributes, written);
}

// A new item ends the one before it, if nothing stands between.
bool SimpleWriter::StartItem(const Element& element) {
  const Kind kind = element.base.kind;
  bool plain = true;  // only paragraphs above
  for (std::size_t i = stack_.size(); i-- > 0;) {
    const Element& open = *stack_[i].element;
    if (open.base.kind == kind) {
      if (!plain) return false;
      while (stack_.size() > i) Pop();
      break;
    }
    const std::string_view name = open.base.written;
    const bool passed = open.base.kind == Kind::kInline || open.base.kind == Kind::kFormat ||
                        open.base.kind == Kind::kParagraph || name == "div" || name == "address";
    if (!passed) break;
    plain = plain && open.base.kind == Kind::kParagraph;
  }
  return CloseParagraph();
}

bool SimpleWriter::StartRubyText() {
  if (IsRubyText(TopName())) Pop();
  return TopName() == "ruby";
}

void SimpleWriter::CloseImplied() {
  while (!stack_.empty() && IsImplied(*stack_.back().element)) Pop();
}

bool SimpleWriter::CloseCell() {
  CloseImplied();
  if (TopKind() != Kind::kCell) return false;
  Pop();
  return true;
}

bool SimpleWriter::StartTablePart(const Element& element) {
  const Kind kind = element.base.kind;
  if (!InTable() && !CloseCell()) return false;
  if (kind == Kind::kCaption) return TopKind() == Kind::kTable;
  if (kind == Kind::kCell) return TopKind() == Kind::kRow;
  if (TopKind() == Kind::kRow) Pop();
  if (kind == Kind::kRow) {
    if (TopKind() == Kind::kTable) return Push(*FindElement("tbody"), "", true);
    return TopKind() == Kind::kRowGroup;
  }
  if (TopKind() == Kind::kRowGroup) Pop();
  return TopKind() == Kind::kTable;
}

bool SimpleWriter::End(const Element& element) {
  const Kind kind = element.base.kind;
  // Nothing to end: passed over, but for a heading's, which ends any.
  if (stack_.empty() || !Count(element)) return kind != Kind::kHeading || headings_ == 0;
  if (kind == Kind::kParagraph && !stack_.back().paragraph) return true;
  const bool inline_end = kind == Kind::kFormat || kind == Kind::kInline;
  const bool table_end = kind == Kind::kTable || kind == Kind::kRowGroup || kind == Kind::kRow || kind == Kind::kCell ||
                         kind == Kind::kCaption;
  for (std::size_t i = stack_.size(); i-- > 0;) {
    const Element& open = *stack_[i].element;
    if (open.id == element.id) {
      while (stack_.size() > i) Pop();
      return true;
    }
    if (inline_end) return false;
    const Kind open_kind = open.base.kind;
    const bool part = open_kind == Kind::kCell || open_kind == Kind::kRow || open_kind == Kind::kRowGroup ||
                      open_kind == Kind::kCaption;
    if (!IsImplied(open) && !(table_end && part)) return false;
  }
  return false;
}

bool SimpleWriter::Void(const Element& element) {
  if (InTable()) return false;
  if (element.base.written == "hr" && !CloseParagraph()) return false;
  ((html_ += '<') += element.base.written) += '>';
  at_pre_start_ = false;
  return true;
}

bool SimpleWriter::Text(std::string_view text) {
  if (InTable()) {
    if (!std::ranges::all_of(text, IsSpace)) return false;
    html_ += text;
    return true;
  }
  if (at_pre_start_) {
    // The parser drops a line break here, each time.
    text.remove_prefix(std::min(text.find_first_not_of('\n'), text.size()));
    if (text.empty()) return true;
    at_pre_start_ = false;
  }
  AppendEscaped(html_, text);
  return true;
}

bool SimpleWriter::Atom(std::string_view html, std::string_view in_link) {
  if (InTable()) return false;
  html_ += links_ > 0 ? in_link : html;
  at_pre_start_ = false;
  return true;
}

std::string SimpleWriter::Finish() {
  while (!stack_.empty()) Pop();
  return std::move(html_);
}

}  // namespace kimberlite::html
