#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kimberlite::ingest {

struct XmlToken {
  enum class Kind : unsigned char { kText, kCData, kStart, kEnd } kind = Kind::kText;
  std::string_view text;  // as it stands in the document; of tags the qualified name
  bool empty = false;     // a start tag that is its own end
};

// As it stands in the document: references not decoded.
struct RawAttribute {
  std::string_view name;
  std::string_view value;
};

// Reads the tags and the text of a document by the rules of XML 1.0 where it keeps to them, and otherwise by what was
// most likely meant: a "<" or "&" that begins nothing is text, a quote that is never closed ends with its tag, an
// attribute needs no quotes. Comments, processing instructions and the DOCTYPE are passed over; nothing that a DOCTYPE
// declares is obeyed. Time is linear in the text.
class XmlScanner {
 public:
  explicit XmlScanner(std::string_view text) : text_(text) {}

  // False at the end.
  bool Next(XmlToken& token);

  // Of the start tag read last; at most 256, what is beyond is left out.
  const std::vector<RawAttribute>& attributes() const { return attributes_; }

  // Where the token read last begins.
  std::size_t token_begin() const { return token_begin_; }

  // The innermost open element's name: where a CDATA section that is never closed ends.
  void set_open_element(std::string_view name) { open_element_ = name; }

  // What was found to be against the rules first, as a clause; empty when nothing was.
  std::string_view problem() const { return problem_; }
  std::size_t problem_at() const { return problem_at_; }
  void Report(std::string_view problem, std::size_t at);
  void Report(std::string_view problem) { Report(problem, token_begin_); }

  // Whether the text ended within a tag, a comment or a CDATA section.
  bool cut() const { return cut_; }

 private:
  enum Mark { kCommentEnd, kCDataEnd, kInstructionEnd, kDoubleQuote, kSingleQuote, kMarks };
  std::size_t Find(Mark mark, std::string_view text, std::size_t from);

  bool Markup(XmlToken& token);
  void Tag(XmlToken& token);
  void Attribute();
  std::string_view QuotedValue(char quote);
  void CData(XmlToken& token);
  void Doctype();
  void SkipPast(Mark mark, std::string_view end, std::size_t opening);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t token_begin_ = 0;
  std::vector<RawAttribute> attributes_;
  std::string_view open_element_;
  // Where the next of each mark is: at or behind where it was last looked for, npos when there is none.
  static constexpr std::size_t kUnknown = std::string_view::npos - 1;
  std::size_t next_[kMarks] = {kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};
  std::string_view problem_;
  std::size_t problem_at_ = 0;
  bool cut_ = false;
};

// Appends the text of an element or an attribute's value with its references decoded: XML's own, numeric ones, and
// HTML's names. What is no reference stays as it is. The problem, or empty.
std::string_view AppendXmlText(std::string& out, std::string_view raw);

}  // namespace kimberlite::ingest
