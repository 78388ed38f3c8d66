#include "services/ingest/core/poller.h"

#include <algorithm>

#include "services/ingest/core/feed_parser.h"
#include "services/ingest/core/plain_line.h"

namespace kimberlite::ingest {
namespace {

using std::chrono::milliseconds;

// What an HTTP status that brings no feed means for the one who looks after the source.
std::string SentenceOf(int status) {
  const std::string code = std::to_string(status);
  switch (status) {
    case 401:
    case 403: return "the server refuses the feed (HTTP " + code + ")";
    case 404: return "there is no feed at this address (HTTP 404)";
    case 410: return "the feed is gone for good (HTTP 410)";
    case 429: return "the server asks to be polled less often (HTTP 429)";
    default: break;
  }
  if (status >= 500) return "the server has a fault (HTTP " + code + ")";
  return "the server answered with HTTP " + code + " and no feed";
}

// The validator, or nothing when it could not be stored and sent back: then the next poll asks without it.
std::string Usable(std::string validator) {
  constexpr std::size_t kLongest = 1024;
  const bool printable = std::ranges::all_of(validator, [](char c) { return c >= 0x20 && c < 0x7F; });
  if (!printable || validator.size() > kLongest) validator.clear();
  return validator;
}

// The counts alone, once the items are stored.
Recognised CountsOf(Recognised recognised) {
  recognised.items.clear();
  return recognised;
}

}  // namespace

milliseconds DelayAfterFailure(milliseconds interval, int failures, std::optional<std::chrono::seconds> retry_after,
                               double jitter) {
  const milliseconds ceiling = std::max<milliseconds>(std::chrono::hours(1), interval);
  const int doublings = std::clamp(failures, 0, 20);
  const auto delay = std::min(ceiling, milliseconds(interval.count() << doublings));
  const auto spread =
      milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * (0.95 + 0.1 * jitter)));
  const auto asked = std::min<milliseconds>(retry_after.value_or(std::chrono::seconds(0)), std::chrono::hours(24));
  return std::max({std::min(spread, ceiling), asked, interval});
}

PollSummary Poller::Poll(std::stop_token stop, const Lease& lease) {
  Context context = Context::WithTimeout(options_.fetch_timeout);
  context.stop = stop;
  PollSummary summary;
  PollResult result;
  const auto begun = std::chrono::steady_clock::now();
  auto document = fetcher_.Fetch(context, lease.source.feed_url, lease.validators);
  summary.fetch_time = std::chrono::steady_clock::now() - begun;
  if (!document && document.error().code() == Code::kCancelled) {
    summary.outcome = PollOutcome::kStopped;
    if (const auto released = leases_.Release(lease); !released) summary.error = released.error().ToString();
    return summary;
  }
  if (!document) {
    result.error = document.error().message();
    return Fail(lease, std::move(summary), std::move(result));
  }
  document->validators = {Usable(std::move(document->validators.etag)),
                          Usable(std::move(document->validators.last_modified))};
  summary.http_status = result.http_status = document->status;
  summary.bytes = document->body.size();
  if (document->status == 304) {
    summary.outcome = PollOutcome::kNotModified;
    // A 304 may leave out a validator that still holds.
    const auto kept = [](const std::string& now, const std::string& before) { return now.empty() ? before : now; };
    result.validators = Validators{kept(document->validators.etag, lease.validators.etag),
                                   kept(document->validators.last_modified, lease.validators.last_modified)};
    result.next_in = lease.source.poll_interval;
    return Finish(lease, std::move(summary), std::move(result));
  }
  if (document->status != 200) {
    result.error = SentenceOf(document->status);
    return Fail(lease, std::move(summary), std::move(result), document->retry_after);
  }
  // Reading has the whole lease again, however slow the server was.
  const auto renewed = leases_.Renew(lease);
  if (!renewed && renewed.error().code() == Code::kAborted) {
    summary.outcome = PollOutcome::kLost;
    summary.error = renewed.error().message();
    return summary;
  }
  if (!renewed) {
    result.error = "the lease could not be renewed: " + renewed.error().message();
    return Fail(lease, std::move(summary), std::move(result));
  }
  return Read(lease, *document, std::move(summary), std::move(result));
}

PollSummary Poller::Read(const Lease& lease, const FetchedDocument& document, PollSummary summary, PollResult result) {
  const auto feed = ParseFeed({.body = document.body,
                               .content_type = document.content_type,
                               .url = document.url,
                               .time_zone = lease.source.time_zone});
  if (!feed) {
    result.error = feed.error().message();
    return Fail(lease, std::move(summary), std::move(result));
  }
  Recognised recognised = RecogniseItems(*feed, lease.source);
  const auto taken = items_.Take(lease, recognised.items);
  if (!taken && taken.error().code() == Code::kAborted) {
    summary.outcome = PollOutcome::kLost;
    summary.error = taken.error().message();
    return summary;
  }
  if (!taken) {
    result.error = "the items could not be stored: " + taken.error().message();
    return Fail(lease, std::move(summary), std::move(result));
  }
  summary.outcome = PollOutcome::kRead;
  summary.taken = *taken;
  result.seen = recognised.seen;
  result.report = recognised.Report();
  if (!feed->warnings.empty()) *result.report += (result.report->empty() ? "" : "; ") + feed->warnings.front();
  result.validators = document.validators;
  result.next_in = lease.source.poll_interval;
  summary.counts = CountsOf(std::move(recognised));
  return Finish(lease, std::move(summary), std::move(result));
}

PollSummary Poller::Fail(const Lease& lease, PollSummary summary, PollResult result,
                         std::optional<std::chrono::seconds> retry_after) {
  summary.outcome = PollOutcome::kFailed;
  result.next_in =
      DelayAfterFailure(lease.source.poll_interval, lease.consecutive_failures + 1, retry_after, options_.jitter());
  return Finish(lease, std::move(summary), std::move(result));
}

PollSummary Poller::Finish(const Lease& lease, PollSummary summary, PollResult result) {
  // Both may quote what a server or a document said.
  result.error = PlainLineOfBytes(result.error);
  if (result.report) result.report = PlainLineOfBytes(*result.report);
  summary.error = result.error;
  summary.next_in = result.next_in;
  const auto finished = leases_.Finish(lease, result);
  if (finished) return summary;
  // Nothing is lost: the lease runs out, and the next poll sees the same document again.
  summary.outcome = finished.error().code() == Code::kAborted ? PollOutcome::kLost : PollOutcome::kFailed;
  summary.error = finished.error().ToString();
  return summary;
}

}  // namespace kimberlite::ingest
