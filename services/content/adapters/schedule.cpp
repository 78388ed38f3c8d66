#include "services/content/adapters/schedule.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/act.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/core/article_event.h"
#include "services/content/core/life.h"

namespace kimberlite::content {
namespace {

constexpr int kBatch = 100;

Result<bool> Fire(pg::Pool& pool, PgSiteStore& sites, std::int64_t article_id, Time now) {
  int held = 0;
  std::optional<Time> due;
  const auto fired = pool.Write([&](pg::Transaction& transaction) -> Result<bool> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites.Load(transaction));
    KIMBERLITE_ASSIGN_OR_RETURN(const Article before, LockArticle(transaction, *site, article_id));
    held = 0;
    KIMBERLITE_ASSIGN_OR_RETURN(Article after, FireSchedule(*site, before, now, held));
    for (const Translation& translation : before.translations) {
      if (translation.scheduled_time)
        due = std::min(due.value_or(*translation.scheduled_time), *translation.scheduled_time);
    }
    const Act act{.verb = "fire", .actor = "schedule", .time = now};
    KIMBERLITE_RETURN_IF_ERROR(SaveArticle(transaction, act, before, after));
    return after.sequence != before.sequence;
  });
  if (!fired) return fired;
  if (held > 0) {
    telemetry::Warning("a scheduled translation may not become public and went to review",
                       {{"article_id", article_id}, {"translations", held}});
  }
  if (*fired) {
    telemetry::Metrics::Counter("kimberlite_content_schedule_fired_total", "Articles that the schedule changed").Add();
    if (due) {
      telemetry::Metrics::Seconds("kimberlite_content_schedule_late_seconds", "From the scheduled time to its firing")
          .Observe(std::chrono::duration<double>(now - *due).count());
    }
  }
  return fired;
}

// Withdraws what is public of sources whose rights have expired.
Result<bool> Expire(pg::Pool& pool, PgSiteStore& sites, std::int64_t article_id, Time now) {
  return pool.Write([&](pg::Transaction& transaction) -> Result<bool> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites.Load(transaction));
    KIMBERLITE_ASSIGN_OR_RETURN(const Article before, LockArticle(transaction, *site, article_id));
    const Source* source = site->FindSource(before.source_id);
    if (source == nullptr || !source->withdraw_on_expiry || !source->HasExpired(now)) return false;
    Article after = ExpireRights(before);
    const Act act{
        .verb = "expire", .actor = "schedule", .time = now, .note = "the rights of " + source->source_id + " expired"};
    KIMBERLITE_RETURN_IF_ERROR(SaveArticle(transaction, act, before, after));
    return after.sequence != before.sequence;
  });
}

constexpr const char* kListedSql =
    "SELECT DISTINCT article_id FROM (SELECT article_id FROM content.list_entries WHERE list_key = ANY ($1::text[])"
    " AND article_id <> ALL ($3::bigint[]) LIMIT $2) AS e";

Result<std::vector<std::int64_t>> Ids(pg::Pool& pool, const char* sql, const pg::Params& params) {
  const auto rows = pool.Read([&](pg::Transaction& transaction) { return transaction.Query(sql, params); });
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::int64_t> ids;
  for (const pg::Row& row : *rows) ids.push_back(row.Int("article_id"));
  return ids;
}

// The lists of sources whose public articles must go.
Result<std::vector<std::string>> ExpiredLists(pg::Pool& pool, PgSiteStore& sites, Time now) {
  const auto site = pool.Read([&](pg::Transaction& transaction) { return sites.Load(transaction); });
  std::vector<std::string> keys;
  if (!site) {
    if (site.error().code() == Code::kFailedPrecondition) return keys;  // no site yet
    return std::unexpected(site.error());
  }
  for (const Source& source : (*site)->sources) {
    if (!source.withdraw_on_expiry || !source.HasExpired(now)) continue;
    for (const SiteLanguage& language : (*site)->languages) {
      keys.push_back(SourceList(language.language_code, source.source_id));
    }
  }
  return keys;
}

}  // namespace

const char* const kDueSql =
    "SELECT article_id FROM (SELECT article_id, scheduled_time FROM content.translations"
    " WHERE state = 5 AND scheduled_time <= $1 AND article_id <> ALL ($3::bigint[])"
    " ORDER BY scheduled_time LIMIT $2) AS t GROUP BY article_id ORDER BY min(scheduled_time)";

Schedule::Schedule(pg::Pool& pool, PgSiteStore& sites, const Clock& clock, Options options)
    : pool_(pool), sites_(sites), clock_(clock), options_(options), thread_([this](const std::stop_token& stop) {
        Run(stop);
      }) {}

Schedule::~Schedule() {
  thread_.request_stop();
  wake_.notify_all();
}

Result<int> Schedule::Round(pg::Pool& pool, PgSiteStore& sites, Time now, std::vector<std::int64_t>& left_out) {
  int changed = 0;
  const auto each = [&](const std::vector<std::int64_t>& ids, const auto& act) {
    for (const std::int64_t id : ids) {
      const Result<bool> outcome = act(pool, sites, id, now);
      if (outcome) {
        changed += *outcome ? 1 : 0;
        continue;
      }
      telemetry::Metrics::Counter("kimberlite_content_schedule_failures_total",
                                  "Articles that were due and could not be changed; tried again")
          .Add();
      telemetry::Warning("an article was due and could not be changed; it will be tried again",
                         {{"article_id", id}, {"error", outcome.error().ToString()}});
      left_out.push_back(id);
    }
  };
  // Each article is due no longer, or left out, when its turn is over: both loops end.
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto ids, Ids(pool, kDueSql, pg::Params(now, kBatch, left_out)));
    if (ids.empty()) break;
    each(ids, Fire);
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<std::string> lists, ExpiredLists(pool, sites, now));
  while (!lists.empty()) {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto ids, Ids(pool, kListedSql, pg::Params(lists, kBatch, left_out)));
    if (ids.empty()) break;
    each(ids, Expire);
  }
  return changed;
}

void Schedule::Run(const std::stop_token& stop) {
  bool was_failing = false;
  while (!stop.stop_requested()) {
    const Time now = clock_.Now();
    std::erase_if(paused_, [&](const auto& entry) { return entry.second <= now; });
    std::vector<std::int64_t> left_out;
    for (const auto& [id, until] : paused_) left_out.push_back(id);
    const auto round = Round(pool_, sites_, now, left_out);
    for (const std::int64_t id : left_out) paused_.emplace(id, now + options_.pause);
    if (!round && !was_failing) {
      telemetry::Warning("the schedule could not look for what is due", {{"error", round.error().ToString()}});
    }
    was_failing = !round;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, options_.period, [] { return false; });
  }
}

}  // namespace kimberlite::content
