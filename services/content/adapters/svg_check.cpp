#include "services/content/adapters/svg_check.h"

#include <libxml/xmlreader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include "libs/base/text.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

constexpr std::string_view kSvg = "http://www.w3.org/2000/svg";
constexpr std::string_view kXlink = "http://www.w3.org/1999/xlink";
constexpr std::string_view kXml = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view kXmlns = "http://www.w3.org/2000/xmlns/";

// Sorted.
constexpr std::string_view kElements[] = {
    "circle",      "clipPath", "defs",           "desc",           "ellipse",     "feBlend",  "feColorMatrix",
    "feComposite", "feFlood",  "feGaussianBlur", "feMerge",        "feMergeNode", "feOffset", "feTurbulence",
    "filter",      "g",        "line",           "linearGradient", "marker",      "mask",     "path",
    "pattern",     "polygon",  "polyline",       "radialGradient", "rect",        "stop",     "svg",
    "symbol",      "text",     "title",          "tspan",          "use"};

// Sorted. Whatever loads or runs is not among them; values are looked at as well.
constexpr std::string_view kAttributes[] = {"alignment-baseline",
                                            "aria-hidden",
                                            "aria-label",
                                            "aria-labelledby",
                                            "baseFrequency",
                                            "class",
                                            "clip-path",
                                            "clip-rule",
                                            "clipPathUnits",
                                            "color",
                                            "color-interpolation-filters",
                                            "cx",
                                            "cy",
                                            "d",
                                            "direction",
                                            "display",
                                            "dominant-baseline",
                                            "dx",
                                            "dy",
                                            "edgeMode",
                                            "fill",
                                            "fill-opacity",
                                            "fill-rule",
                                            "filter",
                                            "filterUnits",
                                            "flood-color",
                                            "flood-opacity",
                                            "focusable",
                                            "font-family",
                                            "font-size",
                                            "font-style",
                                            "font-variant",
                                            "font-weight",
                                            "fx",
                                            "fy",
                                            "gradientTransform",
                                            "gradientUnits",
                                            "height",
                                            "href",
                                            "id",
                                            "in",
                                            "in2",
                                            "k1",
                                            "k2",
                                            "k3",
                                            "k4",
                                            "lang",
                                            "lengthAdjust",
                                            "letter-spacing",
                                            "marker-end",
                                            "marker-mid",
                                            "marker-start",
                                            "markerHeight",
                                            "markerUnits",
                                            "markerWidth",
                                            "mask",
                                            "maskContentUnits",
                                            "maskUnits",
                                            "mode",
                                            "numOctaves",
                                            "offset",
                                            "opacity",
                                            "operator",
                                            "orient",
                                            "overflow",
                                            "paint-order",
                                            "patternContentUnits",
                                            "patternTransform",
                                            "patternUnits",
                                            "points",
                                            "preserveAspectRatio",
                                            "primitiveUnits",
                                            "r",
                                            "refX",
                                            "refY",
                                            "result",
                                            "role",
                                            "rotate",
                                            "rx",
                                            "ry",
                                            "seed",
                                            "shape-rendering",
                                            "spreadMethod",
                                            "stdDeviation",
                                            "stitchTiles",
                                            "stop-color",
                                            "stop-opacity",
                                            "stroke",
                                            "stroke-dasharray",
                                            "stroke-dashoffset",
                                            "stroke-linecap",
                                            "stroke-linejoin",
                                            "stroke-miterlimit",
                                            "stroke-opacity",
                                            "stroke-width",
                                            "text-anchor",
                                            "text-decoration",
                                            "text-rendering",
                                            "textLength",
                                            "transform",
                                            "type",
                                            "unicode-bidi",
                                            "values",
                                            "vector-effect",
                                            "version",
                                            "viewBox",
                                            "visibility",
                                            "width",
                                            "word-spacing",
                                            "writing-mode",
                                            "x",
                                            "x1",
                                            "x2",
                                            "xmlns",
                                            "y",
                                            "y1",
                                            "y2"};

static_assert(std::ranges::is_sorted(kElements));

std::unexpected<Error> Refuse(const std::string& what) { return InvalidField("data", "must not hold " + what); }

std::string_view View(const xmlChar* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

// Every url(…) must point into the document. A backslash could spell url( in another way.
bool PointsInside(std::string_view value) {
  const std::string lower = Lower(value);
  if (lower.find('\\') != std::string::npos) return false;
  for (std::size_t at = lower.find("url("); at != std::string::npos; at = lower.find("url(", at + 4)) {
    std::string_view target = TrimAscii(std::string_view(lower).substr(at + 4));
    if (target.starts_with('"') || target.starts_with('\'')) target.remove_prefix(1);
    if (!target.starts_with('#')) return false;
  }
  return true;
}

Result<void> CheckAttribute(std::string_view element, std::string_view name, std::string_view space,
                            std::string_view value) {
  const std::string shown = Quoted(std::string(name) + " of " + std::string(element));
  if (space == kXmlns) return {};
  if (space == kXml) {
    if (name == "space" || name == "lang") return {};
    return Refuse("the attribute " + shown);
  }
  const bool xlink = space == kXlink;
  if (!space.empty() && !xlink) return Refuse("attributes of other namespaces such as " + shown);
  if (name == "href") {
    if (value.starts_with('#') && value.size() > 1) return {};
    return Refuse("a reference out of the document, " + Quoted(value));
  }
  if (xlink || !std::ranges::binary_search(kAttributes, name)) return Refuse("the attribute " + shown);
  if (!PointsInside(value)) return Refuse("a reference out of the document, " + Quoted(value));
  return {};
}

// A length in pixels: a number alone or with "px".
std::optional<double> Pixels(std::string_view text) {
  text = TrimAscii(text);
  if (text.ends_with("px")) text.remove_suffix(2);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

Result<PictureInfo> SizeOf(std::string_view width, std::string_view height, std::string_view view_box) {
  std::optional<double> wide = Pixels(width);
  std::optional<double> high = Pixels(height);
  if (!wide || !high) {
    std::string numbers(view_box);
    std::ranges::replace_if(numbers, [](char c) { return c == ',' || c == '\t' || c == '\n' || c == '\r'; }, ' ');
    std::vector<std::string_view> parts = Split(numbers, ' ');
    std::erase(parts, std::string_view());
    if (parts.size() == 4) wide = Pixels(parts[2]), high = Pixels(parts[3]);
  }
  if (!wide || !high) return InvalidField("data", "must give its size: width and height in pixels, or a viewBox");
  constexpr double kMaxSide = 65'535;
  const double rounded_width = std::round(*wide);
  const double rounded_height = std::round(*high);
  if (rounded_width < 1 || rounded_height < 1 || rounded_width > kMaxSide || rounded_height > kMaxSide) {
    return InvalidField("data", "must be 1 to 65535 pixels wide and high");
  }
  return PictureInfo{"image/svg+xml", "svg", static_cast<std::int32_t>(rounded_width),
                     static_cast<std::int32_t>(rounded_height)};
}

// Follows the document node by node.
class Walk {
 public:
  explicit Walk(xmlTextReader* reader) : reader_(reader) {}

  Result<void> Node() {
    switch (xmlTextReaderNodeType(reader_)) {
      case XML_READER_TYPE_ELEMENT: return Element();
      case XML_READER_TYPE_DOCUMENT_TYPE: return Refuse("a DOCTYPE");
      case XML_READER_TYPE_PROCESSING_INSTRUCTION: return Refuse("processing instructions");
      case XML_READER_TYPE_ENTITY_REFERENCE:
      case XML_READER_TYPE_ENTITY: return Refuse("entities");
      default: return {};  // text, comments, ends of elements
    }
  }

  Result<PictureInfo> Size() const {
    if (!root_seen_) return InvalidField("data", "must be an SVG document");
    return SizeOf(width_, height_, view_box_);
  }

 private:
  Result<void> Element() {
    const std::string name(View(xmlTextReaderConstLocalName(reader_)));
    const std::string_view space = View(xmlTextReaderConstNamespaceUri(reader_));
    const bool root = !root_seen_;
    if (root && (name != "svg" || space != kSvg)) {
      return InvalidField("data",
                          "must be SVG, PNG, JPEG, WebP or AVIF; this is XML whose first element is " + Quoted(name));
    }
    root_seen_ = true;
    if (space != kSvg) return Refuse("elements of other namespaces such as " + Quoted(name));
    if (!std::ranges::binary_search(kElements, std::string_view(name))) return Refuse("the element " + Quoted(name));
    for (int more = xmlTextReaderMoveToFirstAttribute(reader_); more == 1;
         more = xmlTextReaderMoveToNextAttribute(reader_)) {
      const std::string_view attribute = View(xmlTextReaderConstLocalName(reader_));
      const std::string_view value = View(xmlTextReaderConstValue(reader_));
      KIMBERLITE_RETURN_IF_ERROR(CheckAttribute(name, attribute, View(xmlTextReaderConstNamespaceUri(reader_)), value));
      if (root && attribute == "width") width_ = value;
      if (root && attribute == "height") height_ = value;
      if (root && attribute == "viewBox") view_box_ = value;
    }
    return {};
  }

  xmlTextReader* reader_;
  bool root_seen_ = false;
  std::string width_;
  std::string height_;
  std::string view_box_;
};

struct ReaderCloser {
  void operator()(xmlTextReader* reader) const { xmlFreeTextReader(reader); }
};

// Keeps the first message of the parser instead of printing it.
void KeepFirst(void* kept, const char* message, xmlParserSeverities, xmlTextReaderLocatorPtr) {
  auto& text = *static_cast<std::string*>(kept);
  if (text.empty() && message != nullptr) text = TrimAscii(message);
}

}  // namespace

Result<PictureInfo> CheckSvg(std::string_view data) {
  const std::unique_ptr<xmlTextReader, ReaderCloser> reader(xmlReaderForMemory(
      data.data(), static_cast<int>(data.size()), nullptr, nullptr, XML_PARSE_NONET | XML_PARSE_NOCDATA));
  if (!reader) return Fail(Code::kResourceExhausted, "no memory to read the SVG");
  std::string complaint;
  xmlTextReaderSetErrorHandler(reader.get(), KeepFirst, &complaint);
  Walk walk(reader.get());
  int more = xmlTextReaderRead(reader.get());
  for (; more == 1; more = xmlTextReaderRead(reader.get())) KIMBERLITE_RETURN_IF_ERROR(walk.Node());
  if (more != 0) return InvalidField("data", "must be well-formed XML: " + Quoted(complaint));
  return walk.Size();
}

}  // namespace kimberlite::content
