#include "services/rendering/adapters/bus_invalidator.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "libs/base/id.h"
#include "libs/telemetry/telemetry.h"
#include "services/rendering/core/receipt.h"

namespace kimberlite::rendering {
namespace {

constexpr char kArticles[] = "kimberlite.content.article.v1";
constexpr char kSite[] = "kimberlite.content.site.v1";
constexpr char kAuthors[] = "kimberlite.content.author.v1";
constexpr char kConcepts[] = "kimberlite.tagging.concept.v1";

std::set<Touched> PlacesOf(const content::v1::ArticleState& state) {
  std::set<Touched> places;
  for (const auto& place : state.lists()) places.insert({"list:" + place.list_key(), place.sort_key()});
  return places;
}

template <typename Message>
Result<Message> Read(const bus::Event& event) {
  Message message;
  if (!message.ParseFromString(event.payload)) {
    return Fail(Code::kInvalidArgument, "event " + event.id + " is not a " + message.GetTypeName());
  }
  return message;
}

}  // namespace

Invalidation InvalidationOf(const content::v1::ArticleChanged& event) {
  Invalidation invalidation;
  invalidation.aggregate = "article:" + std::to_string(event.article_id());
  invalidation.sequence = event.sequence();
  invalidation.touched.push_back({invalidation.aggregate, ""});
  invalidation.touched_after_gap = invalidation.touched;
  const std::set<Touched> before = PlacesOf(event.before());
  const std::set<Touched> after = PlacesOf(event.after());
  std::ranges::set_symmetric_difference(before, after, std::back_inserter(invalidation.touched));
  std::ranges::set_union(before, after, std::back_inserter(invalidation.touched_after_gap));
  for (const auto& bound : event.sealed()) {
    // The pages on both sides of a new bound have a new neighbour.
    const Touched page{"pages:" + bound.list_key(), bound.sort_key()};
    invalidation.touched.push_back(page);
    invalidation.touched_after_gap.push_back(page);
  }
  invalidation.withdrawn =
      std::ranges::find(event.changes(), content::v1::ARTICLE_CHANGE_WITHDRAWN) != event.changes().end();
  return invalidation;
}

Invalidation InvalidationOf(const content::v1::SiteChanged& event) {
  return {{{"site", ""}}, {{"site", ""}}, "site", event.sequence(), {}};
}

Invalidation InvalidationOf(const content::v1::AuthorChanged& event) {
  const std::string entity = "author:" + event.author_id();
  return {{{entity, ""}}, {{entity, ""}}, entity, event.sequence(), {}};
}

Invalidation InvalidationOf(const tagging::v1::ConceptChanged& event) {
  const std::string entity = "concept:" + std::to_string(event.concept_id());
  return {{{entity, ""}}, {{entity, ""}}, entity, event.sequence(), {}};
}

std::string FactsOf(const content::v1::ArticleChanged& event) {
  std::vector<TranslationFacts> facts;
  for (const auto& translation : event.after().translations()) {
    std::string places;
    for (const auto& place : event.after().lists()) {
      const std::string_view key = place.list_key();
      if (key.substr(0, key.find('/')) == translation.language_code())
        places += place.list_key() + place.sort_key() + "\n";
    }
    facts.push_back({.language_code = translation.language_code(),
                     .version = translation.version(),
                     .is_public = translation.state() == content::v1::TRANSLATION_STATE_PUBLISHED,
                     .withdrawn = translation.state() == content::v1::TRANSLATION_STATE_WITHDRAWN,
                     .places = Sha256Hex(places).substr(0, 8)});
  }
  return WriteFacts(facts);
}

BusInvalidator::BusInvalidator(bus::Bus& bus, RedisPageStore& store, MemoryCache& memory, Sources& sources,
                               EdgeLedger& ledger, Watch watch)
    : bus_(bus), store_(store), memory_(memory), sources_(sources), ledger_(ledger), watch_(std::move(watch)) {}

BusInvalidator::~BusInvalidator() { Stop(); }

void BusInvalidator::Start() {
  subscriber_ = std::jthread([this](std::stop_token stop) {
    while (!stop.stop_requested()) {
      const auto subscribed = Subscribe();
      if (subscribed) return;
      telemetry::Warning("cannot listen to the bus yet", {{"error", subscribed.error().ToString()}});
      std::unique_lock lock(mutex_);
      applied_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    }
  });
}

Result<void> BusInvalidator::Subscribe() {
  const std::vector<std::string> topics = {kArticles, kSite, kAuthors, kConcepts};
  KIMBERLITE_RETURN_IF_ERROR(bus_.EnsureTopics(topics, {}));
  bus::BroadcastSubscription subscription;
  subscription.topics = topics;
  KIMBERLITE_ASSIGN_OR_RETURN(const auto places, store_.Places());
  for (const AppliedPlace& place : places) {
    if (std::ranges::find(topics, place.topic) != topics.end()) {
      subscription.start.push_back({place.topic, place.partition, place.next_offset});
    }
  }
  const std::vector<bus::Position> known = subscription.start;
  subscription.on_start = [this, known](std::span<const bus::Position> places, bool gap) {
    return OnStart(places, gap || known.size() < places.size());
  };
  subscription.handler = [this](const bus::Event& event, const bus::Position& position) {
    return Handle(event, position);
  };
  auto consumer = bus_.Subscribe(std::move(subscription));
  const std::lock_guard lock(mutex_);
  consumer_ = std::move(consumer);
  return {};
}

void BusInvalidator::Stop() {
  subscriber_ = {};
  std::unique_ptr<bus::Consumer> consumer;
  {
    const std::lock_guard lock(mutex_);
    consumer = std::move(consumer_);
  }
  // Its handler takes the mutex, so it is stopped outside.
}

void BusInvalidator::StopWaiting() {
  {
    const std::lock_guard lock(mutex_);
    waiting_stopped_ = true;
  }
  applied_.notify_all();
}

bool BusInvalidator::IsCurrent() {
  constexpr std::chrono::seconds kSilence{2};
  const std::lock_guard lock(mutex_);
  return consumer_ && SystemClock().Now() - consumer_->last_heard() <= kSilence;
}

Result<void> BusInvalidator::OnStart(std::span<const bus::Position> places, bool gap) {
  if (gap) {
    // Events were missed: which pages they touched is not known any more.
    memory_.DropAll();
    KIMBERLITE_RETURN_IF_ERROR(store_.DropAll());
    // Again: it may have been filled from the store in between.
    memory_.DropAll();
    telemetry::Info("page cache emptied", {{"reason", "the place in the log is unknown or gone"}});
  }
  std::vector<AppliedPlace> applied;
  for (const bus::Position& place : places) applied.push_back({place.topic, place.partition, place.offset});
  KIMBERLITE_RETURN_IF_ERROR(store_.SetPlaces(applied));
  ledger_.Reach(applied);
  CountOne();
  return {};
}

Result<void> BusInvalidator::Handle(const bus::Event& event, const bus::Position& position) {
  Result<Invalidation> invalidation = Fail(Code::kInvalidArgument, "unknown topic " + event.topic);
  std::string facts;
  if (event.topic == kArticles) {
    if (auto message = Read<content::v1::ArticleChanged>(event)) {
      invalidation = InvalidationOf(*message);
      facts = FactsOf(*message);
    }
  } else if (event.topic == kSite) {
    if (auto message = Read<content::v1::SiteChanged>(event)) {
      // Before the cache: a fill that still reads the old settings then began before the touch, and is refused.
      sources_.RequireSite(message->sequence());
      invalidation = InvalidationOf(*message);
    }
  } else if (event.topic == kAuthors) {
    if (auto message = Read<content::v1::AuthorChanged>(event)) invalidation = InvalidationOf(*message);
  } else if (event.topic == kConcepts) {
    if (auto message = Read<tagging::v1::ConceptChanged>(event)) invalidation = InvalidationOf(*message);
  }
  if (!invalidation) return ForgetAll(event, position);
  invalidation->place = {position.topic, position.partition, position.offset + 1};
  if (watch_) watch_(*invalidation, event);
  return Apply(*invalidation, facts, event);
}

// What cannot be read may have touched anything.
Result<void> BusInvalidator::ForgetAll(const bus::Event& event, const bus::Position& position) {
  telemetry::LogError("unreadable event, page cache emptied",
                      {{"event_id", event.id}, {"topic", event.topic}, {"offset", position.offset}});
  const AppliedPlace place{position.topic, position.partition, position.offset + 1};
  memory_.DropAll();
  KIMBERLITE_RETURN_IF_ERROR(store_.DropAll());
  KIMBERLITE_RETURN_IF_ERROR(store_.SetPlaces(std::vector<AppliedPlace>{place}));
  // Again: it may have been filled from the store in between.
  memory_.DropAll();
  ledger_.Reach({place});
  CountOne();
  return {};
}

Result<void> BusInvalidator::Apply(const Invalidation& invalidation, const std::string& facts,
                                   const bus::Event& event) {
  EdgeLedger::Entry entry{.aggregate = invalidation.aggregate,
                          .sequence = invalidation.sequence,
                          .facts = facts,
                          .place = invalidation.place};
  const auto dropped = store_.Apply(invalidation, &entry.purged);
  // After the store, so that nothing older comes back from there; and when it failed as well, since the store is not
  // read until it succeeds. Whether events were missed is not known here: what a gap would touch is hardly more.
  std::vector<Touched> touched = invalidation.touched;
  std::ranges::copy(invalidation.touched_after_gap, std::back_inserter(touched));
  memory_.Apply(touched, invalidation.withdrawn);
  if (!dropped) return std::unexpected(dropped.error());
  // From here on every GET shows it.
  KIMBERLITE_RETURN_IF_ERROR(ledger_.Record(entry));
  static const auto events =
      telemetry::Metrics::Counter("kimberlite_edge_events_applied_total", "Events applied to the page cache");
  static const auto pages =
      telemetry::Metrics::Counter("kimberlite_edge_pages_invalidated_total", "Pages dropped by events");
  static const auto lag =
      telemetry::Metrics::Seconds("kimberlite_edge_apply_lag_seconds", "From an event's time to its application");
  events.Add();
  pages.Add(static_cast<double>(*dropped));
  lag.Observe(std::chrono::duration<double>(SystemClock().Now() - event.time).count());
  telemetry::Debug("event applied", {{"event_id", event.id},
                                     {"aggregate", invalidation.aggregate},
                                     {"sequence", invalidation.sequence},
                                     {"pages_dropped", *dropped},
                                     {"traceparent", event.traceparent}});
  CountOne();
  return {};
}

void BusInvalidator::CountOne() {
  {
    const std::lock_guard lock(mutex_);
    ++applied_count_;
  }
  applied_.notify_all();
}

std::uint64_t BusInvalidator::applied_count() {
  const std::lock_guard lock(mutex_);
  return applied_count_;
}

Result<void> BusInvalidator::WaitMore(const Context& context, std::uint64_t count,
                                      std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  applied_.wait_until(lock, context.stop, until, [&] { return applied_count_ != count || waiting_stopped_; });
  if (waiting_stopped_) return Fail(Code::kUnavailable, "this edge is stopping; ask another");
  if (context.stop.stop_requested()) return Fail(Code::kCancelled, "the caller went away");
  return {};
}

}  // namespace kimberlite::rendering
