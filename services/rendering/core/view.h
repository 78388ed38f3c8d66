#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What a page is made of. The page builder fills these from content and tagging; the theme's templates show them by the
// member names below (see theme_fields.cpp). Nothing here depends on the time of rendering: the same view gives the
// same page.
//
// Conventions
// - Text is plain UTF-8, in the page's language unless said otherwise; templates escape it. Only TrustedHtml goes out
// as it is.
// - A `url` is what a link on the page needs: a path of this site ("/en/economy/") or an absolute http(s) URL of
// another one.
//   Fields named `absolute_url` are absolute URLs of this site.
// - An empty string, an empty list or an absent optional means: there is none, and the page says nothing about it.
namespace kimberlite::rendering {

// HTML that was rebuilt from the allow-list (libs/html) before it was stored.
struct TrustedHtml {
  std::string html;
};

struct Language {
  std::string code;         // BCP 47, e.g. "sah"
  std::string dir;          // "ltr" or "rtl"
  std::string native_name;  // the language's name in itself
};

struct Link {
  std::string label;
  std::string url;
};

// A step of the way from the front page to this one.
struct Crumb {
  std::string label;
  std::string url;           // empty: the page itself
  std::string absolute_url;  // likewise
  int position = 1;
};

// A date as machines and as readers see it.
struct Moment {
  std::string iso;   // RFC 3339 with the offset of the site's time zone: "2026-11-24T18:30:00+09:00"
  std::string text;  // in the page's language and the site's zone
};

// The same picture in another format, in several widths.
struct PictureSource {
  std::string type;    // "image/avif"
  std::string srcset;  // "/media/… 480w, /media/… 960w"
};

// A stored picture of this site.
struct Picture {
  std::string src;  // "/media/…"
  std::string alt;  // empty: decoration
  int width = 0;    // pixels, greater than 0
  int height = 0;
  std::string srcset;                  // in the format of src, several widths; may be empty
  std::vector<PictureSource> sources;  // in better formats, the best first
  bool eager = false;                  // the page's first: it is loaded at once, the others when they come near
  std::string caption;                 // only where a story shows it
  std::string credit;
};

// The three documents of one feed.
struct FeedLinks {
  std::string title;  // e.g. "Economy – Northern Herald"
  std::string rss_url;
  std::string atom_url;
  std::string json_url;
};

// A line of <link rel="alternate" hreflang="…">.
struct Alternate {
  std::string hreflang;  // language code or "x-default"
  std::string absolute_url;
};

// An entry of the sections' navigation.
struct NavItem {
  std::string label;
  std::string url;
  bool current = false;
};

// An entry of the language switcher.
struct LanguageChoice {
  std::string native_name;
  std::string code;
  std::string dir;
  std::string url;  // empty: this page does not exist in that language, and the switcher says so
  bool current = false;
};

// The picture that social networks show with a link.
struct ShareImage {
  std::string absolute_url;
  std::string alt;
  int width = 0;  // pixels, greater than 0
  int height = 0;
};

// What every page has.
struct Shell {
  Language language;
  std::string site_name;
  std::string tagline;
  std::string site_url;  // absolute, no slash at the end: "https://example.org"
  std::string home_url;  // "/en/"

  std::string title;          // of the page, without the site's name; empty on the home page
  std::string description;    // one sentence or two; empty: the tagline stands in
  std::string canonical_url;  // absolute; empty on error pages
  std::string prev_url;       // absolute; pages before and after it in a list
  std::string next_url;
  bool noindex = false;               // ask search engines to leave the page out
  std::vector<Alternate> alternates;  // itself, its translations, "x-default"; empty when there are none

  std::vector<Crumb> breadcrumb;  // empty: not shown

  std::vector<NavItem> sections;
  std::vector<LanguageChoice> languages;
  std::vector<Link> social_accounts;  // labels as the settings say: "Instagram"
  FeedLinks feeds;        // of the page's own scope: its section, tag or source, otherwise the whole language
  std::string feeds_url;  // page with all feeds
  std::string about_url;
  std::string search_url;    // takes ?q=
  std::string archive_url;   // the months that have stories
  std::string time_zone;     // the zone of all times, in the page's language: "Yakutsk"
  std::string search_query;  // what the search field holds
  std::optional<ShareImage> share_image;
};

// A story in a list.
struct Card {
  std::string url;
  std::string headline;
  std::string summary;
  std::optional<Picture> picture;
  Moment published;
  // Set when the story is shown in another language than the page's.
  std::optional<Language> foreign;
  std::string section_label;  // empty where the list itself is the section's
  int position = 1;           // in a list
};

// /{lang}/
struct HomeView {
  struct Block {
    std::string label;
    std::string url;
    std::vector<Card> cards;
  };
  Shell shell;
  std::optional<Card> lead;
  std::vector<Card> cards;    // the newest after the lead
  std::vector<Block> blocks;  // by section, in the order of the navigation
  std::string older_url;      // all stories, before those
};

enum class ListKind : std::uint8_t { kSection, kTag, kSource, kAuthor, kArchive };

// /{lang}/{section}/, /{lang}/tag/{slug}/, …
struct ListView {
  Shell shell;
  ListKind kind = ListKind::kSection;
  std::string heading;  // the section's, tag's, source's or author's name; for an archive the month
  std::string about;    // a sentence or two about it; may be empty
  Link website;         // of a source or author; url may be empty
  std::vector<Card> cards;
  std::vector<Card> more;  // after these; headlines alone
  std::string newer_url;
  std::string older_url;
  int page_number = 0;  // of a page under …/page/{n}/; 0: the head
};

// /{lang}/{section}/{id}-{slug}, and its lite version
struct ArticleView {
  struct Author {
    std::string name;  // as it is to be printed, in any script
    std::string url;   // may be empty
  };
  struct Source {
    std::string name;          // as it is to be printed, in any script
    std::string url;           // its list on this site; may be empty
    std::string original_url;  // where the story stands at the source; absolute http(s) or empty
  };
  struct Correction {
    Moment time;
    std::string note;
  };
  // How far the words shown are behind the original's.
  struct Drift {
    int behind = 0;  // paragraphs of the original that have changed since, at least 1
    int total = 0;
    Moment since;
    LanguageChoice original;  // url may be empty
  };
  Shell shell;
  // Set when the story is shown in another language than the page's, as it is not translated yet.
  std::optional<Language> foreign;
  std::string headline;
  std::string summary;
  TrustedHtml body_html;
  std::vector<Author> authors;
  Moment published;
  Moment updated;             // when its words last changed; equals `published` when they never did
  bool show_updated = false;  // whether readers are told
  Link section;
  std::optional<Source> source;
  std::vector<Link> tags;
  std::optional<Picture> picture;
  std::vector<LanguageChoice> translations;  // the other languages it can be read in
  std::vector<Correction> corrections;       // oldest first
  std::optional<Drift> drift;
  std::vector<Card> related;
  std::string full_url;  // of the story itself
  std::string lite_url;  // of its version without pictures
};

// 404 (never there), 410 (withdrawn), 500 (a fault of ours), 503 (not now).
struct ErrorView {
  Shell shell;
  int status = 404;
  std::vector<Card> latest;  // to go on reading; may be empty
};

// /
struct ChooserView {
  struct Entry {
    Language language;
    std::string url;
    std::string site_name;  // in that language
    std::string tagline;    // in that language
  };
  Shell shell;  // in the site's default language
  std::vector<Entry> entries;
};

// /{lang}/feeds/
struct FeedsView {
  struct Group {
    std::string label;  // "All news", a section's name
    FeedLinks feeds;
  };
  Shell shell;
  std::vector<Group> groups;
};

// /{lang}/about/
struct AboutView {
  Shell shell;
  std::vector<Link> sources;  // whom stories are credited to
};

// /{lang}/archive/
struct ArchiveView {
  struct Year {
    std::string label;
    std::vector<Link> months;  // newest first
  };
  Shell shell;
  std::vector<Year> years;  // newest first
};

// /{lang}/search?q=
struct SearchView {
  struct Part {
    std::string text;
    bool marked = false;  // matches the query
  };
  struct Hit {
    Card card;
    std::vector<Part> snippet;
  };
  Shell shell;
  std::string query;  // as typed; empty: nothing was asked
  bool too_long = false;
  bool unavailable = false;
  std::vector<Hit> hits;
  bool bounded = false;  // more matched than are ranked: the newest of them, newest first
  std::string next_url;
};

}  // namespace kimberlite::rendering
