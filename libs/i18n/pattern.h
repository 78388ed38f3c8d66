#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "libs/i18n/messages.h"

namespace kimberlite::i18n {

// How a language writes numbers and chooses plurals. Immutable, for any thread.
struct Rules;
std::shared_ptr<const Rules> MakeRules(const std::string& language);

enum class NumberStyle : std::uint8_t { kDecimal, kInteger, kPercent };

enum class NodeKind : std::uint8_t { kText, kArgument, kNumberSign, kSelect, kPlural, kOrdinal };

struct Node;
using Pattern = std::vector<Node>;

struct Branch {
  std::string selector;         // "other", "few", "female"
  std::optional<double> value;  // of "=1"
  Pattern pattern;
};

struct Node {
  NodeKind kind = NodeKind::kText;
  std::string text;  // kText: the text; otherwise the argument's name
  NumberStyle style = NumberStyle::kDecimal;
  double offset = 0;
  std::vector<Branch> branches;
};

struct Message {
  Pattern pattern;
  std::set<std::string> arguments;
  std::shared_ptr<const Rules> rules;
};

// Reads an ICU MessageFormat pattern; the error says what is wrong with it.
Result<Message> CompileMessage(std::string_view text, std::shared_ptr<const Rules> rules);

// The message's text. Any thread.
std::string Evaluate(const Message& message, std::span<const Argument> arguments);

}  // namespace kimberlite::i18n
