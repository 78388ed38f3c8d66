#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/html/rules.h"

namespace kimberlite::html {

struct Attribute {
  std::string name;
  std::string_view value;  // as in the source, entities not decoded
};

struct Tag {
  bool end = false;
  std::string name;                   // lower case
  std::vector<Attribute> attributes;  // those that the reader was told to read, the first of each name

  // Null when the tag has none of the name.
  const Attribute* Find(std::string_view wanted) const {
    for (const Attribute& attribute : attributes) {
      if (attribute.name == wanted) return &attribute;
    }
    return nullptr;
  }
};

// The tokenizer of the HTML standard (section 13.2.5), as far as it matters where tags begin and end.
class Reader {
 public:
  explicit Reader(std::string_view html, bool (*is_known)(std::string_view) = &IsKnownAttribute)
      : html_(html), is_known_(is_known) {}

  bool AtEnd() const { return at_ >= html_.size(); }

  // Text up to the next "<" or the end.
  std::string_view Text();

  enum class Markup : std::uint8_t { kTag, kNothing, kLiteral };

  // At a "<": reads what it begins. kLiteral: it begins nothing and stands for itself; it is passed.
  Markup Next(Tag& tag);

  // After a start tag whose content is no markup: to behind its end tag, or the end.
  void SkipRawText(std::string_view name);

  // Whether an end tag of the name follows. The answer is kept, so that asking again and again stays linear.
  bool EndTagFollows(const std::string& name);

  // Whether a "<![CDATA[" was passed.
  bool saw_cdata() const { return saw_cdata_; }

 private:
  char Peek(std::size_t ahead) const { return at_ + ahead < html_.size() ? html_[at_ + ahead] : '\0'; }

  std::size_t FindEndTag(std::string_view name, std::size_t from) const;
  void SkipPast(std::string_view mark);
  void SkipComment();

  // False when the input ends within the tag: the standard drops such a tag.
  bool ReadTag(Tag& tag);
  void ReadAttribute(Tag& tag);
  std::string_view ReadValue();

  std::string_view html_;
  bool (*is_known_)(std::string_view);
  std::size_t at_ = 0;
  std::unordered_map<std::string, std::size_t> end_tags_;  // where the next one is, npos when there is none
  bool saw_cdata_ = false;
};

}  // namespace kimberlite::html
