#include "services/feed/adapters/sources.h"

#include <algorithm>
#include <set>

namespace kimberlite::feed {
namespace {

using namespace content::v1;

constexpr int kLargestPage = 200;        // of ListArticles
constexpr int kLargestBatch = 200;       // of BatchGetArticles
constexpr int kLargestConcepts = 1'000;  // of BatchGetConcepts
constexpr int kLargestSearchPage = 50;

}  // namespace

Sources::Sources(const Options& options)
    : content_(options.content_target, options.token), tagging_(options.tagging_target, options.token) {}

Result<void> Sources::Ping(const Context& context) const {
  auto site = content_.Call<GetSiteResponse>(context, GetSiteRequest());
  // A site without settings answers so, and is there.
  if (!site && site.error().code() != Code::kFailedPrecondition) return std::unexpected(site.error());
  return {};
}

Result<Site> Sources::GetSite(const Context& context) const {
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<GetSiteResponse>(context, GetSiteRequest()));
  return std::move(*response.mutable_site());
}

Result<Sources::List> Sources::ListHead(const Context& context, const std::string& list_key, int count,
                                        bool with_bodies) const {
  List list;
  ListArticlesRequest request;
  request.set_list_key(list_key);
  request.set_with_bodies(with_bodies);
  while (static_cast<int>(list.cards.size()) < count) {
    request.set_page_size(std::min(kLargestPage, count - static_cast<int>(list.cards.size())));
    KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<ListArticlesResponse>(context, request));
    if (request.page_token().empty()) list.newest_sealed_page = response.page_number();
    std::ranges::move(*response.mutable_articles(), std::back_inserter(list.cards));
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) {
      list.whole = true;
      break;
    }
  }
  return list;
}

Result<ListArticlesResponse> Sources::ListPage(const Context& context, const std::string& list_key, int page_number,
                                               bool with_bodies) const {
  ListArticlesRequest request;
  request.set_list_key(list_key);
  request.set_page_number(page_number);
  request.set_with_bodies(with_bodies);
  return content_.Call<ListArticlesResponse>(context, request);
}

Result<std::vector<WithdrawnEntry>> Sources::ListWithdrawn(const Context& context, const std::string& list_key,
                                                           const std::string& low, const std::string& high) const {
  ListWithdrawnRequest request;
  request.set_list_key(list_key);
  request.set_low_sort_key(low);
  request.set_high_sort_key(high);
  KIMBERLITE_ASSIGN_OR_RETURN(const auto response, content_.Call<ListWithdrawnResponse>(context, request));
  return std::vector<WithdrawnEntry>(response.entries().begin(), response.entries().end());
}

Result<std::vector<ArticleCard>> Sources::ListRange(const Context& context, const std::string& list_key,
                                                    const std::string& low, const std::string& high) const {
  std::vector<ArticleCard> cards;
  ListArticlesRequest request;
  request.set_list_key(list_key);
  request.set_page_size(kLargestPage);
  // The least key above `high`.
  if (!high.empty()) request.set_before_sort_key(high + '\x01');
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<ListArticlesResponse>(context, request));
    for (auto& card : *response.mutable_articles()) {
      if (card.sort_key() < low) return cards;
      cards.push_back(std::move(card));
    }
    if (response.next_page_token().empty()) return cards;
    request.set_before_sort_key(cards.back().sort_key());
  }
}

Result<std::vector<std::string>> Sources::ArchiveMonths(const Context& context, const std::string& language) const {
  ListArchiveMonthsRequest request;
  request.set_language_code(language);
  KIMBERLITE_ASSIGN_OR_RETURN(const auto response, content_.Call<ListArchiveMonthsResponse>(context, request));
  return std::vector<std::string>(response.months().begin(), response.months().end());
}

Result<std::vector<ArticleCard>> Sources::Translations(const Context& context,
                                                       const std::vector<std::int64_t>& article_ids) const {
  std::vector<ArticleCard> cards;
  for (std::size_t at = 0; at < article_ids.size(); at += kLargestBatch) {
    BatchGetArticlesRequest request;
    const std::size_t end = std::min(article_ids.size(), at + kLargestBatch);
    for (std::size_t i = at; i < end; ++i) request.add_article_ids(article_ids[i]);
    KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<BatchGetArticlesResponse>(context, request));
    std::ranges::move(*response.mutable_articles(), std::back_inserter(cards));
  }
  return cards;
}

Result<std::vector<ArticleCard>> Sources::Search(const Context& context, const std::string& language,
                                                 const std::string& query, int count) const {
  SearchArticlesRequest request;
  request.set_language_code(language);
  request.set_query(query);
  request.set_page_size(std::min(count, kLargestSearchPage));
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<SearchArticlesResponse>(context, request));
  std::vector<std::int64_t> ids;
  for (const auto& hit : response.hits()) ids.push_back(hit.article().article_id());
  if (ids.empty()) return std::vector<ArticleCard>();
  BatchGetArticlesRequest bodies;
  bodies.mutable_article_ids()->Assign(ids.begin(), ids.end());
  bodies.add_language_codes(language);
  bodies.set_with_bodies(true);
  KIMBERLITE_ASSIGN_OR_RETURN(auto found, content_.Call<BatchGetArticlesResponse>(context, bodies));
  std::vector<ArticleCard> cards(std::make_move_iterator(found.mutable_articles()->begin()),
                                 std::make_move_iterator(found.mutable_articles()->end()));
  std::ranges::sort(cards, std::ranges::greater(), &ArticleCard::sort_key);
  return cards;
}

Result<Author> Sources::GetAuthor(const Context& context, const std::string& author_id) const {
  GetAuthorRequest request;
  request.set_author_id(author_id);
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<GetAuthorResponse>(context, request));
  return std::move(*response.mutable_author());
}

Result<ListAuthorsResponse> Sources::ListAuthors(const Context& context, int page_size,
                                                 const std::string& page_token) const {
  ListAuthorsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  return content_.Call<ListAuthorsResponse>(context, request);
}

Result<tagging::v1::Concept> Sources::GetConcept(const Context& context, std::int64_t concept_id) const {
  tagging::v1::GetConceptRequest request;
  request.set_concept_id(concept_id);
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, tagging_.Call<tagging::v1::GetConceptResponse>(context, request));
  return std::move(*response.mutable_definition());
}

Result<std::map<std::int64_t, tagging::v1::Concept>> Sources::ConceptsOf(const Context& context,
                                                                         const std::vector<ArticleCard>& cards) const {
  std::set<std::int64_t> ids;
  for (const ArticleCard& card : cards) ids.insert(card.concept_ids().begin(), card.concept_ids().end());
  std::map<std::int64_t, tagging::v1::Concept> concepts;
  if (ids.empty()) return concepts;
  tagging::v1::BatchGetConceptsRequest request;
  for (const std::int64_t id : ids) {
    if (request.concept_ids_size() < kLargestConcepts) request.add_concept_ids(id);
  }
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, tagging_.Call<tagging::v1::BatchGetConceptsResponse>(context, request));
  for (auto& one : *response.mutable_concepts()) concepts.emplace(one.concept_id(), std::move(one));
  return concepts;
}

Result<tagging::v1::ListConceptsResponse> Sources::ListConcepts(const Context& context, int page_size,
                                                                const std::string& page_token) const {
  tagging::v1::ListConceptsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  return tagging_.Call<tagging::v1::ListConceptsResponse>(context, request);
}

Result<void> Sources::StreamChanges(const Context& context, const std::string& cursor,
                                    const std::function<Result<void>(const StreamChangesResponse&)>& take) const {
  StreamChangesRequest request;
  request.set_cursor(cursor);
  request.set_from_now(cursor.empty());
  return content_.CallServerStream<StreamChangesResponse>(context, request, take);
}

}  // namespace kimberlite::feed
