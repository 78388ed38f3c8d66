#include "services/rendering/core/template_compiler.h"

#include <optional>
#include <set>
#include <utility>

#include "libs/base/text.h"
#include "services/rendering/core/template_lexer.h"
#include "services/rendering/core/template_messages.h"

namespace kimberlite::rendering {
namespace {

// A name of a template and what it stands for.
struct Variable {
  std::string name;
  Operand operand;
};

std::string NamesOf(const TypeInfo& type) {
  std::vector<std::string> names;
  for (const Field& field : type.fields) names.emplace_back(field.name);
  return Join(names, ", ");
}

}  // namespace

class Compiler {
 public:
  Compiler(const TemplateFiles& files, const TypeInfo& view, const std::vector<i18n::Catalog>& catalogs)
      : files_(files), view_(view) {
    out_.catalogs_ = catalogs;
  }

  Result<Template> Run(std::string_view name) {
    KIMBERLITE_RETURN_IF_ERROR(CompileFile(std::string(name), "template " + std::string(name), {}));
    if (!context_.InText()) {
      return Fail(Code::kInvalidArgument, std::string(name) + ".html: the page ends " + context_.Where());
    }
    Emit({.op = Op::kReturn});
    return std::move(out_);
  }

 private:
  // The file that is read, and how far.
  struct File {
    std::string name;
    std::vector<Token> tokens;
    std::size_t next = 0;
    std::vector<Variable> scope;
  };

  std::unexpected<Error> Wrong(const File& file, int line, const std::string& what) const {
    return Fail(Code::kInvalidArgument, file.name + ":" + std::to_string(line) + ": " + what);
  }

  std::uint32_t Here() const { return static_cast<std::uint32_t>(out_.code_.size()); }
  std::uint32_t Emit(Instruction instruction) {
    out_.code_.push_back(instruction);
    return Here() - 1;
  }
  // The jump at `at` goes to the next instruction.
  void Land(std::uint32_t at) {
    out_.code_[at].second = Here();
    barrier_ = Here();
  }

  void EmitLiteral(std::string_view text) {
    if (text.empty()) return;
    // Neighbours become one, unless something jumps between them.
    if (!out_.code_.empty() && Here() != barrier_ && out_.code_.back().op == Op::kLiteral) {
      out_.code_.back().second += static_cast<std::uint32_t>(text.size());
    } else {
      Emit({.op = Op::kLiteral,
            .first = static_cast<std::uint32_t>(out_.literals_.size()),
            .second = static_cast<std::uint32_t>(text.size())});
    }
    out_.literals_ += text;
  }

  Result<void> CompileFile(const std::string& name, const std::string& wanted_by, std::vector<Variable> scope) {
    const auto found = files_.templates.find(name);
    if (found == files_.templates.end())
      return Fail(Code::kInvalidArgument, wanted_by + ": there is no " + name + ".html");
    if (!open_files_.insert(name).second)
      return Fail(Code::kInvalidArgument, wanted_by + ": " + name + ".html contains itself");
    File file{name + ".html", {}, 0, std::move(scope)};
    KIMBERLITE_ASSIGN_OR_RETURN(file.tokens, Tokenize(file.name, found->second));
    KIMBERLITE_RETURN_IF_ERROR(CompileUntilEnd(file));
    if (file.next < file.tokens.size()) {
      const Token& token = file.tokens[file.next];
      return Wrong(
          file, token.line,
          token.kind == TokenKind::kElse ? "{{else}} outside a block" : "{{/" + token.block + "}} closes nothing");
    }
    open_files_.erase(name);
    return {};
  }

  // Compiles up to an {{else}} or {{/…}}, which stays unread, or the end of the file.
  Result<void> CompileUntilEnd(File& file) {
    while (file.next < file.tokens.size()) {
      const Token& token = file.tokens[file.next];
      if (token.kind == TokenKind::kElse || token.kind == TokenKind::kClose) return {};
      ++file.next;
      KIMBERLITE_RETURN_IF_ERROR(CompileToken(file, token));
    }
    return {};
  }

  Result<void> CompileToken(File& file, const Token& token) {
    switch (token.kind) {
      case TokenKind::kLiteral: return CompileLiteral(file, token);
      case TokenKind::kValue: return CompileValue(file, token);
      case TokenKind::kTrusted: return CompileTrusted(file, token);
      case TokenKind::kMessage: return CompileMessage(file, token);
      case TokenKind::kPartial: return CompilePartial(file, token);
      default: return CompileBlock(file, token);
    }
  }

  Result<void> CompileLiteral(const File& file, const Token& token) {
    if (auto error = context_.Advance(token.text))
      return Wrong(file, token.line, "in the HTML from here on: " + *error);
    EmitLiteral(token.text);
    return {};
  }

  Result<void> CompileValue(const File& file, const Token& token) {
    KIMBERLITE_ASSIGN_OR_RETURN(const Operand operand, Resolve(file, token.line, token.text));
    const bool number = operand.kind() == FieldKind::kNumber;
    if (operand.kind() == FieldKind::kTrusted)
      return Wrong(file, token.line, token.text + " is trusted HTML; write {{{" + token.text + "}}}");
    if (!number && operand.kind() != FieldKind::kText) return Wrong(file, token.line, NotShowable(token.text, operand));
    const HtmlContext::Place place = number ? context_.NumberPlace() : context_.TextPlace();
    if (!place.escape) return Wrong(file, token.line, "{{" + token.text + "}}: " + place.refusal);
    Emit({.op = number ? Op::kNumber : Op::kText, .escape = *place.escape, .operand = operand});
    context_.PassValue();
    return {};
  }

  static std::string NotShowable(const std::string& path, const Operand& operand) {
    switch (operand.kind()) {
      case FieldKind::kList: return path + " is a list; write {{#each " + path + " as name}}";
      case FieldKind::kOptional: return path + " may be absent; write {{#with " + path + " as name}}";
      case FieldKind::kFlag: return path + " is a flag; write {{#if " + path + "}}";
      default: {
        const TypeInfo& type = operand.field ? operand.field->type() : *operand.type;
        return path + " is a " + std::string(type.name) + "; name one of its fields: " + NamesOf(type);
      }
    }
  }

  Result<void> CompileTrusted(const File& file, const Token& token) {
    KIMBERLITE_ASSIGN_OR_RETURN(const Operand operand, Resolve(file, token.line, token.text));
    if (operand.kind() != FieldKind::kTrusted) {
      return Wrong(file, token.line,
                   "{{{" + token.text + "}}}: only trusted HTML goes out unescaped, and " + token.text + " is " +
                       std::string(KindName(operand.kind())));
    }
    if (const std::string refusal = context_.TrustedRefusal(); !refusal.empty())
      return Wrong(file, token.line, refusal);
    Emit({.op = Op::kTrusted, .operand = operand});
    return {};
  }

  // A path to what it stands for.
  Result<Operand> Resolve(const File& file, int line, const std::string& path) const {
    const std::vector<std::string_view> parts = Split(path, '.');
    Operand operand{.type = &view_};
    std::size_t i = 0;
    for (auto variable = file.scope.rbegin(); variable != file.scope.rend(); ++variable) {
      if (variable->name != parts[0]) continue;
      operand = variable->operand;
      i = 1;
      break;
    }
    for (; i < parts.size(); ++i) {
      if (operand.kind() == FieldKind::kList && parts[i] == "size" && i + 1 == parts.size()) {
        operand.is_size = true;
        return operand;
      }
      if (operand.kind() != FieldKind::kObject) {
        return Wrong(file, line,
                     path + ": \"" + std::string(parts[i - 1]) + "\" is " + std::string(KindName(operand.kind())) +
                         " and has no field \"" + std::string(parts[i]) + "\"" +
                         (operand.kind() == FieldKind::kOptional ? "; open it with {{#with … as name}}" : ""));
      }
      const TypeInfo& type = operand.field ? operand.field->type() : *operand.type;
      const Field* field = type.Find(parts[i]);
      if (field == nullptr) {
        std::string known = NamesOf(type);
        if (i == 0) {
          for (const Variable& variable : file.scope) known += ", " + variable.name;
        }
        return Wrong(
            file, line,
            "unknown field \"" + std::string(parts[i]) + "\" in " + std::string(type.name) + "; known: " + known);
      }
      operand.field = field;
      operand.offset += static_cast<std::uint32_t>(field->offset);
    }
    return operand;
  }

  Result<void> CompilePartial(File& file, const Token& token) {
    if (token.text == "style" || token.text == "lite_style") {
      const std::string& sheet = token.text == "style" ? files_.style : files_.lite_style;
      if (!context_.InStyle()) return Wrong(file, token.line, "{{> " + token.text + "}} belongs inside <style>");
      if (auto error = context_.Advance(sheet)) return Wrong(file, token.line, "the style sheet: " + *error);
      if (!context_.InStyle()) return Wrong(file, token.line, "the style sheet holds \"</style>\"");
      EmitLiteral(sheet);
      return {};
    }
    std::vector<Variable> scope;
    for (const TokenArgument& argument : token.arguments) {
      KIMBERLITE_ASSIGN_OR_RETURN(const Operand operand, Resolve(file, token.line, argument.path));
      scope.push_back({argument.name, operand});
    }
    const std::string place = file.name + ":" + std::to_string(token.line);
    auto compiled = CompileFile(token.text, place, std::move(scope));
    if (!compiled && !compiled.error().message().starts_with(place)) {
      return Fail(compiled.error().code(), compiled.error().message() + " (used at " + place + ")");
    }
    return compiled;
  }

  // {{t "key" name=path}} and {{#t "key" name=path}}{{#arg name}}…{{/arg}}{{/t}}
  Result<void> CompileMessage(File& file, const Token& token) {
    const HtmlContext::Place place = context_.TextPlace();
    if (!place.escape || place.escape == Escape::kUrl || place.escape == Escape::kSrcset) {
      return Wrong(file, token.line, "{{t}}: " + (place.refusal.empty() ? "a text is no URL" : place.refusal));
    }
    Message message{.key = token.text, .escape = *place.escape};
    for (const TokenArgument& argument : token.arguments) {
      KIMBERLITE_ASSIGN_OR_RETURN(const Operand operand, Resolve(file, token.line, argument.path));
      if (operand.kind() != FieldKind::kText && operand.kind() != FieldKind::kNumber) {
        return Wrong(file, token.line, argument.name + ": " + NotShowable(argument.path, operand));
      }
      message.arguments.push_back({.name = argument.name, .operand = operand});
    }
    const std::uint32_t at = Emit({.op = Op::kMessage, .first = static_cast<std::uint32_t>(out_.messages_.size())});
    out_.messages_.emplace_back();  // keeps the place; bodies may hold messages of their own
    if (token.kind == TokenKind::kOpen) KIMBERLITE_RETURN_IF_ERROR(CompileArguments(file, token, message));
    if (auto resolved = ResolveMessage(message, out_.catalogs_); !resolved) {
      return Wrong(file, token.line, resolved.error().message());
    }
    out_.messages_[out_.code_[at].first] = std::move(message);
    context_.PassValue();
    Land(at);
    return {};
  }

  Result<void> CompileArguments(File& file, const Token& token, Message& message) {
    if (!context_.InText()) return Wrong(file, token.line, "{{#t}} may only stand in the text; use {{t}}");
    while (true) {
      if (file.next == file.tokens.size()) return Wrong(file, token.line, "{{#t}} is not closed");
      const Token& inner = file.tokens[file.next];
      if (inner.kind == TokenKind::kLiteral && TrimAscii(inner.text).empty()) {
        ++file.next;
      } else if (inner.kind == TokenKind::kOpen && inner.block == "arg") {
        ++file.next;
        message.arguments.push_back({.name = inner.text, .is_body = true, .body = Here()});
        barrier_ = Here();
        KIMBERLITE_RETURN_IF_ERROR(CompileUntilEnd(file));
        KIMBERLITE_RETURN_IF_ERROR(Close(file, inner));
        if (!context_.InText()) return Wrong(file, inner.line, "{{#arg}} ends " + context_.Where());
        Emit({.op = Op::kReturn});
      } else if (inner.kind == TokenKind::kClose && inner.block == "t") {
        ++file.next;
        return {};
      } else {
        return Wrong(file, inner.line, "{{#t}} holds nothing but {{#arg name}}…{{/arg}}");
      }
    }
  }

  // Reads the {{/…}} of a block.
  Result<void> Close(File& file, const Token& open) {
    if (file.next == file.tokens.size()) return Wrong(file, open.line, "{{#" + open.block + "}} is not closed");
    const Token& token = file.tokens[file.next];
    if (token.kind == TokenKind::kElse)
      return Wrong(file, token.line, "{{else}} has no place in {{#" + open.block + "}}");
    if (token.block != open.block) {
      return Wrong(file, token.line,
                   "{{/" + token.block + "}} closes the {{#" + open.block + "}} of line " + std::to_string(open.line));
    }
    ++file.next;
    return {};
  }

  Result<void> CompileBlock(File& file, const Token& token) {
    if (token.block == "t") return CompileMessage(file, token);
    if (token.block == "arg") return Wrong(file, token.line, "{{#arg}} belongs directly into {{#t}}");
    KIMBERLITE_RETURN_IF_ERROR(Boundary(file, token.line));
    if (token.block == "sep") return CompileSeparator(file, token);
    KIMBERLITE_ASSIGN_OR_RETURN(const Operand operand, Resolve(file, token.line, token.text));
    const HtmlContext before = context_;
    const std::size_t scope_size = file.scope.size();
    std::uint32_t at = 0;
    if (token.block == "if" || token.block == "unless") {
      if (operand.kind() == FieldKind::kObject) return Wrong(file, token.line, token.text + " is always there");
      at = Emit({.op = Op::kTest, .negated = token.block == "unless", .operand = operand});
    } else {
      const bool each = token.block == "each";
      const FieldKind wanted = each ? FieldKind::kList : FieldKind::kOptional;
      if (operand.kind() != wanted) {
        return Wrong(file, token.line,
                     "{{#" + token.block + "}} takes " + std::string(KindName(wanted)) + ", and " + token.text +
                         " is " + std::string(KindName(operand.kind())));
      }
      if (slots_ == kMaxSlots) return Wrong(file, token.line, "blocks are nested too deep");
      const std::uint8_t slot = slots_++;
      at = Emit({.op = each ? Op::kEach : Op::kWith, .operand = operand, .first = slot});
      file.scope.push_back({token.variable, Operand{.type = &operand.field->type(), .slot = slot}});
      if (each) ++loops_;
    }
    barrier_ = Here();
    const std::uint32_t body = Here();
    KIMBERLITE_RETURN_IF_ERROR(CompileUntilEnd(file));
    KIMBERLITE_RETURN_IF_ERROR(Boundary(file, token.line));
    if (token.block == "each") {
      KIMBERLITE_RETURN_IF_ERROR(Join(file, token, before));  // the body follows itself
      Emit({.op = Op::kNext, .operand = operand, .first = out_.code_[at].first, .second = body});
      --loops_;
    }
    if (file.scope.size() > scope_size) {
      file.scope.resize(scope_size);
      --slots_;
    }
    return CompileElse(file, token, at, before);
  }

  // The rest of a block, after its first branch: the other one, if there is one, and the end.
  Result<void> CompileElse(File& file, const Token& token, std::uint32_t test, const HtmlContext& before) {
    if (file.next < file.tokens.size() && file.tokens[file.next].kind == TokenKind::kElse) {
      const int line = file.tokens[file.next++].line;
      const HtmlContext first = context_;
      const std::uint32_t jump = Emit({.op = Op::kJump});
      Land(test);
      context_ = before;
      KIMBERLITE_RETURN_IF_ERROR(CompileUntilEnd(file));
      KIMBERLITE_RETURN_IF_ERROR(Close(file, token));
      KIMBERLITE_RETURN_IF_ERROR(Boundary(file, line));
      Land(jump);
      return Join(file, token, first);
    }
    KIMBERLITE_RETURN_IF_ERROR(Close(file, token));
    Land(test);
    return Join(file, token, before);
  }

  Result<void> CompileSeparator(File& file, const Token& token) {
    if (loops_ == 0) return Wrong(file, token.line, "{{#sep}} belongs into {{#each}}");
    const HtmlContext before = context_;
    const std::uint32_t at = Emit({.op = Op::kSeparator});
    KIMBERLITE_RETURN_IF_ERROR(CompileUntilEnd(file));
    KIMBERLITE_RETURN_IF_ERROR(Close(file, token));
    KIMBERLITE_RETURN_IF_ERROR(Boundary(file, token.line));
    Land(at);
    return Join(file, token, before);
  }

  Result<void> Boundary(const File& file, int line) {
    if (const std::string refusal = context_.BlockRefusal(); !refusal.empty()) return Wrong(file, line, refusal);
    if (auto error = context_.RoundForBlock()) return Wrong(file, line, *error);
    return {};
  }

  // What follows a block has to be right whichever way was taken.
  Result<void> Join(const File& file, const Token& token, const HtmlContext& other) {
    const std::optional<HtmlContext> joined = HtmlContext::Join(context_, other);
    if (!joined) {
      return Wrong(file, token.line,
                   "the ways through {{#" + token.block +
                       "}} end in different places of the HTML: " + context_.Where() + ", and " + other.Where());
    }
    context_ = *joined;
    return {};
  }

  const TemplateFiles& files_;
  const TypeInfo& view_;
  Template out_;
  HtmlContext context_;
  std::set<std::string> open_files_;
  std::uint8_t slots_ = 1;
  int loops_ = 0;
  std::uint32_t barrier_ = 0;  // literals before and after it stay apart
};

Result<Template> CompileTemplate(const TemplateFiles& files, std::string_view name, const TypeInfo& view,
                                 const std::vector<i18n::Catalog>& catalogs) {
  return Compiler(files, view, catalogs).Run(name);
}

}  // namespace kimberlite::rendering
