#include "libs/base/percent.h"
#include "libs/base/text.h"
#include "services/rendering/adapters/page_maker.h"
#include "services/rendering/core/query_string.h"

// What readers look for, and what old addresses mean.
namespace kimberlite::rendering {
namespace {

constexpr std::size_t kLongestQuery = 200;  // code points, as content has it
constexpr int kHits = 20;

// The snippet cut at the spans that matched. Spans that do not fit the text end it: what is left is not marked.
std::vector<SearchView::Part> PartsOf(const content::v1::SearchHit& hit) {
  std::vector<SearchView::Part> parts;
  const std::string& text = hit.snippet();
  std::size_t at = 0;
  for (int i = 0; i + 1 < hit.snippet_spans_size(); i += 2) {
    const auto begin = static_cast<std::size_t>(std::max(0, hit.snippet_spans(i)));
    const auto end = static_cast<std::size_t>(std::max(0, hit.snippet_spans(i + 1)));
    if (begin < at || end <= begin || end > text.size()) break;
    if (begin > at) parts.push_back({text.substr(at, begin - at), false});
    parts.push_back({text.substr(begin, end - begin), true});
    at = end;
  }
  if (at < text.size()) parts.push_back({text.substr(at), false});
  return parts;
}

}  // namespace

Result<Page> PageMaker::Search(const Route& route) {
  SearchView view{.shell = MakeShell()};
  Shell& shell = view.shell;
  view.query = CleanQuery(QueryParameter(route.query(), "q"));
  view.too_long = CountCodePoints(view.query) > kLongestQuery;
  const std::string title = theme_.Texts(view_.language()).Format("search.title");
  shell.title = view.query.empty() || view.too_long ? title : view.query + " – " + title;
  shell.canonical_url = view_.Absolute(view_.HomePath() + "search");
  shell.breadcrumb = view_.Breadcrumb({{title, ""}});
  // What was asked for is nobody else's page.
  shell.noindex = true;
  OfferEverywhere(shell, "search");
  shell.alternates.clear();

  if (view.too_long) {
    view.query.clear();
  } else if (!view.query.empty()) {
    content::v1::SearchArticlesRequest request;
    request.set_language_code(view_.language());
    request.set_query(view.query);
    request.set_page_size(kHits);
    request.set_page_token(QueryParameter(route.query(), "after"));
    const auto response = sources_.SearchArticles(context_, request);
    // A token that somebody made up.
    if (!response && response.error().code() == Code::kInvalidArgument) return NotFound();
    if (!response) return std::unexpected(response.error());
    for (const auto& hit : response->hits()) {
      KIMBERLITE_ASSIGN_OR_RETURN(Card card, MakeCard(hit.article(), true, false));
      view.hits.push_back({std::move(card), PartsOf(hit)});
    }
    view.bounded = response->bounded();
    if (!response->next_page_token().empty()) {
      view.next_url = view_.HomePath() + "search?q=" + PercentEncode(view.query) +
                      "&after=" + PercentEncode(response->next_page_token());
    }
  }
  Page page = Finish(theme_.Render(view), view_.HomePath() + "search");
  page.cacheable = false;
  return page;
}

// Where the story stands for readers of the view's language, in whatever language it is shown to them.
Result<std::string> PageMaker::PlaceOfArticle(const SiteView& view, std::int64_t id) {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto article, sources_.GetArticle(context_, id));
  for (const std::string& code : view.chain()) {
    for (const auto& one : article.translations()) {
      if (one.language_code() != code || one.state() != content::v1::TRANSLATION_STATE_PUBLISHED) continue;
      return view.ArticlePath(article.section_id(), id, one.slug());
    }
  }
  return "";
}

Result<Page> PageMaker::OldAddress(const std::string& target, Page otherwise) {
  const auto found = sources_.ResolveRedirect(context_, target);
  if (!found && (found.error().code() == Code::kNotFound || found.error().code() == Code::kInvalidArgument ||
                 found.error().code() == Code::kUnimplemented)) {
    return otherwise;
  }
  if (!found) return std::unexpected(found.error());
  const bool known = site::HasLanguage(site_, found->language_code());
  const SiteView view(site_, known ? found->language_code() : view_.language());
  std::string place;
  switch (found->target_case()) {
    case content::v1::ResolveRedirectResponse::kArticleId: {
      auto path = PlaceOfArticle(view, found->article_id());
      if (!path && path.error().code() != Code::kNotFound) return std::unexpected(path.error());
      if (!path || path->empty()) return Gone();
      place = std::move(*path);
      break;
    }
    case content::v1::ResolveRedirectResponse::kSectionId: place = view.SectionPath(found->section_id()); break;
    case content::v1::ResolveRedirectResponse::kConceptId: {
      KIMBERLITE_ASSIGN_OR_RETURN(const auto concepts, sources_.GetConcepts(context_, {found->concept_id()}));
      // One that was merged comes under the id that it has now.
      if (concepts.empty()) return Gone();
      place = view.TagPath(concepts.begin()->second);
      break;
    }
    case content::v1::ResolveRedirectResponse::kPath: place = found->path(); break;
    case content::v1::ResolveRedirectResponse::kGone: return Gone();
    case content::v1::ResolveRedirectResponse::TARGET_NOT_SET: return otherwise;
  }
  // To itself, or to somebody else's site, is no place.
  if (place == target || !place.starts_with('/') || place.starts_with("//")) return otherwise;
  Page page = Redirect(place);
  page.cacheable = false;
  return page;
}

}  // namespace kimberlite::rendering
