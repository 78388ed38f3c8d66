#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "libs/base/context.h"
#include "services/ingest/core/ports.h"

namespace kimberlite::ingest {

enum class PollOutcome {
  kRead,         // a document was read and its items taken
  kNotModified,  // nothing new, said the server
  kFailed,       // no answer, an answer that says no, or no feed
  kLost,         // another replica has the source now
  kGone,         // the feed is gone for good: the source is paused
  kStopped,      // the service stops; the source is due as before
};

// What one poll did, for logs and metrics.
struct PollSummary {
  PollOutcome outcome = PollOutcome::kFailed;
  int http_status = 0;
  std::size_t bytes = 0;
  std::chrono::duration<double> fetch_time{0};
  Recognised counts;  // without its items
  Taken taken;
  std::string error;
  std::chrono::milliseconds next_in{0};
  std::string why;           // of next_in
  std::string new_feed_url;  // the source has moved there
};

// Polls one source: fetches, reads, recognises, takes in, and writes down how it went. Safe for any thread.
class Poller {
 public:
  struct Options {
    std::chrono::milliseconds fetch_timeout = std::chrono::seconds(15);  // well below the lease of 30 s
    std::function<double()> jitter;                                      // random, 0 to 1
  };
  Poller(Options options, const Clock& clock, FeedFetcher& fetcher, LeaseStore& leases, ItemStore& items,
         DocumentStore& documents)
      : options_(std::move(options)),
        clock_(clock),
        fetcher_(fetcher),
        leases_(leases),
        items_(items),
        documents_(documents) {}

  PollSummary Poll(std::stop_token stop, const Lease& lease);

 private:
  PollSummary Fail(const Lease& lease, PollSummary summary, PollResult result,
                   std::optional<std::chrono::seconds> retry_after = {});
  PollSummary Succeed(const Lease& lease, const FetchedDocument& document, PollSummary summary, PollResult result,
                      std::span<const Time> appeared);
  PollSummary Finish(const Lease& lease, PollSummary summary, PollResult result);
  PollSummary Read(const std::stop_token& stop, const Lease& lease, const FetchedDocument& document,
                   PollSummary summary, PollResult result);
  Result<Taken> Store(const std::stop_token& stop, const Lease& lease, const Feed& feed,
                      std::span<const RecognisedItem> items, Time fetched);
  Result<int> CheckVanished(const std::stop_token& stop, const Lease& lease, std::span<const RecognisedItem> items);

  Options options_;
  const Clock& clock_;
  FeedFetcher& fetcher_;
  LeaseStore& leases_;
  ItemStore& items_;
  DocumentStore& documents_;
};

}  // namespace kimberlite::ingest
