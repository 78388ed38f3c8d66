#include "services/rendering/adapters/visibility.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "libs/rpc/proto_time.h"
#include "libs/telemetry/telemetry.h"
#include "services/rendering/adapters/bus_invalidator.h"

namespace kimberlite::rendering {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookAtOthers{10};  // while another edge has not applied it yet
constexpr std::chrono::milliseconds kInFlight{1000};    // an event may be on its way before the log is asked
constexpr std::chrono::milliseconds kAskAgain{500};

std::string ArticleAggregate(std::int64_t article_id) { return "article:" + std::to_string(article_id); }

bool HasReached(const EdgeState& edge, const std::vector<AppliedPlace>& places) {
  return std::ranges::all_of(places, [&](const AppliedPlace& place) {
    const auto reached = edge.reached.find(place.topic + "/" + std::to_string(place.partition));
    return reached != edge.reached.end() && reached->second >= place.next_offset;
  });
}

std::string ReasonOf(const PurgedPage& page) {
  if (page.entity.starts_with("list:")) {
    if (page.sort_key.empty()) return "it shows the list " + page.entity.substr(5);
    return "the article enters or leaves the part of the list " + page.entity.substr(5) + " that it shows";
  }
  if (page.entity.starts_with("pages:"))
    return "a page of the list " + page.entity.substr(6) + " next to it was sealed";
  if (page.entity.starts_with("months:")) return "it tells which months have articles";
  if (page.entity == "site") return "every page shows the site's settings";
  return "it shows " + page.entity;
}

const content::v1::Translation* Find(const content::v1::Article& article, const std::string& language_code) {
  for (const auto& translation : article.translations()) {
    if (translation.language_code() == language_code) return &translation;
  }
  return nullptr;
}

v1::Surface MessageOf(Surface surface) {
  switch (surface) {
    case Surface::kPage: return v1::SURFACE_PAGE;
    case Surface::kLists: return v1::SURFACE_LISTS;
    case Surface::kFeeds: return v1::SURFACE_FEEDS;
    case Surface::kSitemap: return v1::SURFACE_SITEMAP;
  }
  return v1::SURFACE_UNSPECIFIED;
}

std::unexpected<Error> NoSuchVersion(std::int64_t article_id, const std::string& language_code, std::int32_t version) {
  return Fail(Error::Field(Code::kNotFound, "version",
                           "article " + std::to_string(article_id) + " has no version " + std::to_string(version) +
                               " in " + language_code + " yet"));
}

}  // namespace

Result<std::vector<AppliedPlace>> LogEnds(bus::Bus& bus, const std::string& topic, const Context& context) {
  std::mutex mutex;
  std::condition_variable_any told;
  std::optional<std::vector<AppliedPlace>> ends;
  bus::BroadcastSubscription look;
  look.topics = {topic};
  look.on_start = [&](std::span<const bus::Position> places, bool) -> Result<void> {
    const std::lock_guard lock(mutex);
    ends.emplace();
    for (const bus::Position& place : places) ends->push_back({place.topic, place.partition, place.offset});
    told.notify_all();
    return {};
  };
  look.handler = [](const bus::Event&, const bus::Position&) -> Result<void> { return {}; };
  const auto consumer = bus.Subscribe(std::move(look));
  std::unique_lock lock(mutex);
  const auto deadline = std::min(context.deadline.value_or(steady_clock::time_point::max()),
                                 steady_clock::now() + std::chrono::seconds(2));
  told.wait_until(lock, context.stop, deadline, [&] { return ends.has_value(); });
  if (!ends) return Fail(Code::kDeadlineExceeded, "the bus did not tell the ends of " + topic + " in time");
  return *ends;
}

Result<std::int64_t> Visibility::SequenceToWaitFor(const Context& context, const v1::WaitVisibleRequest& request) {
  if (request.sequence() > 0) return request.sequence();
  KIMBERLITE_ASSIGN_OR_RETURN(const content::v1::Article article, parts_.get_article(context, request.article_id()));
  if (request.language_code().empty()) return article.sequence();
  const content::v1::Translation* translation = Find(article, request.language_code());
  if (translation == nullptr || translation->version() < request.version())
    return NoSuchVersion(request.article_id(), request.language_code(), request.version());
  return article.sequence();
}

Result<std::vector<AppliedPlace>> Visibility::PlacesOf(const std::string& aggregate, std::int64_t sequence,
                                                       std::int64_t& applied) {
  KIMBERLITE_ASSIGN_OR_RETURN(const AppliedSequence known, parts_.store.AppliedTo(aggregate));
  applied = known.sequence;
  if (known.sequence < sequence || known.place.topic.empty()) return std::vector<AppliedPlace>();
  return std::vector<AppliedPlace>{known.place};
}

// Content has handed all up to the sequence to the bus, so whoever has applied the log up to its end, as it is told
// afterwards, has applied that. None: not all of it is on the bus yet.
Result<std::vector<AppliedPlace>> Visibility::PlacesByLog(const Context& context, std::int64_t article_id,
                                                          std::int64_t sequence) {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto sent, parts_.sent_sequence(context, article_id));
  if (sent < sequence) return std::vector<AppliedPlace>();
  return parts_.log_ends(context);
}

Result<v1::WaitVisibleResponse> Visibility::Wait(const Context& context, const v1::WaitVisibleRequest& request) {
  if (request.article_id() <= 0) return InvalidField("article_id", "must be an article's number");
  if (request.sequence() < 0) return InvalidField("sequence", "must be a sequence that a write returned, or 0");
  if (request.version() < 0) return InvalidField("version", "must be a version that a write returned, or 0");
  const std::string aggregate = ArticleAggregate(request.article_id());
  KIMBERLITE_ASSIGN_OR_RETURN(const std::int64_t sequence, SequenceToWaitFor(context, request));
  const auto deadline = context.deadline.value_or(steady_clock::now() + std::chrono::seconds(30));
  std::vector<AppliedPlace> places;
  std::int64_t applied = 0;
  auto ask_log = steady_clock::now() + kInFlight;
  std::string missing;
  while (true) {
    const std::uint64_t count = parts_.applied_count();
    if (places.empty()) {
      KIMBERLITE_ASSIGN_OR_RETURN(places, PlacesOf(aggregate, sequence, applied));
      if (places.empty() && steady_clock::now() >= ask_log) {
        KIMBERLITE_ASSIGN_OR_RETURN(places, PlacesByLog(context, request.article_id(), sequence));
        ask_log = steady_clock::now() + kAskAgain;
      }
    }
    auto look_again = std::min(ask_log, steady_clock::now() + std::chrono::milliseconds(250));
    missing = "no edge";
    if (!places.empty()) {
      KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<EdgeState> edges, parts_.ledger.Edges());
      missing.clear();
      v1::WaitVisibleResponse response;
      for (const EdgeState& edge : edges) {
        if (!edge.alive) continue;
        if (!HasReached(edge, places)) missing += (missing.empty() ? "" : ", ") + edge.name;
        response.add_edges(edge.name);
      }
      if (missing.empty() && response.edges_size() > 0) {
        response.set_applied_sequence(std::max(applied, sequence));
        return response;
      }
      if (response.edges_size() == 0) missing = "no edge is announced; this one";
      look_again = steady_clock::now() + kLookAtOthers;
    }
    if (steady_clock::now() >= deadline) {
      const std::string what = aggregate + " at sequence " + std::to_string(sequence);
      if (!places.empty()) return Fail(Code::kDeadlineExceeded, what + " is not yet applied at " + missing);
      return Fail(Code::kDeadlineExceeded,
                  what + " has not reached the edges; they know it up to " + std::to_string(applied));
    }
    KIMBERLITE_RETURN_IF_ERROR(parts_.wait(context, count, std::min(look_again, deadline)));
  }
}

Result<v1::GetReceiptResponse> Visibility::Receipt(const Context& context, const v1::GetReceiptRequest& request) {
  if (request.article_id() <= 0) return InvalidField("article_id", "must be an article's number");
  const std::string aggregate = ArticleAggregate(request.article_id());
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<AppliedRecord> records, parts_.ledger.Records(aggregate));
  v1::GetReceiptResponse response;
  std::int64_t sequence = request.sequence();
  if (sequence == 0 && !request.language_code().empty() && request.version() > 0)
    sequence = SequenceOfVersion(records, request.language_code(), request.version());
  if (sequence == 0 && !records.empty() && request.version() == 0) sequence = records.front().sequence;
  std::vector<SurfaceReceipt> receipts = ReceiptsOf(records, sequence);
  std::erase_if(receipts, [&](const SurfaceReceipt& one) {
    return !request.language_code().empty() && one.language_code != request.language_code();
  });
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<EdgeState> edges, parts_.ledger.Edges());
  const auto alive = [&](const std::string& name) {
    return std::ranges::any_of(edges, [&](const EdgeState& edge) { return edge.alive && edge.name == name; });
  };
  for (const SurfaceReceipt& one : receipts) {
    v1::SurfaceReceipt& message = *response.add_receipts();
    message.set_language_code(one.language_code);
    message.set_version(one.version);
    message.set_withdrawn(one.withdrawn);
    message.set_surface(MessageOf(one.surface));
    message.set_edge(one.edge);
    message.set_edge_alive(alive(one.edge));
    *message.mutable_visible_time() = ToTimestamp(one.visible_time);
    message.set_sequence(one.sequence);
  }
  const bool recorded =
      std::ranges::any_of(records, [&](const AppliedRecord& one) { return one.sequence == sequence; });
  if (recorded) {
    response.set_sequence(sequence);
    for (const EdgeState& edge : edges) {
      const bool shows = std::ranges::any_of(
          records, [&](const AppliedRecord& one) { return one.sequence >= sequence && one.edges.contains(edge.name); });
      if (edge.alive && !shows) response.add_missing_edges(edge.name);
    }
    return response;
  }
  // Nothing is recorded any more, or not yet. What can be proved now holds from now on.
  v1::WaitVisibleRequest wait;
  wait.set_article_id(request.article_id());
  wait.set_language_code(request.language_code());
  wait.set_version(request.version());
  wait.set_sequence(sequence);
  KIMBERLITE_ASSIGN_OR_RETURN(sequence, SequenceToWaitFor(context, wait));
  response.set_sequence(sequence);
  KIMBERLITE_ASSIGN_OR_RETURN(const auto places, PlacesByLog(context, request.article_id(), sequence));
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<EdgeState> now, parts_.ledger.Edges());
  std::optional<Time> proved;
  for (const EdgeState& edge : now) {
    if (!edge.alive) continue;
    if (places.empty() || !HasReached(edge, places)) {
      response.add_missing_edges(edge.name);
    } else {
      proved = std::max(proved.value_or(edge.seen_time), SystemClock().Now());
    }
  }
  if (proved && response.missing_edges().empty()) *response.mutable_proved_time() = ToTimestamp(*proved);
  return response;
}

Result<v1::ExplainPurgeResponse> Visibility::Explain(const v1::ExplainPurgeRequest& request) {
  v1::ExplainPurgeResponse response;
  std::vector<PurgedPage> pages;
  if (request.has_event()) {
    if (request.event().article_id() <= 0) return InvalidField("event.article_id", "must be an article's number");
    KIMBERLITE_ASSIGN_OR_RETURN(pages, parts_.ledger.WouldPurge(InvalidationOf(request.event()).touched));
  } else {
    const std::string aggregate =
        request.article_id() > 0 ? ArticleAggregate(request.article_id()) : request.aggregate();
    if (aggregate.empty())
      return InvalidField("article_id", "must be an article's number, unless aggregate or event is set");
    std::int64_t sequence = request.sequence();
    if (sequence == 0) {
      KIMBERLITE_ASSIGN_OR_RETURN(const auto records, parts_.ledger.Records(aggregate));
      if (records.empty())
        return Fail(Error::Field(Code::kNotFound, "aggregate", "no event of " + aggregate + " is recorded"));
      sequence = records.front().sequence;
    }
    response.set_sequence(sequence);
    KIMBERLITE_ASSIGN_OR_RETURN(pages, parts_.ledger.Purged(aggregate, sequence));
  }
  for (const PurgedPage& page : pages) {
    v1::PurgedPage& message = *response.add_pages();
    message.set_key(page.key);
    message.set_entity(page.entity);
    message.set_sort_key(page.sort_key);
    message.set_low_sort_key(page.low);
    message.set_high_sort_key(page.high);
    message.set_reason(ReasonOf(page));
  }
  return response;
}

Result<v1::ListEdgesResponse> Visibility::Edges() {
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<EdgeState> edges, parts_.ledger.Edges());
  v1::ListEdgesResponse response;
  for (const EdgeState& edge : edges) {
    v1::EdgeProgress& message = *response.add_edges();
    message.set_edge(edge.name);
    message.set_alive(edge.alive);
    *message.mutable_seen_time() = ToTimestamp(edge.seen_time);
    for (const auto& [place, offset] : edge.reached) (*message.mutable_next_offsets())[place] = offset;
  }
  return response;
}

}  // namespace kimberlite::rendering
