#include "services/rendering/adapters/bus_invalidator.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
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

// What may change of an article by itself: the words of a translation ("sah"), which translations there are and where
// ("links"), its concepts ("tags").
struct ArticleParts {
  std::set<std::string> touched;
  std::set<std::string> all;
};

// What a page shows of which other translations there are.
std::string LinksOf(const content::v1::ArticleState& state) {
  std::set<std::string> links;
  for (const auto& one : state.translations()) {
    const bool is_public = one.state() == content::v1::TRANSLATION_STATE_PUBLISHED;
    if (is_public || one.state() == content::v1::TRANSLATION_STATE_WITHDRAWN)
      links.insert(one.language_code() + (is_public ? "/" + one.slug() : ""));
  }
  std::string text;
  for (const std::string& link : links) text += link + "\n";
  return text;
}

std::map<std::string, std::string> WordsOf(const content::v1::ArticleState& state) {
  std::map<std::string, std::string> words;
  for (const auto& one : state.translations()) words[one.language_code()] = one.SerializeAsString();
  return words;
}

ArticleParts PartsOf(const content::v1::ArticleChanged& event) {
  const auto& before = event.before();
  const auto& after = event.after();
  const auto has = [&](content::v1::ArticleChange change) {
    return std::ranges::find(event.changes(), change) != event.changes().end();
  };
  // A kind of change that this binary does not know may be of anything.
  const bool unknown = std::ranges::any_of(
      event.changes(), [](int change) { return change < 1 || change > content::v1::ARTICLE_CHANGE_DRIFT; });
  ArticleParts parts;
  const auto old_words = WordsOf(before);
  auto words = WordsOf(after);
  for (const auto& [language, one] : words) {
    const auto old = old_words.find(language);
    if (old == old_words.end() || old->second != one) parts.touched.insert(language);
  }
  words.insert(old_words.begin(), old_words.end());
  for (const auto& [language, one] : words) parts.all.insert(language);
  // Section, source and picture are shown wherever a translation is.
  const bool everywhere = unknown || has(content::v1::ARTICLE_CHANGE_PLACE) ||
                          has(content::v1::ARTICLE_CHANGE_CORRECTED) || has(content::v1::ARTICLE_CHANGE_DRIFT) ||
                          before.section_id() != after.section_id() || before.source_id() != after.source_id() ||
                          (has(content::v1::ARTICLE_CHANGE_TEXT) && parts.touched.empty());
  if (everywhere) parts.touched = parts.all;
  parts.all.insert({"links", "tags"});
  if (unknown || LinksOf(before) != LinksOf(after)) parts.touched.insert("links");
  if (unknown || has(content::v1::ARTICLE_CHANGE_TAGS) ||
      !std::ranges::equal(before.concept_ids(), after.concept_ids()))
    parts.touched.insert("tags");
  return parts;
}

// The months that an article left and entered: an archive's own page changes when one of its months may have become
// empty, or one that it does not have came.
void AddMonths(const std::vector<Touched>& left, const std::vector<Touched>& entered, std::vector<Touched>& touched) {
  const auto month_of = [](const Touched& place) -> std::optional<std::pair<std::string, std::string>> {
    const std::size_t at = place.entity.find("/archive/");
    if (at == std::string::npos) return std::nullopt;
    return std::pair(place.entity.substr(5, at - 5), place.entity.substr(at + 9));
  };
  for (const Touched& place : left) {
    if (const auto month = month_of(place)) touched.push_back({"months-left:" + month->first, ""});
  }
  for (const Touched& place : entered) {
    const auto month = month_of(place);
    if (!month) continue;
    touched.push_back({"months:" + month->first, month->second});
    touched.push_back({"months-old:" + month->first, month->second});
  }
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
  const std::string article = "article:" + std::to_string(event.article_id());
  invalidation.aggregate = article;
  invalidation.sequence = event.sequence();
  const ArticleParts parts = PartsOf(event);
  invalidation.touched.push_back({article, ""});
  for (const std::string& part : parts.touched) invalidation.touched.push_back({article + "/" + part, ""});
  invalidation.touched_after_gap.push_back({article, ""});
  for (const std::string& part : parts.all) invalidation.touched_after_gap.push_back({article + "/" + part, ""});

  const std::set<Touched> before = PlacesOf(event.before());
  const std::set<Touched> after = PlacesOf(event.after());
  std::vector<Touched> left, entered;
  std::ranges::set_difference(before, after, std::back_inserter(left));
  std::ranges::set_difference(after, before, std::back_inserter(entered));
  std::ranges::set_union(left, entered, std::back_inserter(invalidation.touched));
  AddMonths(left, entered, invalidation.touched);
  std::ranges::set_union(before, after, std::back_inserter(invalidation.touched_after_gap));
  AddMonths({before.begin(), before.end()}, {after.begin(), after.end()}, invalidation.touched_after_gap);
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
  Invalidation invalidation{{}, {{"site", ""}}, "site", event.sequence(), {}};
  for (const std::string& id : event.source_ids()) invalidation.touched.push_back({"source:" + id, ""});
  invalidation.touched.push_back({event.source_ids().empty() ? "site" : "sources", ""});
  return invalidation;
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
  // read until it succeeds.
  memory_.Apply(HasGap(invalidation) ? invalidation.touched_after_gap : invalidation.touched, invalidation.withdrawn);
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

// Whether this replica has not heard the event before this one.
bool BusInvalidator::HasGap(const Invalidation& invalidation) {
  constexpr std::size_t kMostHeard = 200'000;
  const std::lock_guard lock(mutex_);
  if (heard_.size() >= kMostHeard) heard_.clear();
  std::int64_t& heard = heard_[invalidation.aggregate];
  const bool gap = invalidation.sequence > heard + 1;
  heard = std::max(heard, invalidation.sequence);
  return gap;
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
