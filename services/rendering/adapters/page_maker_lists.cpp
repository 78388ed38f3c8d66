#include "libs/base/text.h"
#include "services/rendering/adapters/page_maker.h"

// Lists of stories, and the feeds below them.
namespace kimberlite::rendering {
namespace {

// Cards with picture and summary; those after them are headlines. A page holds up to 60, and has to fit into the first
// window of a connection.
constexpr std::size_t kRichCards = 12;

const char* FileName(FeedFormat feed) {
  return feed == FeedFormat::kAtom ? "atom.xml" : feed == FeedFormat::kJson ? "feed.json" : "rss.xml";
}

feed::v1::FeedFormat FormatOf(FeedFormat feed) {
  switch (feed) {
    case FeedFormat::kNone:
    case FeedFormat::kRss: return feed::v1::FEED_FORMAT_RSS;
    case FeedFormat::kAtom: return feed::v1::FEED_FORMAT_ATOM;
    case FeedFormat::kJson: return feed::v1::FEED_FORMAT_JSON;
  }
  return feed::v1::FEED_FORMAT_RSS;
}

std::string PagePath(const std::string& head, int number) { return head + "page/" + std::to_string(number) + "/"; }

// What follows the head's path in the address of what is asked for.
std::string TailOf(const Route& route) {
  if (route.feed != FeedFormat::kNone) return FileName(route.feed);
  return route.page == 0 ? "" : PagePath("", route.page);
}

}  // namespace

Result<Page> PageMaker::Section(const Route& route) {
  const auto* section = view_.FindSectionBySlug(route.slug);
  if (!section) return NotFound();
  const std::string& id = section->section_id();
  Scope scope{.kind = ListKind::kSection, .list = "section/" + id, .heading = view_.SectionLabel(id)};
  scope.path_in = [id](const SiteView& other) { return other.SectionPath(id); };
  if (!section->parent_section_id().empty()) {
    const std::string& parent = section->parent_section_id();
    scope.above = {{view_.SectionLabel(parent), view_.SectionPath(parent)}};
  }
  return ListPage(scope, route.page);
}

// The tag behind a slug of the language, or, where the tag has no name in it, of the language whose name is shown.
Result<tagging::v1::Concept> PageMaker::FindTag(const std::string& slug) {
  for (const std::string& code : view_.chain()) {
    auto tag = sources_.ResolveTag(context_, code, slug);
    if (!tag && tag.error().code() == Code::kNotFound) continue;
    if (!tag || code == view_.language() || view_.TagSlug(*tag) == slug) return tag;
  }
  return Fail(Code::kNotFound, "no tag has the slug " + slug);
}

Result<Page> PageMaker::Tag(const Route& route) {
  auto tag = FindTag(route.slug);
  if (!tag && tag.error().code() == Code::kNotFound) return NotFound();
  if (!tag) return std::unexpected(tag.error());
  const std::string id = std::to_string(tag->concept_id());
  DependOn("concept:" + id);
  const std::string path = view_.TagPath(*tag);
  if (path != view_.HomePath() + "tag/" + route.slug + "/") return Redirect(path + TailOf(route));
  Scope scope{.kind = ListKind::kTag, .list = "concept/" + id, .heading = view_.TagLabel(*tag), .with_section = true};
  scope.path_in = [&tag](const SiteView& other) { return other.TagPath(*tag); };
  return ListPage(scope, route.page);
}

Result<Page> PageMaker::Source(const Route& route) {
  const auto* source = view_.FindSource(route.slug);
  if (!source) return NotFound();
  DependOn("source:" + route.slug);
  Scope scope{
      .kind = ListKind::kSource, .list = "source/" + route.slug, .heading = source->name(), .with_section = true};
  scope.path_in = [&route](const SiteView& other) { return other.SourcePath(route.slug); };
  if (!source->url().empty()) scope.website = {source->url(), source->url()};
  return ListPage(scope, route.page);
}

Result<Page> PageMaker::Author(const Route& route) {
  DependOn("author:" + route.slug);
  const auto author = sources_.GetAuthor(context_, route.slug);
  if (!author && author.error().code() == Code::kNotFound) return NotFound();
  if (!author) return std::unexpected(author.error());
  DependOn("author:" + author->author_id());
  if (author->author_id() != route.slug) return Redirect(view_.AuthorPath(author->author_id()) + TailOf(route));
  Scope scope{.kind = ListKind::kAuthor,
              .list = "author/" + route.slug,
              .heading = view_.Text(author->names()),
              .with_section = true};
  scope.path_in = [&route](const SiteView& other) { return other.AuthorPath(route.slug); };
  scope.about = view_.Text(author->descriptions());
  if (!author->url().empty()) scope.website = {author->url(), author->url()};
  return ListPage(scope, route.page);
}

Result<Page> PageMaker::Month(const Route& route) {
  Scope scope{.kind = ListKind::kArchive,
              .list = "archive/" + route.slug,
              .heading = view_.MonthName(route.slug),
              .with_section = true};
  scope.path_in = [&route](const SiteView& other) { return other.MonthPath(route.slug); };
  scope.above = {{theme_.Texts(view_.language()).Format("archive.title"), view_.HomePath() + "archive/"}};
  return ListPage(scope, route.page);
}

Result<Page> PageMaker::News(const Route& route) {
  Scope scope{.kind = ListKind::kArchive,
              .list = "",
              .heading = theme_.Texts(view_.language()).Format("feeds.all"),
              .with_section = true};
  scope.path_in = [](const SiteView& other) { return other.HomePath(); };
  return ListPage(scope, route.page);
}

// The head of a list, open at its upper end, or an anchored page of it: sealed, so that publications leave it as it is.
Result<Page> PageMaker::ListPage(const Scope& scope, int number) {
  const std::string head = scope.path_in(view_);
  const std::string path = number == 0 ? head : PagePath(head, number);
  const std::string list_key = view_.language() + (scope.list.empty() ? "" : "/") + scope.list;
  content::v1::ListArticlesRequest request;
  request.set_list_key(list_key);
  request.set_open_page(number == 0);
  request.set_page_number(number);
  const auto response = sources_.ListArticles(context_, request);
  if (!response && response.error().code() == Code::kNotFound) return NotFound();
  if (!response) return std::unexpected(response.error());
  // Any month can be asked for; of those without stories there is no page to keep.
  const bool month = scope.kind == ListKind::kArchive && number == 0;
  if (month && response->articles().empty()) return NotFound();

  ListView view{.shell = MakeShell(), .kind = scope.kind, .heading = scope.heading};
  Shell& shell = view.shell;
  shell.title = scope.heading;
  if (number != 0) {
    shell.title += " – " + theme_.Texts(view_.language()).Format("list.page", {{"number", number}});
  }
  shell.canonical_url = view_.Absolute(path);
  if (scope.kind != ListKind::kArchive) {
    shell.feeds = {scope.heading + " – " + shell.site_name, head + "rss.xml", head + "atom.xml", head + "feed.json"};
  }
  for (NavItem& item : shell.sections) item.current = item.url == head;
  std::vector<Link> trail = scope.above;
  trail.push_back({scope.heading, ""});
  shell.breadcrumb = view_.Breadcrumb(std::move(trail));
  OfferList(scope, number, shell);

  KIMBERLITE_RETURN_IF_ERROR(AddCards(*response, scope, view));
  view.about = scope.about;
  view.website = scope.website;
  view.page_number = number;
  DependOn("list:" + list_key, response->low_sort_key(), response->high_sort_key());
  // Which pages are next to it changes when one is sealed or divided between these.
  DependOn("pages:" + list_key, response->low_sort_key(), response->newer_high_sort_key());
  if (response->older_page_number() > 0) view.older_url = PagePath(head, response->older_page_number());
  if (number != 0) {
    const int newer = response->newer_page_number();
    view.newer_url = newer > 0 ? PagePath(head, newer) : head;
  }
  if (!view.newer_url.empty()) shell.prev_url = view_.Absolute(view.newer_url);
  if (!view.older_url.empty()) shell.next_url = view_.Absolute(view.older_url);
  // Search engines have no use for a list with nothing in it.
  shell.noindex = view.cards.empty();
  return Finish(theme_.Render(view), path);
}

// Heads of lists are each other's translations. Anchored pages of other languages hold other stories, and a month may
// hold none: their switcher leads to the head, or to the archive.
void PageMaker::OfferList(const Scope& scope, int number, Shell& shell) {
  const bool month = scope.kind == ListKind::kArchive && !scope.list.empty();
  if (month) {
    OfferEverywhere(shell, "archive/");
  } else {
    OfferEach(shell, scope.path_in);
  }
  if (month || number != 0) {
    shell.alternates = {{view_.language(), shell.canonical_url}, {"x-default", shell.canonical_url}};
  }
}

Result<void> PageMaker::AddCards(const content::v1::ListArticlesResponse& response, const Scope& scope,
                                 ListView& view) {
  for (const auto& card : response.articles()) {
    const bool rich = view.cards.size() < kRichCards;
    KIMBERLITE_ASSIGN_OR_RETURN(Card made, MakeCard(card, scope.with_section, rich));
    made.position = static_cast<int>(view.cards.size() + view.more.size()) + 1;
    (rich ? view.cards : view.more).push_back(std::move(made));
  }
  return {};
}

Result<Page> PageMaker::Feed(const Route& route) {
  std::string list = view_.language();
  if (route.kind == RouteKind::kSection) {
    const auto* section = view_.FindSectionBySlug(route.slug);
    if (!section) return NotFound();
    list += "/section/" + section->section_id();
  } else if (route.kind == RouteKind::kTag) {
    auto tag = FindTag(route.slug);
    if (!tag && tag.error().code() == Code::kNotFound) return NotFound();
    if (!tag) return std::unexpected(tag.error());
    DependOn("concept:" + std::to_string(tag->concept_id()));
    const std::string path = view_.TagPath(*tag);
    if (path != view_.HomePath() + "tag/" + route.slug + "/") return Redirect(path + TailOf(route));
    list += "/concept/" + std::to_string(tag->concept_id());
  } else if (route.kind == RouteKind::kSource) {
    if (!view_.FindSource(route.slug)) return NotFound();
    DependOn("source:" + route.slug);
    list += "/source/" + route.slug;
  } else if (route.kind == RouteKind::kAuthor) {
    DependOn("author:" + route.slug);
    const auto author = sources_.GetAuthor(context_, route.slug);
    if (!author && author.error().code() == Code::kNotFound) return NotFound();
    if (!author) return std::unexpected(author.error());
    if (author->author_id() != route.slug) return Redirect(view_.AuthorPath(author->author_id()) + TailOf(route));
    list += "/author/" + route.slug;
  }
  feed::v1::GetFeedRequest request;
  request.set_format(FormatOf(route.feed));
  request.set_list_key(list);
  request.set_page_number(route.page);
  return FeedDocument(request, view_.language());
}

Result<Page> PageMaker::FeedDocument(const feed::v1::GetFeedRequest& request, const std::string& language) {
  auto answer = sources_.GetFeed(context_, request);
  if (!answer && answer.error().code() == Code::kNotFound) return NotFound();
  if (!answer) return std::unexpected(std::move(answer).error());
  feed::v1::GetFeedResponse& feed = *answer;
  Page page;
  page.content_type = feed.content_type();
  page.content_language = language;
  page.body = std::move(*feed.mutable_document());
  if (feed.has_last_modified_time()) page.last_modified = ToTime(feed.last_modified_time());
  if (feed.has_expire_time()) {
    page.ages = true;
    const auto left = std::chrono::ceil<std::chrono::seconds>(ToTime(feed.expire_time()) - SystemClock().Now());
    page.keep = std::clamp(left, std::chrono::seconds(1), page.keep);
  }
  for (const auto& one : feed.dependencies()) {
    dependencies_.insert({one.entity(), one.low_sort_key(), one.high_sort_key()});
  }
  page.dependencies.assign(dependencies_.begin(), dependencies_.end());
  return page;
}

}  // namespace kimberlite::rendering
