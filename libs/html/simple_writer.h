#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/html/token_filter.h"

namespace kimberlite::html {

inline constexpr std::size_t kMaxSanitizedDepth = 200;

// Writes tokens as they come, as long as the tree that the HTML standard would build of them (section 13.2.6) is the
// one that their tags say, end tags that may be left out included. Stops at the first that would need mending.
class SimpleWriter : public TokenSink {
 public:
  explicit SimpleWriter(std::size_t expected) { html_.reserve(expected); }

  bool Start(const Element& element, std::string_view attributes, bool written) override;
  bool End(const Element& element) override;
  bool Void(const Element& element) override;
  bool Text(std::string_view text) override;
  bool Atom(std::string_view html, std::string_view in_link) override;

  // Closes what is open; the whole.
  std::string Finish();

 private:
  struct Open {
    const Element* element;
    bool written;
    bool paragraph;  // a p is open, in this cell or caption
  };

  Kind TopKind() const { return stack_.empty() ? Kind::kContainer : stack_.back().element->base.kind; }
  std::string_view TopName() const {
    return stack_.empty() ? std::string_view() : std::string_view(stack_.back().element->base.written);
  }
  bool InTable() const;
  static bool IsImplied(const Element& element);
  bool Count(const Element& element) const { return open_[element.id] > 0; }

  bool CloseParagraph();
  bool StartItem(const Element& element);
  bool StartTablePart(const Element& element);
  bool StartRubyText();
  // Closes the cell that is on top but for elements whose end is implied; false when something else is.
  bool CloseCell();
  void CloseImplied();
  bool Push(const Element& element, std::string_view attributes, bool written);
  void Pop();

  std::string html_;
  std::vector<Open> stack_;
  std::array<std::uint16_t, kMaxElementId> open_{};  // how many elements of each id
  int headings_ = 0;
  int links_ = 0;  // open and written
  bool at_pre_start_ = false;
};

}  // namespace kimberlite::html
