#include "libs/i18n/messages.h"

#include <fmt/format.h>
#include <unicode/messagepattern.h>
#include <unicode/numberformatter.h>
#include <unicode/plurrule.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_map>

#include "libs/i18n/icu.h"
#include "libs/i18n/language.h"

namespace kimberlite::i18n {
namespace {

using icu::MessagePattern;

enum class NumberStyle : std::uint8_t { kDecimal, kInteger, kPercent };

// How a language writes numbers and chooses plurals. ICU documents these classes, unlike MessageFormat, as immutable
// and safe to share, which is why patterns are parsed by ICU but evaluated here.
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
        case UMSGPAT_PART_TYPE_MSG_LIMIT:
          flush();
          return pattern;
        case UMSGPAT_PART_TYPE_INSERT_CHAR:
          text.append(static_cast<char16_t>(part.getValue()));
          break;
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
      case UMSGPAT_ARG_TYPE_NONE:
        break;
      case UMSGPAT_ARG_TYPE_SIMPLE:
        ParseNumber(node, at, limit);
        break;
      case UMSGPAT_ARG_TYPE_CHOICE:
        problem_ = "choice is obsolete: use plural or select";
        break;
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

Result<Message> CompileMessage(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError where;
  MessagePattern source(status);
  source.parse(FromUtf8(text), &where, status);
  if (U_FAILURE(status)) {
    const std::string before = ToUtf8(icu::UnicodeString(where.preContext));
    return Fail(Code::kInvalidArgument,
                fmt::format("is no ICU message pattern ({}, after \"{}\")", u_errorName(status), before));
  }
  return Compiler(source).Compile();
}

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
        case NodeKind::kText:
          text_ += node.text;
          break;
        case NodeKind::kArgument:
        case NodeKind::kNumberSign:
          AppendArgument(node);
          break;
        case NodeKind::kSelect:
        case NodeKind::kPlural:
        case NodeKind::kOrdinal:
          Append(Choose(node).pattern);
          break;
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

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

std::size_t LineOf(std::string_view text, std::size_t byte) {
  return 1 + std::count(text.begin(), text.begin() + std::min(byte, text.size()), '\n');
}

// Reads the flat object and remembers what nlohmann's document type would hide: keys given twice.
class FlatReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Refuse("null"); }
  bool boolean(bool) override { return Refuse("a boolean"); }
  bool number_integer(number_integer_t) override { return Refuse("a number"); }
  bool number_unsigned(number_unsigned_t) override { return Refuse("a number"); }
  bool number_float(number_float_t, const string_t&) override { return Refuse("a number"); }
  bool binary(binary_t&) override { return Refuse("binary"); }
  bool start_array(std::size_t) override { return Refuse("an array"); }
  bool end_array() override { return true; }
  bool end_object() override { return true; }
  bool start_object(std::size_t) override { return ++depth_ == 1 || Refuse("an object"); }
  bool key(string_t& name) override {
    key_ = name;
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 0) return Refuse("a string");
    if (!texts.emplace(key_, value).second) {
      problem = fmt::format("key \"{}\" appears twice", key_);
      return false;
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    byte = position;
    problem = error.what();
    return false;
  }

  std::map<std::string, std::string> texts;
  std::string problem;
  std::optional<std::size_t> byte;

  const std::string& last_key() const { return key_; }

 private:
  bool Refuse(std::string_view found) {
    problem = key_.empty() ? fmt::format("must be one object of strings, not {}", found)
                           : fmt::format("key \"{}\" must have a string, not {}", key_, found);
    return false;
  }

  std::string key_;
  int depth_ = 0;
};

// The line where a key stands last, for error messages.
std::size_t LineOfKey(std::string_view json, const std::string& key) {
  const std::size_t at = json.rfind(nlohmann::json(key).dump());
  return at == std::string_view::npos ? 1 : LineOf(json, at);
}

}  // namespace

struct Catalog::Impl {
  std::string language;
  // Own messages and those of the languages it falls back to.
  std::unordered_map<std::string, std::shared_ptr<const Message>, StringHash, std::equal_to<>> messages;
  std::set<std::string> missing;
  std::string file;
  std::map<std::string, std::size_t> lines;  // of its own keys
};

Result<Catalog> Catalog::Load(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string json{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) {
    return Fail(Code::kNotFound, fmt::format("{}: cannot be read", file.string()));
  }
  const auto fail = [&](std::size_t line, std::string_view what) {
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", file.string(), line, what));
  };

  auto impl = std::make_shared<Impl>();
  impl->language = file.stem().string();
  impl->file = file.string();
  if (const auto named = CheckLanguageCode(impl->language, "the file's name"); !named) {
    return fail(1, named.error().message());
  }
  FlatReader reader;
  if (!nlohmann::json::sax_parse(json, &reader)) {
    return fail(reader.byte ? LineOf(json, *reader.byte) : LineOfKey(json, reader.last_key()), reader.problem);
  }
  const auto rules = MakeRules(impl->language);
  for (const auto& [key, text] : reader.texts) {
    auto message = CompileMessage(text);
    const std::size_t line = LineOfKey(json, key);
    if (!message) return fail(line, fmt::format("key \"{}\": {}", key, message.error().message()));
    message->rules = rules;
    impl->messages.emplace(key, std::make_shared<const Message>(std::move(*message)));
    impl->lines.emplace(key, line);
  }
  return Catalog(std::move(impl));
}

const std::string& Catalog::language() const { return impl_->language; }

bool Catalog::Has(std::string_view key) const { return impl_->messages.contains(key); }

std::vector<std::string> Catalog::ArgumentNames(std::string_view key) const {
  const auto found = impl_->messages.find(key);
  if (found == impl_->messages.end()) return {};
  const auto& arguments = found->second->arguments;
  return {arguments.begin(), arguments.end()};
}

std::string Catalog::Format(std::string_view key, std::span<const Argument> arguments) const {
  const auto found = impl_->messages.find(key);
  if (found == impl_->messages.end()) return std::string(key);
  Evaluator evaluator(*found->second->rules, arguments);
  evaluator.Append(found->second->pattern);
  return evaluator.Take();
}

std::vector<std::string> Catalog::MissingKeys() const { return {impl_->missing.begin(), impl_->missing.end()}; }

Result<Catalogs> Catalogs::Load(const std::filesystem::path& directory, std::string_view default_language) {
  Catalogs result;
  result.default_language_ = default_language;
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".json") files.push_back(entry->path());
  }
  if (error) return Fail(Code::kNotFound, fmt::format("{}: {}", directory.string(), error.message()));
  std::sort(files.begin(), files.end());  // the same error whatever the order on disk

  std::map<std::string, Catalog, std::less<>> own;
  for (const auto& file : files) {
    KIMBERLITE_ASSIGN_OR_RETURN(Catalog catalog, Catalog::Load(file));
    own.emplace(catalog.language(), std::move(catalog));
  }
  const auto base = own.find(default_language);
  if (base == own.end()) {
    return Fail(Code::kNotFound,
                fmt::format("{}: has no {}.json, the default language", directory.string(), default_language));
  }
  const auto& base_messages = base->second.impl_->messages;
  for (const auto& [language, catalog] : own) {
    for (const auto& [key, line] : catalog.impl_->lines) {
      const auto fail = [&, &file = catalog.impl_->file, &key = key, line = line](std::string_view what) {
        return Fail(Code::kInvalidArgument, fmt::format("{}:{}: key \"{}\" {}", file, line, key, what));
      };
      const auto in_base = base_messages.find(key);
      if (in_base == base_messages.end()) {
        return fail(fmt::format("is unknown to the default language {}", default_language));
      }
      for (const std::string& argument : catalog.impl_->messages.at(key)->arguments) {
        if (!in_base->second->arguments.contains(argument)) {
          return fail(fmt::format("names the argument {{{}}}, which the default language {} lacks", argument,
                                  default_language));
        }
      }
    }
  }

  for (const auto& [language, catalog] : own) {
    auto merged = std::make_shared<Catalog::Impl>(*catalog.impl_);
    // insert() leaves what is there: nearer languages first.
    std::string_view parent = language;
    for (std::size_t cut = parent.rfind('-'); cut != std::string_view::npos; cut = parent.rfind('-')) {
      parent = parent.substr(0, cut);
      if (const auto found = own.find(parent); found != own.end()) {
        merged->messages.insert(found->second.impl_->messages.begin(), found->second.impl_->messages.end());
      }
    }
    merged->messages.insert(base_messages.begin(), base_messages.end());
    for (const auto& [key, message] : merged->messages) {
      if (!catalog.impl_->messages.contains(key)) merged->missing.insert(key);
    }
    result.catalogs_.emplace(language, Catalog(std::move(merged)));
  }
  return result;
}

const Catalog& Catalogs::For(std::string_view language) const {
  while (true) {
    if (const auto found = catalogs_.find(language); found != catalogs_.end()) return found->second;
    const std::size_t cut = language.rfind('-');
    if (cut == std::string_view::npos) return catalogs_.find(default_language_)->second;
    language = language.substr(0, cut);
  }
}

std::vector<std::string> Catalogs::Languages() const {
  std::vector<std::string> languages;
  for (const auto& [language, catalog] : catalogs_) languages.push_back(language);
  return languages;
}

}  // namespace kimberlite::i18n
