#include "services/content/adapters/grpc_author_service.h"

#include <utility>

#include "libs/base/text.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_author_store.h"
#include "services/content/adapters/rpc_acts.h"
#include "services/content/core/author.h"

namespace kimberlite::content {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 1000;

}  // namespace

void GrpcAuthorService::Register(rpc::Server& server) {
  server.Handle<v1::GetAuthorRequest, v1::GetAuthorResponse>(
      [this](const auto& c, const auto& r) { return GetAuthor(c, r); });
  server.Handle<v1::PutAuthorRequest, v1::PutAuthorResponse>(
      [this](const auto& c, const auto& r) { return PutAuthor(c, r); });
  server.Handle<v1::ListAuthorsRequest, v1::ListAuthorsResponse>(
      [this](const auto& c, const auto& r) { return ListAuthors(c, r); });
  server.Handle<v1::ListArchiveMonthsRequest, v1::ListArchiveMonthsResponse>(
      [this](const auto& c, const auto& r) { return ListArchiveMonths(c, r); });
}

Result<v1::GetAuthorResponse> GrpcAuthorService::GetAuthor(const rpc::Call&, const v1::GetAuthorRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckMinSequence(request.min_sequence()));
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::GetAuthorResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const Author author, ReadAuthor(transaction, request.author_id()));
    if (author.sequence < request.min_sequence()) {
      return NotYet("author " + author.author_id, author.sequence, request.min_sequence());
    }
    v1::GetAuthorResponse response;
    *response.mutable_author() = MessageOf(author);
    return response;
  });
}

Result<v1::PutAuthorResponse> GrpcAuthorService::PutAuthor(const rpc::Call& call, const v1::PutAuthorRequest& request) {
  if (!request.has_author()) return InvalidField("author", "must not be empty");
  const Author wanted = FromMessage(request.author());
  const Act act = ActOf(call, "author", clock_.Now());
  return Counted(act.verb, pool_.Write([&](pg::Transaction& transaction) -> Result<v1::PutAuthorResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_RETURN_IF_ERROR(CheckAuthor(*site, wanted));
    KIMBERLITE_ASSIGN_OR_RETURN(const Author author, content::PutAuthor(transaction, act, wanted));
    v1::PutAuthorResponse response;
    *response.mutable_author() = MessageOf(author);
    return response;
  }));
}

Result<v1::ListAuthorsResponse> GrpcAuthorService::ListAuthors(const rpc::Call&,
                                                               const v1::ListAuthorsRequest& request) {
  const int page_size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  if (page_size < 1 || page_size > kMaxPage) return InvalidField("page_size", "must be 1 to 1000, or 0 for 100");
  if (!request.page_token().empty() && !IsSlug(request.page_token(), kMaxAuthorId)) {
    return InvalidField("page_token", "must be the next_page_token of the page before");
  }
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::ListAuthorsResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Author> authors,
                                content::ListAuthors(transaction, request.page_token(), page_size + 1));
    v1::ListAuthorsResponse response;
    for (const Author& author : authors) {
      if (response.authors_size() == page_size) {
        response.set_next_page_token(response.authors(page_size - 1).author_id());
        break;
      }
      *response.add_authors() = MessageOf(author);
    }
    return response;
  });
}

Result<v1::ListArchiveMonthsResponse> GrpcAuthorService::ListArchiveMonths(
    const rpc::Call&, const v1::ListArchiveMonthsRequest& request) {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::ListArchiveMonthsResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(*site, request.language_code(), "language_code"));
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<std::string> months,
                                content::ListArchiveMonths(transaction, request.language_code()));
    v1::ListArchiveMonthsResponse response;
    for (const std::string& month : months) response.add_months(month);
    return response;
  });
}

}  // namespace kimberlite::content
