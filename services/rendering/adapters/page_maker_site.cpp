
#include <algorithm>

#include "libs/site/month_windows.h"
#include "services/rendering/adapters/page_maker.h"

// The pages of the site as a whole.
namespace kimberlite::rendering {
namespace {

constexpr int kHomeSize = 9;  // the lead and two rows of four on a wide screen
constexpr int kBlockSize = 4;
constexpr std::size_t kBlocks = 6;  // more would not fit into the first window of a connection
constexpr int kLatestOnErrors = 4;

}  // namespace

Result<Page> PageMaker::Chooser() {
  ChooserView view{.shell = MakeShell()};
  view.shell.title = theme_.Texts(view_.language()).Format("chooser.title");
  view.shell.canonical_url = view_.Absolute("/");
  for (const auto& one : site_.languages()) {
    const SiteView other(site_, one.language_code());
    view.entries.push_back({SiteView::LanguageOf(site_, one.language_code()), other.HomePath(),
                            other.Text(site_.names()), other.Text(site_.taglines())});
  }
  OfferEverywhere(view.shell, "");
  return Finish(theme_.Render(view), "/");
}

Result<Page> PageMaker::Home() {
  HomeView view{.shell = MakeShell()};
  view.shell.canonical_url = view_.Absolute(view_.HomePath());
  OfferEverywhere(view.shell, "");
  std::set<std::int64_t> shown;
  std::vector<Wanted> lists = {{view_.language(), kHomeSize, ""}};
  for (const auto& section : site_.sections()) {
    if (!section.parent_section_id().empty() || lists.size() > kBlocks) continue;
    lists.push_back({view_.language() + "/section/" + section.section_id(), kHomeSize + kBlockSize, ""});
  }
  KIMBERLITE_RETURN_IF_ERROR(Fetch(std::move(lists)));
  int sealed = 0;
  KIMBERLITE_ASSIGN_OR_RETURN(const auto newest, List(view_.language(), kHomeSize, "", &sealed));
  if (sealed > 0) view.older_url = view_.HomePath() + "page/" + std::to_string(sealed) + "/";
  for (const auto& card : newest) {
    KIMBERLITE_ASSIGN_OR_RETURN(Card made, MakeCard(card, true));
    shown.insert(card.article_id());
    view.cards.push_back(std::move(made));
  }
  // The newest with a picture leads.
  const auto lead = std::ranges::find_if(view.cards, [](const Card& card) { return card.picture.has_value(); });
  if (!view.cards.empty()) {
    const auto chosen = lead == view.cards.end() ? view.cards.begin() : lead;
    view.lead = std::move(*chosen);
    view.cards.erase(chosen);
  }
  for (const auto& section : site_.sections()) {
    if (!section.parent_section_id().empty() || view.blocks.size() == kBlocks) continue;
    HomeView::Block block{view_.SectionLabel(section.section_id()), view_.SectionPath(section.section_id()), {}};
    KIMBERLITE_ASSIGN_OR_RETURN(const auto cards,
                                List(view_.language() + "/section/" + section.section_id(), kHomeSize + kBlockSize));
    for (const auto& card : cards) {
      if (block.cards.size() == kBlockSize || !shown.insert(card.article_id()).second) continue;
      KIMBERLITE_ASSIGN_OR_RETURN(Card made, MakeCard(card, false));
      // One story of each section is told, the others are pictures and headlines.
      if (!block.cards.empty()) made.summary.clear();
      block.cards.push_back(std::move(made));
    }
    if (!block.cards.empty()) view.blocks.push_back(std::move(block));
  }
  return Finish(theme_.Render(view), view_.HomePath());
}

Result<Page> PageMaker::Feeds() {
  FeedsView view{.shell = MakeShell()};
  view.shell.title = theme_.Texts(view_.language()).Format("feeds.title");
  const std::string path = view_.HomePath() + "feeds/";
  view.shell.canonical_url = view_.Absolute(path);
  view.shell.breadcrumb = view_.Breadcrumb({{view.shell.title, ""}});
  OfferEverywhere(view.shell, "feeds/");
  KIMBERLITE_ASSIGN_OR_RETURN(const auto feeds, sources_.ListFeeds(context_, view_.language()));
  DependOn("sources");
  for (const auto& feed : feeds.feeds()) {
    const std::string scope = feed.rss_path().substr(0, feed.rss_path().rfind('/') + 1);
    view.groups.push_back({feed.title(), {feed.title(), scope + "rss.xml", scope + "atom.xml", scope + "feed.json"}});
  }
  return Finish(theme_.Render(view), path);
}

Result<Page> PageMaker::About() {
  AboutView view{.shell = MakeShell()};
  view.shell.title = theme_.Texts(view_.language()).Format("about.title");
  const std::string path = view_.HomePath() + "about/";
  view.shell.canonical_url = view_.Absolute(path);
  view.shell.breadcrumb = view_.Breadcrumb({{view.shell.title, ""}});
  OfferEverywhere(view.shell, "about/");
  DependOn("sources");
  for (const auto& source : site_.sources()) {
    view.sources.push_back({source.name(), view_.SourcePath(source.source_id())});
  }
  return Finish(theme_.Render(view), path);
}

Result<Page> PageMaker::Archive() {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto months, sources_.ListArchiveMonths(context_, view_.language()));
  for (auto& window : site::MonthWindows(view_.language(), months)) {
    DependOn(std::move(window.entity), std::move(window.low), std::move(window.high));
  }
  ArchiveView view{.shell = MakeShell()};
  view.shell.title = theme_.Texts(view_.language()).Format("archive.title");
  const std::string path = view_.HomePath() + "archive/";
  view.shell.canonical_url = view_.Absolute(path);
  view.shell.breadcrumb = view_.Breadcrumb({{view.shell.title, ""}});
  view.shell.noindex = months.empty();
  OfferEverywhere(view.shell, "archive/");
  for (const std::string& month : months) {
    const std::string year = month.substr(0, 4);
    if (view.years.empty() || view.years.back().label != year) view.years.push_back({year, {}});
    view.years.back().months.push_back({view_.MonthName(month), view_.MonthPath(month)});
  }
  return Finish(theme_.Render(view), path);
}

Page PageMaker::Error(int status, bool cacheable) {
  ErrorView view{.shell = MakeShell(), .status = status};
  view.shell.title = theme_.Texts(view_.language()).Format("error." + std::to_string(status) + ".title");
  view.shell.noindex = true;
  OfferEverywhere(view.shell, "");
  view.shell.alternates.clear();
  if (status == 404 || status == 410) {
    // A page about nothing may do without what is on offer elsewhere.
    if (auto cards = List(view_.language(), kLatestOnErrors)) {
      for (const auto& card : *cards) {
        if (auto made = MakeCard(card, true)) view.latest.push_back(std::move(*made));
      }
    }
  }
  Page page = Finish(theme_.Render(view), "");
  page.status = status;
  page.cacheable = cacheable;
  return page;
}

}  // namespace kimberlite::rendering
