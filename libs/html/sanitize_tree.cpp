#include "libs/html/sanitize_tree.h"

#include <gumbo.h>

#include <charconv>
#include <deque>
#include <memory>

#include "libs/html/nesting.h"
#include "libs/html/prefilter.h"
#include "libs/html/simple_writer.h"
#include "libs/html/token_filter.h"

namespace kimberlite::html {
namespace {

constexpr int kMaxRecursion = 2000;

// What the parser is to see of an element or atom: its name and the number of this.
struct Seen {
  const Element* element = nullptr;  // null: an atom
  bool written = true;
  std::string html;  // the attributes, or the atom
  std::string in_link;
};

// Writes tokens for gumbo: names, nested within bounds, and numbers in place of all attributes, so that the parser can
// do no more than build a tree.
class Feeder : public TokenSink {
 public:
  bool Start(const Element& element, std::string_view attributes, bool written) override {
    if (nesting_.Start(element.base)) {
      const bool plain = written && attributes.empty();
      Tag(element.base.written, plain ? nullptr : Keep({&element, written, std::string(attributes), {}}));
    }
    return tags_ <= kMaxTags;
  }
  bool End(const Element& element) override {
    // A </p> that ends none would make an empty one.
    if (nesting_.End(element.base)) (html_ += "</").append(element.base.written) += '>';
    return true;
  }
  bool Void(const Element& element) override {
    nesting_.Start(element.base);
    Tag(element.base.written, nullptr);
    return tags_ <= kMaxTags;
  }
  bool Text(std::string_view text) override {
    AppendEscaped(html_, text);
    return true;
  }
  bool Atom(std::string_view html, std::string_view in_link) override {
    Tag("img", Keep({nullptr, true, std::string(html), std::string(in_link)}));
    return tags_ <= kMaxTags;
  }

  const std::string& html() const { return html_; }
  const Seen* Find(std::string_view number) const {
    std::size_t index = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), index);
    return read.ec == std::errc() && index < seen_.size() ? &seen_[index] : nullptr;
  }

 private:
  const Seen* Keep(Seen seen) { return &seen_.emplace_back(std::move(seen)); }

  void Tag(std::string_view name, const Seen* seen) {
    ++tags_;
    (html_ += '<') += name;
    if (seen) (html_ += " k=") += std::to_string(seen_.size() - 1);
    html_ += '>';
  }

  // The doctype keeps the parser out of quirks mode, <body> out of the head.
  std::string html_ = "<!DOCTYPE html><body>";
  std::deque<Seen> seen_;
  Nesting nesting_;
  std::size_t tags_ = 0;
};

class TreeWriter {
 public:
  explicit TreeWriter(const Feeder& feeder) : feeder_(feeder) {}

  std::string Write(const GumboNode& body) {
    WriteChildren(body, 0, 0);
    return std::move(html_);
  }

 private:
  void WriteChildren(const GumboNode& node, int recursion, std::size_t depth) {
    if (recursion > kMaxRecursion) return;
    const GumboVector& children = node.v.element.children;
    for (unsigned int i = 0; i < children.length; ++i)
      WriteNode(*static_cast<const GumboNode*>(children.data[i]), recursion + 1, depth);
  }

  void WriteNode(const GumboNode& node, int recursion, std::size_t depth) {
    switch (node.type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_CDATA:
      case GUMBO_NODE_WHITESPACE: return WriteText(node.v.text.text);
      case GUMBO_NODE_ELEMENT: return WriteElement(node, recursion, depth);
      default: return;
    }
  }

  void WriteText(std::string_view text) {
    if (at_pre_start_) {
      text.remove_prefix(std::min(text.find_first_not_of('\n'), text.size()));
      if (text.empty()) return;
      at_pre_start_ = false;
    }
    AppendEscaped(html_, text);
  }

  void WriteElement(const GumboNode& node, int recursion, std::size_t depth) {
    const GumboAttribute* number = gumbo_get_attribute(&node.v.element.attributes, "k");
    const Seen* seen = number ? feeder_.Find(number->value) : nullptr;
    if (seen && !seen->element) {
      html_ += links_ > 0 ? seen->in_link : seen->html;
      at_pre_start_ = false;
      return;
    }
    // One that the parser made, or one without attributes.
    const Element* element = seen ? seen->element : FindElement(NameOf(node));
    const bool link = element && element->base.written == "a";
    const bool is_void = element && element->base.kind == Kind::kVoid;
    const bool written = element && (seen ? seen->written : true) && (is_void || depth < kMaxSanitizedDepth) &&
                         element->base.kind <= Kind::kVoid && !(link && links_ > 0);
    if (!written) return WriteChildren(node, recursion, depth);
    ((html_ += '<') += element->base.written).append(seen ? seen->html : "") += '>';
    at_pre_start_ = element->base.written == "pre";
    if (is_void) return;
    links_ += link;
    WriteChildren(node, recursion, depth + 1);
    links_ -= link;
    at_pre_start_ = false;
    ((html_ += "</") += element->base.written) += '>';
  }

  static std::string NameOf(const GumboNode& node) {
    if (node.v.element.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(node.v.element.tag);
    GumboStringPiece name = node.v.element.original_tag;
    gumbo_tag_from_original_text(&name);
    return name.data ? std::string(name.data, name.length) : std::string();
  }

  const Feeder& feeder_;
  std::string html_;
  int links_ = 0;
  bool at_pre_start_ = false;
};

}  // namespace

std::optional<std::string> SanitizeTree(std::string_view html, std::string_view base_url) {
  Feeder feeder;
  if (!FilterTokens(html, base_url, Attributes::kWritten, feeder)) return std::nullopt;
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  const auto destroy = [&options](GumboOutput* output) { gumbo_destroy_output(&options, output); };
  const std::unique_ptr<GumboOutput, decltype(destroy)> output(
      gumbo_parse_with_options(&options, feeder.html().data(), feeder.html().size()), destroy);
  const GumboVector& children = output->root->v.element.children;
  for (unsigned int i = 0; i < children.length; ++i) {
    const auto& child = *static_cast<const GumboNode*>(children.data[i]);
    if (child.type == GUMBO_NODE_ELEMENT && child.v.element.tag == GUMBO_TAG_BODY)
      return TreeWriter(feeder).Write(child);
  }
  return std::string();
}

}  // namespace kimberlite::html
