#include "libs/html/embeds.h"

#include <algorithm>
#include <optional>

#include "libs/base/text.h"

namespace kimberlite::html {
namespace {

bool IsHost(const Url& url, std::string_view domain) {
  const std::string_view host = url.authority;
  return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

// The path behind a prefix, up to the next "/".
std::optional<std::string> Behind(const Url& url, std::string_view prefix) {
  if (!url.path.starts_with(prefix)) return std::nullopt;
  std::string name = url.path.substr(prefix.size());
  name.resize(std::min(name.find('/'), name.size()));
  return name.empty() ? std::nullopt : std::optional(std::move(name));
}

std::string Parameter(const Url& url, std::string_view name) {
  if (url.query.empty()) return {};
  for (const std::string_view parameter : Split(std::string_view(url.query).substr(1), '&')) {
    if (parameter.starts_with(name) && parameter.size() > name.size() && parameter[name.size()] == '=')
      return std::string(parameter.substr(name.size() + 1));
  }
  return {};
}

std::string Unescape(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      plain += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

Url Page(std::string_view authority, std::string path, std::string query = "") {
  return {.scheme = "https", .authority = std::string(authority), .path = std::move(path), .query = std::move(query)};
}

// A player that is told in a parameter what to show.
std::optional<Url> Shown(const Url& url, std::string_view parameter) {
  return ResolveUrl(Unescape(Parameter(url, parameter)), std::nullopt);
}

}  // namespace

Url PageOfEmbed(Url url) {
  if (IsHost(url, "youtube.com") || IsHost(url, "youtube-nocookie.com")) {
    if (const std::string list = Parameter(url, "list"); url.path == "/embed/videoseries" && !list.empty())
      return Page("www.youtube.com", "/playlist", "?list=" + list);
    if (const auto id = Behind(url, "/embed/")) return Page("www.youtube.com", "/watch", "?v=" + *id);
    if (const auto id = Behind(url, "/v/")) return Page("www.youtube.com", "/watch", "?v=" + *id);
  } else if (IsHost(url, "player.vimeo.com")) {
    if (const auto id = Behind(url, "/video/")) return Page("vimeo.com", "/" + *id);
  } else if (IsHost(url, "dailymotion.com")) {
    if (const auto id = Behind(url, "/embed/video/")) return Page("www.dailymotion.com", "/video/" + *id);
  } else if (IsHost(url, "rutube.ru")) {
    if (const auto id = Behind(url, "/play/embed/")) return Page("rutube.ru", "/video/" + *id + "/");
  } else if (IsHost(url, "vk.com") || IsHost(url, "vkvideo.ru")) {
    const std::string owner = Parameter(url, "oid");
    const std::string id = Parameter(url, "id");
    if (url.path == "/video_ext.php" && !owner.empty() && !id.empty())
      return Page("vk.com", "/video" + owner + "_" + id);
  } else if (IsHost(url, "ok.ru")) {
    if (const auto id = Behind(url, "/videoembed/")) return Page("ok.ru", "/video/" + *id);
  } else if (IsHost(url, "open.spotify.com")) {
    if (url.path.starts_with("/embed/")) return Page("open.spotify.com", url.path.substr(6));
  } else if (IsHost(url, "w.soundcloud.com")) {
    if (const auto shown = Shown(url, "url")) return *shown;
  } else if (IsHost(url, "facebook.com")) {
    if (url.path.starts_with("/plugins/")) {
      if (const auto shown = Shown(url, "href")) return *shown;
    }
  } else if (IsHost(url, "instagram.com")) {
    if (const std::size_t embed = url.path.find("/embed"); embed != std::string::npos)
      return Page("www.instagram.com", url.path.substr(0, embed + 1));
  } else if (IsHost(url, "platform.twitter.com")) {
    if (const std::string id = Parameter(url, "id"); !id.empty()) return Page("twitter.com", "/i/status/" + id);
  } else if (IsHost(url, "t.me")) {
    if (url.query.contains("embed=")) url.query.clear();
  }
  return url;
}

bool IsTracker(std::string_view url) {
  static constexpr std::string_view kParts[] = {
      "//ad.doubleclick.net/",
      "//analytics.twitter.com/",
      "//b.scorecardresearch.com/",
      "//bat.bing.com/",
      "//counter.rambler.ru/",
      "//counter.yadro.ru/",
      "//feeds.feedburner.com/~",
      "//feedads.g.doubleclick.net/",
      "//googleads.g.doubleclick.net/",
      "//hits-i.iubenda.com/",
      "//imp.",
      "//mc.yandex.ru/",
      "//pixel.",
      "//pixels.",
      "//px.ads.linkedin.com/",
      "//rss.feedsportal.com/",
      "//sb.scorecardresearch.com/",
      "//secure-gb.imrworldwide.com/",
      "//ssl.google-analytics.com/",
      "//stats.wordpress.com/",
      "//stats.wp.com/",
      "//t.co/i/adsct",
      "//top-fwz1.mail.ru/",
      "//www.facebook.com/tr",
      "//www.google-analytics.com/",
      "//www.googletagmanager.com/",
      "/matomo.php",
      "/piwik.php",
      "feedburner.com/~r/",
      "mail.ru/counter",
  };
  return std::ranges::any_of(kParts, [&](std::string_view part) { return url.contains(part); });
}

}  // namespace kimberlite::html
