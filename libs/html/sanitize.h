#pragma once

#include <string>
#include <string_view>

namespace kimberlite::html {

// Rebuilds foreign HTML from an allow-list and keeps its structure: what a wire or a feed said, made safe to pass on.
// (Clean goes further and brings it into the form of an article's body.) The result is balanced, holds nothing that
// runs, means the same to every HTML5 parser, and is a fixed point: Sanitize(Sanitize(x, b), b) == Sanitize(x, b).
//
// Kept
//   p h1 to h6 div section article aside header footer nav address blockquote[cite] pre hr ul ol[start reversed
//   type] li[value] dl dt dd figure figcaption details[open] summary, table caption thead tbody tfoot tr td and
//   th[colspan rowspan; th: scope], a[href] b strong i em u s small code kbd samp var sub sup mark cite dfn q[cite]
//   del ins[cite datetime] abbr time[datetime] bdi bdo ruby rt rp br wbr, img[src srcset sizes alt width height],
//   picture with its sources, audio and video with controls (src, poster, width, height and their sources), and lang,
//   dir and title on all of them. Text outside of any stays there.
// Addresses
//   http and https, and mailto for links; made absolute against base_url, in srcset and poster too; links and embeds
//   without the parameters that follow readers. A link to anything else keeps its text only.
// Pictures
//   Trackers go: one pixel, hidden, or from a known counter. What a page would load late counts (data-src, data-srcset,
//   a picture in noscript).
// Embeds
//   iframe, object and embed become a link to what they show: the page at the service where that is known (YouTube,
//   Vimeo, VK, RuTube, …), else their address. Instagram's and TikTok's quotations get the link they were made from.
// All other elements
//   script, style, svg, math, template, form controls and comments are dropped with what they hold, form, main and the
//   like become div, the rest is unwrapped.
//
// base_url is the http(s) URL of the document that the HTML came from; where it is empty relative addresses are
// dropped.
//
// Most HTML is rebuilt in one pass over its tags. Where the HTML standard would have the parser mend something, gumbo
// parses it; for HTML that needs no mending both give the same.
//
// Limits: what follows the first 4 MiB is not read; elements nested deeper than 200 levels are unwrapped; HTML that
// needs mending and has more than 20,000 tags is reduced to paragraphs of text. Malformed UTF-8 becomes U+FFFD; control
// characters and bidi overrides are dropped. Time and memory are linear in the input. Any thread.
std::string Sanitize(std::string_view html, std::string_view base_url);

// The same by gumbo alone: for telling that both give the same.
std::string SanitizeByTree(std::string_view html, std::string_view base_url);

// Whether HTML needs no mending.
bool IsSimple(std::string_view html, std::string_view base_url);

}  // namespace kimberlite::html
