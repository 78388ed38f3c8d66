#include "services/rendering/core/edge.h"

#include <algorithm>
#include <iterator>

namespace kimberlite::rendering {
namespace {

using std::chrono::steady_clock;

}  // namespace

Edge::Edge(PageStore& store, MemoryCache& memory, Parts parts, const Clock& clock, Options options)
    : store_(store),
      memory_(memory),
      parts_(std::move(parts)),
      clock_(clock),
      options_(options),
      heard_(steady_clock::now()) {}

bool Edge::HeardRecently() {
  if (!parts_.is_current()) return false;
  heard_ = steady_clock::now();
  return true;
}

void Edge::Get(const Context& context, const Route& route, std::string_view path, Answered answered) {
  const std::string key = route.CacheKey();
  const Ask ask{route, key, path};
  if (key.empty()) return answered(Make(context, ask, nullptr));

  const bool current = HeardRecently();
  if (auto found = LookUp(ask); found && (current || found->page->immutable)) return answered(std::move(*found));
  if (steady_clock::now() < sources_down_until_.load()) {
    if (auto last = LastVersion(ask)) return answered(std::move(*last));
  }

  Waiter self{context, std::move(answered)};
  std::shared_ptr<Flight> flight;
  std::optional<MemoryCache::Held> landed;
  {
    const std::lock_guard lock(mutex_);
    const auto entry = flights_.find(key);
    if (entry != flights_.end()) {
      (entry->second->closed ? entry->second->late : entry->second->joined).push_back(std::move(self));
      return;
    }
    // One that was under way when this reader looked may have landed since.
    if (current) landed = memory_.Find(key);
    if (!landed || landed->touched_at) {
      landed.reset();
      flight = flights_[key] = std::make_shared<Flight>();
      flight->before.push_back(std::move(self));
    }
  }
  if (landed) return self.answered(EdgeAnswer{std::move(landed->page), CacheOutcome::kHit});
  Lead(ask, std::move(flight));
}

// What may be served as far as events have been heard.
std::optional<EdgeAnswer> Edge::LookUp(const Ask& ask) {
  if (auto held = memory_.Find(ask.key); held && !held->touched_at) {
    return EdgeAnswer{std::move(held->page), CacheOutcome::kHit};
  }
  const MemoryCache::Ticket ticket = memory_.Begin();
  auto kept = store_.Get(ask.key);
  if (!kept || !*kept) return std::nullopt;
  parts_.prepare(**kept);
  std::shared_ptr<const KeptPage> page = std::move(*kept);
  memory_.Keep(ask.key, ask.path, page, ticket);
  return EdgeAnswer{std::move(page), CacheOutcome::kHit};
}

// What may be served when nothing can be made.
std::optional<EdgeAnswer> Edge::LastVersion(const Ask& ask) {
  const auto now = steady_clock::now();
  if (auto held = memory_.Find(ask.key); held && held->touched_at) {
    if (now - *held->touched_at > options_.stale_if_error) return std::nullopt;
    return EdgeAnswer{std::move(held->page), CacheOutcome::kStale};
  }
  auto found = LookUp(ask);
  if (!found || now - heard_.load() > options_.stale_if_error) return std::nullopt;
  // With every change heard of, what is kept is no worse for the sources being down.
  found->outcome = HeardRecently() ? CacheOutcome::kHit : CacheOutcome::kStale;
  return found;
}

void Edge::Lead(const Ask& ask, std::shared_ptr<Flight> flight) {
  while (true) {
    const Context context = flight->before.back().context;
    const Result<EdgeAnswer> outcome = Fly(context, ask, *flight);
    std::vector<Waiter> done, again, late;
    std::shared_ptr<Flight> next;
    {
      const std::lock_guard lock(mutex_);
      flights_.erase(ask.key);
      done = std::move(flight->before);
      // Without sources there is nothing better to wait for. A flight that nothing fenced may have read its inputs
      // before something that those who joined were promised.
      auto& joined = !outcome || outcome->outcome == CacheOutcome::kStale || flight->fenced ? done : again;
      std::ranges::move(flight->joined, std::back_inserter(joined));
      auto& at_the_end = !outcome || outcome->outcome == CacheOutcome::kStale ? done : late;
      std::ranges::move(flight->late, std::back_inserter(at_the_end));
    }
    Result<EdgeAnswer> shared = outcome;
    if (shared) shared->collapsed = shared->outcome != CacheOutcome::kStale;
    for (std::size_t i = 0; i < done.size(); ++i) done[i].answered(i == 0 ? outcome : shared);
    if (!late.empty()) {
      if (const auto found = LookUp(ask); found && HeardRecently()) {
        for (Waiter& waiter : late) waiter.answered(*found);
      } else {
        std::ranges::move(late, std::back_inserter(again));
      }
    }
    if (again.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      const auto [entry, first] = flights_.try_emplace(ask.key);
      if (first) {
        next = entry->second = std::make_shared<Flight>();
      }
      // Another flight under way may have begun before some of these came.
      auto& place = first ? next->before : entry->second->closed ? entry->second->late : entry->second->joined;
      std::ranges::move(again, std::back_inserter(place));
    }
    if (!next) return;
    flight = std::move(next);
  }
}

Result<EdgeAnswer> Edge::Fly(const Context& context, const Ask& ask, Flight& flight) {
  Result<EdgeAnswer> outcome = Fail(Code::kInternal, "not made");
  try {
    outcome = Make(context, ask, &flight);
  } catch (const std::exception& exception) {
    // Those who wait must hear of it, whatever a library threw.
    outcome = Fail(Code::kInternal, std::string("unexpected: ") + exception.what());
  }
  if (outcome) {
    sources_down_until_ = steady_clock::time_point();
    return outcome;
  }
  if (outcome.error().retryable()) sources_down_until_ = steady_clock::now() + std::chrono::seconds(1);
  if (auto last = LastVersion(ask)) return std::move(*last);
  return outcome;
}

Result<EdgeAnswer> Edge::Make(const Context& context, const Ask& ask, Flight* flight) {
  EdgeAnswer answer;
  // A round is refused when something that the page depends on was touched after it began, or another fill was kept.
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    if (flight && round > 0) {
      // A new round reads its inputs after these came.
      const std::lock_guard lock(mutex_);
      flight->closed = false;
      std::ranges::move(flight->late, std::back_inserter(flight->joined));
      flight->late.clear();
    }
    const MemoryCache::Ticket in_memory = memory_.Begin();
    const Result<FillTicket> ticket = flight ? store_.BeginFill(ask.key) : Fail(Code::kUnavailable, "not kept");
    auto made = parts_.make(context, ask.route, ticket ? ticket->site_sequence : 0);
    if (!made) return std::unexpected(std::move(made).error());
    const bool cacheable = made->cacheable;
    const std::chrono::seconds keep = made->keep;
    auto coded = parts_.code(std::move(*made), clock_.Now());
    parts_.prepare(*coded);
    answer.page = std::move(coded);
    answer.outcome = CacheOutcome::kMissNotStored;
    if (!cacheable || !flight) return answer;
    {
      // Whoever comes from here on may have been promised something newer than this fill has read.
      const std::lock_guard lock(mutex_);
      flight->closed = true;
    }
    if (!ticket) {
      // No store: readers are served from the sources, and from memory, which is fenced by itself.
      answer.outcome = CacheOutcome::kBypass;
      flight->fenced = memory_.Keep(ask.key, ask.path, answer.page, in_memory);
      return answer;
    }
    const auto kept = store_.CommitFill(ask.key, *ticket, *answer.page, keep);
    if (!kept) {
      answer.outcome = CacheOutcome::kBypass;
      flight->fenced = memory_.Keep(ask.key, ask.path, answer.page, in_memory);
      return answer;
    }
    // Whoever joined did so before this round was kept, or before it began.
    flight->fenced = true;
    if (*kept) {
      memory_.Keep(ask.key, ask.path, answer.page, in_memory);
      answer.outcome = CacheOutcome::kMissStored;
      return answer;
    }
  }
  return answer;
}

}  // namespace kimberlite::rendering
