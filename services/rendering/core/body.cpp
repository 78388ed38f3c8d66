#include "services/rendering/core/body.h"

#include "services/rendering/core/template_escape.h"

namespace kimberlite::rendering {
namespace {

// Just past the '>' of the tag that begins at `begin`, quoted attributes being stepped over.
std::size_t EndOfTag(std::string_view html, std::size_t begin) {
  char quote = 0;
  for (std::size_t i = begin; i < html.size(); ++i) {
    if (quote != 0) {
      if (html[i] == quote) quote = 0;
    } else if (html[i] == '"' || html[i] == '\'') {
      quote = html[i];
    } else if (html[i] == '>') {
      return i + 1;
    }
  }
  return html.size();
}

// The value as it stands, so escaped; empty when there is none. `name` with the space before it: " alt".
std::string_view Attribute(std::string_view tag, std::string_view name) {
  const std::string opening = std::string(name) + "=\"";
  const std::size_t at = tag.find(opening);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + opening.size();
  return tag.substr(begin, tag.find('"', begin) - begin);
}

void AppendAlternative(std::string& out, std::string_view tag) {
  const std::string_view alt = Attribute(tag, " alt");
  if (!alt.empty()) out.append("[").append(alt).append("]");
}

// Copies html, with what `replace` writes for each <img>.
template <typename Replace>
std::string ReplacePictures(std::string_view html, Replace replace) {
  std::string out;
  out.reserve(html.size() + html.size() / 8);
  std::size_t copied = 0;
  for (std::size_t at = html.find("<img "); at != std::string_view::npos; at = html.find("<img ", copied)) {
    out.append(html, copied, at - copied);
    copied = EndOfTag(html, at);
    replace(out, html.substr(at, copied - at));
  }
  return out.append(html.substr(copied));
}

void AppendAttribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"");
  AppendHtml(out, value);
  out.append("\"");
}

}  // namespace

std::string FullBody(std::string_view html, bool first_is_eager, const DescribePicture& describe) {
  constexpr std::string_view kMedia = "/media/";
  // The column of text, as style.css has it.
  constexpr std::string_view kSizes = "(min-width:42em) 38rem, 92vw";
  bool eager = first_is_eager;
  return ReplacePictures(html, [&](std::string& out, std::string_view tag) {
    const std::string_view source = Attribute(tag, " src");
    const auto picture = source.starts_with(kMedia) ? describe(source.substr(kMedia.size())) : std::nullopt;
    if (!picture) return AppendAlternative(out, tag);
    if (!picture->sources.empty()) out.append("<picture>");
    for (const PictureSource& one : picture->sources) {
      out.append("<source");
      AppendAttribute(out, "type", one.type);
      AppendAttribute(out, "srcset", one.srcset);
      AppendAttribute(out, "sizes", kSizes);
      out.append(">");
    }
    out.append("<img");
    AppendAttribute(out, "src", picture->src);
    if (!picture->srcset.empty()) {
      AppendAttribute(out, "srcset", picture->srcset);
      AppendAttribute(out, "sizes", kSizes);
    }
    out.append(" alt=\"").append(Attribute(tag, " alt")).append("\"");
    AppendAttribute(out, "width", std::to_string(picture->width));
    AppendAttribute(out, "height", std::to_string(picture->height));
    if (!eager) out.append(" loading=\"lazy\"");
    eager = false;
    out.append(">");
    if (!picture->sources.empty()) out.append("</picture>");
  });
}

std::string LiteBody(std::string_view html) { return ReplacePictures(html, AppendAlternative); }

}  // namespace kimberlite::rendering
