#include "services/rendering/adapters/redis_page_store.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "libs/base/id.h"
#include "libs/base/text.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::rendering {
namespace {

using nlohmann::json;

// Shared beginning of the scripts. KEYS[1] is the prefix. Names are built inside, as they depend on
// the epoch: one Redis holds them all.
constexpr char kCommon[] = R"lua(
local prefix = KEYS[1]
local epoch = redis.call('GET', prefix .. 'epoch')
local base = prefix .. (epoch or '') .. ':'

local function drop(key)
  local page = base .. 'page:' .. key
  local deps = redis.call('HGET', page, 'deps')
  if not deps then return 0 end
  for entity in string.gmatch(deps, '[^\n]+') do
    redis.call('HDEL', base .. 'deps:' .. entity, key)
  end
  redis.call('DEL', page)
  return 1
end
)lua";

const redis::Script& GetScript() {
  static const redis::Script script(std::string(kCommon) + R"lua(
if not epoch then return false end
local page = redis.call('HMGET', base .. 'page:' .. ARGV[1], 'meta', 'body', 'gzip', 'br')
if not page[1] then return false end
return {page[1], page[2], page[3] or '', page[4] or ''}
)lua");
  return script;
}

const redis::Script& BeginScript() {
  static const redis::Script script(std::string(kCommon) + R"lua(
if not epoch then
  epoch = ARGV[2]
  redis.call('SET', prefix .. 'epoch', epoch)
  base = prefix .. epoch .. ':'
end
return {epoch, redis.call('GET', base .. 'clock') or '0', redis.call('HGET', base .. 'page:' .. ARGV[1], 'nonce') or '',
        redis.call('TIME')[1], redis.call('HGET', prefix .. 'applied:site', 'sequence') or '0'}
)lua");
  return script;
}

// ARGV: key, epoch, clock, nonce seen, begun, new nonce, meta, body, gzip, br, seconds to keep, then entity and window
// in turn.
const redis::Script& CommitScript() {
  static const redis::Script script(std::string(kCommon) + R"lua(
local key, page = ARGV[1], base .. 'page:' .. ARGV[1]
if epoch ~= ARGV[2] then return 0 end
if tonumber(redis.call('TIME')[1]) - tonumber(ARGV[5]) > 60 then return 0 end
for i = 12, #ARGV, 2 do
  local touched = redis.call('GET', base .. 'touched:' .. ARGV[i])
  if touched and tonumber(touched) > tonumber(ARGV[3]) then return 0 end
end
if (redis.call('HGET', page, 'nonce') or '') ~= ARGV[4] then return 0 end
drop(key)
local entities = {}
for i = 12, #ARGV, 2 do
  redis.call('HSET', base .. 'deps:' .. ARGV[i], key, ARGV[i + 1])
  redis.call('EXPIRE', base .. 'deps:' .. ARGV[i], 691200)
  entities[#entities + 1] = ARGV[i]
end
redis.call('HSET', page, 'meta', ARGV[7], 'nonce', ARGV[6], 'deps', table.concat(entities, '\n'), 'body', ARGV[8])
if ARGV[9] ~= '' then redis.call('HSET', page, 'gzip', ARGV[9]) end
if ARGV[10] ~= '' then redis.call('HSET', page, 'br', ARGV[10]) end
redis.call('EXPIRE', page, ARGV[11])
return 1
)lua");
  return script;
}

// A full Redis must still drop what is stale: these scripts may write when it refuses others (Redis 7, script flags).
constexpr char kAllowedWhenFull[] = "#!lua flags=allow-oom\n";

// ARGV: aggregate, sequence, place, next offset, number of touched, then entity and sort key in turn for
// `touched`, and the same for `touched_after_gap`.
const redis::Script& ApplyScript() {
  static const redis::Script script(kAllowedWhenFull + std::string(kCommon) + R"lua(
local applied = prefix .. 'applied:' .. ARGV[1]
local sequence = tonumber(ARGV[2])
local known = tonumber(redis.call('HGET', applied, 'sequence') or '0')
redis.call('HSET', prefix .. 'places', ARGV[3], ARGV[4])
if known >= sequence then return {0} end
local answer = {0}
local count = tonumber(ARGV[5])
local first, last = 6, 5 + 2 * count
if sequence > known + 1 then first, last = 6 + 2 * count, #ARGV end
local dropped = 0
if epoch then
  local clock = redis.call('INCR', base .. 'clock')
  for i = first, last, 2 do
    local entity, sort_key = ARGV[i], ARGV[i + 1]
    redis.call('SET', base .. 'touched:' .. entity, clock, 'EX', 120)
    local index = redis.call('HGETALL', base .. 'deps:' .. entity)
    for j = 1, #index, 2 do
      local low, high = string.match(index[j + 1], '^(%S*) (%S*)$')
      if sort_key == '' or ((low == '' or low <= sort_key) and (high == '' or sort_key <= high)) then
        local gone = drop(index[j])
        -- A page that has expired leaves its line in the index to be removed here.
        if gone == 0 then redis.call('HDEL', base .. 'deps:' .. entity, index[j]) end
        dropped = dropped + gone
        if gone > 0 and #answer <= 100 then
          answer[#answer + 1] = table.concat({index[j], entity, sort_key, low, high}, '\t')
        end
      end
    end
  end
end
redis.call('HSET', applied, 'sequence', ARGV[2], 'place', ARGV[3], 'offset', ARGV[4])
redis.call('EXPIRE', applied, 2592000)
answer[1] = dropped
return answer
)lua");
  return script;
}

const redis::Script& DropScript() {
  static const redis::Script script(kAllowedWhenFull + std::string(kCommon) +
                                    "if not epoch then return 0 end\nreturn drop(ARGV[1])");
  return script;
}

const redis::Script& InspectScript() {
  static const redis::Script script(std::string(kCommon) + R"lua(
if not epoch then return false end
local page = redis.call('HMGET', base .. 'page:' .. ARGV[1], 'meta', 'deps')
if not page[1] then return false end
return page
)lua");
  return script;
}

// ARGV: cursor, the theme's version.
const redis::Script& ListScript() {
  static const redis::Script script(std::string(kCommon) + R"lua(
if not epoch then return {'0'} end
local start = base .. 'page:' .. ARGV[2]
local found = redis.call('SCAN', ARGV[1], 'MATCH', start .. '*', 'COUNT', 1000)
local answer = {found[1]}
for _, page in ipairs(found[2]) do
  local deps = redis.call('HGET', page, 'deps')
  if deps then
    answer[#answer + 1] = string.sub(page, #start + 1)
    answer[#answer + 1] = deps
  end
end
return answer
)lua");
  return script;
}

std::string WriteMeta(const KeptPage& page) {
  json dependencies = json::array();
  for (const Dependency& one : page.dependencies) dependencies.push_back({one.entity, one.low, one.high});
  json etags = json::array();
  for (const KeptPage::Variant& variant : page.variants) etags.push_back(variant.etag);
  return json{{"status", page.status},
              {"type", page.content_type},
              {"language", page.content_language},
              {"location", page.location},
              {"path", page.canonical_path},
              {"theme", page.theme_version},
              {"policy", page.content_security_policy},
              {"immutable", page.immutable},
              {"ages", page.ages},
              {"modified", page.last_modified.time_since_epoch().count()},
              {"rendered", page.rendered_time.time_since_epoch().count()},
              {"dependencies", std::move(dependencies)},
              {"etags", std::move(etags)}}
      .dump();
}

// Only this class writes it, but another version of it may have: what does not read is not there.
Result<std::unique_ptr<KeptPage>> ReadMeta(const std::string& text) {
  try {
    const json meta = json::parse(text);
    auto page = std::make_unique<KeptPage>();
    page->status = meta.at("status").get<int>();
    page->content_type = meta.at("type").get<std::string>();
    page->content_language = meta.at("language").get<std::string>();
    page->location = meta.at("location").get<std::string>();
    page->canonical_path = meta.at("path").get<std::string>();
    page->theme_version = meta.at("theme").get<std::string>();
    page->content_security_policy = meta.at("policy").get<std::string>();
    page->immutable = meta.at("immutable").get<bool>();
    page->ages = meta.at("ages").get<bool>();
    page->last_modified = Time(std::chrono::microseconds(meta.at("modified").get<std::int64_t>()));
    page->rendered_time = Time(std::chrono::microseconds(meta.at("rendered").get<std::int64_t>()));
    for (const json& one : meta.at("dependencies")) {
      page->dependencies.push_back(
          {one.at(0).get<std::string>(), one.at(1).get<std::string>(), one.at(2).get<std::string>()});
    }
    for (std::size_t i = 0; i < kCodings; ++i) page->variants[i].etag = meta.at("etags").at(i).get<std::string>();
    return page;
  } catch (const json::exception& exception) {
    return Fail(Code::kDataLoss, std::string("a kept page has no readable head: ") + exception.what());
  }
}

std::int64_t ReadNumber(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "<topic>/<partition>" and an offset.
std::optional<AppliedPlace> ReadPlace(std::string_view name, std::string_view offset) {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return AppliedPlace{std::string(name.substr(0, slash)), static_cast<std::int32_t>(ReadNumber(name.substr(slash + 1))),
                      ReadNumber(offset)};
}

// The index holds one window of a page and an entity: what spans all that the page shows of it.
std::vector<Dependency> OnePerEntity(std::vector<Dependency> dependencies) {
  std::ranges::sort(dependencies, {}, &Dependency::entity);
  std::vector<Dependency> merged;
  for (Dependency& next : dependencies) {
    if (merged.empty() || merged.back().entity != next.entity) {
      merged.push_back(std::move(next));
      continue;
    }
    Dependency& one = merged.back();
    one.low = one.low.empty() || next.low.empty() ? "" : std::min(one.low, next.low);
    one.high = one.high.empty() || next.high.empty() ? "" : std::max(one.high, next.high);
  }
  return merged;
}

void AddTouched(std::vector<std::string>& arguments, const std::vector<Touched>& touched) {
  for (const Touched& one : touched) {
    arguments.push_back(one.entity);
    arguments.push_back(one.sort_key);
  }
}

}  // namespace

RedisPageStore::RedisPageStore(redis::Client& client, std::string prefix, std::string version)
    : client_(client), prefix_(std::move(prefix)), version_(std::move(version)) {}

void RedisPageStore::UseVersion(std::string version) {
  const std::lock_guard lock(version_mutex_);
  version_ = std::move(version);
}

std::string RedisPageStore::Version() const {
  const std::lock_guard lock(version_mutex_);
  return version_;
}

Result<redis::Reply> RedisPageStore::Run(const redis::Script& script, const std::vector<std::string>& arguments) {
  return client_.Run(script, std::vector<std::string>{prefix_}, arguments);
}

Result<void> RedisPageStore::CheckNotBehind() {
  if (is_behind_) return Fail(Code::kUnavailable, "an event could not be applied to Redis yet");
  return {};
}

Result<std::unique_ptr<KeptPage>> RedisPageStore::Get(const std::string& key) {
  KIMBERLITE_RETURN_IF_ERROR(CheckNotBehind());
  KIMBERLITE_ASSIGN_OR_RETURN(redis::Reply reply, Run(GetScript(), {Version() + "/" + key}));
  if (reply.nil() || reply.elements.size() != 1 + kCodings) return nullptr;
  auto page = ReadMeta(reply.elements[0].text);
  if (!page) return nullptr;
  for (std::size_t i = 0; i < kCodings; ++i) {
    std::string& body = reply.elements[1 + i].text;
    if (i == 0 || !body.empty()) (*page)->variants[i].body = std::make_shared<const std::string>(std::move(body));
  }
  return std::move(*page);
}

Result<FillTicket> RedisPageStore::BeginFill(const std::string& key) {
  const std::string version = Version();
  KIMBERLITE_RETURN_IF_ERROR(CheckNotBehind());
  KIMBERLITE_ASSIGN_OR_RETURN(redis::Reply reply, Run(BeginScript(), {version + "/" + key, RandomHex(8)}));
  if (reply.elements.size() != 5) return Fail(Code::kInternal, "Redis answered a fill with something else");
  FillTicket ticket{reply.elements[0].text, reply.elements[1].text, reply.elements[2].text, reply.elements[3].text};
  ticket.site_sequence = ReadNumber(reply.elements[4].text);
  ticket.theme_version = version;
  return ticket;
}

Result<bool> RedisPageStore::CommitFill(const std::string& key, const FillTicket& ticket, const KeptPage& page,
                                        std::chrono::seconds keep) {
  // Another theme took its place while the page was made: it belongs to neither.
  if (!page.theme_version.empty() && page.theme_version != ticket.theme_version) return false;
  std::vector<std::string> arguments = {ticket.theme_version + "/" + key,
                                        ticket.epoch,
                                        ticket.clock,
                                        ticket.nonce,
                                        ticket.begun,
                                        RandomHex(8),
                                        WriteMeta(page)};
  for (const KeptPage::Variant& variant : page.variants) arguments.push_back(variant.body ? *variant.body : "");
  arguments.push_back(std::to_string(keep.count()));
  for (const Dependency& dependency : OnePerEntity(page.dependencies)) {
    arguments.push_back(dependency.entity);
    arguments.push_back(dependency.low + " " + dependency.high);
  }
  const auto reply = Run(CommitScript(), arguments);
  if (!reply) {
    telemetry::Warning("page not kept", {{"key", key}, {"error", reply.error().message()}});
    return std::unexpected(reply.error());
  }
  return reply->integer == 1;
}

std::optional<PurgedPage> ReadPurgedPage(std::string_view line) {
  const std::vector<std::string_view> parts = Split(line, '\t');
  if (parts.size() != 5) return std::nullopt;
  const std::size_t slash = parts[0].find('/');
  const std::string_view key = slash == std::string_view::npos ? parts[0] : parts[0].substr(slash + 1);
  return PurgedPage{std::string(key), std::string(parts[1]), std::string(parts[2]), std::string(parts[3]),
                    std::string(parts[4])};
}

std::string WritePurgedPage(const PurgedPage& page) {
  return "-/" + page.key + "\t" + page.entity + "\t" + page.sort_key + "\t" + page.low + "\t" + page.high;
}

Result<std::int64_t> RedisPageStore::Apply(const Invalidation& invalidation, std::vector<PurgedPage>* purged) {
  std::vector<std::string> arguments = {invalidation.aggregate, std::to_string(invalidation.sequence),
                                        invalidation.place.topic + "/" + std::to_string(invalidation.place.partition),
                                        std::to_string(invalidation.place.next_offset),
                                        std::to_string(invalidation.touched.size())};
  AddTouched(arguments, invalidation.touched);
  AddTouched(arguments, invalidation.touched_after_gap);
  const auto reply = Run(ApplyScript(), arguments);
  {
    const std::lock_guard lock(mutex_);
    const std::string& place = arguments[2];
    if (reply) {
      behind_.erase(place);
    } else {
      behind_.insert(place);
    }
    is_behind_ = !behind_.empty();
  }
  if (!reply) return std::unexpected(reply.error());
  if (reply->elements.empty()) return Fail(Code::kInternal, "Redis answered an event with something else");
  for (std::size_t i = 1; purged != nullptr && i < reply->elements.size(); ++i) {
    if (auto page = ReadPurgedPage(reply->elements[i].text)) purged->push_back(std::move(*page));
  }
  return reply->elements[0].integer;
}

Result<AppliedSequence> RedisPageStore::AppliedTo(const std::string& aggregate) {
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply, client_.Command({"HMGET", prefix_ + "applied:" + aggregate,
                                                                         "sequence", "place", "offset"}));
  if (reply.elements.size() != 3) return Fail(Code::kInternal, "Redis answered HMGET with something else");
  return AppliedSequence{ReadNumber(reply.elements[0].text),
                         ReadPlace(reply.elements[1].text, reply.elements[2].text).value_or(AppliedPlace{})};
}

Result<std::vector<AppliedPlace>> RedisPageStore::Places() {
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply, client_.Command({"HGETALL", prefix_ + "places"}));
  std::vector<AppliedPlace> places;
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    if (auto place = ReadPlace(reply.elements[i].text, reply.elements[i + 1].text)) places.push_back(std::move(*place));
  }
  return places;
}

Result<void> RedisPageStore::SetPlaces(std::span<const AppliedPlace> places) {
  for (const AppliedPlace& place : places) {
    KIMBERLITE_RETURN_IF_ERROR(
        client_.Command({"HSET", prefix_ + "places", place.topic + "/" + std::to_string(place.partition),
                         std::to_string(place.next_offset)}));
  }
  return {};
}

Result<void> RedisPageStore::DropAll() {
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply old, client_.Command({"GETSET", prefix_ + "epoch", RandomHex(8)}));
  KIMBERLITE_RETURN_IF_ERROR(TellPurged(kPurgedAll));
  if (old.nil()) return {};
  // Nothing reads these any more; what this does not come to expires by itself.
  constexpr int kRounds = 2'000;
  std::string cursor = "0";
  for (int round = 0; round < kRounds; ++round) {
    KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply found,
                                client_.Command({"SCAN", cursor, "MATCH", prefix_ + old.text + ":*", "COUNT", "500"}));
    if (found.elements.size() != 2) return Fail(Code::kInternal, "Redis answered SCAN with something else");
    std::vector<std::string_view> unlink = {"UNLINK"};
    for (const redis::Reply& key : found.elements[1].elements) unlink.push_back(key.text);
    if (unlink.size() > 1) KIMBERLITE_RETURN_IF_ERROR(client_.Command(unlink));
    cursor = found.elements[0].text;
    if (cursor == "0") break;
  }
  return {};
}

Result<std::int64_t> RedisPageStore::Drop(const std::string& key) {
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply, Run(DropScript(), {Version() + "/" + key}));
  // Even where the store has no such page: a replica's memory may.
  KIMBERLITE_RETURN_IF_ERROR(TellPurged(key));
  return reply.integer;
}

Result<void> RedisPageStore::TellPurged(const std::string& key) {
  KIMBERLITE_RETURN_IF_ERROR(
      client_.Command({"XADD", prefix_ + "purged", "MAXLEN", std::to_string(kPurgesKept), "*", "key", key}));
  return {};
}

Result<std::optional<PageInspection>> RedisPageStore::Inspect(const std::string& key) {
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply reply, Run(InspectScript(), {Version() + "/" + key}));
  if (reply.nil() || reply.elements.size() != 2) return std::nullopt;
  KIMBERLITE_ASSIGN_OR_RETURN(const auto page, ReadMeta(reply.elements[0].text));
  PageInspection inspection{page->status, page->variants[0].etag, page->rendered_time, {}};
  for (const std::string_view entity : Split(reply.elements[1].text, '\n')) {
    if (!entity.empty()) inspection.entities.emplace_back(entity);
  }
  return inspection;
}

Result<RedisPageStore::Listing> RedisPageStore::List(const std::string& cursor) {
  KIMBERLITE_ASSIGN_OR_RETURN(redis::Reply reply, Run(ListScript(), {cursor, Version() + "/"}));
  if (reply.elements.empty()) return Fail(Code::kInternal, "Redis answered a listing with something else");
  Listing listing{reply.elements[0].text, {}};
  for (std::size_t i = 1; i + 1 < reply.elements.size(); i += 2) {
    listing.pages.push_back({std::move(reply.elements[i].text), std::move(reply.elements[i + 1].text)});
  }
  return listing;
}

}  // namespace kimberlite::rendering
