#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/i18n/messages.h"
#include "services/rendering/core/template_context.h"
#include "services/rendering/core/template_fields.h"

// A compiled template: a flat program over the members of a view. template_compiler.h makes it.
namespace kimberlite::rendering {

// Where a value lies while a page is rendered: `offset` bytes into the object that the slot holds. Slot 0 is the view,
// the others belong to the blocks around ({{#each}}, {{#with}}).
struct Operand {
  const Field* field = nullptr;    // null: the slot's object itself
  const TypeInfo* type = nullptr;  // of that object, when field is null
  std::uint8_t slot = 0;
  bool is_size = false;  // the number of elements of a list
  std::uint32_t offset = 0;

  FieldKind kind() const { return is_size ? FieldKind::kNumber : field ? field->kind : FieldKind::kObject; }
};

enum class Op : std::uint8_t {
  kLiteral,    // appends literals[first, first + second)
  kText,       // appends the operand, escaped
  kNumber,     // appends the operand
  kTrusted,    // appends the operand as it is
  kTest,       // goes to `second` unless the operand is true (or, negated, false)
  kJump,       // goes to `second`
  kWith,       // puts what the optional holds into slot `first`; goes to `second` when it is absent
  kEach,       // puts the first element into slot `first`; goes to `second` when there is none
  kNext,       // puts the next element into the slot and goes to `second`; after the last one, goes on
  kSeparator,  // goes to `second` for the first element of the innermost list
  kMessage,    // appends messages[first]; goes to `second`, past the bodies of its arguments
  kReturn,     // ends the program or the body of an argument
};

struct Instruction {
  Op op = Op::kReturn;
  Escape escape = Escape::kHtml;
  bool negated = false;
  Operand operand;
  std::uint32_t first = 0;
  std::uint32_t second = 0;
};

// A text of the catalogs where a template uses it.
struct Message {
  struct Argument {
    std::string name;
    bool is_body = false;  // {{#arg}}: the instructions from `body` to their kReturn
    Operand operand;       // otherwise
    std::uint32_t body = 0;
  };
  // Escaped text, then an argument (or -1 for none).
  struct Piece {
    std::string literal;
    int argument = -1;
  };
  std::string key;
  Escape escape = Escape::kHtml;
  std::vector<Argument> arguments;
  // Depends on a number (plurals, digits): formatted when the page is rendered.
  bool dynamic = false;
  // Per catalog; empty when dynamic.
  std::vector<std::vector<Piece>> pieces;
};

class Template {
 public:
  // Appends the page to `out`. `view` is the struct the template was compiled for, `catalog` an index into the
  // catalogs it was compiled with. Safe for many threads at once.
  void Render(const void* view, std::size_t catalog, std::string& out) const;

 private:
  friend class Compiler;
  struct Frame;
  void Run(std::uint32_t begin, Frame& frame) const;
  void RunMessage(const Message& message, Frame& frame) const;
  void RunPieces(const Message& message, const std::vector<Message::Piece>& pieces, Frame& frame) const;

  std::vector<i18n::Catalog> catalogs_;
  std::string literals_;
  std::vector<Instruction> code_;
  std::vector<Message> messages_;
};

// Slots a template may use at once: the view and the blocks around the deepest place.
inline constexpr std::size_t kMaxSlots = 16;

}  // namespace kimberlite::rendering
