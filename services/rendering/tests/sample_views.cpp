#include "services/rendering/tests/sample_views.h"

namespace kimberlite::rendering {

Shell MakeShell(const std::string& language) {
  Shell shell;
  shell.language = {language, language == "ar" ? "rtl" : "ltr", "Own name"};
  shell.site_name = "Northern Herald";
  shell.tagline = "Current affairs in the biggest region";
  shell.site_url = "https://example.org";
  shell.home_url = "/" + language + "/";
  shell.title = "Page";
  shell.description = "What it is about.";
  shell.canonical_url = "https://example.org/" + language + "/page/";
  shell.alternates = {{"en", "https://example.org/en/page/"}, {"x-default", "https://example.org/"}};
  shell.sections = {{"Society", "/en/society/", false}, {"Economy", "/en/economy/", true}};
  shell.languages = {{"English", "en", "ltr", "/en/", true}, {"العربية", "ar", "rtl", "", false}};
  shell.social_accounts = {{"Instagram", "https://instagram.com/example"}, {"Twitter", "https://twitter.com/example"}};
  shell.feeds = {"Economy – Northern Herald", "/en/economy/rss.xml", "/en/economy/atom.xml", "/en/economy/feed.json"};
  shell.feeds_url = "/en/feeds/";
  shell.about_url = "/en/about/";
  shell.search_url = "/en/search";
  shell.archive_url = "/en/archive/";
  shell.time_zone = "Yakutsk";
  shell.breadcrumb = {{"Northern Herald", "/en/", "https://example.org/en/", 1},
                      {"Economy", "/en/economy/", "https://example.org/en/economy/", 2},
                      {"Page", "", "", 3}};
  shell.share_image = ShareImage{"https://example.org/media/a.svg", "Alt", 1200, 675};
  return shell;
}

Card MakeCard(int number) {
  Card card;
  card.url = "/en/economy/" + std::to_string(number) + "-a-story";
  card.headline = "Story " + std::to_string(number);
  card.summary = "A summary.";
  if (number % 2 == 0) card.picture = Picture{"/media/a.svg", "A picture", 1200, 675};
  card.published = {"2026-11-24T18:30:00+09:00", "24 November 2026"};
  card.section_label = "Economy";
  return card;
}

ArticleView MakeArticle(const std::string& language) {
  ArticleView view;
  view.shell = MakeShell(language);
  view.headline = "ALROSA meets Belgium";
  view.summary = "In short.";
  view.body_html = {"<p>The body &amp; all.</p>"};
  view.authors = {{"A. Ivanova", "/en/author/a-ivanova/"}, {"B. Petrov", ""}};
  view.published = {"2026-11-24T18:30:00+09:00", "24 November 2026"};
  view.updated = {"2026-11-24T19:00:00+09:00", "24 November 2026 at 19:00"};
  view.show_updated = true;
  view.section = {"Economy", "/en/economy/"};
  view.source = ArticleView::Source{"Yakutia24", "/en/source/yakutia24/", "https://example.org/original"};
  view.tags = {{"ALROSA", "/en/tag/alrosa/"}, {"diamond", "/en/tag/diamond/"}, {"Belgium", "/en/tag/belgium/"}};
  view.picture = Picture{"/media/a.svg", "A picture", 1200, 675};
  view.translations = {{"Русский", "ru", "ltr", "/ru/economy/1-x", false}};
  view.related = {MakeCard(1), MakeCard(2)};
  view.corrections = {{{"2026-11-24T20:00:00+09:00", "24 November 2026 at 20:00"}, "The year was wrong."}};
  view.drift = ArticleView::Drift{3, 14, view.updated, {"Русский", "ru", "ltr", "/ru/economy/1-x", false}};
  view.full_url = "/en/economy/1-x";
  view.lite_url = "/en/economy/1-x/lite";
  return view;
}

ListView MakeList(const std::string& language, ListKind kind) {
  ListView view;
  view.shell = MakeShell(language);
  view.kind = kind;
  view.heading = "Economy";
  for (int i = 0; i < 5; ++i) view.cards.push_back(MakeCard(i));
  view.more = {MakeCard(5), MakeCard(6)};
  view.newer_url = "/en/economy/";
  view.older_url = "/en/economy/page/3/";
  view.page_number = 4;
  return view;
}

SearchView MakeSearch(const std::string& language) {
  SearchView view{.shell = MakeShell(language), .query = "diamond"};
  view.hits = {{MakeCard(1), {{"a ", false}, {"diamond", true}, {" of ice", false}}}, {MakeCard(2), {}}};
  view.bounded = true;
  view.next_url = "/en/search?q=diamond&after=x";
  return view;
}

ArchiveView MakeArchive(const std::string& language) {
  return {MakeShell(language), {{"2026", {{"November 2026", "/en/archive/2026/11/"}}}}};
}

HomeView MakeHome(const std::string& language) {
  HomeView view;
  view.shell = MakeShell(language);
  view.shell.title.clear();
  view.lead = MakeCard(0);
  view.cards = {MakeCard(1), MakeCard(2)};
  view.blocks = {{"Economy", "/en/economy/", {MakeCard(3), MakeCard(4)}}, {"Empty", "/en/empty/", {}}};
  return view;
}

}  // namespace kimberlite::rendering
