#include "services/rendering/adapters/page_builder.h"

#include <algorithm>
#include <set>

#include "services/rendering/adapters/site_view.h"

namespace kimberlite::rendering {
namespace {

using content::v1::Article;
using content::v1::ArticleCard;
using content::v1::Site;
using content::v1::Translation;

constexpr int kListSize = 30;
constexpr int kHomeSize = 9;  // the lead and two rows of four on a wide screen
constexpr int kBlockSize = 4;
constexpr int kRelatedSize = 4;
constexpr int kLatestOnErrors = 4;

const char kHtml[] = "text/html; charset=utf-8";

// One page in the making.
class Builder {
 public:
  Builder(GrpcSources& sources, const Theme& theme, const Context& context, const Site& site, std::string language)
      : sources_(sources), theme_(theme), context_(context), site_(site), view_(site, std::move(language)) {
    DependOn("site");
  }

  Result<Page> Chooser() {
    ChooserView view{.shell = view_.MakeShell()};
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

  Result<Page> Home() {
    HomeView view{.shell = view_.MakeShell()};
    view.shell.canonical_url = view_.Absolute(view_.HomePath());
    OfferEverywhere(view.shell, "");
    std::set<std::int64_t> shown;
    KIMBERLITE_ASSIGN_OR_RETURN(const auto newest, List(view_.language(), kHomeSize));
    for (const ArticleCard& card : newest) {
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
      if (!section.parent_section_id().empty()) continue;
      HomeView::Block block{view_.SectionLabel(section.section_id()), view_.SectionPath(section.section_id()), {}};
      KIMBERLITE_ASSIGN_OR_RETURN(const auto cards,
                                  List(view_.language() + "/section/" + section.section_id(), kHomeSize + kBlockSize));
      for (const ArticleCard& card : cards) {
        if (block.cards.size() == kBlockSize || !shown.insert(card.article_id()).second) continue;
        KIMBERLITE_ASSIGN_OR_RETURN(Card made, MakeCard(card, false));
        block.cards.push_back(std::move(made));
      }
      if (!block.cards.empty()) view.blocks.push_back(std::move(block));
    }
    return Finish(theme_.Render(view), view_.HomePath());
  }

  Result<Page> Section(const std::string& slug) {
    const auto* section = view_.FindSectionBySlug(slug);
    if (!section) return NotFound();
    const std::string& id = section->section_id();
    ListView view{.shell = view_.MakeShell(), .kind = ListKind::kSection, .heading = view_.SectionLabel(id)};
    for (NavItem& item : view.shell.sections) item.current = item.url == view_.SectionPath(id);
    OfferEach(view.shell, [&](const SiteView& other) { return other.SectionPath(id); });
    return List(std::move(view), "section/" + id, view_.SectionPath(id), false);
  }

  // The tag behind a slug of the language, or, where the tag has no name in it, of the language whose name is shown.
  Result<tagging::v1::Concept> FindTag(const std::string& slug) {
    for (const std::string& code : view_.chain()) {
      auto tag = sources_.ResolveTag(context_, code, slug);
      if (!tag && tag.error().code() == Code::kNotFound) continue;
      if (!tag || code == view_.language() || view_.TagSlug(*tag) == slug) return tag;
    }
    return Fail(Code::kNotFound, "no tag has the slug " + slug);
  }

  Result<Page> Tag(const std::string& slug) {
    auto tag = FindTag(slug);
    if (!tag && tag.error().code() == Code::kNotFound) return NotFound();
    if (!tag) return std::unexpected(tag.error());
    DependOn("concept:" + std::to_string(tag->concept_id()));
    const std::string path = view_.TagPath(*tag);
    if (path != view_.HomePath() + "tag/" + slug + "/") return Redirect(path);
    ListView view{.shell = view_.MakeShell(), .kind = ListKind::kTag, .heading = view_.TagLabel(*tag)};
    OfferEach(view.shell, [&](const SiteView& other) { return other.TagPath(*tag); });
    return List(std::move(view), "concept/" + std::to_string(tag->concept_id()), path, true);
  }

  Result<Page> Source(const std::string& slug) {
    const auto* source = view_.FindSource(slug);
    if (!source) return NotFound();
    ListView view{.shell = view_.MakeShell(), .kind = ListKind::kSource, .heading = source->name()};
    OfferEach(view.shell, [&](const SiteView& other) { return other.SourcePath(slug); });
    return List(std::move(view), "source/" + slug, view_.SourcePath(slug), true);
  }

  Result<Page> ArticlePage(std::int64_t id) {
    auto article = sources_.GetArticle(context_, id);
    if (!article && article.error().code() == Code::kNotFound) return NotFound();
    if (!article) return std::unexpected(article.error());
    DependOn("article:" + std::to_string(id));

    const Translation* own = Find(*article, view_.language());
    if (own && own->state() == content::v1::TRANSLATION_STATE_WITHDRAWN) return Gone();
    const Translation* shown = own && IsPublic(*own) ? own : nullptr;
    for (const std::string& code : view_.chain()) {
      if (shown) break;
      const Translation* other = Find(*article, code);
      if (other && IsPublic(*other)) shown = other;
    }
    if (!shown) {
      const bool withdrawn = std::ranges::any_of(article->translations(), [](const Translation& one) {
        return one.state() == content::v1::TRANSLATION_STATE_WITHDRAWN;
      });
      return withdrawn ? Gone() : NotFound();
    }
    return ShowArticle(*article, *shown);
  }

  Result<Page> Feeds() {
    FeedsView view{.shell = view_.MakeShell()};
    view.shell.title = theme_.Texts(view_.language()).Format("feeds.title");
    const std::string path = view_.HomePath() + "feeds/";
    view.shell.canonical_url = view_.Absolute(path);
    OfferEverywhere(view.shell, "feeds/");
    KIMBERLITE_ASSIGN_OR_RETURN(const auto feeds, sources_.ListFeeds(context_, view_.language()));
    for (const auto& feed : feeds.feeds()) {
      const std::string scope = feed.rss_path().substr(0, feed.rss_path().rfind('/') + 1);
      view.groups.push_back({feed.title(), {feed.title(), scope + "rss.xml", scope + "atom.xml", scope + "feed.json"}});
    }
    return Finish(theme_.Render(view), path);
  }

  Result<Page> About() {
    AboutView view{.shell = view_.MakeShell()};
    view.shell.title = theme_.Texts(view_.language()).Format("about.title");
    const std::string path = view_.HomePath() + "about/";
    view.shell.canonical_url = view_.Absolute(path);
    OfferEverywhere(view.shell, "about/");
    for (const auto& source : site_.sources()) {
      view.sources.push_back({source.name(), view_.SourcePath(source.source_id())});
    }
    return Finish(theme_.Render(view), path);
  }

  Result<Page> Feed(const Route& route) {
    std::string list = view_.language();
    std::string path = view_.HomePath();
    if (route.kind == RouteKind::kSection) {
      const auto* section = view_.FindSectionBySlug(route.slug);
      if (!section) return NotFound();
      list += "/section/" + section->section_id();
    } else if (route.kind == RouteKind::kTag) {
      auto tag = FindTag(route.slug);
      if (!tag && tag.error().code() == Code::kNotFound) return NotFound();
      if (!tag) return std::unexpected(tag.error());
      DependOn("concept:" + std::to_string(tag->concept_id()));
      path = view_.TagPath(*tag);
      if (path != view_.HomePath() + "tag/" + route.slug + "/") return Redirect(path + FileName(route.feed));
      list += "/concept/" + std::to_string(tag->concept_id());
    } else if (route.kind == RouteKind::kSource) {
      if (!view_.FindSource(route.slug)) return NotFound();
      list += "/source/" + route.slug;
    }
    return FeedDocument(FormatOf(route.feed), list, view_.language());
  }

  Result<Page> FeedDocument(feed::v1::FeedFormat format, const std::string& list, const std::string& language) {
    KIMBERLITE_ASSIGN_OR_RETURN(auto feed, sources_.GetFeed(context_, format, list));
    Page page;
    page.content_type = feed.content_type();
    page.content_language = language;
    page.body = std::move(*feed.mutable_document());
    if (feed.has_last_modified_time()) page.last_modified = ToTime(feed.last_modified_time());
    for (const auto& one : feed.dependencies()) {
      dependencies_.insert({one.entity(), one.low_sort_key(), one.high_sort_key()});
    }
    page.dependencies.assign(dependencies_.begin(), dependencies_.end());
    return page;
  }

  Page NotFound() { return Error(404, false); }
  // Withdrawn is final and asked for often, so it is kept like any page.
  Page Gone() { return Error(410, true); }

  Page Error(int status, bool cacheable) {
    ErrorView view{.shell = view_.MakeShell(), .status = status};
    view.shell.title = theme_.Texts(view_.language()).Format("error." + std::to_string(status) + ".title");
    view.shell.noindex = true;
    OfferEverywhere(view.shell, "");
    view.shell.alternates.clear();
    if (status == 404 || status == 410) {
      // A page about nothing may do without what is on offer elsewhere.
      if (auto cards = List(view_.language(), kLatestOnErrors)) {
        for (const ArticleCard& card : *cards) {
          if (auto made = MakeCard(card, true)) view.latest.push_back(std::move(*made));
        }
      }
    }
    Page page = Finish(theme_.Render(view), "");
    page.status = status;
    page.cacheable = cacheable;
    return page;
  }

 private:
  static const Translation* Find(const Article& article, std::string_view language) {
    for (const Translation& one : article.translations()) {
      if (one.language_code() == language) return &one;
    }
    return nullptr;
  }
  static bool IsPublic(const Translation& one) { return one.state() == content::v1::TRANSLATION_STATE_PUBLISHED; }
  static const char* FileName(FeedFormat feed) {
    return feed == FeedFormat::kAtom ? "atom.xml" : feed == FeedFormat::kJson ? "feed.json" : "rss.xml";
  }
  static feed::v1::FeedFormat FormatOf(FeedFormat feed) {
    switch (feed) {
      case FeedFormat::kNone:
      case FeedFormat::kRss: return feed::v1::FEED_FORMAT_RSS;
      case FeedFormat::kAtom: return feed::v1::FEED_FORMAT_ATOM;
      case FeedFormat::kJson: return feed::v1::FEED_FORMAT_JSON;
    }
    return feed::v1::FEED_FORMAT_RSS;
  }

  void DependOn(std::string entity, std::string low = "", std::string high = "") {
    dependencies_.insert({std::move(entity), std::move(low), std::move(high)});
  }

  // The head of a list; depends on its window and on each article in it.
  Result<std::vector<ArticleCard>> List(const std::string& list_key, int count) {
    KIMBERLITE_ASSIGN_OR_RETURN(auto cards, sources_.ListArticles(context_, list_key, count));
    const bool whole = static_cast<int>(cards.size()) < count;
    DependOn("list:" + list_key, whole ? "" : cards.back().sort_key());
    for (const ArticleCard& card : cards) DependOn("article:" + std::to_string(card.article_id()));
    return cards;
  }

  Result<std::optional<rendering::Picture>> MakePicture(const content::v1::ArticlePicture& picture) {
    if (picture.media_id().empty()) return std::nullopt;
    KIMBERLITE_ASSIGN_OR_RETURN(const auto size, sources_.PictureSize(context_, picture.media_id()));
    return rendering::Picture{"/media/" + picture.media_id(), view_.Text(picture.alt()), size.first, size.second};
  }

  Result<Card> MakeCard(const ArticleCard& card, bool with_section) {
    Card made;
    made.url = view_.ArticlePath(card.section_id(), card.article_id(), card.slug());
    made.headline = card.headline();
    made.summary = card.summary();
    KIMBERLITE_ASSIGN_OR_RETURN(made.picture, MakePicture(card.picture()));
    made.published = view_.MomentOf(ToTime(card.published_time()));
    if (with_section) made.section_label = view_.SectionLabel(card.section_id());
    Newest(ToTime(card.updated_time()));
    return made;
  }

  Result<Page> List(ListView view, const std::string& scope, const std::string& path, bool with_section) {
    view.shell.title = view.heading;
    view.shell.canonical_url = view_.Absolute(path);
    view.shell.feeds = {view.heading + " – " + view.shell.site_name, path + "rss.xml", path + "atom.xml",
                        path + "feed.json"};
    KIMBERLITE_ASSIGN_OR_RETURN(const auto cards, List(view_.language() + "/" + scope, kListSize));
    for (const ArticleCard& card : cards) {
      KIMBERLITE_ASSIGN_OR_RETURN(Card made, MakeCard(card, with_section));
      view.cards.push_back(std::move(made));
    }
    // Search engines have no use for a list with nothing in it.
    view.shell.noindex = view.cards.empty();
    return Finish(theme_.Render(view), path);
  }

  Result<Page> ShowArticle(const Article& article, const Translation& shown) {
    const bool foreign = shown.language_code() != view_.language();
    const std::string path = view_.ArticlePath(article.section_id(), article.article_id(), shown.slug());
    ArticleView view{.shell = view_.MakeShell()};
    Shell& shell = view.shell;
    shell.title = shown.headline();
    shell.description = shown.summary();
    shell.canonical_url = view_.Absolute(foreign ? ArticlePathIn(site_, article, shown) : path);
    shell.noindex = foreign;
    for (NavItem& item : shell.sections) item.current = item.url == view_.SectionPath(article.section_id());
    for (LanguageChoice& choice : shell.languages) {
      const Translation* other = Find(article, choice.code);
      if (other && IsPublic(*other)) choice.url = ArticlePathIn(site_, article, *other);
    }
    if (!foreign) {
      for (const LanguageChoice& choice : shell.languages) {
        if (choice.url.empty()) continue;
        shell.alternates.push_back({choice.code, view_.Absolute(choice.url)});
        if (choice.code != view_.language()) view.translations.push_back(choice);
      }
      // Readers of no listed language get the original, or whatever is first where that is not public.
      const Translation* original = Find(article, article.original_language_code());
      shell.alternates.push_back({"x-default", original && IsPublic(*original)
                                                   ? view_.Absolute(ArticlePathIn(site_, article, *original))
                                                   : shell.alternates.front().absolute_url});
    }

    if (foreign) view.foreign = SiteView::LanguageOf(site_, shown.language_code());
    view.headline = shown.headline();
    view.summary = shown.summary();
    view.body_html = {shown.body_html()};
    for (const std::string& author : shown.authors()) view.authors.push_back({author, ""});
    view.published = view_.MomentOf(ToTime(shown.published_time()));
    view.updated = view_.MomentOf(ToTime(shown.updated_time()));
    view.show_updated = ToTime(shown.updated_time()) > ToTime(shown.published_time()) + std::chrono::minutes(1);
    Newest(ToTime(shown.updated_time()));
    view.section = {view_.SectionLabel(article.section_id()), view_.SectionPath(article.section_id())};
    if (const auto* source = view_.FindSource(article.source_id())) {
      view.source = {source->name(), view_.SourcePath(source->source_id()), article.source_url()};
    }
    KIMBERLITE_ASSIGN_OR_RETURN(view.picture, MakePicture(article.picture()));
    if (view.picture) {
      shell.share_image = {view_.Absolute(view.picture->src), view.picture->alt, view.picture->width,
                           view.picture->height};
    }
    KIMBERLITE_RETURN_IF_ERROR(AddTags(article, view));
    KIMBERLITE_RETURN_IF_ERROR(AddRelated(article, view));
    return Finish(theme_.Render(view), path);
  }

  Result<void> AddTags(const Article& article, ArticleView& view) {
    std::vector<std::int64_t> ids;
    for (const auto& tag : article.tags()) {
      ids.push_back(tag.concept_id());
      DependOn("concept:" + std::to_string(tag.concept_id()));
    }
    KIMBERLITE_ASSIGN_OR_RETURN(const auto concepts, sources_.GetConcepts(context_, ids));
    for (const std::int64_t id : ids) {
      if (const auto found = concepts.find(id); found != concepts.end()) {
        view.tags.push_back({view_.TagLabel(found->second), view_.TagPath(found->second)});
      }
    }
    return {};
  }

  // The newest others with its first concept, or else of its section.
  Result<void> AddRelated(const Article& article, ArticleView& view) {
    std::set<std::int64_t> shown = {article.article_id()};
    std::vector<std::string> lists;
    if (article.tags_size() > 0) lists.push_back("/concept/" + std::to_string(article.tags(0).concept_id()));
    lists.push_back("/section/" + article.section_id());
    for (const std::string& list : lists) {
      if (view.related.size() == kRelatedSize) break;
      KIMBERLITE_ASSIGN_OR_RETURN(const auto cards, List(view_.language() + list, kRelatedSize + 1));
      for (const ArticleCard& card : cards) {
        if (view.related.size() == kRelatedSize || !shown.insert(card.article_id()).second) continue;
        KIMBERLITE_ASSIGN_OR_RETURN(Card made, MakeCard(card, true));
        view.related.push_back(std::move(made));
      }
    }
    return {};
  }

  // The page exists in every language, at the same place below its home.
  void OfferEverywhere(Shell& shell, const std::string& below) {
    OfferEach(shell, [&](const SiteView& other) { return other.HomePath() + below; });
  }
  template <typename PathIn>
  void OfferEach(Shell& shell, PathIn path_in) {
    for (LanguageChoice& choice : shell.languages) {
      choice.url = path_in(SiteView(site_, choice.code));
      shell.alternates.push_back({choice.code, view_.Absolute(choice.url)});
    }
    shell.alternates.push_back({"x-default", view_.Absolute("/")});
  }

  void Newest(Time time) { newest_ = std::max(newest_, time); }

  Page Redirect(const std::string& path) {
    Page page;
    page.status = 301;
    page.content_type = "text/plain; charset=utf-8";
    page.location = path;
    page.body = "This page has moved to " + path + "\n";
    page.dependencies.assign(dependencies_.begin(), dependencies_.end());
    return page;
  }

  Page Finish(std::string html, std::string path) {
    Page page;
    page.content_type = kHtml;
    page.content_language = view_.language();
    page.canonical_path = std::move(path);
    page.last_modified = newest_;
    page.body = std::move(html);
    page.dependencies.assign(dependencies_.begin(), dependencies_.end());
    return page;
  }

  GrpcSources& sources_;
  const Theme& theme_;
  const Context& context_;
  const Site& site_;
  const SiteView view_;
  std::set<Dependency> dependencies_;
  Time newest_{};
};

Page RobotsPage(const Site& site) {
  Page page;
  page.content_type = "text/plain; charset=utf-8";
  page.body = "User-agent: *\nAllow: /\n\nSitemap: " + site.public_url() +
              "/sitemap.xml\nSitemap: " + site.public_url() + "/news-sitemap.xml\n";
  page.dependencies = {{"site", "", ""}};
  return page;
}

Page PlainPage(int status, std::string text) {
  Page page;
  page.status = status;
  page.content_type = "text/plain; charset=utf-8";
  page.body = std::move(text);
  page.cacheable = false;
  return page;
}

}  // namespace

PageBuilder::PageBuilder(GrpcSources& sources, std::shared_ptr<const Theme> theme)
    : sources_(sources), theme_(std::move(theme)) {}

Result<Page> PageBuilder::Make(const Context& context, const Route& route, std::int64_t min_site_sequence) {
  sources_.RequireSite(min_site_sequence);
  if (route.kind == RouteKind::kMedia) {
    auto media = sources_.GetMedia(context, route.slug);
    if (!media && media.error().code() == Code::kNotFound) return PlainPage(404, "There is no such picture.\n");
    if (!media) return std::unexpected(media.error());
    Page page;
    page.content_type = media->content_type();
    page.immutable = true;
    // Large, and asked for once by each browser.
    page.keep = std::chrono::hours(1);
    page.body = std::move(*media->mutable_data());
    return page;
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sources_.GetSite(context));
  if (site->languages().empty()) return Fail(Code::kUnavailable, "the site has no languages yet");
  if (route.kind == RouteKind::kRobots) return RobotsPage(*site);

  const bool known = site::HasLanguage(*site, route.language);
  Builder builder(sources_, *theme_, context, *site, known ? route.language : site->languages(0).language_code());
  switch (route.kind) {
    case RouteKind::kChooser: return builder.Chooser();
    case RouteKind::kSitemap: return builder.FeedDocument(feed::v1::FEED_FORMAT_SITEMAP, "", "");
    case RouteKind::kNewsSitemap: return builder.FeedDocument(feed::v1::FEED_FORMAT_NEWS_SITEMAP, "", "");
    default: break;
  }
  if (!known) return builder.NotFound();
  if (route.feed != FeedFormat::kNone) return builder.Feed(route);
  switch (route.kind) {
    case RouteKind::kHome: return builder.Home();
    case RouteKind::kSection: return builder.Section(route.slug);
    case RouteKind::kArticle: return builder.ArticlePage(route.article_id);
    case RouteKind::kTag: return builder.Tag(route.slug);
    case RouteKind::kSource: return builder.Source(route.slug);
    case RouteKind::kFeeds: return builder.Feeds();
    case RouteKind::kAbout: return builder.About();
    case RouteKind::kRedirect: {
      Page page = PlainPage(301, "This page is at " + route.slug + "\n");
      page.location = route.slug;
      return page;
    }
    default: return builder.NotFound();
  }
}

Page PageBuilder::MakeError(const Context& context, const Route& route, int status) {
  const auto site = sources_.GetSite(context);
  if (!site || (*site)->languages().empty())
    return PlainPage(status, "The page cannot be shown right now. Please try again in a moment.\n");
  const std::string language =
      site::HasLanguage(**site, route.language) ? route.language : (*site)->languages(0).language_code();
  return Builder(sources_, *theme_, context, **site, language).Error(status, false);
}

}  // namespace kimberlite::rendering
