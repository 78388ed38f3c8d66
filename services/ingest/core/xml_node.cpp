#include "services/ingest/core/xml_node.h"

namespace kimberlite::ingest {
namespace {

void AppendText(const XmlNode& node, std::string& text) {
  text += node.text;
  for (const XmlNode& child : node.children()) AppendText(child, text);
}

}  // namespace

std::string_view XmlNode::Attribute(std::string_view wanted) const {
  for (const XmlAttribute& attribute : attributes) {
    if (attribute.space == Space::kNone && attribute.name == wanted) return attribute.value;
  }
  return {};
}

std::string_view XmlNode::Text(std::string& scratch) const {
  if (!first_child) return text;
  if (first_child == last_child && first_child->name.empty()) return first_child->text;
  scratch.clear();
  AppendText(*this, scratch);
  return scratch;
}

std::string XmlNode::Text() const {
  std::string scratch;
  return std::string(Text(scratch));
}

bool XmlNode::HasElements() const {
  for (const XmlNode& child : children()) {
    if (!child.name.empty()) return true;
  }
  return false;
}

}  // namespace kimberlite::ingest
