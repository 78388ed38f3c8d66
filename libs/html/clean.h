#pragma once

#include <string>
#include <string_view>

namespace kimberlite::html {

// Rebuilds foreign HTML from an allow-list: parsed by an HTML5 parser, written anew from its tree. The result is
// balanced, holds nothing that runs or loads but pictures, and is a fixed point: Clean(Clean(x, b), b) == Clean(x, b).
//
// Kept
//   p h2 h3 h4 ul ol li blockquote pre hr, figure figcaption, table caption thead tbody tr td[colspan rowspan]
//   th[colspan rowspan scope], img[src alt width height], a[href] strong em b i code sub sup cite q bdi br abbr[title]
//   time[datetime], and lang and dir on all of them. h1 becomes h2; h5 and h6 become h4.
// Links
//   http, https and mailto, made absolute against base_url, without utm_… and click-id parameters. Others keep their
//   text only.
// Pictures
//   http and https; "/media/…" when base_url is empty. Those one pixel wide or high are trackers and dropped. A lazily
//   loaded picture's data-src is used when its src is not usable.
// Embeds
//   iframe, video, audio, object, embed: a paragraph with a link to their source if that is https, or else nothing.
// All other elements
//   script, style, svg, math, template, noscript, form controls and comments are dropped with what they hold. The rest
//   is unwrapped; blocks (div, section, …) still end paragraphs, and a span with lang or dir becomes a bdi.
// Paragraphs
//   Text outside of any becomes <p>; two or more <br> divide paragraphs; empty elements vanish. Text without any tag
//   becomes paragraphs at its blank lines.
//
// base_url is the http(s) URL of the document that the HTML came from; empty for the newsroom's own, where relative
// links are dropped.
//
// Limits: what follows the first 4 MiB is not read; elements nested deeper than 200 levels are unwrapped; a document
// with more than 20,000 tags is reduced to paragraphs of text; top-level blocks that would take the result over 4 MiB
// are left out. Malformed UTF-8 becomes U+FFFD; control characters and bidi overrides are dropped. Time and memory are
// linear in the input. Any thread.
std::string Clean(std::string_view html, std::string_view base_url);

// The text alone, in paragraphs: at most 10,000 of them.
std::string CleanText(std::string_view html);

}  // namespace kimberlite::html
