#include "services/ingest/core/xml_space.h"

#include <algorithm>
#include <utility>

#include "libs/base/text.h"

namespace kimberlite::ingest {

Space SpaceOfUri(std::string_view uri) {
  std::string name(TrimAscii(uri));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (name.starts_with("https://")) name.erase(4, 1);
  while (name.ends_with('/') || name.ends_with('#')) name.pop_back();
  static constexpr std::pair<std::string_view, Space> kUris[] = {
      {"http://www.w3.org/2005/atom", Space::kAtom},
      {"http://w3.org/2005/atom", Space::kAtom},
      {"http://purl.org/atom/ns", Space::kAtom},
      {"http://purl.org/net/atom", Space::kAtom},
      {"http://purl.org/atom", Space::kAtom},
      {"http://purl.org/echo", Space::kAtom},
      {"http://purl.org/pie", Space::kAtom},
      {"http://example.com/newformat", Space::kAtom},
      {"http://example.com/necho", Space::kAtom},
      {"uri/of/echo/namespace", Space::kAtom},
      {"http://purl.org/rss/1.0/modules/content", Space::kContent},
      {"http://purl.org/dc/elements/1.1", Space::kDc},
      {"http://purl.org/dc/elements/1.0", Space::kDc},
      {"http://purl.org/dc/elements/2.0", Space::kDc},
      {"http://purl.org/dc", Space::kDc},
      {"http://purl.org/metadata/dublin_core", Space::kDc},
      {"http://purl.org/dc/terms", Space::kDcTerms},
      {"http://purl.org/rss/1.0/modules/dcterms", Space::kDcTerms},
      {"http://search.yahoo.com/mrss", Space::kMedia},
      {"http://video.search.yahoo.com/mrss", Space::kMedia},
      {"http://tools.search.yahoo.com/mrss", Space::kMedia},
      {"http://www.rssboard.org/media-rss", Space::kMedia},
      {"http://www.itunes.com/dtds/podcast-1.0.dtd", Space::kItunes},
      {"http://example.com/dtds/podcast-1.0.dtd", Space::kItunes},
      {"http://www.itunes.com/dtds/podcast-1.0", Space::kItunes},
      {"http://www.google.com/schemas/play-podcasts/1.0", Space::kItunes},
      {"http://rssnamespace.org/feedburner/ext/1.0", Space::kFeedburner},
      {"http://www.w3.org/1999/xhtml", Space::kXhtml},
      {"http://www.w3.org/2002/06/xhtml2", Space::kXhtml},
      {"http://www.w3.org/xml/1998/namespace", Space::kXml},
      {"http://www.w3.org/1999/02/22-rdf-syntax-ns", Space::kRdf},
      {"http://purl.org/rss/1.0", Space::kRss},
      {"http://my.netscape.com/rdf/simple/0.9", Space::kRss},
      {"http://channel.netscape.com/rdf/simple/0.9", Space::kRss},
      {"http://purl.org/net/rss1.1", Space::kRss},
      {"http://purl.org/rss/1.0/modules/rss091", Space::kNone},
      {"http://backend.userland.com/rss", Space::kNone},
      {"http://backend.userland.com/rss2", Space::kNone},
      {"http://backend.userland.com/rss091", Space::kNone},
      {"http://backend.userland.com/rss092", Space::kNone},
      {"http://blogs.law.harvard.edu/tech/rss", Space::kNone},
      {"http://cyber.law.harvard.edu/rss", Space::kNone},
      {"http://www.rssboard.org/rss-specification", Space::kNone},
      {"http://my.netscape.com/publish/formats/rss-0.91.dtd", Space::kNone},
      {"", Space::kNone},
  };
  const auto found = std::ranges::find(kUris, std::string_view(name), &std::pair<std::string_view, Space>::first);
  return found == std::end(kUris) ? Space::kOther : found->second;
}

Space SpaceOfPrefix(std::string_view prefix) {
  static constexpr std::pair<std::string_view, Space> kPrefixes[] = {
      {"atom", Space::kAtom},       {"atom10", Space::kAtom},       {"atom03", Space::kAtom},
      {"a10", Space::kAtom},        {"content", Space::kContent},   {"dc", Space::kDc},
      {"dcterms", Space::kDcTerms}, {"media", Space::kMedia},       {"mrss", Space::kMedia},
      {"itunes", Space::kItunes},   {"googleplay", Space::kItunes}, {"feedburner", Space::kFeedburner},
      {"xhtml", Space::kXhtml},     {"rdf", Space::kRdf},           {"xml", Space::kXml},
      {"rss", Space::kRss},
  };
  const auto found = std::ranges::find(kPrefixes, prefix, &std::pair<std::string_view, Space>::first);
  return found == std::end(kPrefixes) ? Space::kOther : found->second;
}

}  // namespace kimberlite::ingest
