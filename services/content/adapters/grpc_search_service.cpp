#include "services/content/adapters/grpc_search_service.h"

#include <algorithm>
#include <utility>

#include "libs/base/text.h"
#include "libs/html/text.h"
#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/adapters/pg_search.h"
#include "services/content/core/rules.h"
#include "services/content/core/search.h"

namespace kimberlite::content {
namespace {

constexpr std::size_t kMaxQuery = 200;  // characters
constexpr int kDefaultHits = 20;
constexpr int kMaxHits = 50;
constexpr std::size_t kSortKeyLength = 28;

// The tier and the sort key.
Result<SearchPlace> PlaceOf(const std::string& token) {
  if (token.empty()) return SearchPlace();
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (token.size() != 1 + kSortKeyLength || token[0] < '0' || token[0] > '2' ||
      !std::all_of(token.begin() + 1, token.end(), is_hex)) {
    return InvalidField("page_token", "must be the next_page_token of the page before");
  }
  return SearchPlace{token[0] - '0', token.substr(1)};
}

Result<SearchAsk> AskOf(const v1::SearchArticlesRequest& request) {
  // What a reader types always gets an answer: bytes that are no text ask for nothing.
  if (IsValidUtf8(request.query()) && CountCodePoints(request.query()) > kMaxQuery) {
    return InvalidField("query", "must be at most 200 characters");
  }
  if (request.concept_id() < 0) return InvalidField("concept_id", "must be 0 or greater");
  const int page_size = request.page_size() == 0 ? kDefaultHits : request.page_size();
  if (page_size < 1 || page_size > kMaxHits) return InvalidField("page_size", "must be 1 to 50, or 0 for 20");
  KIMBERLITE_ASSIGN_OR_RETURN(SearchPlace from, PlaceOf(request.page_token()));
  SearchAsk ask{.language_code = request.language_code(),
                .concept_id = request.concept_id(),
                .from = std::move(from),
                .page_size = page_size};
  if (IsValidUtf8(request.query())) ask.query = ParseSearch(request.query(), request.language_code());
  return ask;
}

// From the body where it has one of the words, else from the summary.
Snippet SnippetOf(const SearchAsk& ask, const std::vector<std::string>& stems, const std::string& summary,
                  const std::string& body_html) {
  const std::string body = html::PlainText(body_html);
  Snippet snippet = MakeSnippet(body, ask.language_code, stems, ask.query.prefix);
  if (!snippet.spans.empty() || summary.empty()) return snippet;
  return MakeSnippet(summary, ask.language_code, stems, ask.query.prefix);
}

void CountSearch(bool bounded) {
  telemetry::Metrics::Counter("kimberlite_content_searches_total", "Searches that were answered",
                              {{"kind", bounded ? "bounded" : "ranked"}})
      .Add();
}

}  // namespace

void GrpcSearchService::Register(rpc::Server& server) {
  server.Handle<v1::SearchArticlesRequest, v1::SearchArticlesResponse>(
      [this](const auto& c, const auto& r) { return SearchArticles(c, r); });
}

Result<v1::SearchArticlesResponse> GrpcSearchService::SearchArticles(const rpc::Call&,
                                                                     const v1::SearchArticlesRequest& request) {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::SearchArticlesResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(*site, request.language_code(), "language_code"));
    KIMBERLITE_ASSIGN_OR_RETURN(const SearchAsk ask, AskOf(request));
    KIMBERLITE_ASSIGN_OR_RETURN(const SearchFound found, Search(transaction, ask));
    v1::SearchArticlesResponse response;
    response.set_bounded(found.bounded);
    if (found.more) response.set_next_page_token(std::to_string(found.next.tier) + found.next.sort_key);
    CountSearch(found.bounded);
    if (found.article_ids.empty()) return response;

    // What was withdrawn since it was written down is not public, and so is left out.
    KIMBERLITE_ASSIGN_OR_RETURN(
        const std::vector<Card> cards,
        ReadCards(transaction, {.article_ids = found.article_ids, .language_codes = {ask.language_code}}));
    std::vector<std::int64_t> article_ids;
    for (const Card& card : cards) article_ids.push_back(card.article_id);
    KIMBERLITE_ASSIGN_OR_RETURN(const auto texts, ReadSearchTexts(transaction, ask.language_code, article_ids));
    for (std::size_t i = 0; i < cards.size(); ++i) {
      v1::SearchHit& hit = *response.add_hits();
      *hit.mutable_article() = MessageOf(cards[i]);
      Snippet snippet = SnippetOf(ask, found.stems, texts[i].first, texts[i].second);
      hit.set_snippet(std::move(snippet.text));
      hit.mutable_snippet_spans()->Add(snippet.spans.begin(), snippet.spans.end());
    }
    return response;
  });
}

}  // namespace kimberlite::content
