#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

namespace kimberlite::ingest {

// The vocabularies that feeds are written in, by namespace URI. Where a prefix was never declared, its usual meaning
// counts.
enum class Space : std::uint8_t {
  kNone,
  kRss,  // RSS 0.90 and 1.0; other elements of RSS are in kNone
  kRdf,
  kAtom,
  kDc,
  kDcTerms,
  kContent,
  kMedia,
  kItunes,
  kFeedburner,
  kXhtml,
  kXml,
  kOther,
};

struct XmlAttribute {
  Space space = Space::kNone;
  std::string_view name;  // local, lower case
  std::string_view value;
};

// An element, or a run of text (its name is empty). What it points to lives in the document's memory and, where no
// reference had to be decoded, in its text.
struct XmlNode {
  Space space = Space::kNone;
  std::string_view name;  // local, lower case
  std::string_view text;
  std::span<const XmlAttribute> attributes;
  XmlNode* first_child = nullptr;
  XmlNode* last_child = nullptr;
  XmlNode* next = nullptr;
  std::string_view base;      // xml:base in force, absolute or empty
  std::string_view language;  // xml:lang in force, or empty

  class Children {
   public:
    class Iterator {
     public:
      explicit Iterator(const XmlNode* node) : node_(node) {}
      const XmlNode& operator*() const { return *node_; }
      Iterator& operator++() {
        node_ = node_->next;
        return *this;
      }
      bool operator==(const Iterator&) const = default;

     private:
      const XmlNode* node_;
    };
    explicit Children(const XmlNode* first) : first_(first) {}
    Iterator begin() const { return Iterator(first_); }
    Iterator end() const { return Iterator(nullptr); }

   private:
    const XmlNode* first_;
  };
  Children children() const { return Children(first_child); }

  bool Is(Space wanted, std::string_view wanted_name) const { return space == wanted && name == wanted_name; }
  // The attribute without a namespace, or empty.
  std::string_view Attribute(std::string_view wanted) const;
  // All text within, in order; `scratch` holds it where it stands in several pieces.
  std::string_view Text(std::string& scratch) const;
  std::string Text() const;
  bool HasElements() const;
};

}  // namespace kimberlite::ingest
