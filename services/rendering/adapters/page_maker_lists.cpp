#include "libs/base/text.h"
#include "services/rendering/adapters/page_maker.h"

// Lists of stories, and the feeds below them.
namespace kimberlite::rendering {
namespace {

constexpr int kListSize = 30;

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
  Scope scope{
      .kind = ListKind::kSource, .list = "source/" + route.slug, .heading = source->name(), .with_section = true};
  scope.path_in = [&route](const SiteView& other) { return other.SourcePath(route.slug); };
  if (!source->url().empty()) scope.website = {source->url(), source->url()};
  return ListPage(scope, route.page);
}

// The head of a list, open at its upper end, or an anchored page of it (`number` counts from the oldest): sealed, so
// that publications leave it as it is.
Result<Page> PageMaker::ListPage(const Scope& scope, int number) {
  const std::string head = scope.path_in(view_);
  const std::string path = number == 0 ? head : PagePath(head, number);
  const std::string list_key = view_.language() + "/" + scope.list;
  content::v1::ListArticlesRequest request;
  request.set_list_key(list_key);
  if (number == 0) {
    request.set_page_size(kListSize);
  } else {
    request.set_page_number(number);
  }
  auto response = sources_.ListArticles(context_, request);
  if (!response && response.error().code() != Code::kNotFound) return std::unexpected(response.error());
  if (number != 0 && (!response || response->page_number() != number)) return BeyondNewest(list_key, number, head);
  if (!response) return NotFound();

  ListView view{.shell = MakeShell(), .kind = scope.kind, .heading = scope.heading};
  Shell& shell = view.shell;
  shell.title = scope.heading;
  shell.canonical_url = view_.Absolute(path);
  shell.feeds = {scope.heading + " – " + shell.site_name, head + "rss.xml", head + "atom.xml", head + "feed.json"};
  for (NavItem& item : shell.sections) item.current = item.url == head;
  std::vector<Link> trail = scope.above;
  trail.push_back({scope.heading, ""});
  shell.breadcrumb = view_.Breadcrumb(std::move(trail));
  // Anchored pages of other languages hold other stories: only heads are each other's translations.
  OfferEach(shell, scope.path_in);
  if (number != 0) shell.alternates.clear();

  for (const auto& card : response->articles()) {
    DependOn("article:" + std::to_string(card.article_id()));
    KIMBERLITE_ASSIGN_OR_RETURN(Card made, MakeCard(card, scope.with_section));
    view.cards.push_back(std::move(made));
  }
  view.about = scope.about;
  view.website = scope.website;
  view.page_number = number;
  if (number == 0) {
    const bool whole = response->articles_size() < kListSize;
    DependOn("list:" + list_key, whole ? "" : response->articles().rbegin()->sort_key());
    if (!whole && response->page_number() > 0) view.older_url = PagePath(head, response->page_number());
  } else {
    DependOn("list:" + list_key, response->low_sort_key(), response->high_sort_key());
    if (number > 1) view.older_url = PagePath(head, number - 1);
    // The newest sealed page cannot know that it is: what follows it leads to the head.
    view.newer_url = PagePath(head, number + 1);
  }
  if (!view.newer_url.empty()) shell.prev_url = view_.Absolute(view.newer_url);
  if (!view.older_url.empty()) shell.next_url = view_.Absolute(view.older_url);
  // Search engines have no use for a list with nothing in it.
  shell.noindex = view.cards.empty();
  return Finish(theme_.Render(view), path);
}

// The page after the newest sealed one is the head for now; beyond it there is nothing.
Result<Page> PageMaker::BeyondNewest(const std::string& list_key, int number, const std::string& head) {
  content::v1::ListArticlesRequest request;
  request.set_list_key(list_key);
  request.set_page_size(1);
  KIMBERLITE_ASSIGN_OR_RETURN(const auto newest, sources_.ListArticles(context_, request));
  if (number != newest.page_number() + 1) return NotFound();
  Page page = Redirect(head);
  page.status = 302;
  page.cacheable = false;
  return page;
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
    list += "/source/" + route.slug;
  }
  return FeedDocument(FormatOf(route.feed), list, view_.language());
}

Result<Page> PageMaker::FeedDocument(feed::v1::FeedFormat format, const std::string& list,
                                     const std::string& language) {
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

}  // namespace kimberlite::rendering
