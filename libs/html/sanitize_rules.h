#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libs/html/rules.h"

namespace kimberlite::html {

// Elements as the sanitizer treats them. `base.written` is the name under which an element is written.
struct Element {
  Rule base;
  std::uint8_t id = 0;            // one for all elements of the same written name
  bool wants_attributes = false;  // not written without: a, span
};

inline constexpr std::size_t kMaxElementId = 128;

// The element of a lower-case name; null for those that are dropped, their content kept.
const Element* FindElement(std::string_view name);
const Element* ElementOf(std::uint8_t id);

// Whether the sanitizer reads attributes of the name.
bool IsSanitizedAttribute(std::string_view name);

}  // namespace kimberlite::html
