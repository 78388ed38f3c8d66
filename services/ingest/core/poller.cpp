#include "services/ingest/core/poller.h"

#include <algorithm>
#include <vector>

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

PollBounds BoundsOf(const Source& source) {
  return {.floor = source.poll_interval, .ceiling = source.max_poll_interval};
}

// When what is fresh appeared, as far as that can be known: its own date between the two polls, else now.
std::vector<Time> Appeared(const Taken& taken, Time from, Time now) {
  std::vector<Time> times;
  for (const auto& published : taken.fresh_published)
    times.push_back(published && *published >= from && *published < now ? *published : now);
  // A feed whose old items keep changing is worth a look, but no more often than one that brings an item each time.
  if (times.empty() && taken.changed > 0) times.push_back(now);
  return times;
}

}  // namespace

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
    return Succeed(lease, *document, std::move(summary), std::move(result), {});
  }
  if (document->status != 200) {
    result.error = SentenceOf(document->status);
    if (document->status == 410) {
      summary.outcome = PollOutcome::kGone;
      result.pause_reason = result.error;
      return Finish(lease, std::move(summary), std::move(result));
    }
    result.spare_host = document->status == 429;
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
  return Read(stop, lease, *document, std::move(summary), std::move(result));
}

// What the document says of its items, all of it.
Result<Taken> Poller::Store(const std::stop_token& stop, const Lease& lease, const Feed& feed,
                            std::span<const RecognisedItem> items, Time fetched) {
  KIMBERLITE_ASSIGN_OR_RETURN(Taken taken, items_.Take(lease, fetched, items));
  if (lease.source.removal_rule == RemovalRule::kIgnore) return taken;
  if (!feed.removed_ids.empty()) {
    // A feed that has both an item and its tombstone has it.
    std::vector<std::string> ids;
    for (const std::string& id : feed.removed_ids) {
      if (std::ranges::none_of(items, [&](const RecognisedItem& item) { return item.external_id == id; }))
        ids.push_back(id);
    }
    KIMBERLITE_ASSIGN_OR_RETURN(const int removed, items_.Remove(lease, ids, RemovalReason::kDeclared));
    taken.removed += removed;
  }
  if (lease.source.removal_rule == RemovalRule::kPageGone) {
    KIMBERLITE_ASSIGN_OR_RETURN(const int removed, CheckVanished(stop, lease, items));
    taken.removed += removed;
  }
  return taken;
}

// One page with each poll: the host was just asked.
Result<int> Poller::CheckVanished(const std::stop_token& stop, const Lease& lease,
                                  std::span<const RecognisedItem> items) {
  constexpr milliseconds kPatience = std::chrono::seconds(5);
  constexpr int kTimesGone = 2;
  KIMBERLITE_ASSIGN_OR_RETURN(const std::optional<VanishedItem> vanished, items_.Vanished(lease, items));
  if (!vanished) return 0;
  Context context = Context::WithTimeout(kPatience);
  context.stop = stop;
  const Result<int> status = fetcher_.Probe(context, vanished->link);
  const bool gone = status && (*status == 404 || *status == 410);
  KIMBERLITE_ASSIGN_OR_RETURN(const int times, items_.MarkChecked(lease, vanished->external_id, gone));
  if (!gone || times < kTimesGone) return 0;
  return items_.Remove(lease, std::span(&vanished->external_id, 1), RemovalReason::kPageGone);
}

PollSummary Poller::Read(const std::stop_token& stop, const Lease& lease, const FetchedDocument& document,
                         PollSummary summary, PollResult result) {
  const Time fetched = clock_.Now();
  // Before it is read: what cannot be read today is what a better parser will want.
  if (const auto kept = documents_.Keep(lease, fetched, document); !kept) {
    result.error = "the document could not be kept: " + kept.error().message();
    return Fail(lease, std::move(summary), std::move(result));
  }
  const auto feed = ParseFeed({.body = document.body,
                               .content_type = document.content_type,
                               .url = document.url,
                               .time_zone = lease.source.time_zone});
  if (!feed) {
    result.error = feed.error().message();
    return Fail(lease, std::move(summary), std::move(result));
  }
  Recognised recognised = RecogniseItems(*feed, lease.source);
  const auto taken = Store(stop, lease, *feed, recognised.items, fetched);
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
  result.hints = feed->hints;
  result.seen = recognised.seen;
  result.taken = taken->count();
  result.report = recognised.Report();
  if (taken->renamed > 0) {
    *result.report += (result.report->empty() ? "" : "; ") + std::to_string(taken->renamed) +
                      " items came again under new ids and are known by their links";
  }
  if (!feed->warnings.empty()) *result.report += (result.report->empty() ? "" : "; ") + feed->warnings.front();
  result.validators = document.validators;
  summary.counts = CountsOf(std::move(recognised));
  // The first document tells of the days before by its dates.
  const Time now = clock_.Now();
  Time from = lease.last_success_time.value_or(now - std::chrono::hours(1));
  if (!lease.last_success_time) {
    for (const auto& published : taken->fresh_published) {
      if (published && *published < from) from = std::max(*published, now - std::chrono::hours(7 * 24));
    }
  }
  const std::vector<Time> appeared = Appeared(*taken, from, now);
  return Succeed(lease, document, std::move(summary), std::move(result), appeared);
}

PollSummary Poller::Succeed(const Lease& lease, const FetchedDocument& document, PollSummary summary, PollResult result,
                            std::span<const Time> appeared) {
  const Time now = clock_.Now();
  Time from = lease.last_success_time.value_or(now);
  if (!lease.last_success_time && !appeared.empty()) from = std::min(now, *std::ranges::min_element(appeared));
  result.rhythm = lease.rhythm;
  result.rhythm->Observe(from, now, appeared);
  result.moved = AfterRedirect(lease.moved, document.permanent_url, now);
  if (result.moved->url == lease.source.feed_url) result.moved = Moved();
  if (IsBelieved(*result.moved, now)) {
    Source moved = lease.source;
    moved.feed_url = result.moved->url;
    // Somewhere that no operator could have put it, it is not taken to.
    if (CheckSource(moved)) summary.new_feed_url = result.new_feed_url = moved.feed_url;
    result.moved = Moved();
  }
  const PollDecision decision = AfterSuccess(BoundsOf(lease.source), *result.rhythm, result.hints.value_or(lease.hints),
                                             document.fresh_for, now, options_.jitter());
  result.next_in = decision.next_in;
  result.why = decision.why;
  return Finish(lease, std::move(summary), std::move(result));
}

PollSummary Poller::Fail(const Lease& lease, PollSummary summary, PollResult result,
                         std::optional<std::chrono::seconds> retry_after) {
  summary.outcome = PollOutcome::kFailed;
  const PollDecision decision =
      AfterFailure(BoundsOf(lease.source), lease.consecutive_failures + 1, retry_after, options_.jitter());
  result.next_in = decision.next_in;
  result.why = decision.why;
  return Finish(lease, std::move(summary), std::move(result));
}

PollSummary Poller::Finish(const Lease& lease, PollSummary summary, PollResult result) {
  // Both may quote what a server or a document said.
  result.finished_time = clock_.Now();
  result.error = PlainLineOfBytes(result.error);
  if (result.report) result.report = PlainLineOfBytes(*result.report);
  summary.error = result.error;
  summary.next_in = result.next_in;
  summary.why = result.why;
  const auto finished = leases_.Finish(lease, result);
  if (finished) return summary;
  // Nothing is lost: the lease runs out, and the next poll sees the same document again.
  summary.outcome = finished.error().code() == Code::kAborted ? PollOutcome::kLost : PollOutcome::kFailed;
  summary.error = finished.error().ToString();
  return summary;
}

}  // namespace kimberlite::ingest
