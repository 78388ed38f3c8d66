#include "services/content/adapters/pg_site_store.h"

#include <google/protobuf/util/json_util.h>

#include <utility>

#include "libs/base/id.h"
#include "libs/base/text.h"
#include "libs/bus/outbox.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/core/article_event.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

std::string JsonOf(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // Only a message with malformed Any or Timestamp fields fails, and these have none.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json;
}

// Settings and sections alone: what content.site keeps.
std::string SettingsOf(const Site& site) {
  pb::Site message = MessageOf(site);
  message.clear_sequence();
  message.clear_sources();
  return JsonOf(message);
}

// One statement, so that one snapshot: under READ COMMITTED two could see two sequences.
constexpr const char* kRead =
    "SELECT sequence, settings,"
    " ARRAY(SELECT source_id FROM content.sources ORDER BY source_id) AS source_ids,"
    " ARRAY(SELECT name FROM content.sources ORDER BY source_id) AS source_names,"
    " ARRAY(SELECT url FROM content.sources ORDER BY source_id) AS source_urls,"
    " ARRAY(SELECT rights FROM content.sources ORDER BY source_id) AS source_rights,"
    // Microseconds, -1 for none: an array without NULLs.
    " ARRAY(SELECT coalesce((extract(epoch FROM rights_expire_time) * 1000000)::bigint, -1) FROM content.sources"
    " ORDER BY source_id) AS source_expiries,"
    " ARRAY(SELECT withdraw_on_expiry::int FROM content.sources ORDER BY source_id) AS source_withdraws"
    " FROM content.site";

Result<Site> SiteOf(const pg::Row& row) {
  pb::Site message;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // a newer binary may have written them
  const auto parsed = google::protobuf::util::JsonStringToMessage(row.String("settings"), &message, options);
  if (!parsed.ok()) return Fail(Code::kDataLoss, "the settings in content.site cannot be read: " + parsed.ToString());
  Site site = FromMessage(message);
  site.sequence = row.Int("sequence");
  const std::vector<std::string> ids = row.Strings("source_ids");
  const std::vector<std::string> names = row.Strings("source_names");
  const std::vector<std::string> urls = row.Strings("source_urls");
  const std::vector<std::string> rights = row.Strings("source_rights");
  const std::vector<std::int64_t> expiries = row.Ints("source_expiries");
  const std::vector<std::int64_t> withdraws = row.Ints("source_withdraws");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Source source{.source_id = ids[i], .name = names[i], .url = urls[i], .rights = rights[i]};
    if (expiries[i] >= 0) source.rights_expire_time = Time(std::chrono::microseconds(expiries[i]));
    source.withdraw_on_expiry = withdraws[i] != 0;
    site.sources.push_back(std::move(source));
  }
  return site;
}

// The site under its row's lock.
Result<Site> Lock(pg::Transaction& transaction) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows locked, transaction.Query("SELECT sequence FROM content.site FOR UPDATE"));
  if (locked.empty()) return Fail(NoSiteYet());
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kRead));
  return SiteOf(rows[0]);
}

// Records a change under the row's lock and tells it.
Result<void> Record(pg::Transaction& transaction, const Act& act, std::int64_t sequence, const std::string& document,
                    const std::string& source_id = {}) {
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.site_revisions (sequence, kind, document, changed_by, changed_time)"
                        " VALUES ($1, $2, $3::jsonb, $4, $5)",
                        pg::Params(sequence, act.verb, document, act.actor, act.time)));
  pb::SiteChanged changed;
  changed.set_sequence(sequence);
  if (!source_id.empty()) changed.add_source_ids(source_id);
  return bus::Append(transaction, kSchema,
                     {.topic = "kimberlite.content.site.v1",
                      .key = "site",
                      .id = NewUuid(),
                      .type = changed.GetDescriptor()->full_name(),
                      .source = "content",
                      .time = act.time,
                      .sequence = sequence,
                      .traceparent = ChildTraceparent(act.traceparent),
                      .payload = changed.SerializeAsString()});
}

Result<void> CheckNothingInUseGoes(pg::Transaction& transaction, const Site& before, const Site& after,
                                   const std::vector<std::string>& section_ids) {
  for (const SiteLanguage& language : before.languages) {
    if (after.HasLanguage(language.language_code)) continue;
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows used,
                                transaction.Query("SELECT 1 FROM content.list_entries WHERE list_key = $1 LIMIT 1",
                                                  pg::Params(HomeList(language.language_code))));
    if (!used.empty()) {
      return Fail(Error::Field(Code::kFailedPrecondition, "site.languages",
                               "must still name " + language.language_code + ", which has public articles"));
    }
  }
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows used,
      // The first section from s on that has articles is s: one look into the index, where EXISTS would read the
      // articles until it finds one.
      transaction.Query("SELECT section_id FROM content.sections AS s WHERE section_id <> ALL ($1::text[]) AND"
                        " (SELECT min(a.section_id) FROM content.articles AS a WHERE a.section_id >= s.section_id)"
                        " = section_id ORDER BY section_id LIMIT 1",
                        pg::Params(section_ids)));
  if (used.empty()) return {};
  return Fail(Error::Field(Code::kFailedPrecondition, "site.sections",
                           "must still name " + used[0].String("section_id") + ", which has articles"));
}

// Writes a source under the site's lock, raising the sequence.
Result<void> WriteSource(pg::Transaction& transaction, const Act& act, std::int64_t sequence, const Source& source) {
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.sources (source_id, name, url, rights, rights_expire_time,"
                        " withdraw_on_expiry) VALUES ($1, $2, $3, $4, $5, $6)"
                        " ON CONFLICT (source_id) DO UPDATE SET name = excluded.name, url = excluded.url,"
                        " rights = excluded.rights, rights_expire_time = excluded.rights_expire_time,"
                        " withdraw_on_expiry = excluded.withdraw_on_expiry",
                        pg::Params(source.source_id, source.name, source.url, source.rights, source.rights_expire_time,
                                   source.withdraw_on_expiry)));
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("UPDATE content.site SET sequence = $1", pg::Params(sequence)));
  return Record(transaction, act, sequence, JsonOf(MessageOf(source)), source.source_id);
}

}  // namespace

Result<std::shared_ptr<const Site>> PgSiteStore::Load(pg::Transaction& transaction) {
  std::shared_ptr<const Site> kept;
  {
    const std::lock_guard lock(mutex_);
    kept = kept_;
  }
  if (kept) {
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query("SELECT sequence FROM content.site"));
    if (!rows.empty() && rows[0].Int("sequence") == kept->sequence) return kept;
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kRead));
  if (rows.empty()) return Fail(NoSiteYet());
  KIMBERLITE_ASSIGN_OR_RETURN(Site site, SiteOf(rows[0]));
  auto loaded = std::make_shared<const Site>(std::move(site));
  const std::lock_guard lock(mutex_);
  kept_ = loaded;
  return loaded;
}

Result<Site> PgSiteStore::Update(pg::Transaction& transaction, const Act& act, std::int64_t expected_sequence,
                                 Site wanted) {
  // The very first settings need a row to lock; nobody sees this one before it is filled.
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.site (sequence, settings) VALUES (0, '{}') ON CONFLICT DO NOTHING"));
  KIMBERLITE_ASSIGN_OR_RETURN(const Site before, Lock(transaction));
  if (expected_sequence != 0 && expected_sequence != before.sequence) {
    return Fail(Error::Field(Code::kAborted, "expected_sequence",
                             "the site is at sequence " + std::to_string(before.sequence) + ", not " +
                                 std::to_string(expected_sequence) + "; read it again and repeat the change"));
  }
  wanted.sequence = before.sequence;
  wanted.sources = before.sources;
  if (wanted == before) return before;

  std::vector<std::string> section_ids;
  for (const Section& section : wanted.sections) section_ids.push_back(section.section_id);
  KIMBERLITE_RETURN_IF_ERROR(CheckNothingInUseGoes(transaction, before, wanted, section_ids));
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("DELETE FROM content.sections WHERE section_id <> ALL ($1::text[])", pg::Params(section_ids)));
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.sections (section_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
                        pg::Params(section_ids)));
  ++wanted.sequence;
  const std::string settings = SettingsOf(wanted);
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("UPDATE content.site SET sequence = $1, settings = $2::jsonb",
                                               pg::Params(wanted.sequence, settings)));
  KIMBERLITE_RETURN_IF_ERROR(Record(transaction, act, wanted.sequence, settings));
  return wanted;
}

Result<void> PgSiteStore::PutSource(pg::Transaction& transaction, const Act& act, const Source& source) {
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, Lock(transaction));
  const Source* known = site.FindSource(source.source_id);
  if (known != nullptr && *known == source) return {};
  if (known == nullptr && site.sources.size() >= kMaxSources) {
    return Fail(Error::Field(Code::kResourceExhausted, "source.source_id",
                             "must be a source that exists: the site has " + std::to_string(site.sources.size()) +
                                 ", and at most " + std::to_string(kMaxSources) + " are kept"));
  }
  return WriteSource(transaction, act, site.sequence + 1, source);
}

Result<bool> PgSiteStore::EnsureSource(pg::Transaction& transaction, const Act& act, const Source& source) {
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, Lock(transaction));
  if (site.FindSource(source.source_id) != nullptr) return true;
  if (site.sources.size() >= kMaxSources) return false;
  KIMBERLITE_RETURN_IF_ERROR(WriteSource(transaction, act, site.sequence + 1, source));
  return true;
}

}  // namespace kimberlite::content
