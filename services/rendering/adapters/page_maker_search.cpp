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
      view.next_url = view_.HomePath() + "search?q=" + EncodeQuery(view.query) +
                      "&after=" + EncodeQuery(response->next_page_token());
    }
  }
  Page page = Finish(theme_.Render(view), view_.HomePath() + "search");
  page.cacheable = false;
  return page;
}

}  // namespace kimberlite::rendering
