#include "services/rendering/core/template_lexer.h"

#include <algorithm>
#include <optional>

#include "libs/base/text.h"

namespace kimberlite::rendering {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsSpace(char c) { return IsBlank(c) || c == '\n'; }

// A run of white space that holds a line break becomes one line break: browsers show both alike.
std::string CollapseLines(std::string_view html) {
  std::string out;
  out.reserve(html.size());
  for (std::size_t i = 0; i < html.size();) {
    std::size_t end = i;
    while (end < html.size() && IsSpace(html[end])) ++end;
    if (end == i) {
      out += html[i++];
      continue;
    }
    const std::string_view run = html.substr(i, end - i);
    if (run.find('\n') != std::string_view::npos) {
      out += '\n';
    } else {
      out += run;
    }
    i = end;
  }
  return out;
}

// The words of a directive; a quoted word keeps its quotes, so that "as" and as differ.
std::optional<std::vector<std::string>> Words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    if (IsSpace(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    if (text[i] == '"') {
      end = text.find('"', i + 1);
      if (end == std::string_view::npos) return std::nullopt;
      ++end;
    } else {
      while (end < text.size() && !IsSpace(text[end])) ++end;
    }
    words.emplace_back(text.substr(i, end - i));
    i = end;
  }
  return words;
}

bool IsName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool IsPath(std::string_view text) {
  for (const std::string_view part : Split(text, '.')) {
    if (!IsName(part)) return false;
  }
  return true;
}

class Lexer {
 public:
  Lexer(const std::string& name, std::string_view source) : name_(name), source_(source) {}

  Result<std::vector<Token>> Run() {
    std::size_t position = 0;
    while (true) {
      const std::size_t open = source_.find("{{", position);
      if (open == std::string_view::npos) {
        AddLiteral(source_.substr(position));
        return std::move(tokens_);
      }
      std::string_view literal = source_.substr(position, open - position);
      KIMBERLITE_ASSIGN_OR_RETURN(const Directive directive, ReadDirective(open));
      position = directive.end;
      if (directive.is_silent && StandsAlone(open, position)) {
        while (!literal.empty() && IsBlank(literal.back())) literal.remove_suffix(1);
        position = std::min(source_.find('\n', position), source_.size() - 1) + 1;
      }
      AddLiteral(literal);
      if (directive.token) tokens_.push_back(*directive.token);
    }
  }

 private:
  struct Directive {
    std::optional<Token> token;  // absent for a remark
    bool is_silent = false;      // writes nothing where it stands
    std::size_t end = 0;
  };

  Result<Directive> ReadDirective(std::size_t open) const {
    const bool is_triple = source_.substr(open).starts_with("{{{");
    const std::string_view closing = is_triple ? "}}}" : "}}";
    const std::size_t close = source_.find(closing, open);
    const int line = LineAt(open);
    if (close == std::string_view::npos) return Wrong(line, "a directive that is not closed");
    const std::string_view inside = TrimAscii(source_.substr(open + closing.size(), close - open - closing.size()));
    if (inside.find("{{") != std::string_view::npos)
      return Wrong(line, "a directive inside a directive, or one that is not closed");
    Directive directive{.end = close + closing.size()};
    if (!is_triple && inside.starts_with('!')) {
      directive.is_silent = true;
      return directive;
    }
    KIMBERLITE_ASSIGN_OR_RETURN(directive.token, is_triple ? ParseTrusted(inside, line) : Parse(inside, line));
    const TokenKind kind = directive.token->kind;
    directive.is_silent = kind == TokenKind::kOpen || kind == TokenKind::kElse || kind == TokenKind::kClose ||
                          kind == TokenKind::kPartial;
    return directive;
  }

  std::unexpected<Error> Wrong(int line, const std::string& what) const {
    return Fail(Code::kInvalidArgument, name_ + ":" + std::to_string(line) + ": " + what);
  }

  int LineAt(std::size_t position) const {
    return 1 +
           static_cast<int>(std::count(source_.begin(), source_.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
  }

  bool StandsAlone(std::size_t begin, std::size_t end) const {
    while (begin > 0 && IsBlank(source_[begin - 1])) --begin;
    if (begin > 0 && source_[begin - 1] != '\n') return false;
    while (end < source_.size() && IsBlank(source_[end])) ++end;
    return end == source_.size() || source_[end] == '\n';
  }

  void AddLiteral(std::string_view html) {
    const bool line_begins = html.data() == source_.data() || html.data()[-1] == '\n';
    while (line_begins && !html.empty() && IsBlank(html.front())) html.remove_prefix(1);
    if (html.empty()) return;
    Token token;
    token.line = LineAt(static_cast<std::size_t>(html.data() - source_.data()));
    token.text = CollapseLines(html);
    tokens_.push_back(std::move(token));
  }

  Result<Token> ParseTrusted(std::string_view inside, int line) const {
    if (!IsPath(inside)) return Wrong(line, "{{{…}}} takes one path, such as {{{body_html}}}");
    Token token;
    token.kind = TokenKind::kTrusted;
    token.line = line;
    token.text = inside;
    return token;
  }

  Result<Token> Parse(std::string_view inside, int line) const {
    const auto words = Words(inside);
    if (!words) return Wrong(line, "a quotation mark that is not closed");
    if (words->empty()) return Wrong(line, "an empty directive");
    const std::string& first = words->front();
    Token token;
    token.line = line;
    if (first == "else" && words->size() == 1) {
      token.kind = TokenKind::kElse;
      return token;
    }
    if (first == "t") {
      token.kind = TokenKind::kMessage;
      return ParseMessage(std::move(token), *words);
    }
    if (first.starts_with('>')) return ParsePartial(std::move(token), inside);
    if (first.starts_with('#')) return ParseOpen(std::move(token), *words);
    if (first.starts_with('/') && words->size() == 1) {
      token.kind = TokenKind::kClose;
      token.block = first.substr(1);
      return token;
    }
    if (words->size() != 1 || !IsPath(first)) return Wrong(line, "not a directive: {{" + std::string(inside) + "}}");
    token.kind = TokenKind::kValue;
    token.text = first;
    return token;
  }

  // {{t "key" name=path}}, {{#t "key" name=path}}
  Result<Token> ParseMessage(Token token, const std::vector<std::string>& words) const {
    if (words.size() < 2 || words[1].size() < 3 || words[1].front() != '"') {
      return Wrong(token.line, "a text needs its key in quotes: {{t \"page.title\"}}");
    }
    token.text = words[1].substr(1, words[1].size() - 2);
    return ParseArguments(std::move(token), words, 2);
  }

  // {{> file name=path}}
  Result<Token> ParsePartial(Token token, std::string_view inside) const {
    token.kind = TokenKind::kPartial;
    const auto words = Words(inside.substr(1));
    if (!words || words->empty()) return Wrong(token.line, "{{>}} needs the name of a template");
    token.text = words->front();
    return ParseArguments(std::move(token), *words, 1);
  }

  Result<Token> ParseArguments(Token token, const std::vector<std::string>& words, std::size_t from) const {
    for (std::size_t i = from; i < words.size(); ++i) {
      const std::size_t equals = words[i].find('=');
      if (equals == std::string::npos || !IsName(words[i].substr(0, equals)) || !IsPath(words[i].substr(equals + 1))) {
        return Wrong(token.line, "not an argument: " + words[i] + " (write name=path)");
      }
      token.arguments.push_back({words[i].substr(0, equals), words[i].substr(equals + 1)});
    }
    return token;
  }

  Result<Token> ParseOpen(Token token, const std::vector<std::string>& words) const {
    token.kind = TokenKind::kOpen;
    token.block = words.front().substr(1);
    if (token.block == "t") return ParseMessage(std::move(token), words);
    if (token.block == "sep" && words.size() == 1) return token;
    if ((token.block == "if" || token.block == "unless") && words.size() == 2 && IsPath(words[1])) {
      token.text = words[1];
      return token;
    }
    if (token.block == "arg" && words.size() == 2 && IsName(words[1])) {
      token.text = words[1];
      return token;
    }
    if ((token.block == "each" || token.block == "with") && words.size() == 4 && IsPath(words[1]) && words[2] == "as" &&
        IsName(words[3])) {
      token.text = words[1];
      token.variable = words[3];
      return token;
    }
    return Wrong(token.line,
                 "not a block: write {{#if path}}, {{#unless path}}, {{#each path as name}}, {{#with path as name}}, "
                 "{{#sep}}, {{#t \"key\"}} or {{#arg name}}");
  }

  const std::string& name_;
  std::string_view source_;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> Tokenize(const std::string& name, std::string_view source) {
  return Lexer(name, source).Run();
}

}  // namespace kimberlite::rendering
