#include "libs/bus/postgres_group.h"

#include <algorithm>
#include <map>

#include "libs/bus/postgres_log.h"

// Places, owners and heartbeats may be lost when the database server crashes: events are then handled again, and
// members claim again. So they do not wait for the disk (synchronous_commit off, for the transaction alone).
namespace kimberlite::bus {

Result<std::vector<PostgresGroup::Share>> PostgresGroup::Heartbeat() {
  return pool_->Write([&](pg::Transaction& transaction) -> Result<std::vector<Share>> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "INSERT INTO bus.members (group_name, member, topics, heartbeat_time) VALUES ($1, $2, $3, clock_timestamp())"
        " ON CONFLICT (group_name, member) DO UPDATE SET heartbeat_time = excluded.heartbeat_time, topics = "
        "excluded.topics"
        " RETURNING set_config('synchronous_commit', 'off', true)",
        pg::Params(group_, member_, topics_)));
    auto living = transaction.Query(
        "SELECT member, topics FROM bus.members WHERE group_name = $1"
        " AND heartbeat_time > clock_timestamp() - $2::int * interval '1 ms' ORDER BY member",
        pg::Params(group_, kExpiryMs));
    if (!living) return std::unexpected(std::move(living).error());
    auto rows = transaction.Query(
        "SELECT p.topic, p.partition, g.owner, coalesce(g.epoch, 0) AS epoch,"
        " p.next_offset - greatest(coalesce(g.next_offset, 0), coalesce((SELECT l.log_offset FROM bus.log l"
        " WHERE l.topic = p.topic AND l.partition = p.partition ORDER BY l.log_offset LIMIT 1), p.next_offset)) AS lag"
        " FROM bus.partitions p LEFT JOIN bus.places g"
        " ON g.group_name = $1 AND g.topic = p.topic AND g.partition = p.partition"
        " WHERE p.topic = ANY ($2) ORDER BY p.topic, p.partition",
        pg::Params(group_, topics_));
    if (!rows) return std::unexpected(std::move(rows).error());

    std::map<std::string, std::vector<std::string>, std::less<>> members_of_topic;
    std::set<std::string> alive;
    for (const pg::Row row : *living) {
      const std::string& member = *alive.insert(row.String("member")).first;
      for (std::string& topic : row.Strings("topics")) members_of_topic[std::move(topic)].push_back(member);
    }
    std::vector<Share> shares;
    for (const pg::Row row : *rows) {
      Share share;
      share.partition = {row.String("topic"), static_cast<std::int32_t>(row.Int("partition"))};
      // Partitions go round the members of the topic, each topic beginning with another one.
      const auto& members = members_of_topic[share.partition.first];
      if (!members.empty()) {
        const std::uint64_t turn =
            StableHash(share.partition.first) + static_cast<std::uint64_t>(share.partition.second);
        share.wanted = members[turn % members.size()] == member_;
      }
      const std::string owner = row.String("owner");
      share.mine = owner == member_;
      share.free = owner.empty() || share.mine || !alive.contains(owner);
      share.epoch = row.Int("epoch");
      share.lag = std::max<std::int64_t>(0, row.Int("lag"));
      shares.push_back(std::move(share));
    }
    return shares;
  });
}

Result<std::vector<PostgresGroup::Claimed>> PostgresGroup::Claim(const std::vector<PartitionId>& partitions) {
  std::vector<std::string> topics;
  std::vector<std::int64_t> numbers;
  for (const auto& [topic, number] : partitions) {
    topics.push_back(topic);
    numbers.push_back(number);
  }
  return pool_->Write([&](pg::Transaction& transaction) -> Result<std::vector<Claimed>> {
    // Whether the owner lives is asked again here: since the heartbeat another member may have taken the partition.
    auto rows = transaction.Query(
        "INSERT INTO bus.places AS g (group_name, topic, partition, next_offset, owner, epoch)"
        " SELECT $1, c.topic, c.partition, coalesce((SELECT l.log_offset FROM bus.log l WHERE l.topic = c.topic"
        " AND l.partition = c.partition ORDER BY l.log_offset LIMIT 1), p.next_offset), $2, 1"
        " FROM unnest($3::text[], $4::int[]) AS c (topic, partition)"
        " JOIN bus.partitions p ON p.topic = c.topic AND p.partition = c.partition ORDER BY c.topic, c.partition"
        " ON CONFLICT (group_name, topic, partition) DO UPDATE SET owner = excluded.owner, epoch = g.epoch + 1"
        " WHERE g.owner IS NULL OR g.owner = excluded.owner OR NOT EXISTS (SELECT 1 FROM bus.members m"
        " WHERE m.group_name = g.group_name AND m.member = g.owner"
        " AND m.heartbeat_time > clock_timestamp() - $5::int * interval '1 ms')"
        " RETURNING g.topic, g.partition, g.next_offset, g.epoch, set_config('synchronous_commit', 'off', true)",
        pg::Params(group_, member_, topics, numbers, kExpiryMs));
    if (!rows) return std::unexpected(std::move(rows).error());
    std::vector<Claimed> claimed;
    for (const pg::Row row : *rows) {
      claimed.push_back({{row.String("topic"), static_cast<std::int32_t>(row.Int("partition"))},
                         row.Int("next_offset"),
                         row.Int("epoch")});
    }
    return claimed;
  });
}

Result<std::set<PartitionId>> PostgresGroup::Commit(std::span<const Progress> progress) {
  std::vector<std::string> topics;
  std::vector<std::int64_t> partitions, epochs, offsets, releases;
  for (const Progress& one : progress) {
    topics.push_back(one.partition.first);
    partitions.push_back(one.partition.second);
    epochs.push_back(one.epoch);
    offsets.push_back(one.next_offset);
    releases.push_back(one.release ? 1 : 0);
  }
  return pool_->Write([&](pg::Transaction& transaction) -> Result<std::set<PartitionId>> {
    auto rows = transaction.Query(
        "UPDATE bus.places g SET next_offset = w.next_offset, owner = CASE w.release WHEN 1 THEN NULL ELSE g.owner END"
        " FROM unnest($3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::int[])"
        " AS w (topic, partition, epoch, next_offset, release)"
        " WHERE g.group_name = $1 AND g.topic = w.topic AND g.partition = w.partition AND g.owner = $2"
        " AND g.epoch = w.epoch"
        " RETURNING g.topic, g.partition, set_config('synchronous_commit', 'off', true)",
        pg::Params(group_, member_, topics, partitions, epochs, offsets, releases));
    if (!rows) return std::unexpected(std::move(rows).error());
    std::set<PartitionId> kept;
    for (const pg::Row row : *rows) kept.emplace(row.String("topic"), static_cast<std::int32_t>(row.Int("partition")));
    return kept;
  });
}

Result<void> PostgresGroup::Leave() {
  return pool_->Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "UPDATE bus.places SET owner = NULL WHERE group_name = $1 AND owner = $2", pg::Params(group_, member_)));
    // Those of the dead go as well, once it is certain that nobody takes part under that name any more.
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("DELETE FROM bus.members WHERE group_name = $1 AND (member = $2"
                          " OR heartbeat_time < clock_timestamp() - interval '1 hour')",
                          pg::Params(group_, member_)));
    return {};
  });
}

}  // namespace kimberlite::bus
