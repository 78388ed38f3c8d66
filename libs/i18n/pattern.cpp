#include "libs/i18n/pattern.h"

#include <fmt/format.h>
#include <unicode/messagepattern.h>
#include <unicode/numberformatter.h>
#include <unicode/plurrule.h>

#include <array>
#include <cstdlib>
#include <utility>
#include <variant>

#include "libs/i18n/icu.h"

namespace kimberlite::i18n {

// ICU documents these classes, unlike MessageFormat, as immutable and safe to share, which is why patterns are parsed
// by ICU but evaluated here.
struct Rules {
  std::array<icu::number::LocalizedNumberFormatter, 3> numbers;  // by NumberStyle
  std::unique_ptr<icu::PluralRules> cardinal;
  std::unique_ptr<icu::PluralRules> ordinal;

  std::string Number(double value, NumberStyle style) const {
    UErrorCode status = U_ZERO_ERROR;
    return Finish(numbers[static_cast<int>(style)].formatDouble(value, status), status);
  }
  std::string Number(std::int64_t value, NumberStyle style) const {
    UErrorCode status = U_ZERO_ERROR;
    return Finish(numbers[static_cast<int>(style)].formatInt(value, status), status);
  }

 private:
  static std::string Finish(const icu::number::FormattedNumber& number, UErrorCode& status) {
    const icu::UnicodeString text = number.toTempString(status);
    if (U_FAILURE(status)) std::abort();  // ICU is out of memory
    return ToUtf8(text);
  }
};

namespace {

using icu::MessagePattern;

// Turns ICU's flat list of parts into a tree.
class Compiler {
 public:
  explicit Compiler(const MessagePattern& source) : source_(source) {}

  Result<Message> Compile() {
    Message message;
    std::int32_t at = 0;
    message.pattern = ParseMessage(at);
    if (!problem_.empty()) return Fail(Code::kInvalidArgument, problem_);
    message.arguments = std::move(arguments_);
    return message;
  }

 private:
  std::string Substring(std::int32_t part) const { return ToUtf8(source_.getSubstring(source_.getPart(part))); }

  // From the MSG_START at `at` to its MSG_LIMIT, where `at` is left.
  Pattern ParseMessage(std::int32_t& at) {
    Pattern pattern;
    icu::UnicodeString text;
    const auto flush = [&] {
      if (!text.isEmpty()) pattern.push_back({.text = ToUtf8(text)});
      text.remove();
    };
    std::int32_t from = source_.getPart(at).getLimit();
    for (++at;; ++at) {
      const MessagePattern::Part& part = source_.getPart(at);
      text.append(source_.getPatternString(), from, part.getIndex() - from);
      from = part.getLimit();
      switch (part.getType()) {
        case UMSGPAT_PART_TYPE_MSG_LIMIT: flush(); return pattern;
        case UMSGPAT_PART_TYPE_INSERT_CHAR: text.append(static_cast<char16_t>(part.getValue())); break;
        case UMSGPAT_PART_TYPE_REPLACE_NUMBER:
          flush();
          pattern.push_back(
              {.kind = NodeKind::kNumberSign, .text = plurals_.back().first, .offset = plurals_.back().second});
          break;
        case UMSGPAT_PART_TYPE_ARG_START: {
          flush();
          const std::int32_t limit = source_.getLimitPartIndex(at);
          pattern.push_back(ParseArgument(at, limit));
          at = limit;
          from = source_.getPart(limit).getLimit();
          break;
        }
        default:  // SKIP_SYNTAX: an apostrophe that quotes
          break;
      }
    }
  }

  Node ParseArgument(std::int32_t start, std::int32_t limit) {
    const UMessagePatternArgType type = source_.getPart(start).getArgType();
    Node node{.kind = NodeKind::kArgument, .text = Substring(start + 1)};
    arguments_.insert(node.text);
    std::int32_t at = start + 2;
    switch (type) {
      case UMSGPAT_ARG_TYPE_NONE: break;
      case UMSGPAT_ARG_TYPE_SIMPLE: ParseNumber(node, at, limit); break;
      case UMSGPAT_ARG_TYPE_CHOICE: problem_ = "choice is obsolete: use plural or select"; break;
      case UMSGPAT_ARG_TYPE_SELECT:
        node.kind = NodeKind::kSelect;
        ParseBranches(node, at, limit);
        break;
      case UMSGPAT_ARG_TYPE_PLURAL:
      case UMSGPAT_ARG_TYPE_SELECTORDINAL:
        node.kind = type == UMSGPAT_ARG_TYPE_PLURAL ? NodeKind::kPlural : NodeKind::kOrdinal;
        node.offset = source_.getPluralOffset(at);
        if (MessagePattern::Part::hasNumericValue(source_.getPartType(at))) ++at;
        plurals_.emplace_back(node.text, node.offset);
        ParseBranches(node, at, limit);
        plurals_.pop_back();
        break;
    }
    return node;
  }

  void ParseNumber(Node& node, std::int32_t at, std::int32_t limit) {
    const std::string type = Substring(at);
    const std::string style = at + 1 < limit ? Substring(at + 1) : "";
    const std::size_t begin = style.find_first_not_of(' ');
    const std::string trimmed =
        begin == std::string::npos ? "" : style.substr(begin, style.find_last_not_of(' ') - begin + 1);
    if (type != "number") {
      problem_ =
          fmt::format("argument {{{}, {}}}: only number, plural, selectordinal and select are known", node.text, type);
    } else if (trimmed == "integer") {
      node.style = NumberStyle::kInteger;
    } else if (trimmed == "percent") {
      node.style = NumberStyle::kPercent;
    } else if (!trimmed.empty()) {
      problem_ =
          fmt::format("argument {{{}, number, {}}}: only the styles integer and percent are known", node.text, trimmed);
    }
  }

  void ParseBranches(Node& node, std::int32_t at, std::int32_t limit) {
    while (at < limit) {
      Branch branch{.selector = Substring(at++)};
      if (MessagePattern::Part::hasNumericValue(source_.getPartType(at))) {
        branch.value = source_.getNumericValue(source_.getPart(at++));
      }
      branch.pattern = ParseMessage(at);
      ++at;
      node.branches.push_back(std::move(branch));
    }
  }

  const MessagePattern& source_;
  std::set<std::string> arguments_;
  std::vector<std::pair<std::string, double>> plurals_;  // around the current place: argument and offset
  std::string problem_;
};

const Argument* FindArgument(std::span<const Argument> arguments, std::string_view name) {
  for (const Argument& argument : arguments) {
    if (argument.name == name) return &argument;
  }
  return nullptr;
}

class Evaluator {
 public:
  Evaluator(const Rules& rules, std::span<const Argument> arguments) : rules_(rules), arguments_(arguments) {}

  void Append(const Pattern& pattern) {
    for (const Node& node : pattern) {
      switch (node.kind) {
        case NodeKind::kText: text_ += node.text; break;
        case NodeKind::kArgument:
        case NodeKind::kNumberSign: AppendArgument(node); break;
        case NodeKind::kSelect:
        case NodeKind::kPlural:
        case NodeKind::kOrdinal: Append(Choose(node).pattern); break;
      }
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  void AppendArgument(const Node& node) {
    const Argument* argument = FindArgument(arguments_, node.text);
    if (argument == nullptr) {
      text_ += "{" + node.text + "}";
    } else if (const auto* text = std::get_if<std::string_view>(&argument->value)) {
      text_ += *text;
    } else if (const auto* number = std::get_if<std::int64_t>(&argument->value);
               number != nullptr && node.offset == 0) {
      text_ += rules_.Number(*number, node.style);
    } else {
      text_ += rules_.Number(*ToDouble(argument) - node.offset, node.style);
    }
  }

  static std::optional<double> ToDouble(const Argument* argument) {
    if (argument == nullptr) return std::nullopt;
    if (const auto* number = std::get_if<std::int64_t>(&argument->value)) return static_cast<double>(*number);
    if (const auto* number = std::get_if<double>(&argument->value)) return *number;
    return std::nullopt;
  }

  std::string Selector(const Node& node) const {
    const Argument* argument = FindArgument(arguments_, node.text);
    if (node.kind == NodeKind::kSelect) {
      if (argument == nullptr) return "other";
      if (const auto* text = std::get_if<std::string_view>(&argument->value)) return std::string(*text);
      if (const auto* number = std::get_if<std::int64_t>(&argument->value)) return std::to_string(*number);
      return "other";
    }
    const auto number = ToDouble(argument);
    if (!number) return "other";
    const auto& rules = node.kind == NodeKind::kPlural ? rules_.cardinal : rules_.ordinal;
    return ToUtf8(rules->select(*number - node.offset));
  }

  // ICU's parser has made sure that there is a branch "other".
  const Branch& Choose(const Node& node) const {
    if (node.kind != NodeKind::kSelect) {
      if (const auto number = ToDouble(FindArgument(arguments_, node.text))) {
        for (const Branch& branch : node.branches) {
          if (branch.value == *number) return branch;
        }
      }
    }
    const std::string selector = Selector(node);
    const Branch* other = nullptr;
    for (const Branch& branch : node.branches) {
      if (branch.selector == selector) return branch;
      if (branch.selector == "other") other = &branch;
    }
    return *other;
  }

  const Rules& rules_;
  std::span<const Argument> arguments_;
  std::string text_;
};

}  // namespace

std::shared_ptr<const Rules> MakeRules(const std::string& language) {
  using icu::number::NumberFormatter;
  const icu::Locale locale = LocaleFor(language);
  UErrorCode status = U_ZERO_ERROR;
  auto rules = std::make_shared<Rules>();
  const auto decimal = NumberFormatter::withLocale(locale);
  rules->numbers = {decimal.precision(icu::number::Precision::maxFraction(3)),
                    decimal.precision(icu::number::Precision::integer()),
                    decimal.unit(icu::MeasureUnit::getPercent())
                        .scale(icu::number::Scale::powerOfTen(2))
                        .precision(icu::number::Precision::integer())};
  rules->cardinal.reset(icu::PluralRules::forLocale(locale, UPLURAL_TYPE_CARDINAL, status));
  rules->ordinal.reset(icu::PluralRules::forLocale(locale, UPLURAL_TYPE_ORDINAL, status));
  if (U_FAILURE(status)) std::abort();  // ICU's data is not installed
  return rules;
}

Result<Message> CompileMessage(std::string_view text, std::shared_ptr<const Rules> rules) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError where;
  MessagePattern source(status);
  source.parse(FromUtf8(text), &where, status);
  if (U_FAILURE(status)) {
    const std::string before = ToUtf8(icu::UnicodeString(where.preContext));
    return Fail(Code::kInvalidArgument,
                fmt::format("is no ICU message pattern ({}, after \"{}\")", u_errorName(status), before));
  }
  KIMBERLITE_ASSIGN_OR_RETURN(Message message, Compiler(source).Compile());
  message.rules = std::move(rules);
  return message;
}

std::string Evaluate(const Message& message, std::span<const Argument> arguments) {
  Evaluator evaluator(*message.rules, arguments);
  evaluator.Append(message.pattern);
  return evaluator.Take();
}

}  // namespace kimberlite::i18n
