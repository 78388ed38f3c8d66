#pragma once

#include "libs/http/fetch.h"
#include "services/ingest/core/ports.h"

namespace kimberlite::ingest {

// Fetches feeds by HTTP.
class CurlFeedFetcher final : public FeedFetcher {
 public:
  explicit CurlFeedFetcher(http::Fetcher::Options options) : fetcher_(std::move(options)) {}
  Result<FetchedDocument> Fetch(const Context& context, const std::string& url, const Validators& validators) override;
  Result<int> Probe(const Context& context, const std::string& url) override;

 private:
  http::Fetcher fetcher_;
};

}  // namespace kimberlite::ingest
