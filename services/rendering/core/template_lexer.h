#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

namespace kimberlite::rendering {

enum class TokenKind {
  kLiteral,  // HTML
  kValue,    // {{path}}
  kTrusted,  // {{{path}}}
  kMessage,  // {{t "key" name=path}}
  kPartial,  // {{> file name=path}}
  kOpen,     // {{#if …}} and the like
  kElse,     // {{else}}
  kClose,    // {{/if}}
};

// name=path in a directive.
struct TokenArgument {
  std::string name;
  std::string path;
};

struct Token {
  TokenKind kind = TokenKind::kLiteral;
  int line = 0;      // where it begins, from 1
  std::string text;  // the HTML of a literal; the path of a value or block; the key of a message; the file of a partial
  std::string block;                     // kOpen and kClose: "if", "unless", "each", "with", "sep", "t", "arg"
  std::string variable;                  // each and with: the name after "as"
  std::vector<TokenArgument> arguments;  // messages and partials
};

// Cuts a template into HTML and directives. A directive that writes nothing and stands alone on its line takes the line
// with it; other line breaks lose their indentation. `name` is for messages: "name:12: …".
Result<std::vector<Token>> Tokenize(const std::string& name, std::string_view source);

}  // namespace kimberlite::rendering
