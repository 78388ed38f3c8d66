#include "services/rendering/core/template_messages.h"

#include <algorithm>

#include "libs/base/text.h"
#include "services/rendering/core/template_escape.h"

namespace kimberlite::rendering {
namespace {

// Texts and HTML go into a pattern as one character of the private use area each, and the formatted text is cut at
// these. So a pattern decides about order and plurals, and never sees nor escapes a value.
constexpr std::uint32_t kFirstMark = 0xE000;
constexpr std::size_t kMaxArguments = 64;

std::string Mark(std::size_t argument) {
  // U+E000 to U+E03F in UTF-8.
  static_assert(kFirstMark == 0xE000 && kMaxArguments <= 64);
  return {'\xee', '\x80', static_cast<char>(0x80 + argument)};
}

bool IsNumber(const Message::Argument& argument) {
  return !argument.is_body && argument.operand.kind() == FieldKind::kNumber;
}

std::string Escaped(Escape escape, std::string_view text) {
  std::string out;
  if (escape == Escape::kJson) {
    AppendJson(out, text);
  } else {
    AppendHtml(out, text);
  }
  return out;
}

// Every plural form of every language has one of these.
constexpr std::int64_t kSampleNumbers[] = {0, 1, 2, 3, 5, 6, 11, 21, 100, 101, 102, 1000000};

}  // namespace

std::vector<Message::Piece> FormatMessage(const Message& message, const i18n::Catalog& catalog,
                                          std::span<const std::int64_t> numbers) {
  std::vector<std::string> marks;
  std::vector<i18n::Argument> arguments;
  marks.reserve(message.arguments.size());  // arguments keep views
  for (std::size_t i = 0; i < message.arguments.size(); ++i) {
    const Message::Argument& argument = message.arguments[i];
    if (IsNumber(argument)) {
      arguments.emplace_back(argument.name, numbers[i]);
    } else {
      arguments.emplace_back(argument.name, marks.emplace_back(Mark(i)));
    }
  }
  const std::string text = catalog.Format(message.key, arguments);
  std::vector<Message::Piece> pieces;
  std::size_t begin = 0;
  for (std::size_t at = text.find("\xee\x80"); at != std::string::npos; at = text.find("\xee\x80", at + 1)) {
    const std::size_t argument = static_cast<unsigned char>(text[at + 2]) - 0x80u;
    if (argument >= message.arguments.size()) continue;
    pieces.push_back(
        {Escaped(message.escape, std::string_view(text).substr(begin, at - begin)), static_cast<int>(argument)});
    begin = at + 3;
  }
  pieces.push_back({Escaped(message.escape, std::string_view(text).substr(begin)), -1});
  return pieces;
}

Result<void> ResolveMessage(Message& message, const std::vector<i18n::Catalog>& catalogs) {
  const auto refuse = [&message](const std::string& what) {
    return Fail(Code::kInvalidArgument, "text \"" + message.key + "\"" + what);
  };
  if (message.arguments.size() > kMaxArguments) return refuse(" has too many arguments");
  std::vector<std::string> names;
  for (const Message::Argument& argument : message.arguments) names.push_back(argument.name);
  std::sort(names.begin(), names.end());
  message.dynamic = std::any_of(message.arguments.begin(), message.arguments.end(), IsNumber);

  for (const i18n::Catalog& catalog : catalogs) {
    const std::string where = " in the catalog \"" + catalog.language() + "\"";
    if (!catalog.Has(message.key)) return refuse(" is missing" + where);
    const std::vector<std::string> wanted = catalog.ArgumentNames(message.key);
    if (wanted != names) {
      return refuse(where + " takes the arguments [" + Join(wanted, ", ") + "], and the template gives [" +
                    Join(names, ", ") + "]");
    }
    std::vector<Message::Piece> pieces;
    for (const std::int64_t sample : kSampleNumbers) {
      pieces = FormatMessage(message, catalog, std::vector<std::int64_t>(message.arguments.size(), sample));
      for (std::size_t i = 0; i < message.arguments.size(); ++i) {
        const auto count = std::count_if(pieces.begin(), pieces.end(), [i](const Message::Piece& piece) {
          return piece.argument == static_cast<int>(i);
        });
        if (!IsNumber(message.arguments[i]) && count != 1) {
          return refuse(where + " has to hold {" + message.arguments[i].name + "} exactly once in every form");
        }
      }
      if (!message.dynamic) break;
    }
    if (!message.dynamic) message.pieces.push_back(std::move(pieces));
  }
  return {};
}

}  // namespace kimberlite::rendering
