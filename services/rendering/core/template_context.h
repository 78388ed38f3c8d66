#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kimberlite::rendering {

// How a value is written where it stands.
enum class Escape : std::uint8_t {
  kHtml,    // element content, or a quoted attribute that holds text
  kUrl,     // a quoted attribute that holds a URL: its scheme is checked too
  kSrcset,  // a quoted srcset: the scheme of each of its URLs is checked
  kJson,    // inside a string of a <script type="application/ld+json">
};

// Follows the HTML of a template character by character, as an HTML parser would, to know at load what each value's
// place is. It is stricter than HTML: attributes are quoted, a '<' in text that begins no tag is an error, and there
// are no comments, no scripts but JSON-LD, no event handlers and no style attributes. Errors are sentences without file
// and line, which the caller adds.
class HtmlContext {
 public:
  // Reads literal text of the template. An error makes the context useless.
  std::optional<std::string> Advance(std::string_view literal);

  // The escape for a text value here, or why none may stand here.
  struct Place {
    std::optional<Escape> escape;
    std::string refusal;
  };
  Place TextPlace() const;
  // A number may also stand bare in JSON.
  Place NumberPlace() const;
  // Trusted HTML stands in element content only; empty: it may.
  std::string TrustedRefusal() const;
  // Notes that a value was put here.
  void PassValue();

  // Whether elements and text may stand here, and the whole of a sheet of styles.
  bool InText() const { return state_ == State::kText; }
  bool InStyle() const { return state_ == State::kRaw && element_ == "style"; }

  // A block ({{#if}}, {{#each}} …) begins or ends here. Empty: it may.
  std::string BlockRefusal() const;
  // Rounds the state to one that both ways around a block can share: after a name or a value, a space has to follow.
  std::optional<std::string> RoundForBlock();
  // The context after either of two branches; absent when they end in different places.
  static std::optional<HtmlContext> Join(const HtmlContext& a, const HtmlContext& b);

  // "in the text", "between two attributes of <a>", …
  std::string Where() const;

 private:
  enum class State : std::uint8_t {
    kText,
    kTagOpen,     // after '<'
    kMarkup,      // after "<!"
    kEndTagOpen,  // after "</"
    kEndTag,
    kTagName,
    kBeforeAttribute,
    kAttributeName,
    kAfterName,     // a space after an attribute's name
    kBeforeValue,   // after '='
    kValue,         // in quotes
    kAfterValue,    // after the closing quote: a space, '/' or '>' has to follow
    kSlash,         // after '/', '>' has to follow
    kRaw,           // in <script> or <style>
    kEscapableRaw,  // in <title> or <textarea>
  };

  std::optional<std::string> Step(char c);
  std::optional<std::string> StepInTag(char c);
  std::optional<std::string> StepRaw(std::string_view literal, std::size_t& position);
  std::optional<std::string> FinishTag();
  std::optional<std::string> FinishName();
  void FinishValue();
  bool IsUrlAttribute() const;
  bool operator==(const HtmlContext&) const = default;

  State state_ = State::kText;
  char quote_ = '"';
  std::string element_;    // lower case; of the tag, or of the raw text
  std::string attribute_;  // lower case
  std::string value_;      // literal part of the attribute's value
  bool value_holds_field_ = false;
  bool has_type_ = false;
  bool json_ = false;       // <script type="application/ld+json">
  bool in_string_ = false;  // of JSON
  bool after_backslash_ = false;
};

}  // namespace kimberlite::rendering
