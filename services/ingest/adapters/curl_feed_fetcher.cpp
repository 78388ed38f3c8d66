#include "services/ingest/adapters/curl_feed_fetcher.h"

namespace kimberlite::ingest {

Result<FetchedDocument> CurlFeedFetcher::Fetch(const Context& context, const std::string& url,
                                               const Validators& validators) {
  auto response = fetcher_.Get(
      context,
      {.url = url,
       .accept = "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
                 "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1",
       .etag = validators.etag,
       .last_modified = validators.last_modified});
  if (!response) return std::unexpected(std::move(response).error());
  FetchedDocument document;
  document.status = response->status;
  document.content_type = response->Header("content-type");
  document.validators = {std::string(response->Header("etag")), std::string(response->Header("last-modified"))};
  document.url = std::move(response->final_url);
  document.permanent_url = std::move(response->permanent_url);
  document.fresh_for = response->fresh_for;
  document.retry_after = response->retry_after;
  document.body = std::move(response->body);
  return document;
}

Result<int> CurlFeedFetcher::Probe(const Context& context, const std::string& url) {
  KIMBERLITE_ASSIGN_OR_RETURN(const http::FetchResponse response,
                              fetcher_.Get(context, {.url = url, .accept = "text/html, */*;q=0.1"}));
  return response.status;
}

}  // namespace kimberlite::ingest
