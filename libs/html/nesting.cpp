#include "libs/html/nesting.h"

#include <algorithm>

#include "libs/html/prefilter.h"

namespace kimberlite::html {
namespace {

constexpr std::array<std::string_view, kFormattingElements> kFormats = {"a", "b",     "code",   "em", "i",
                                                                        "s", "small", "strong", "u"};

}  // namespace

bool Nesting::Start(const Rule& rule) {
  switch (rule.kind) {
    case Kind::kFormat: return StartFormat(rule);
    case Kind::kInline: return Push(rule);
    case Kind::kHeading:
      CloseParagraph();
      if (!open_.empty() && open_.back().rule->kind == Kind::kHeading && formats_ == FormatCounts{})
        Truncate(open_.size() - 1);
      return Push(rule);
    case Kind::kContainer:
    case Kind::kList:
    case Kind::kTable: CloseParagraph(); return Push(rule);
    case Kind::kParagraph: CloseParagraph(); return Push(rule);
    case Kind::kItem:
    case Kind::kDefinition:
      CloseItem(rule.kind);
      CloseParagraph();
      return Push(rule);
    case Kind::kRowGroup:
    case Kind::kRow:
    case Kind::kCell:
    case Kind::kCaption: return StartTablePart(rule);
    default:
      if (rule.written == "hr") CloseParagraph();
      return true;
  }
}

bool Nesting::End(const Rule& rule) {
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

bool Nesting::IsTablePart(Kind kind) {
  return kind == Kind::kTable || kind == Kind::kRowGroup || kind == Kind::kRow || kind == Kind::kCell ||
         kind == Kind::kCaption;
}

bool Nesting::IsCounted(Kind kind) {
  return kind == Kind::kContainer || kind == Kind::kList || kind == Kind::kTable || kind == Kind::kHeading ||
         kind == Kind::kInline;
}

bool Nesting::Push(const Rule& rule) {
  const bool counted = IsCounted(rule.kind);
  if (counted && depth_ >= kMaxParsedDepth) return false;
  depth_ += counted;
  open_.push_back({&rule, formats_});
  if (rule.kind == Kind::kCell || rule.kind == Kind::kCaption) formats_ = {};
  return true;
}

void Nesting::Truncate(std::size_t size) {
  while (open_.size() > size) {
    const Open& last = open_.back();
    depth_ -= IsCounted(last.rule->kind);
    if (last.rule->kind == Kind::kCell || last.rule->kind == Kind::kCaption) formats_ = last.formats;
    open_.pop_back();
  }
}

void Nesting::CloseParagraph() {
  for (std::size_t i = open_.size(); i-- > 0;) {
    const Kind kind = open_[i].rule->kind;
    if (kind == Kind::kParagraph) return Truncate(i);
    if (kind != Kind::kInline) return;
  }
}

void Nesting::CloseItem(Kind item) {
  for (std::size_t i = open_.size(); i-- > 0;) {
    const Rule& open = *open_[i].rule;
    if (open.kind == item) return Truncate(i);
    if (open.kind != Kind::kInline && open.kind != Kind::kParagraph && open.written != "div") return;
  }
}

bool Nesting::StartTablePart(const Rule& rule) {
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

std::size_t Nesting::FormatIndex(const Rule& rule) {
  return std::find(kFormats.begin(), kFormats.end(), rule.written) - kFormats.begin();
}

bool Nesting::StartFormat(const Rule& rule) {
  std::uint16_t& count = formats_[FormatIndex(rule)];
  if (rule.written == "a") {
    count = 1;  // the parser closes the link before
    return true;
  }
  if (count < UINT16_MAX) ++count;
  return count == 1;
}

bool Nesting::EndFormat(const Rule& rule) {
  std::uint16_t& count = formats_[FormatIndex(rule)];
  return count > 0 && --count == 0;
}

}  // namespace kimberlite::html
