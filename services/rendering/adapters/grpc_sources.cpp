#include "services/rendering/adapters/grpc_sources.h"

#include <google/protobuf/descriptor.h>

#include "kimberlite/tagging/v1/tagging_service.pb.h"

namespace kimberlite::rendering {

GrpcSources::GrpcSources(const Options& options)
    : content_(options.content_target, options.token),
      tagging_(options.tagging_target, options.token),
      feed_(options.feed_target, options.token) {}

Result<std::shared_ptr<const content::v1::Site>> GrpcSources::GetSite(const Context& context) {
  content::v1::GetSiteRequest request;
  {
    const std::lock_guard lock(mutex_);
    if (site_ && site_->sequence() >= required_site_) return site_;
    request.set_min_sequence(required_site_);
  }
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<content::v1::GetSiteResponse>(context, request));
  auto site = std::make_shared<const content::v1::Site>(std::move(*response.mutable_site()));
  const std::lock_guard lock(mutex_);
  if (!site_ || site_->sequence() < site->sequence()) site_ = site;
  return site;
}

void GrpcSources::RequireSite(std::int64_t sequence) {
  const std::lock_guard lock(mutex_);
  required_site_ = std::max(required_site_, sequence);
}

Result<content::v1::Article> GrpcSources::GetArticle(const Context& context, std::int64_t id) {
  content::v1::GetArticleRequest request;
  request.set_article_id(id);
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<content::v1::GetArticleResponse>(context, request));
  return std::move(*response.mutable_article());
}

Result<std::int64_t> GrpcSources::SentSequence(const Context& context, std::int64_t article_id) {
  content::v1::GetArticleRequest request;
  request.set_article_id(article_id);
  request.set_with_sent_sequence(true);
  KIMBERLITE_ASSIGN_OR_RETURN(const auto response, content_.Call<content::v1::GetArticleResponse>(context, request));
  return response.sent_sequence();
}

Result<content::v1::ListArticlesResponse> GrpcSources::ListArticles(const Context& context,
                                                                    const content::v1::ListArticlesRequest& request) {
  return content_.Call<content::v1::ListArticlesResponse>(context, request);
}

Result<std::vector<content::v1::ListArticlesResponse>> GrpcSources::ListMany(
    const Context& context, const std::vector<content::v1::ListArticlesRequest>& requests) {
  content::v1::BatchListArticlesRequest batch;
  for (const auto& request : requests) *batch.add_lists() = request;
  auto response = content_.Call<content::v1::BatchListArticlesResponse>(context, batch);
  // A content service of the version before.
  if (!response && response.error().code() == Code::kUnimplemented) return Sources::ListMany(context, requests);
  if (!response) return std::unexpected(std::move(response).error());
  if (response->lists_size() != static_cast<int>(requests.size())) {
    return Fail(Code::kInternal, "content answered with another number of lists than were asked for");
  }
  return std::vector<content::v1::ListArticlesResponse>(std::make_move_iterator(response->mutable_lists()->begin()),
                                                        std::make_move_iterator(response->mutable_lists()->end()));
}

Result<std::map<std::int64_t, tagging::v1::Concept>> GrpcSources::GetConcepts(const Context& context,
                                                                              const std::vector<std::int64_t>& ids) {
  std::map<std::int64_t, tagging::v1::Concept> concepts;
  if (ids.empty()) return concepts;
  tagging::v1::BatchGetConceptsRequest request;
  request.mutable_concept_ids()->Add(ids.begin(), ids.end());
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, tagging_.Call<tagging::v1::BatchGetConceptsResponse>(context, request));
  for (auto& found : *response.mutable_concepts()) concepts.emplace(found.concept_id(), std::move(found));
  return concepts;
}

Result<tagging::v1::Concept> GrpcSources::ResolveTag(const Context& context, const std::string& language,
                                                     const std::string& slug) {
  tagging::v1::ResolveSlugRequest request;
  request.set_language_code(language);
  request.set_slug(slug);
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, tagging_.Call<tagging::v1::ResolveSlugResponse>(context, request));
  return std::move(*response.mutable_definition());
}

Result<content::v1::Media> GrpcSources::GetMedia(const Context& context, const std::string& id) {
  content::v1::GetMediaRequest request;
  request.set_media_id(id);
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<content::v1::GetMediaResponse>(context, request));
  return std::move(*response.mutable_media());
}

Result<std::shared_ptr<const content::v1::Media>> GrpcSources::DescribeMedia(const Context& context,
                                                                             const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = pictures_.find(id); known != pictures_.end()) return known->second;
  }
  KIMBERLITE_ASSIGN_OR_RETURN(auto media, GetMedia(context, id));
  media.clear_data();
  auto described = std::make_shared<const content::v1::Media>(std::move(media));
  const std::lock_guard lock(mutex_);
  // A bound on memory, not on correctness: pictures are asked for again.
  if (pictures_.size() > 100'000) pictures_.clear();
  pictures_.emplace(id, described);
  return described;
}

Result<content::v1::Author> GrpcSources::GetAuthor(const Context& context, const std::string& id) {
  content::v1::GetAuthorRequest request;
  request.set_author_id(id);
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<content::v1::GetAuthorResponse>(context, request));
  return std::move(*response.mutable_author());
}

Result<std::vector<std::string>> GrpcSources::ListArchiveMonths(const Context& context, const std::string& language) {
  content::v1::ListArchiveMonthsRequest request;
  request.set_language_code(language);
  KIMBERLITE_ASSIGN_OR_RETURN(const auto response,
                              content_.Call<content::v1::ListArchiveMonthsResponse>(context, request));
  return std::vector<std::string>(response.months().begin(), response.months().end());
}

Result<content::v1::SearchArticlesResponse> GrpcSources::SearchArticles(
    const Context& context, const content::v1::SearchArticlesRequest& request) {
  return content_.Call<content::v1::SearchArticlesResponse>(context, request);
}

Result<content::v1::ResolveRedirectResponse> GrpcSources::ResolveRedirect(const Context& context,
                                                                          const std::string& path) {
  // Content says where addresses of the past lead once its service declares the method.
  const auto* service = content::v1::ResolveRedirectRequest::descriptor()->file()->FindServiceByName("ContentService");
  if (!service || !service->FindMethodByName("ResolveRedirect")) return Fail(Code::kNotFound, "no address is known");
  content::v1::ResolveRedirectRequest request;
  request.set_path(path);
  return content_.Call<content::v1::ResolveRedirectResponse>(context, request);
}

Result<feed::v1::GetFeedResponse> GrpcSources::GetFeed(const Context& context,
                                                       const feed::v1::GetFeedRequest& request) {
  return feed_.Call<feed::v1::GetFeedResponse>(context, request);
}

Result<feed::v1::ListFeedsResponse> GrpcSources::ListFeeds(const Context& context, const std::string& language) {
  feed::v1::ListFeedsRequest request;
  request.set_language_code(language);
  return feed_.Call<feed::v1::ListFeedsResponse>(context, request);
}

}  // namespace kimberlite::rendering
