#include "services/rendering/adapters/edge_ledger.h"

#include <algorithm>
#include <charconv>

#include "libs/base/text.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::rendering {
namespace {

constexpr std::chrono::milliseconds kBeatEvery{500};
constexpr std::int64_t kAliveMs = 3000;

// What is remembered must be even when Redis is full, or nobody would know that it is applied.
constexpr char kAllowedWhenFull[] = "#!lua flags=allow-oom\n";

// KEYS[1]: the prefix. ARGV: edge, "1" to begin anew, then place and next offset in turn.
const redis::Script& BeatScript() {
  static const redis::Script script(std::string(kAllowedWhenFull) + R"lua(
local edge = KEYS[1] .. 'edge:' .. ARGV[1]
local time = redis.call('TIME')
if ARGV[2] == '1' then redis.call('DEL', edge) end
redis.call('HSET', edge, 'seen', time[1] * 1000 + math.floor(time[2] / 1000))
for i = 3, #ARGV, 2 do redis.call('HSET', edge, ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', edge, 86400)
redis.call('SADD', KEYS[1] .. 'edges', ARGV[1])
return 1
)lua");
  return script;
}

// ARGV: edge, place, next offset, aggregate, sequence, facts, pages dropped.
const redis::Script& RecordScript() {
  static const redis::Script script(std::string(kAllowedWhenFull) + R"lua(
local prefix = KEYS[1]
local receipt = prefix .. 'receipt:' .. ARGV[4]
local time = redis.call('TIME')
redis.call('HSET', prefix .. 'edge:' .. ARGV[1], ARGV[2], ARGV[3])
if redis.call('HSETNX', receipt, ARGV[5], ARGV[6]) == 1 then
  local sequences = {}
  for _, field in ipairs(redis.call('HKEYS', receipt)) do
    if string.match(field, '^%d+$') then sequences[#sequences + 1] = tonumber(field) end
  end
  table.sort(sequences)
  for i = 1, #sequences - 10 do
    local old = string.format('%d', sequences[i])
    for _, field in ipairs(redis.call('HKEYS', receipt)) do
      if string.match(field, '^%d+') == old then redis.call('HDEL', receipt, field) end
    end
  end
end
redis.call('HSETNX', receipt, ARGV[5] .. '@' .. ARGV[1], string.format('%.0f', time[1] * 1000000 + time[2]))
if ARGV[7] ~= '' then redis.call('HSET', receipt, ARGV[5] .. '!', ARGV[7]) end
redis.call('EXPIRE', receipt, 2592000)
redis.call('ZADD', prefix .. 'receipts', time[1], ARGV[4])
if redis.call('ZCARD', prefix .. 'receipts') > 20000 then
  redis.call('DEL', prefix .. 'receipt:' .. redis.call('ZPOPMIN', prefix .. 'receipts')[1])
end
return 1
)lua");
  return script;
}

// Answers the time in ms, then for each edge its name and its fields.
const redis::Script& EdgesScript() {
  static const redis::Script script(std::string(kAllowedWhenFull) + R"lua(
local time = redis.call('TIME')
local answer = {string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))}
for _, name in ipairs(redis.call('SMEMBERS', KEYS[1] .. 'edges')) do
  local fields = redis.call('HGETALL', KEYS[1] .. 'edge:' .. name)
  if #fields == 0 then
    redis.call('SREM', KEYS[1] .. 'edges', name)
  else
    answer[#answer + 1] = name
    answer[#answer + 1] = fields
  end
end
return answer
)lua");
  return script;
}

// ARGV: entity and sort key in turn. As the script of Apply finds them, without dropping.
const redis::Script& WouldPurgeScript() {
  static const redis::Script script(R"lua(
local epoch = redis.call('GET', KEYS[1] .. 'epoch')
local found = {}
if not epoch then return found end
local base = KEYS[1] .. epoch .. ':'
for i = 1, #ARGV, 2 do
  local entity, sort_key = ARGV[i], ARGV[i + 1]
  local index = redis.call('HGETALL', base .. 'deps:' .. entity)
  for j = 1, #index, 2 do
    local low, high = string.match(index[j + 1], '^(%S*) (%S*)$')
    if (sort_key == '' or ((low == '' or low <= sort_key) and (high == '' or sort_key <= high)))
        and redis.call('EXISTS', base .. 'page:' .. index[j]) == 1 then
      found[#found + 1] = table.concat({index[j], entity, sort_key, low, high}, '\t')
      if #found == 1000 then return found end
    end
  end
end
return found
)lua");
  return script;
}

std::int64_t Number(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string PlaceName(const AppliedPlace& place) { return place.topic + "/" + std::to_string(place.partition); }

std::string WritePurged(const std::vector<PurgedPage>& pages) {
  std::string text;
  for (const PurgedPage& page : pages) text += WritePurgedPage(page) + "\n";
  return text;
}

}  // namespace

EdgeLedger::EdgeLedger(redis::Client& client, std::string prefix, std::string name)
    : client_(client), prefix_(std::move(prefix)), name_(std::move(name)) {}

EdgeLedger::~EdgeLedger() { Stop(); }

void EdgeLedger::Start() {
  // Before it serves: whoever waits for all edges must know of it.
  if (const auto begun = Beat(true); !begun) {
    telemetry::Warning("edge not announced yet", {{"edge", name_}, {"error", begun.error().ToString()}});
  }
  heart_ = std::jthread([this](std::stop_token stop) {
    bool trouble = false;
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      stopping_.wait_for(lock, stop, kBeatEvery, [] { return false; });
      if (stop.stop_requested()) return;
      lock.unlock();
      const auto beaten = Beat(false);
      if (!beaten && !trouble) {
        telemetry::Warning("edge not announced", {{"edge", name_}, {"error", beaten.error().ToString()}});
      }
      trouble = !beaten;
      lock.lock();
    }
  });
}

void EdgeLedger::Stop() {
  if (!heart_.joinable()) return;
  heart_ = {};
  for (const auto& gone :
       {client_.Command({"SREM", prefix_ + "edges", name_}), client_.Command({"DEL", prefix_ + "edge:" + name_})}) {
    // It is forgotten in three seconds anyway.
    if (!gone) telemetry::Debug("edge not taken off the list", {{"error", gone.error().ToString()}});
  }
}

Result<void> EdgeLedger::Beat(bool start) {
  std::vector<std::string> arguments = {name_, start ? "1" : "0"};
  {
    // All places each time: Redis may have been emptied.
    const std::lock_guard lock(mutex_);
    for (const auto& [place, offset] : reached_) {
      arguments.push_back(place);
      arguments.push_back(std::to_string(offset));
    }
  }
  KIMBERLITE_RETURN_IF_ERROR(client_.Run(BeatScript(), std::vector<std::string>{prefix_}, arguments));
  return {};
}

void EdgeLedger::Reach(const std::vector<AppliedPlace>& places) {
  const std::lock_guard lock(mutex_);
  for (const AppliedPlace& place : places) {
    std::int64_t& offset = reached_[PlaceName(place)];
    offset = std::max(offset, place.next_offset);
  }
}

Result<void> EdgeLedger::Record(const Entry& entry) {
  Reach({entry.place});
  KIMBERLITE_RETURN_IF_ERROR(client_.Run(
      RecordScript(), std::vector<std::string>{prefix_},
      std::vector<std::string>{name_, PlaceName(entry.place), std::to_string(entry.place.next_offset), entry.aggregate,
                               std::to_string(entry.sequence), entry.facts, WritePurged(entry.purged)}));
  return {};
}

Result<std::vector<EdgeState>> EdgeLedger::Edges() {
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply, client_.Run(EdgesScript(), std::vector<std::string>{prefix_},
                                                                    std::vector<std::string>()));
  if (reply.elements.empty()) return Fail(Code::kInternal, "Redis answered the list of edges with something else");
  const std::int64_t now = Number(reply.elements[0].text);
  std::vector<EdgeState> edges;
  for (std::size_t i = 1; i + 1 < reply.elements.size(); i += 2) {
    EdgeState edge{.name = reply.elements[i].text};
    const std::vector<redis::Reply>& fields = reply.elements[i + 1].elements;
    for (std::size_t j = 0; j + 1 < fields.size(); j += 2) {
      const std::int64_t value = Number(fields[j + 1].text);
      if (fields[j].text == "seen") {
        edge.seen_time = Time(std::chrono::milliseconds(value));
        edge.alive = now - value < kAliveMs;
      } else {
        edge.reached.emplace(fields[j].text, value);
      }
    }
    edges.push_back(std::move(edge));
  }
  std::ranges::sort(edges, {}, &EdgeState::name);
  return edges;
}

Result<std::vector<AppliedRecord>> EdgeLedger::Records(const std::string& aggregate) {
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply, client_.Command({"HGETALL", prefix_ + "receipt:" + aggregate}));
  std::map<std::int64_t, AppliedRecord, std::greater<>> by_sequence;
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    const std::string& field = reply.elements[i].text;
    const std::string& value = reply.elements[i + 1].text;
    const std::size_t mark = field.find_first_of("@!");
    AppliedRecord& record = by_sequence[Number(field)];
    record.sequence = Number(field);
    if (mark == std::string::npos) {
      record.facts = ReadFacts(value);
    } else if (field[mark] == '@') {
      record.edges[field.substr(mark + 1)] = Time(std::chrono::microseconds(Number(value)));
    }
  }
  std::vector<AppliedRecord> records;
  for (auto& [sequence, record] : by_sequence) records.push_back(std::move(record));
  return records;
}

Result<std::vector<PurgedPage>> EdgeLedger::Purged(const std::string& aggregate, std::int64_t sequence) {
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply, client_.Command({"HGET", prefix_ + "receipt:" + aggregate,
                                                                         std::to_string(sequence) + "!"}));
  std::vector<PurgedPage> pages;
  for (const std::string_view line : Split(reply.text, '\n')) {
    if (auto page = ReadPurgedPage(line)) pages.push_back(std::move(*page));
  }
  return pages;
}

Result<std::vector<PurgedPage>> EdgeLedger::WouldPurge(const std::vector<Touched>& touched) {
  std::vector<std::string> arguments;
  for (const Touched& one : touched) {
    arguments.push_back(one.entity);
    arguments.push_back(one.sort_key);
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply,
                              client_.Run(WouldPurgeScript(), std::vector<std::string>{prefix_}, arguments));
  std::vector<PurgedPage> pages;
  for (const redis::Reply& line : reply.elements) {
    if (auto page = ReadPurgedPage(line.text)) pages.push_back(std::move(*page));
  }
  return pages;
}

}  // namespace kimberlite::rendering
