#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/rendering/adapters/site_view.h"
#include "services/rendering/adapters/sources.h"
#include "services/rendering/core/page.h"
#include "services/rendering/core/route.h"
#include "services/rendering/core/theme.h"

namespace kimberlite::rendering {

// One page in the making: asks the sources, fills the view, and notes everything that it saw as a dependency. Used
// once, by one thread. Each function makes a whole page; an error only where a source failed.
class PageMaker {
 public:
  // `language` is one of the site's.
  PageMaker(Sources& sources, const Theme& theme, const Context& context, const content::v1::Site& site,
            std::string language);

  // page_maker_site.cpp
  Result<Page> Chooser();
  Result<Page> Home();
  Result<Page> Feeds();
  Result<Page> About();
  Result<Page> Archive();
  Page NotFound() { return Error(404, false); }
  // Withdrawn is final and asked for often, so it is kept like any page.
  Page Gone() { return Error(410, true); }
  Page Error(int status, bool cacheable);

  // page_maker_lists.cpp
  Result<Page> Section(const Route& route);
  Result<Page> Tag(const Route& route);
  Result<Page> Source(const Route& route);
  Result<Page> Author(const Route& route);
  Result<Page> Month(const Route& route);
  // An anchored page of all stories: what the front page's list goes on with.
  Result<Page> News(const Route& route);
  Result<Page> Feed(const Route& route);
  // A document of the feed service, in a language or in none.
  Result<Page> FeedDocument(const feed::v1::GetFeedRequest& request, const std::string& language);

  // page_maker_search.cpp
  Result<Page> Search(const Route& route);
  // What an address that shows nothing means: its new place (301), that it is gone (410), or, where it was never known,
  // `otherwise`.
  Result<Page> OldAddress(const std::string& target, Page otherwise);

  // page_maker_article.cpp
  Result<Page> ArticlePage(std::int64_t id, bool lite);

 private:
  using Cards = std::vector<content::v1::ArticleCard>;

  // Common.
  void DependOn(std::string entity, std::string low = "", std::string high = "");
  // The newest of a list, or with `before` the newest that stand before this sort key; depends on their window and on
  // each article in it.
  Result<Cards> List(const std::string& list_key, int count, const std::string& before = "",
                     int* newest_sealed_page = nullptr);
  // Asks for these at once, so that List finds them at hand.
  struct Wanted {
    std::string list_key;
    int count = 0;
    std::string before;
    auto operator<=>(const Wanted&) const = default;
  };
  Result<void> Fetch(std::vector<Wanted> wanted);
  static content::v1::ListArticlesRequest RequestOf(const Wanted& wanted);
  // What every page has, with the theme's own picture for social networks.
  Shell MakeShell() const;
  Result<Picture> DescribePicture(const std::string& media_id);
  Result<std::optional<Picture>> MakePicture(const content::v1::ArticlePicture& picture);
  // `rich`: with its picture and the beginning of its summary.
  Result<Card> MakeCard(const content::v1::ArticleCard& card, bool with_section, bool rich = true);
  // The page exists in every language, at the same place below its home.
  void OfferEverywhere(Shell& shell, const std::string& below);
  void OfferEach(Shell& shell, const std::function<std::string(const SiteView&)>& path_in);
  void Newest(Time time) { newest_ = std::max(newest_, time); }
  Page Redirect(const std::string& path);
  // `path`: where the page lives; empty: wherever it was asked for.
  Page Finish(std::string html, std::string path);

  // Lists.
  struct Scope {
    ListKind kind;
    std::string list;  // list key without its language: "section/economy"; empty: all stories
    std::string heading;
    bool with_section = false;
    std::function<std::string(const SiteView&)> path_in;  // of the head
    std::vector<Link> above;                              // in the breadcrumb, between the front page and the list
    std::string about;
    Link website;
  };
  Result<Page> ListPage(const Scope& scope, int number);
  void OfferList(const Scope& scope, int number, Shell& shell);
  Result<void> AddCards(const content::v1::ListArticlesResponse& response, const Scope& scope, ListView& view);
  Result<tagging::v1::Concept> FindTag(const std::string& slug);

  // Article.
  // Empty where nothing of it is public in any language.
  Result<std::string> PlaceOfArticle(const SiteView& view, std::int64_t id);
  const content::v1::Translation* Shown(const content::v1::Article& article) const;
  Result<Page> ShowArticle(const content::v1::Article& article, const content::v1::Translation& shown, bool lite);
  void OfferTranslations(const content::v1::Article& article, bool foreign, ArticleView& view);
  void AddCorrectionsAndDrift(const content::v1::Article& article, const content::v1::Translation& shown,
                              ArticleView& view);
  Result<void> AddTags(const content::v1::Article& article, ArticleView& view);
  Result<void> AddRelated(const content::v1::Article& article, const content::v1::Translation& shown,
                          ArticleView& view);

  Sources& sources_;
  const Theme& theme_;
  const Context& context_;
  const content::v1::Site& site_;
  const SiteView view_;
  std::map<Wanted, content::v1::ListArticlesResponse> fetched_;
  std::set<Dependency> dependencies_;
  Time newest_{};
  bool has_picture_ = false;
};

}  // namespace kimberlite::rendering
