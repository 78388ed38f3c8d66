#include "services/content/adapters/grpc_redirect_service.h"

#include <utility>

#include "services/content/adapters/pg_redirects.h"
#include "services/content/core/redirect.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 1000;

// Both messages hold a target under the same names.
template <typename Message>
void FillTarget(const Redirect& redirect, Message& message) {
  if (redirect.article_id != 0) message.set_article_id(redirect.article_id);
  if (!redirect.section_id.empty()) message.set_section_id(redirect.section_id);
  if (redirect.concept_id != 0) message.set_concept_id(redirect.concept_id);
  if (redirect.gone) message.set_gone(true);
  message.set_language_code(redirect.language_code);
}

v1::Redirect MessageOf(const Redirect& redirect) {
  v1::Redirect message;
  message.set_path(redirect.path);
  FillTarget(redirect, message);
  if (!redirect.target_path.empty()) message.set_target_path(redirect.target_path);
  return message;
}

}  // namespace

void GrpcRedirectService::Register(rpc::Server& server) {
  server.Handle<v1::ResolveRedirectRequest, v1::ResolveRedirectResponse>(
      [this](const auto& c, const auto& r) { return ResolveRedirect(c, r); });
  server.Handle<v1::PutRedirectRequest, v1::PutRedirectResponse>(
      [this](const auto& c, const auto& r) { return PutRedirect(c, r); });
  server.Handle<v1::DeleteRedirectRequest, v1::DeleteRedirectResponse>(
      [this](const auto& c, const auto& r) { return DeleteRedirect(c, r); });
  server.Handle<v1::ListRedirectsRequest, v1::ListRedirectsResponse>(
      [this](const auto& c, const auto& r) { return ListRedirects(c, r); });
}

Result<v1::ResolveRedirectResponse> GrpcRedirectService::ResolveRedirect(const rpc::Call&,
                                                                         const v1::ResolveRedirectRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<std::string> candidates, RedirectCandidates(request.path(), "path"));
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::ResolveRedirectResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::optional<Redirect> found, FindRedirect(transaction, candidates));
    if (!found) return Fail(Error::Field(Code::kNotFound, "path", Quoted(request.path()) + " was never public here"));
    v1::ResolveRedirectResponse response;
    FillTarget(*found, response);
    if (!found->target_path.empty()) response.set_path(found->target_path);
    return response;
  });
}

Result<v1::PutRedirectResponse> GrpcRedirectService::PutRedirect(const rpc::Call&,
                                                                 const v1::PutRedirectRequest& request) {
  const v1::Redirect& message = request.redirect();
  Redirect redirect{.article_id = message.article_id(),
                    .section_id = message.section_id(),
                    .concept_id = message.concept_id(),
                    .target_path = message.target_path(),
                    .gone = message.gone(),
                    .language_code = message.language_code()};
  KIMBERLITE_ASSIGN_OR_RETURN(redirect.path, RedirectPath(message.path(), "redirect.path"));
  KIMBERLITE_RETURN_IF_ERROR(CheckRedirect(redirect));
  return pool_.Write([&](pg::Transaction& transaction) -> Result<v1::PutRedirectResponse> {
    if (!redirect.section_id.empty()) {
      KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
      KIMBERLITE_RETURN_IF_ERROR(CheckSectionExists(*site, redirect.section_id, "redirect.section_id"));
    }
    KIMBERLITE_RETURN_IF_ERROR(content::PutRedirect(transaction, redirect, clock_.Now()));
    v1::PutRedirectResponse response;
    *response.mutable_redirect() = MessageOf(redirect);
    return response;
  });
}

Result<v1::DeleteRedirectResponse> GrpcRedirectService::DeleteRedirect(const rpc::Call&,
                                                                       const v1::DeleteRedirectRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const std::string path, RedirectPath(request.path(), "path"));
  return pool_.Write([&](pg::Transaction& transaction) -> Result<v1::DeleteRedirectResponse> {
    KIMBERLITE_RETURN_IF_ERROR(content::DeleteRedirect(transaction, path));
    return v1::DeleteRedirectResponse();
  });
}

Result<v1::ListRedirectsResponse> GrpcRedirectService::ListRedirects(const rpc::Call&,
                                                                     const v1::ListRedirectsRequest& request) {
  const int page_size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  if (page_size < 1 || page_size > kMaxPage) return InvalidField("page_size", "must be 1 to 1,000, or 0 for 100");
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::ListRedirectsResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(std::vector<Redirect> found,
                                content::ListRedirects(transaction, request.page_token(), page_size + 1));
    v1::ListRedirectsResponse response;
    if (static_cast<int>(found.size()) > page_size) {
      found.pop_back();
      response.set_next_page_token(found.back().path);
    }
    for (const Redirect& redirect : found) *response.add_redirects() = MessageOf(redirect);
    return response;
  });
}

}  // namespace kimberlite::content
