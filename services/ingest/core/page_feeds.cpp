#include "services/ingest/core/page_feeds.h"

#include <algorithm>

#include "libs/base/text.h"
#include "libs/html/reader.h"
#include "libs/html/references.h"
#include "services/ingest/core/plain_line.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

constexpr std::size_t kMaxFeeds = 50;
constexpr std::size_t kMaxPage = 1 << 20;

bool IsWanted(std::string_view name) { return name == "rel" || name == "type" || name == "href" || name == "title"; }

std::string Value(const html::Tag& tag, std::string_view name) {
  std::string value;
  if (const html::Attribute* attribute = tag.Find(name)) html::AppendDecoded(value, attribute->value, true);
  return value;
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool IsFeedType(std::string_view type) {
  type = TrimAscii(type.substr(0, type.find(';')));
  static constexpr std::string_view kTypes[] = {"application/rss+xml",
                                                "application/atom+xml",
                                                "application/rdf+xml",
                                                "application/feed+json",
                                                "application/xml",
                                                "application/x-rss+xml",
                                                "text/xml",
                                                "text/rss+xml"};
  return std::ranges::find(kTypes, type) != std::end(kTypes);
}

// An address as feeds have them.
bool LooksLikeFeed(std::string_view url) {
  const std::string path = Lower(std::string(url.substr(0, url.find_first_of("?#"))));
  for (const std::string_view ending :
       {"/rss", "/rss/", "/feed", "/feed/", "/atom", "/feeds/", ".rss", ".atom", "/rss.xml", "/feed.xml", "/atom.xml",
        "/feed.json", "/index.xml", "/index.rdf"}) {
    if (path.ends_with(ending)) return true;
  }
  return false;
}

class Finder {
 public:
  Finder(std::string_view html, std::string_view url) : reader_(html, &IsWanted), base_(url) {}

  std::vector<PageFeed> Run() {
    html::Tag tag;
    while (!reader_.AtEnd()) {
      reader_.Text();
      if (reader_.AtEnd()) break;
      if (reader_.Next(tag) == html::Reader::Markup::kTag && !tag.end) OnTag(tag);
    }
    return std::move(declared_.empty() ? seen_ : declared_);
  }

 private:
  void OnTag(const html::Tag& tag) {
    if (tag.name == "script" || tag.name == "style" || tag.name == "textarea" || tag.name == "title") {
      reader_.SkipRawText(tag.name);
    } else if (tag.name == "base") {
      const std::string base = AbsoluteUrl(base_, Value(tag, "href"));
      if (!base.empty() && !has_base_) base_ = base;
      has_base_ = true;
    } else if (tag.name == "link") {
      const std::string relations = " " + Lower(Value(tag, "rel")) + " ";
      const std::string type = Lower(std::string(TrimAscii(Value(tag, "type"))));
      const bool feed = relations.contains(" feed ") && type.empty();
      const bool alternate = relations.contains(" alternate ") && !relations.contains(" stylesheet ");
      // "application/json" is a feed where it says so in its address or title; WordPress means its API by it.
      const bool json = type == "application/json" && LooksLikeFeed(Value(tag, "href"));
      if (feed || ((alternate || relations.contains(" feed ")) && (IsFeedType(type) || json)))
        Add(declared_, tag, type);
    } else if (tag.name == "a" && LooksLikeFeed(Value(tag, "href"))) {
      Add(seen_, tag, "");
    }
  }

  void Add(std::vector<PageFeed>& feeds, const html::Tag& tag, std::string type) {
    std::string address = Value(tag, "href");
    for (const std::string_view scheme : {"feed://", "feed:"}) {
      if (!address.starts_with(scheme)) continue;
      address = (scheme.ends_with("//") ? "https://" : "") + address.substr(scheme.size());
    }
    PageFeed feed{AbsoluteUrl(base_, address), std::move(type), PlainLine(Value(tag, "title"))};
    const auto same = [&](const PageFeed& other) { return other.url == feed.url; };
    if (feed.url.empty() || feeds.size() == kMaxFeeds || std::ranges::any_of(feeds, same)) return;
    feeds.push_back(std::move(feed));
  }

  html::Reader reader_;
  std::string base_;
  bool has_base_ = false;
  std::vector<PageFeed> declared_, seen_;
};

}  // namespace

std::vector<PageFeed> FindPageFeeds(std::string_view html, std::string_view url) {
  return Finder(html.substr(0, kMaxPage), url).Run();
}

}  // namespace kimberlite::ingest
