#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/html/reader.h"
#include "libs/html/sanitize_rules.h"
#include "libs/html/url.h"

namespace kimberlite::html {

// What becomes of the attributes of foreign elements. Whatever is written is escaped and safe.
class AttributeWriter {
 public:
  explicit AttributeWriter(std::string_view base_url) : base_(ResolveUrl(base_url, std::nullopt)) {}

  // Appends the attributes of an element, each with a space before it.
  void Write(const Element& element, const Tag& tag, std::string& out);

  // Appends an <img>; false when there is nothing to show. `url` becomes its address.
  bool WriteImage(const Tag& tag, std::string& out, std::string& url);

  // Appends a <source> of a picture, or of audio and video; false when there is nothing in it. `url`: its (first)
  // address.
  bool WritePictureSource(const Tag& tag, std::string& out, std::string& url);
  bool WriteMediaSource(const Tag& tag, std::string& out);

  // Appends the start tag of audio or video; whether it has an address of its own.
  bool WriteMediaStart(const Tag& tag, std::string_view name, std::string& out);

  // A link to what an embed at the address shows, and its label; empty when there is none.
  struct Link {
    std::string url;
    std::string label;
  };
  Link LinkOfEmbed(const Tag& tag, std::string_view address_attribute) const;
  // The link that a social network's quotation was made from.
  Link LinkOfQuotation(const Tag& tag) const;

 private:
  std::string_view Value(const Tag& tag, std::string_view name);
  std::string Decoded(const Tag& tag, std::string_view name) const;
  void WriteSpeech(const Tag& tag, std::string& out);
  void WriteUrl(const Tag& tag, std::string_view name, std::string& out);
  void WriteNumber(const Tag& tag, std::string_view name, int min, int max, std::string& out);
  // The candidates of a srcset, absolute; empty when there is none. `first`: the first one's address.
  std::string SourceSet(std::string_view text, std::string& first) const;

  const std::optional<Url> base_;
  std::string scratch_;
};

}  // namespace kimberlite::html
