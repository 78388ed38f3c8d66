#include "services/ingest/adapters/pg_story_store.h"

#include <utility>

namespace kimberlite::ingest {
namespace {

constexpr int kPage = 500;

ClusterMember MemberOf(const pg::Row& row) {
  ClusterMember member;
  member.key = {row.String("source_id"), row.String("external_id")};
  member.cluster_id = row.Int("cluster_id");
  member.relation = static_cast<Relation>(row.Int("relation"));
  member.score = row.Double("score");
  member.why = row.String("why");
  member.related = {row.String("related_source_id"), row.String("related_external_id")};
  member.added_time = row.Instant("added_time");
  return member;
}

std::vector<ClusterMember> ListedMembers(const pg::Rows& rows) {
  std::vector<ClusterMember> members;
  for (const pg::Row row : rows) {
    ClusterMember& member = members.emplace_back(MemberOf(row));
    member.headline = row.String("headline");
    member.language_code = row.String("language_code");
    member.link = row.String("link");
  }
  return members;
}

constexpr const char* kListed =
    "SELECT m.source_id, m.external_id, m.cluster_id, m.relation, m.score, m.why, m.related_source_id,"
    " m.related_external_id, m.added_time, i.headline, i.language_code, i.link FROM ingest.cluster_members m"
    " LEFT JOIN ingest.items i USING (source_id, external_id)";

}  // namespace

PgStoryStore::PgStoryStore(pg::Pool& pool, const Clock& clock, StoryIndex::Options options, std::string taken_by)
    : pool_(pool), clock_(clock), options_(options), taken_by_(std::move(taken_by)), index_(options) {}

Result<bool> PgStoryStore::Load(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  const std::lock_guard lock(mutex_);
  if (!read_until_) {
    const Time begin = clock_.Now() - options_.window;
    const auto rows = pool_.Read([&](pg::Transaction& transaction) {
      return transaction.Query(
          "SELECT taken_time FROM ingest.items WHERE taken_time > $1"
          " ORDER BY taken_time DESC, source_id DESC, external_id DESC OFFSET $2 LIMIT 1",
          pg::Params(begin, static_cast<std::int64_t>(options_.max_texts)));
    });
    if (!rows) return std::unexpected(rows.error());
    read_until_ = rows->empty() ? begin : (*rows)[0].Instant("taken_time");
  } else if (all_read_) {
    // What was written a while ago may have been committed only now.
    read_until_ = *read_until_ - std::chrono::seconds(30);
    read_key_ = {};
  }
  while (std::chrono::steady_clock::now() < end) {
    const auto rows = pool_.Read([&](pg::Transaction& transaction) {
      return transaction.Query(
          "SELECT source_id, external_id, sequence, language_code, headline, body_html, link, taken_time"
          " FROM ingest.items WHERE (taken_time, source_id, external_id) > ($1, $2, $3) AND NOT ($4 AND taken_by = $5)"
          " ORDER BY taken_time, source_id, external_id LIMIT $6",
          pg::Params(*read_until_, read_key_.source_id, read_key_.external_id, all_read_, taken_by_, kPage));
    });
    if (!rows) return std::unexpected(rows.error());
    for (const pg::Row row : *rows) {
      read_until_ = row.Instant("taken_time");
      read_key_ = {row.String("source_id"), row.String("external_id")};
      const auto [known, first] =
          overlap_.try_emplace(read_key_.source_id + "/" + read_key_.external_id, row.Int("sequence"));
      if (!first && std::exchange(known->second, row.Int("sequence")) == row.Int("sequence")) continue;
      index_.Add({.key = read_key_,
                  .language = row.String("language_code"),
                  .headline = row.String("headline"),
                  .body_html = row.String("body_html"),
                  .link = row.String("link"),
                  .time = *read_until_});
    }
    if (rows->size() == kPage) continue;
    all_read_ = true;
    constexpr std::size_t kRemembered = 20'000;
    if (overlap_.size() > kRemembered) overlap_.clear();
    return true;
  }
  return false;
}

Result<void> PgStoryStore::Join(pg::Transaction& transaction, const StoryKey& key, const StoryMatch& match, Time now) {
  const auto cluster_of = [&](const StoryKey& asked) -> Result<std::optional<std::int64_t>> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("SELECT cluster_id FROM ingest.cluster_members WHERE source_id = $1 AND external_id = $2",
                          pg::Params(asked.source_id, asked.external_id)));
    if (rows.empty()) return std::nullopt;
    return rows[0].Int("cluster_id");
  };
  const auto insert = [&](const StoryKey& who, const StoryMatch& how, std::optional<std::int64_t> cluster) {
    return transaction.Query(
        "INSERT INTO ingest.cluster_members (source_id, external_id, cluster_id, relation, score, why,"
        " related_source_id, related_external_id, added_time)"
        " VALUES ($1, $2, coalesce($3, nextval('ingest.cluster_ids')), $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        pg::Params(who.source_id, who.external_id, cluster, static_cast<int>(how.relation), how.score, how.why,
                   how.related.source_id, how.related.external_id, now));
  };
  KIMBERLITE_ASSIGN_OR_RETURN(std::optional<std::int64_t> cluster, cluster_of(match.related));
  if (!cluster) {
    KIMBERLITE_RETURN_IF_ERROR(insert(match.related, StoryMatch(), std::nullopt));
    // Another may have been first.
    KIMBERLITE_ASSIGN_OR_RETURN(cluster, cluster_of(match.related));
  }
  KIMBERLITE_RETURN_IF_ERROR(insert(key, match, cluster));
  return {};
}

Result<std::map<std::string, ClusterMember>> PgStoryStore::Members(pg::Transaction& transaction,
                                                                   const std::string& source_id,
                                                                   const std::vector<std::string>& external_ids) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT source_id, external_id, cluster_id, relation, score, why, related_source_id,"
                        " related_external_id, added_time FROM ingest.cluster_members"
                        " WHERE source_id = $1 AND external_id = ANY ($2)",
                        pg::Params(source_id, external_ids)));
  std::map<std::string, ClusterMember> members;
  for (const pg::Row row : rows) members.emplace(row.String("external_id"), MemberOf(row));
  return members;
}

Result<std::vector<ClusterMember>> PgStoryStore::Get(std::int64_t cluster_id) {
  const auto rows = pool_.Read([&](pg::Transaction& transaction) {
    return transaction.Query(
        std::string(kListed) + " WHERE m.cluster_id = $1 ORDER BY m.added_time, m.relation, m.source_id LIMIT 1000",
        pg::Params(cluster_id));
  });
  if (!rows) return std::unexpected(rows.error());
  return ListedMembers(*rows);
}

Result<std::vector<ClusterMember>> PgStoryStore::List(std::int64_t before, int limit) {
  const auto rows = pool_.Read([&](pg::Transaction& transaction) {
    return transaction.Query(std::string(kListed) +
                                 " WHERE m.cluster_id IN (SELECT DISTINCT cluster_id FROM ingest.cluster_members"
                                 " WHERE cluster_id < $1 ORDER BY cluster_id DESC LIMIT $2)"
                                 " ORDER BY m.cluster_id DESC, m.added_time, m.relation, m.source_id",
                             pg::Params(before, limit));
  });
  if (!rows) return std::unexpected(rows.error());
  return ListedMembers(*rows);
}

StoryLoader::StoryLoader(PgStoryStore& stories, const Clock& clock, std::function<void(const Error&)> on_error)
    : stories_(stories),
      clock_(clock),
      on_error_(std::move(on_error)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

StoryLoader::~StoryLoader() { thread_.request_stop(); }

void StoryLoader::Run(const std::stop_token& stop) {
  constexpr std::chrono::seconds kEvery(5);
  constexpr std::chrono::milliseconds kAtOnce(500);
  constexpr std::chrono::hours kWindow(7 * 24);
  while (!stop.stop_requested()) {
    const auto all = stories_.Load(kAtOnce);
    if (!all) on_error_(all.error());
    if (all && !*all) continue;
    stories_.index().ForgetBefore(clock_.Now() - kWindow);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kEvery, [] { return false; });
  }
}

}  // namespace kimberlite::ingest
