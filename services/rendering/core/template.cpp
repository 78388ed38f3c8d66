#include "services/rendering/core/template.h"

#include <array>
#include <charconv>

#include "services/rendering/core/template_escape.h"
#include "services/rendering/core/template_messages.h"

namespace kimberlite::rendering {
namespace {

struct Loop {
  std::size_t left = 0;
  bool first = true;
};

void AppendEscaped(std::string& out, Escape escape, std::string_view text) {
  switch (escape) {
    case Escape::kHtml: return AppendHtml(out, text);
    case Escape::kUrl: return AppendUrl(out, text);
    case Escape::kSrcset: return AppendSrcset(out, text);
    case Escape::kJson: return AppendJson(out, text);
  }
}

}  // namespace

struct Template::Frame {
  std::string& out;
  std::size_t catalog = 0;
  std::array<const std::byte*, kMaxSlots> slots{};
  std::array<Loop, kMaxSlots> loops{};
  std::size_t depth = 0;  // of loops

  const std::byte* Address(const Operand& operand) const { return slots[operand.slot] + operand.offset; }

  template <typename T>
  const T& Read(const Operand& operand) const {
    return *reinterpret_cast<const T*>(Address(operand));
  }

  std::size_t Number(const Operand& operand) const {
    if (operand.is_size) return operand.field->list(Address(operand)).count;
    const int number = Read<int>(operand);
    return number < 0 ? 0 : static_cast<std::size_t>(number);
  }

  bool IsTrue(const Operand& operand) const {
    switch (operand.kind()) {
      case FieldKind::kText: return !Read<std::string>(operand).empty();
      case FieldKind::kTrusted: return !Read<TrustedHtml>(operand).html.empty();
      case FieldKind::kNumber: return Number(operand) != 0;
      case FieldKind::kFlag:
        return operand.field->flag ? operand.field->flag(slots[operand.slot] + operand.offset) : Read<bool>(operand);
      case FieldKind::kOptional: return operand.field->content(Address(operand)) != nullptr;
      case FieldKind::kList: return operand.field->list(Address(operand)).count != 0;
      case FieldKind::kObject: return true;
    }
    return false;
  }
};

void Template::Render(const void* view, std::size_t catalog, std::string& out) const {
  Frame frame{out, catalog};
  frame.slots[0] = static_cast<const std::byte*>(view);
  Run(0, frame);
}

void Template::Run(std::uint32_t begin, Frame& frame) const {
  for (std::uint32_t pc = begin;;) {
    const Instruction& in = code_[pc];
    ++pc;
    switch (in.op) {
      case Op::kLiteral: frame.out.append(literals_, in.first, in.second); break;
      case Op::kText: AppendEscaped(frame.out, in.escape, frame.Read<std::string>(in.operand)); break;
      case Op::kNumber: {
        char digits[24];
        frame.out.append(digits, std::to_chars(digits, digits + sizeof digits, frame.Number(in.operand)).ptr);
        break;
      }
      case Op::kTrusted: frame.out += frame.Read<TrustedHtml>(in.operand).html; break;
      case Op::kTest:
        if (frame.IsTrue(in.operand) == in.negated) pc = in.second;
        break;
      case Op::kJump: pc = in.second; break;
      case Op::kWith:
        frame.slots[in.first] = in.operand.field->content(frame.Address(in.operand));
        if (frame.slots[in.first] == nullptr) pc = in.second;
        break;
      case Op::kEach: {
        const RawList list = in.operand.field->list(frame.Address(in.operand));
        if (list.count == 0) {
          pc = in.second;
          break;
        }
        frame.slots[in.first] = list.data;
        frame.loops[frame.depth++] = {list.count, true};
        break;
      }
      case Op::kNext: {
        Loop& loop = frame.loops[frame.depth - 1];
        if (--loop.left == 0) {
          --frame.depth;
          break;
        }
        loop.first = false;
        frame.slots[in.first] += in.operand.field->stride;
        pc = in.second;
        break;
      }
      case Op::kSeparator:
        if (frame.loops[frame.depth - 1].first) pc = in.second;
        break;
      case Op::kMessage:
        RunMessage(messages_[in.first], frame);
        pc = in.second;
        break;
      case Op::kReturn: return;
    }
  }
}

void Template::RunMessage(const Message& message, Frame& frame) const {
  if (!message.dynamic) return RunPieces(message, message.pieces[frame.catalog], frame);
  std::vector<std::int64_t> numbers(message.arguments.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Message::Argument& argument = message.arguments[i];
    if (!argument.is_body && argument.operand.kind() == FieldKind::kNumber) {
      numbers[i] = static_cast<std::int64_t>(frame.Number(argument.operand));
    }
  }
  RunPieces(message, FormatMessage(message, catalogs_[frame.catalog], numbers), frame);
}

void Template::RunPieces(const Message& message, const std::vector<Message::Piece>& pieces, Frame& frame) const {
  for (const Message::Piece& piece : pieces) {
    frame.out += piece.literal;
    if (piece.argument < 0) continue;
    const Message::Argument& argument = message.arguments[static_cast<std::size_t>(piece.argument)];
    if (argument.is_body) {
      Run(argument.body, frame);
    } else {
      AppendEscaped(frame.out, message.escape, frame.Read<std::string>(argument.operand));
    }
  }
}

}  // namespace kimberlite::rendering
