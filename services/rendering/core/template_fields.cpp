#include "services/rendering/core/template_fields.h"

namespace kimberlite::rendering {

std::string_view KindName(FieldKind kind) {
  switch (kind) {
    case FieldKind::kText: return "a text";
    case FieldKind::kNumber: return "a number";
    case FieldKind::kFlag: return "a flag";
    case FieldKind::kTrusted: return "trusted HTML";
    case FieldKind::kObject: return "an object";
    case FieldKind::kOptional: return "an optional";
    case FieldKind::kList: return "a list";
  }
  return "unknown";
}

const Field* TypeInfo::Find(std::string_view field_name) const {
  for (const Field& field : fields) {
    if (field.name == field_name) return &field;
  }
  return nullptr;
}

}  // namespace kimberlite::rendering
