#include "services/rendering/core/template_context.h"

#include <algorithm>
#include <array>

namespace kimberlite::rendering {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNameCharacter(char c) {
  return IsLetter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':' || c == '.';
}
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Attributes that may hold values. Whatever is not here is refused: a new one is added when a template needs it.
constexpr std::array<std::string_view, 6> kUrlAttributes = {"href", "src", "action", "cite", "poster", "srcset"};
constexpr std::array<std::string_view, 18> kTextAttributes = {
    "alt",    "title",    "lang",  "dir",  "hreflang", "class", "id",          "content", "width",
    "height", "datetime", "value", "name", "label",    "type",  "placeholder", "for",     "role"};
// Elements whose content is neither HTML nor anything that a theme needs.
constexpr std::array<std::string_view, 9> kRefusedElements = {"iframe", "object",   "embed",     "noembed", "noframes",
                                                              "xmp",    "noscript", "plaintext", "base"};

}  // namespace

bool HtmlContext::IsUrlAttribute() const { return Contains(kUrlAttributes, attribute_); }

std::optional<std::string> HtmlContext::Advance(std::string_view literal) {
  for (std::size_t i = 0; i < literal.size();) {
    if (state_ == State::kRaw || state_ == State::kEscapableRaw) {
      if (auto error = StepRaw(literal, i)) return error;
    } else {
      if (auto error = Step(literal[i])) return error;
      ++i;
    }
  }
  return std::nullopt;
}

std::optional<std::string> HtmlContext::StepRaw(std::string_view literal, std::size_t& position) {
  const char c = literal[position];
  if (c == '<') {
    const std::string_view rest = literal.substr(position);
    bool closes = rest.size() > element_.size() + 2 && rest[1] == '/' && !IsNameCharacter(rest[element_.size() + 2]);
    for (std::size_t i = 0; closes && i < element_.size(); ++i) closes = Lower(rest[i + 2]) == element_[i];
    if (!closes) return "in <" + element_ + "> a '<' may only begin </" + element_ + ">";
    if (in_string_) return "</script> stands in a JSON string that was not closed";
    position += element_.size() + 2;
    *this = HtmlContext();
    state_ = State::kEndTag;
    return std::nullopt;
  }
  if (json_) {
    if (!in_string_) {
      in_string_ = c == '"';
    } else if (after_backslash_) {
      after_backslash_ = false;
    } else if (c == '\\') {
      after_backslash_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
  }
  ++position;
  return std::nullopt;
}

std::optional<std::string> HtmlContext::Step(char c) {
  switch (state_) {
    case State::kText:
      if (c == '<') state_ = State::kTagOpen;
      return std::nullopt;
    case State::kTagOpen:
      if (IsLetter(c)) {
        *this = HtmlContext();
        state_ = State::kTagName;
        element_ = Lower(c);
      } else if (c == '/') {
        state_ = State::kEndTagOpen;
      } else if (c == '!') {
        state_ = State::kMarkup;
      } else {
        return "a '<' that begins no tag; write &lt;";
      }
      return std::nullopt;
    case State::kMarkup:
      if (c == '-') return "an HTML comment; write {{! … }}, which readers do not receive";
      if (c == '>') *this = HtmlContext();
      return std::nullopt;
    case State::kEndTagOpen:
      if (!IsLetter(c)) return "\"</\" that begins no end tag";
      state_ = State::kEndTag;
      return std::nullopt;
    case State::kEndTag:
      if (c == '>') {
        *this = HtmlContext();
      } else if (!IsNameCharacter(c) && !IsSpace(c)) {
        return "an end tag that holds more than a name";
      }
      return std::nullopt;
    default: return StepInTag(c);
  }
}

std::optional<std::string> HtmlContext::StepInTag(char c) {
  if (state_ == State::kValue) {
    if (c == quote_) {
      FinishValue();
      state_ = State::kAfterValue;
    } else if (value_holds_field_ && IsUrlAttribute()) {
      return "a URL attribute takes one whole value; put the URL together before the template";
    } else {
      value_ += c;
    }
    return std::nullopt;
  }
  if (state_ == State::kBeforeValue) {
    if (c != '"' && c != '\'')
      return IsSpace(c) ? std::nullopt : std::optional<std::string>("attribute values have to be quoted");
    quote_ = c;
    value_.clear();
    value_holds_field_ = false;
    state_ = State::kValue;
    return std::nullopt;
  }
  if (state_ == State::kTagName && IsNameCharacter(c)) {
    element_ += Lower(c);
    return std::nullopt;
  }
  if (state_ == State::kAttributeName && IsNameCharacter(c)) {
    attribute_ += Lower(c);
    return std::nullopt;
  }
  if (state_ == State::kAttributeName) {
    if (auto error = FinishName()) return error;
    state_ = State::kAfterName;
  }
  if (state_ == State::kAfterName && c == '=') {
    state_ = State::kBeforeValue;
    return std::nullopt;
  }
  if (c == '>') return FinishTag();
  if (state_ == State::kSlash) return "a '/' in a tag that does not end it";
  if (c == '/') {
    state_ = State::kSlash;
    return std::nullopt;
  }
  if (IsSpace(c)) {
    if (state_ != State::kAfterName) state_ = State::kBeforeAttribute;
    return std::nullopt;
  }
  if (IsLetter(c) && (state_ == State::kBeforeAttribute || state_ == State::kAfterName)) {
    state_ = State::kAttributeName;
    attribute_ = Lower(c);
    return std::nullopt;
  }
  return std::string("unexpected '") + c + "' " + Where();
}

std::optional<std::string> HtmlContext::FinishName() {
  if (attribute_.starts_with("on") || attribute_ == "style" || attribute_ == "srcdoc" || attribute_ == "http-equiv") {
    return "the attribute " + attribute_ + " has no place in a theme";
  }
  return std::nullopt;
}

void HtmlContext::FinishValue() {
  if (element_ == "script" && attribute_ == "type" && !has_type_) {
    has_type_ = true;  // of two, parsers take the first
    json_ = value_ == "application/ld+json" && !value_holds_field_;
  }
  attribute_.clear();
  value_.clear();
  value_holds_field_ = false;
}

std::optional<std::string> HtmlContext::FinishTag() {
  if (Contains(kRefusedElements, element_)) return "<" + element_ + "> has no place in a theme";
  if (element_ == "script" && !json_)
    return "a <script> that is not of type=\"application/ld+json\" has no place in a theme";
  const std::string element = element_;
  const bool json = json_;
  *this = HtmlContext();
  if (element == "script" || element == "style") {
    state_ = State::kRaw;
    element_ = element;
    json_ = json;
  } else if (element == "title" || element == "textarea") {
    state_ = State::kEscapableRaw;
    element_ = element;
  }
  return std::nullopt;
}

HtmlContext::Place HtmlContext::TextPlace() const {
  switch (state_) {
    case State::kText:
    case State::kEscapableRaw: return {Escape::kHtml, {}};
    case State::kRaw:
      if (json_ && in_string_ && !after_backslash_) return {Escape::kJson, {}};
      if (json_) return {std::nullopt, "a text in JSON has to stand inside a string's quotes"};
      return {std::nullopt, "no value may stand " + Where()};
    case State::kValue:
      if (element_ == "script" || element_ == "style") {
        return {std::nullopt, "no value may stand in an attribute of <" + element_ + ">"};
      }
      if (IsUrlAttribute()) {
        if (value_.empty() && !value_holds_field_) return {attribute_ == "srcset" ? Escape::kSrcset : Escape::kUrl, {}};
        return {std::nullopt, "a URL attribute takes one whole value; put the URL together before the template"};
      }
      if (Contains(kTextAttributes, attribute_) || attribute_.starts_with("aria-") || attribute_.starts_with("data-")) {
        return {Escape::kHtml, {}};
      }
      return {std::nullopt, "no value may stand in the attribute " + attribute_};
    default: return {std::nullopt, "no value may stand " + Where()};
  }
}

HtmlContext::Place HtmlContext::NumberPlace() const {
  if (state_ == State::kRaw && json_ && !in_string_) return {Escape::kJson, {}};
  return TextPlace();
}

std::string HtmlContext::TrustedRefusal() const {
  return InText() ? std::string() : "trusted HTML may only stand in the content of an element, not " + Where();
}

void HtmlContext::PassValue() {
  if (state_ == State::kValue) value_holds_field_ = true;
}

std::string HtmlContext::BlockRefusal() const {
  switch (state_) {
    case State::kTagOpen:
    case State::kMarkup:
    case State::kEndTagOpen:
    case State::kEndTag:
    case State::kBeforeValue:
    case State::kSlash: return "no block may begin or end " + Where();
    case State::kValue:
      if (IsUrlAttribute()) return "no block may begin or end inside a URL; put the block around the attribute";
      return {};
    case State::kRaw: return after_backslash_ ? "no block may begin or end after a backslash" : std::string();
    default: return {};
  }
}

std::optional<std::string> HtmlContext::RoundForBlock() {
  if (state_ == State::kAttributeName) {
    if (auto error = FinishName()) return error;
  }
  if (state_ == State::kTagName || state_ == State::kAttributeName || state_ == State::kAfterName) {
    attribute_.clear();
    state_ = State::kAfterValue;
  }
  return std::nullopt;
}

std::optional<HtmlContext> HtmlContext::Join(const HtmlContext& a, const HtmlContext& b) {
  HtmlContext left = a;
  HtmlContext right = b;
  // Where one way ends with a space and the other does not, the stricter of both goes on.
  for (HtmlContext* one : {&left, &right}) {
    if (one->state_ == State::kBeforeAttribute) one->state_ = State::kAfterValue;
  }
  if (a.state_ == State::kBeforeAttribute && b.state_ == State::kBeforeAttribute)
    left.state_ = right.state_ = State::kBeforeAttribute;
  // In these the text that went by makes no difference to what may follow.
  if (left.state_ == State::kValue && !left.IsUrlAttribute() && left.element_ != "script") {
    left.value_.clear();
    right.value_.clear();
    left.value_holds_field_ = right.value_holds_field_ = left.value_holds_field_ || right.value_holds_field_;
  }
  if (left == right) return left;
  return std::nullopt;
}

std::string HtmlContext::Where() const {
  const std::string tag = "<" + element_ + ">";
  switch (state_) {
    case State::kText: return "in the text";
    case State::kTagOpen:
    case State::kTagName: return "in the name of a tag";
    case State::kMarkup: return "in a <!…>";
    case State::kEndTagOpen:
    case State::kEndTag: return "in an end tag";
    case State::kBeforeAttribute:
    case State::kAfterName:
    case State::kAfterValue:
    case State::kSlash: return "between the attributes of " + tag;
    case State::kAttributeName: return "in the name of an attribute of " + tag;
    case State::kBeforeValue: return "in an unquoted attribute of " + tag;
    case State::kValue: return "in the attribute " + attribute_ + " of " + tag;
    case State::kRaw:
    case State::kEscapableRaw: return "in " + tag;
  }
  return "here";
}

}  // namespace kimberlite::rendering
