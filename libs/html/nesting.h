#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "libs/html/rules.h"

namespace kimberlite::html {

// a, b, code, em, i, s, small, strong, u.
inline constexpr std::size_t kFormattingElements = 9;

// What is open in the parser, kept by the same rules as far as they bear on how deep it gets.
class Nesting {
 public:
  // How often each formatting element was opened and not closed.
  using FormatCounts = std::array<std::uint16_t, kFormattingElements>;

  // Whether a start tag is to be written.
  bool Start(const Rule& rule);

  // Whether an end tag is to be written.
  bool End(const Rule& rule);

 private:
  struct Open {
    const Rule* rule;
    FormatCounts formats;  // outside of a cell or caption, which formatting does not cross
  };

  static bool IsTablePart(Kind kind);
  // Those that cannot nest without something else that is counted in between.
  static bool IsCounted(Kind kind);
  bool Push(const Rule& rule);
  void Truncate(std::size_t size);
  void CloseParagraph();
  void CloseItem(Kind item);
  bool StartTablePart(const Rule& rule);
  static std::size_t FormatIndex(const Rule& rule);

  // Bold within bold changes nothing, and would be reopened with each later paragraph as often as it is open.
  bool StartFormat(const Rule& rule);
  bool EndFormat(const Rule& rule);

  std::vector<Open> open_;
  FormatCounts formats_{};
  int depth_ = 0;
};

}  // namespace kimberlite::html
