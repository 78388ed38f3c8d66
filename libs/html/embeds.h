#pragma once

#include <string>
#include <string_view>

#include "libs/html/url.h"

namespace kimberlite::html {

// The page that shows to readers what an embedded player or post at `url` shows: YouTube, Vimeo, Dailymotion, VK, OK,
// RuTube, Spotify, SoundCloud, Facebook, Instagram, X, Telegram. Else the URL itself.
Url PageOfEmbed(Url url);

// Whether a picture or frame at the URL only counts readers.
bool IsTracker(std::string_view url);

}  // namespace kimberlite::html
