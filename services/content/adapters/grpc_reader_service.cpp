#include "services/content/adapters/grpc_reader_service.h"

#include <utility>

#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/adapters/pg_withdrawals.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

constexpr int kMaxBatch = 200;
constexpr int kMaxBatchLanguages = 20;
constexpr int kDefaultWithdrawn = 50;
constexpr int kMaxWithdrawn = 200;

Result<void> CheckBatch(const v1::BatchGetArticlesRequest& request) {
  if (request.article_ids().empty()) return InvalidField("article_ids", "must not be empty");
  if (request.article_ids_size() > kMaxBatch) {
    return TooMany("article_ids", kMaxBatch, static_cast<std::size_t>(request.article_ids_size()));
  }
  for (int i = 0; i < request.article_ids_size(); ++i) {
    if (request.article_ids(i) <= 0)
      return InvalidField(At("article_ids", static_cast<std::size_t>(i)), "must be greater than 0");
  }
  if (request.language_codes_size() > kMaxBatchLanguages) {
    return TooMany("language_codes", kMaxBatchLanguages, static_cast<std::size_t>(request.language_codes_size()));
  }
  return {};
}

}  // namespace

void GrpcReaderService::Register(rpc::Server& server) {
  server.Handle<v1::BatchGetArticlesRequest, v1::BatchGetArticlesResponse>(
      [this](const auto& c, const auto& r) { return BatchGetArticles(c, r); });
  server.Handle<v1::ListWithdrawnRequest, v1::ListWithdrawnResponse>(
      [this](const auto& c, const auto& r) { return ListWithdrawn(c, r); });
}

Result<v1::BatchGetArticlesResponse> GrpcReaderService::BatchGetArticles(const rpc::Call&,
                                                                         const v1::BatchGetArticlesRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckBatch(request));
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::BatchGetArticlesResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    CardsQuery query{.article_ids = {request.article_ids().begin(), request.article_ids().end()},
                     .every_language = request.language_codes().empty(),
                     .with_bodies = request.with_bodies()};
    for (int i = 0; i < request.language_codes_size(); ++i) {
      KIMBERLITE_RETURN_IF_ERROR(
          CheckSiteLanguage(*site, request.language_codes(i), At("language_codes", static_cast<std::size_t>(i))));
      query.language_codes.push_back(request.language_codes(i));
    }
    if (query.every_language) {
      for (const SiteLanguage& language : site->languages) query.language_codes.push_back(language.language_code);
    }
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Card> cards, ReadCards(transaction, query));
    v1::BatchGetArticlesResponse response;
    for (const Card& card : cards) *response.add_articles() = MessageOf(card);
    return response;
  });
}

Result<v1::ListWithdrawnResponse> GrpcReaderService::ListWithdrawn(const rpc::Call&,
                                                                   const v1::ListWithdrawnRequest& request) {
  const int count = request.page_size() == 0 ? kDefaultWithdrawn : request.page_size();
  if (count < 1 || count > kMaxWithdrawn) return InvalidField("page_size", "must be 1 to 200, or 0 for 50");
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::ListWithdrawnResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_RETURN_IF_ERROR(CheckListKey(*site, request.list_key()));
    KIMBERLITE_ASSIGN_OR_RETURN(const auto withdrawals,
                                ReadWithdrawals(transaction, request.list_key(), request.low_sort_key(),
                                                request.high_sort_key(), count, clock_.Now()));
    v1::ListWithdrawnResponse response;
    for (const Withdrawal& withdrawal : withdrawals) {
      auto* entry = response.add_entries();
      entry->set_article_id(withdrawal.article_id);
      entry->set_sort_key(withdrawal.sort_key);
      *entry->mutable_withdrawn_time() = ToTimestamp(withdrawal.withdrawn_time);
    }
    return response;
  });
}

}  // namespace kimberlite::content
