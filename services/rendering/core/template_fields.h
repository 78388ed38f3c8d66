#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "services/rendering/core/view.h"

// How templates see C++ structs: each struct has a table of its members, so that a template is checked against it when
// it is loaded, and rendering reads the members where they lie, without building a tree of values first.
namespace kimberlite::rendering {

enum class FieldKind {
  kText,      // std::string
  kNumber,    // int
  kFlag,      // bool, or a function that gives one
  kTrusted,   // TrustedHtml
  kObject,    // another described struct
  kOptional,  // std::optional of a described struct
  kList,      // std::vector of a described struct
};

// "a text", "a list" and so on, for messages.
std::string_view KindName(FieldKind kind);

struct TypeInfo;

// The elements of a vector where they lie.
struct RawList {
  const std::byte* data = nullptr;
  std::size_t count = 0;
};

struct Field {
  std::string_view name;
  FieldKind kind = FieldKind::kText;
  std::size_t offset = 0;  // bytes from the start of the struct
  // Of the object, of what the optional holds, or of the list's elements; a function, as structs may refer to each
  // other.
  const TypeInfo& (*type)() = nullptr;
  bool (*flag)(const void* object) = nullptr;                   // computed flags only
  const std::byte* (*content)(const void* optional) = nullptr;  // kOptional; null when absent
  RawList (*list)(const void* vector) = nullptr;                // kList
  std::size_t stride = 0;                                       // kList: size of an element
};

struct TypeInfo {
  std::string_view name;
  std::vector<Field> fields;

  // Null when there is none of this name.
  const Field* Find(std::string_view field_name) const;
};

// The table of T; specialised in theme_fields.cpp.
template <typename T>
const TypeInfo& Describe();

namespace internal {
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
}  // namespace internal

// The entry of a member: Member("headline", &Card::headline).
template <typename T, typename M>
Field Member(std::string_view name, M T::* member) {
  static const T sample{};
  Field field;
  field.name = name;
  field.offset = static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&(sample.*member)) -
                                          reinterpret_cast<const std::byte*>(&sample));
  if constexpr (std::is_same_v<M, std::string>) {
    field.kind = FieldKind::kText;
  } else if constexpr (std::is_same_v<M, int>) {
    field.kind = FieldKind::kNumber;
  } else if constexpr (std::is_same_v<M, bool>) {
    field.kind = FieldKind::kFlag;
  } else if constexpr (std::is_same_v<M, TrustedHtml>) {
    field.kind = FieldKind::kTrusted;
  } else if constexpr (internal::IsOptional<M>::value) {
    field.kind = FieldKind::kOptional;
    field.type = &Describe<typename M::value_type>;
    field.content = [](const void* optional) -> const std::byte* {
      const auto& value = *static_cast<const M*>(optional);
      return value ? reinterpret_cast<const std::byte*>(&*value) : nullptr;
    };
  } else if constexpr (internal::IsVector<M>::value) {
    field.kind = FieldKind::kList;
    field.type = &Describe<typename M::value_type>;
    field.stride = sizeof(typename M::value_type);
    field.list = [](const void* vector) {
      const auto& values = *static_cast<const M*>(vector);
      return RawList{reinterpret_cast<const std::byte*>(values.data()), values.size()};
    };
  } else {
    field.kind = FieldKind::kObject;
    field.type = &Describe<M>;
  }
  return field;
}

// The entry of a flag that is worked out from the struct: Computed<ListView>("is_tag", [](const void* view) {…}).
inline Field Computed(std::string_view name, bool (*flag)(const void* object)) {
  Field field;
  field.name = name;
  field.kind = FieldKind::kFlag;
  field.flag = flag;
  return field;
}

}  // namespace kimberlite::rendering
