#include "services/rendering/core/edge.h"

namespace kimberlite::rendering {

Edge::Edge(PageStore& store, MakePage make, IsCurrent is_current, const Clock& clock)
    : store_(store), make_(std::move(make)), is_current_(std::move(is_current)), clock_(clock) {}

Result<EdgeAnswer> Edge::Get(const Context& context, const Route& route, Coding coding) {
  const std::string key = route.CacheKey();
  if (key.empty()) return Make(context, route, key, nullptr);
  auto kept = store_.Get(key, coding);
  if (!kept || !*kept) return Fill(context, route, key);

  EdgeAnswer answer;
  answer.rendered_time = (*kept)->rendered_time;
  answer.kept = std::move(*kept);
  if (is_current_() || answer.kept->immutable) return answer;
  if (std::chrono::steady_clock::now() >= sources_down_until_.load()) {
    if (auto made = Fill(context, route, key)) return made;
    sources_down_until_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  }
  answer.outcome = CacheOutcome::kStale;
  return answer;
}

Result<EdgeAnswer> Edge::Fill(const Context& context, const Route& route, const std::string& key) {
  for (bool second_time = false;; second_time = true) {
    auto flight = std::make_shared<Flight>();
    std::unique_lock lock(mutex_);
    const auto [entry, first] = flights_.try_emplace(key, flight);
    if (first) {
      lock.unlock();
      Fly(context, route, key, *flight);
      return flight->outcome;
    }
    const std::shared_ptr<Flight> joined = entry->second;
    const auto landed = [&] { return joined->done; };
    if (!context.deadline) {
      landed_.wait(lock, landed);
    } else if (!landed_.wait_until(lock, *context.deadline, landed)) {
      return Fail(Code::kDeadlineExceeded, "the page was not made in time");
    }
    // A flight that nothing fenced may have read its inputs before something that this reader was promised. One that
    // is met the second time began after the first had closed, so after this reader came.
    if (joined->fenced || second_time) return joined->outcome;
  }
}

void Edge::Fly(const Context& context, const Route& route, const std::string& key, Flight& flight) {
  Result<EdgeAnswer> outcome = Fail(Code::kInternal, "not made");
  try {
    outcome = Make(context, route, key, &flight);
  } catch (const std::exception& exception) {
    // Those who wait must hear of it, whatever a library threw.
    outcome = Fail(Code::kInternal, std::string("unexpected: ") + exception.what());
  }
  Close(key, &flight);
  {
    const std::lock_guard lock(mutex_);
    flight.outcome = std::move(outcome);
    flight.done = true;
  }
  landed_.notify_all();
}

// Lets nobody join the flight any more.
void Edge::Close(const std::string& key, const Flight* flight) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = flights_.find(key); entry != flights_.end() && entry->second.get() == flight) {
    flights_.erase(entry);
  }
}

Result<EdgeAnswer> Edge::Make(const Context& context, const Route& route, const std::string& key, Flight* flight) {
  EdgeAnswer answer;
  // A round is refused when something that the page depends on was touched after it began, or another fill was kept.
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    const Result<FillTicket> ticket = key.empty() ? Fail(Code::kUnavailable, "not kept") : store_.BeginFill(key);
    auto page = make_(context, route, ticket ? ticket->site_sequence : 0);
    if (!page) return std::unexpected(std::move(page).error());
    answer.fresh = std::make_shared<const Page>(std::move(*page));
    answer.rendered_time = clock_.Now();
    answer.outcome = CacheOutcome::kMissNotStored;
    if (!answer.fresh->cacheable) return answer;
    if (!ticket) {
      // No store: readers are served all the same, from the sources.
      answer.outcome = CacheOutcome::kBypass;
      return answer;
    }
    // Whoever comes from here on may have been promised something newer than this fill has read: they look for
    // themselves. The commit decides for those who wait already.
    Close(key, flight);
    const auto kept = store_.CommitFill(key, *ticket, *answer.fresh, answer.rendered_time);
    if (!kept) {
      answer.outcome = CacheOutcome::kBypass;
      return answer;
    }
    // Whoever joined did so before this round was kept, or before it began.
    if (flight) flight->fenced = true;
    if (*kept) {
      answer.outcome = CacheOutcome::kMissStored;
      return answer;
    }
  }
  return answer;
}

}  // namespace kimberlite::rendering
