#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kimberlite/content/v1/article.pb.h"
#include "kimberlite/rendering/v1/rendering_service.pb.h"
#include "libs/base/context.h"
#include "libs/base/error.h"
#include "libs/bus/bus.h"
#include "services/rendering/adapters/edge_ledger.h"
#include "services/rendering/adapters/redis_page_store.h"

namespace kimberlite::rendering {

// What readers see, proved: by what each edge says that it has applied, and where that is forgotten by the log itself.
class Visibility {
 public:
  struct Parts {
    RedisPageStore& store;
    EdgeLedger& ledger;
    std::function<Result<content::v1::Article>(const Context&, std::int64_t article_id)> get_article;
    // Up to which sequence content has handed an article's events to the bus.
    std::function<Result<std::int64_t>(const Context&, std::int64_t article_id)> sent_sequence;
    // Ends of the log of articles: next offset of each partition, asked anew.
    std::function<Result<std::vector<AppliedPlace>>(const Context&)> log_ends;
    // Counts what this edge has applied.
    std::function<std::uint64_t()> applied_count;
    // Returns when the count has moved on, at the time, or when the caller or the edge goes away (an error).
    std::function<Result<void>(const Context&, std::uint64_t count, std::chrono::steady_clock::time_point)> wait;
  };
  explicit Visibility(Parts parts) : parts_(std::move(parts)) {}

  Result<v1::WaitVisibleResponse> Wait(const Context& context, const v1::WaitVisibleRequest& request);
  Result<v1::GetReceiptResponse> Receipt(const Context& context, const v1::GetReceiptRequest& request);
  Result<v1::ExplainPurgeResponse> Explain(const v1::ExplainPurgeRequest& request);
  Result<v1::ListEdgesResponse> Edges();

 private:
  // The places that an edge must have reached to show the sequence; none while that is not known.
  Result<std::vector<AppliedPlace>> PlacesOf(const std::string& aggregate, std::int64_t sequence,
                                             std::int64_t& applied);
  Result<std::vector<AppliedPlace>> PlacesByLog(const Context& context, std::int64_t article_id, std::int64_t sequence);
  Result<std::int64_t> SequenceToWaitFor(const Context& context, const v1::WaitVisibleRequest& request);

  const Parts parts_;
};

// The ends of a topic's partitions, by a consumer that only looks. DEADLINE_EXCEEDED after two seconds.
Result<std::vector<AppliedPlace>> LogEnds(bus::Bus& bus, const std::string& topic, const Context& context);

}  // namespace kimberlite::rendering
