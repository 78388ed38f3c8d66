#include "services/rendering/adapters/auditor.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "libs/base/text.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::rendering {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMostNoted = 10'000;
constexpr std::chrono::seconds kMakeTime{5};
constexpr char kEverything[] = "*";  // no key of a page

double ThreadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void Count(const char* outcome) {
  telemetry::Metrics::Counter("kimberlite_audit_pages_total", "Kept pages that were made anew and compared",
                              {{"outcome", outcome}})
      .Add();
}

bool Same(const KeptPage& kept, const Page& fresh) {
  const auto& body = kept.variants[0].body;
  return kept.status == fresh.status && kept.location == fresh.location && body && *body == fresh.body;
}

// KEYS[1]: prefix. ARGV: edge, milliseconds. Whether this edge holds the lock, prolonged.
const redis::Script& LeadScript() {
  static const redis::Script script(R"lua(
local holder = redis.call('GET', KEYS[1] .. 'auditor')
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1] .. 'auditor', ARGV[1], 'PX', ARGV[2])
return 1
)lua");
  return script;
}

// ARGV: key. Tells the other edges; what is older than a minute is forgotten.
const redis::Script& TellScript() {
  static const redis::Script script(R"lua(#!lua flags=allow-oom
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1] .. 'drops', now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1] .. 'drops', '-inf', now - 60000)
redis.call('PEXPIRE', KEYS[1] .. 'drops', 60000)
return 1
)lua");
  return script;
}

}  // namespace

Auditor::Auditor(Parts parts, Options options) : parts_(std::move(parts)), options_(std::move(options)) {}

Auditor::~Auditor() { Stop(); }

void Auditor::Start() {
  thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
}

void Auditor::Stop() { thread_ = {}; }

void Auditor::Note(const Invalidation& invalidation, const std::string& event_id) {
  Noted noted{invalidation.touched, event_id, SystemClock().Now(), steady_clock::now() + options_.grace};
  const std::lock_guard lock(mutex_);
  noted_.push_back(std::move(noted));
  if (noted_.size() > kMostNoted) noted_.pop_front();
}

// Whether what is kept differs from a page made now. `nonce` is that of the page in Redis.
bool Auditor::Differs(const std::string& key, const Route& route, std::string& nonce, Verdict& verdict) {
  verdict = Verdict::kUnknown;
  const auto ticket = parts_.store.BeginFill(key);
  if (!ticket) return false;
  nonce = ticket->nonce;
  const auto held = parts_.memory.Find(key);
  const auto kept = parts_.store.Get(key);
  if (!kept) return false;
  const bool in_memory = held && !held->touched_at;
  if (!*kept && !in_memory) {
    verdict = Verdict::kGone;
    return false;
  }
  const auto fresh = parts_.make(Context::WithTimeout(kMakeTime), route, ticket->site_sequence);
  if (!fresh) return false;
  verdict = Verdict::kFresh;
  return (*kept && !Same(**kept, *fresh)) || (in_memory && !Same(*held->page, *fresh));
}

Auditor::Verdict Auditor::Check(const std::string& key, const std::string& cause, const std::string& event_id) {
  const Route route = RouteOfKey(key);
  if (route.kind == RouteKind::kNone || route.kind == RouteKind::kMedia) return Verdict::kFresh;
  std::string nonce, nonce_then;
  Verdict verdict = Verdict::kUnknown;
  if (!Differs(key, route, nonce, verdict)) {
    Count(verdict == Verdict::kFresh ? "fresh" : verdict == Verdict::kGone ? "gone" : "unknown");
    return verdict;
  }
  {
    // An event may be on its way.
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, thread_.get_stop_token(), options_.grace, [] { return false; });
  }
  if (!Differs(key, route, nonce_then, verdict) || nonce_then != nonce) {
    Count("fresh");
    return Verdict::kFresh;
  }
  Count("stale");
  telemetry::Metrics::Counter("kimberlite_audit_stale_total", "Stale pages that the auditor found and dropped",
                              {{"cause", cause}})
      .Add();
  const auto dropped = Drop(key);
  telemetry::LogError("stale page found", {{"key", key},
                                           {"cause", cause},
                                           {"event_id", event_id},
                                           {"dropped", dropped ? "yes" : dropped.error().ToString()}});
  return Verdict::kStale;
}

Result<std::int64_t> Auditor::Drop(const std::string& key) {
  KIMBERLITE_ASSIGN_OR_RETURN(std::int64_t dropped, parts_.store.Drop(key));
  if (parts_.memory.Drop(key) && dropped == 0) dropped = 1;
  KIMBERLITE_RETURN_IF_ERROR(Tell(key));
  return dropped;
}

Result<void> Auditor::DropAll() {
  KIMBERLITE_RETURN_IF_ERROR(parts_.store.DropAll());
  parts_.memory.DropAll();
  return Tell(kEverything);
}

Result<void> Auditor::Tell(const std::string& key) {
  KIMBERLITE_RETURN_IF_ERROR(
      parts_.redis.Run(TellScript(), std::vector<std::string>{options_.prefix}, std::vector<std::string>{key}));
  return {};
}

// What other edges dropped. A page that was made anew here meanwhile is dropped once more, which costs no more than
// that.
Result<void> Auditor::HearDrops() {
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply,
                              parts_.redis.Command({"ZRANGEBYSCORE", options_.prefix + "drops",
                                                    "(" + std::to_string(drops_heard_), "+inf", "WITHSCORES"}));
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    if (reply.elements[i].text == kEverything) {
      parts_.memory.DropAll();
    } else {
      parts_.memory.Drop(reply.elements[i].text);
    }
    drops_heard_ = std::max(drops_heard_, std::stod(reply.elements[i + 1].text));
  }
  return {};
}

Result<bool> Auditor::Lead() {
  const auto time = std::max<std::int64_t>(3000, 3 * options_.look_every.count());
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply,
                              parts_.redis.Run(LeadScript(), std::vector<std::string>{options_.prefix},
                                               std::vector<std::string>{options_.edge, std::to_string(time)}));
  return reply.integer == 1;
}

Result<Auditor::Report> Auditor::LookOnce() {
  std::vector<Noted> due;
  {
    const std::lock_guard lock(mutex_);
    while (!noted_.empty() && noted_.front().due <= steady_clock::now()) {
      due.push_back(std::move(noted_.front()));
      noted_.pop_front();
    }
  }
  Report report;
  if (due.empty()) return report;
  struct Place {
    const Noted* noted;
    const Touched* touched;
  };
  std::unordered_map<std::string_view, std::vector<Place>> by_entity;
  for (const Noted& noted : due) {
    for (const Touched& touched : noted.touched) by_entity[touched.entity].push_back({&noted, &touched});
  }
  // The newest touch of the page that came after it was made; null: none.
  const auto suspect = [&](const KeptPage& page) -> const Noted* {
    const Noted* found = nullptr;
    for (const Dependency& one : page.dependencies) {
      const auto places = by_entity.find(one.entity);
      if (places == by_entity.end()) continue;
      for (const Place& place : places->second) {
        const std::string& at = place.touched->sort_key;
        if (!at.empty() && ((!one.low.empty() && at < one.low) || (!one.high.empty() && one.high < at))) continue;
        if (page.rendered_time <= place.noted->time && (!found || found->time < place.noted->time)) found = place.noted;
      }
    }
    return found;
  };
  std::string cursor = "0";
  do {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto listing, parts_.store.List(cursor));
    cursor = listing.cursor;
    for (const RedisPageStore::Listed& listed : listing.pages) {
      ++report.pages;
      bool touched = false;
      for (std::string_view rest = listed.entities; !rest.empty() && !touched;) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        touched = by_entity.contains(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
      if (!touched) continue;
      KIMBERLITE_ASSIGN_OR_RETURN(const auto page, parts_.store.Get(listed.key));
      if (!page) continue;
      const Noted* noted = suspect(*page);
      if (noted == nullptr) continue;
      ++report.checked;
      if (Check(listed.key, "lost invalidation", noted->event_id) == Verdict::kStale)
        report.stale.push_back(listed.key);
    }
  } while (cursor != "0");
  return report;
}

Result<Auditor::Report> Auditor::CheckAll() {
  Report report;
  std::string cursor = "0";
  do {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto listing, parts_.store.List(cursor));
    cursor = listing.cursor;
    for (const RedisPageStore::Listed& listed : listing.pages) {
      ++report.pages;
      const Verdict verdict = Check(listed.key, "unknown", "");
      if (verdict == Verdict::kStale) report.stale.push_back(listed.key);
      if (verdict == Verdict::kStale || verdict == Verdict::kFresh) ++report.checked;
    }
  } while (cursor != "0");
  return report;
}

// One page of a round through all.
void Auditor::SampleOne() {
  if (sample_.empty()) {
    const auto listing = parts_.store.List(sample_cursor_);
    if (!listing) return;
    sample_cursor_ = listing->cursor;
    for (const RedisPageStore::Listed& listed : listing->pages) sample_.push_back(listed.key);
    if (sample_.empty()) return;
  }
  const std::string key = std::move(sample_.back());
  sample_.pop_back();
  Check(key, "unknown", "");
}

void Auditor::Run(const std::stop_token& stop) {
  const auto spent =
      telemetry::Metrics::Counter("kimberlite_audit_cpu_seconds_total", "Processor time of the auditor's thread");
  const auto tick = std::chrono::milliseconds(250);
  auto next_look = steady_clock::now() + options_.look_every;
  double budget = 0;  // seconds of processor time that may be spent
  double before = ThreadSeconds();
  auto last = steady_clock::now();
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, tick, [] { return false; });
    }
    if (stop.stop_requested()) return;
    if (const auto heard = HearDrops(); !heard) continue;  // without Redis there is nothing to look at
    const auto leads = Lead();
    const auto now = steady_clock::now();
    if (leads && *leads && now >= next_look) {
      next_look = now + options_.look_every;
      if (const auto looked = LookOnce(); !looked) {
        telemetry::Warning("audit interrupted", {{"error", looked.error().ToString()}});
      }
    }
    const double after = ThreadSeconds();
    budget += options_.share * std::chrono::duration<double>(now - last).count() - (after - before);
    // Half a minute at most is saved up, so that a burst stays small; what was overspent is waited for.
    budget = std::min(budget, options_.share * 30);
    spent.Add(after - before);
    before = after;
    last = now;
    // What a page costs elsewhere is about as much as here.
    if (leads && *leads && budget > 0.005) {
      SampleOne();
    }
  }
}

}  // namespace kimberlite::rendering
