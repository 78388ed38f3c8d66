#include "services/ingest/adapters/grpc_messages.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "libs/base/id.h"
#include "libs/rpc/proto_time.h"

namespace kimberlite::ingest {
namespace {

// `rule` is what the field is held to where it is no sane duration.
Result<std::chrono::milliseconds> ToMilliseconds(const google::protobuf::Duration& proto, std::string field,
                                                 std::string rule) {
  if (proto.seconds() < 0 || proto.seconds() > 366 * 86400 || proto.nanos() < 0 || proto.nanos() > 999'999'999)
    return InvalidField(std::move(field), std::move(rule));
  return std::chrono::seconds(proto.seconds()) + std::chrono::milliseconds(proto.nanos() / 1'000'000);
}

void SetDuration(std::chrono::milliseconds time, google::protobuf::Duration& proto) {
  proto.set_seconds(time.count() / 1000);
  proto.set_nanos(static_cast<std::int32_t>(time.count() % 1000 * 1'000'000));
}

}  // namespace

Result<Source> FromProto(const v1::FeedSource& proto) {
  Source source;
  source.source_id = proto.source_id();
  source.name = proto.name();
  source.feed_url = proto.feed_url();
  source.home_url = proto.home_url();
  source.default_language_code = proto.default_language_code();
  source.default_section_id = proto.default_section_id();
  source.publish_at_once = proto.publish_at_once();
  if (proto.has_poll_interval()) {
    KIMBERLITE_ASSIGN_OR_RETURN(source.poll_interval, ToMilliseconds(proto.poll_interval(), "source.poll_interval",
                                                                     "must be 1 second to 24 hours"));
    source.max_poll_interval = source.poll_interval;
  }
  if (proto.has_max_poll_interval()) {
    KIMBERLITE_ASSIGN_OR_RETURN(source.max_poll_interval,
                                ToMilliseconds(proto.max_poll_interval(), "source.max_poll_interval",
                                               "must be between poll_interval and 7 days"));
  }
  source.paused = proto.paused();
  source.time_zone = proto.time_zone();
  switch (proto.removal_rule()) {
    case v1::REMOVAL_RULE_UNSPECIFIED:
    case v1::REMOVAL_RULE_DECLARED: source.removal_rule = RemovalRule::kDeclared; break;
    case v1::REMOVAL_RULE_IGNORE: source.removal_rule = RemovalRule::kIgnore; break;
    case v1::REMOVAL_RULE_PAGE_GONE: source.removal_rule = RemovalRule::kPageGone; break;
    default: return InvalidField("source.removal_rule", "is none that this service knows");
  }
  source.withdraw_removed = proto.withdraw_removed();
  if (proto.has_keep_documents_days()) source.keep_documents_days = proto.keep_documents_days();
  if (proto.has_max_pushed_per_minute()) source.max_pushed_per_minute = proto.max_pushed_per_minute();
  KIMBERLITE_RETURN_IF_ERROR(CheckSource(source));
  return source;
}

v1::FeedSource ToProto(const Source& source) {
  v1::FeedSource proto;
  proto.set_source_id(source.source_id);
  proto.set_name(source.name);
  proto.set_feed_url(source.feed_url);
  proto.set_home_url(source.home_url);
  proto.set_default_language_code(source.default_language_code);
  proto.set_default_section_id(source.default_section_id);
  proto.set_publish_at_once(source.publish_at_once);
  SetDuration(source.poll_interval, *proto.mutable_poll_interval());
  SetDuration(source.max_poll_interval, *proto.mutable_max_poll_interval());
  proto.set_paused(source.paused);
  proto.set_time_zone(source.time_zone);
  proto.set_removal_rule(source.removal_rule == RemovalRule::kIgnore     ? v1::REMOVAL_RULE_IGNORE
                         : source.removal_rule == RemovalRule::kDeclared ? v1::REMOVAL_RULE_DECLARED
                                                                         : v1::REMOVAL_RULE_PAGE_GONE);
  proto.set_withdraw_removed(source.withdraw_removed);
  proto.set_keep_documents_days(source.keep_documents_days);
  proto.set_max_pushed_per_minute(source.max_pushed_per_minute);
  return proto;
}

v1::FeedSourceStatus ToProto(const SourceStatus& status) {
  v1::FeedSourceStatus proto;
  if (status.last_poll_time) *proto.mutable_last_poll_time() = ToTimestamp(*status.last_poll_time);
  if (status.next_poll_time) *proto.mutable_next_poll_time() = ToTimestamp(*status.next_poll_time);
  proto.set_last_http_status(status.last_http_status);
  proto.set_last_error(status.last_error);
  proto.set_consecutive_failures(status.consecutive_failures);
  proto.set_items_seen(status.items_seen);
  proto.set_items_taken(status.items_taken);
  proto.set_next_poll_reason(status.next_poll_reason);
  if (status.last_success_time) *proto.mutable_last_success_time() = ToTimestamp(*status.last_success_time);
  proto.set_pause_reason(status.pause_reason);
  proto.set_moved_to(status.moved_to);
  if (status.moved_since_time) *proto.mutable_moved_since_time() = ToTimestamp(*status.moved_since_time);
  proto.set_items_per_day(status.items_per_day);
  for (const PollRun& run : status.history) {
    auto& stretch = *proto.add_history();
    *stretch.mutable_since_time() = ToTimestamp(run.since_time);
    *stretch.mutable_until_time() = ToTimestamp(run.until_time);
    stretch.set_polls(run.polls);
    stretch.set_http_status(run.http_status);
    stretch.set_error(run.error);
    stretch.set_items_taken(run.items_taken);
  }
  return proto;
}

v1::Item ToProto(const ItemRecord& record) {
  v1::Item proto;
  proto.set_source_id(record.source_id);
  proto.set_external_id(record.external_id);
  proto.set_headline(record.headline);
  proto.set_link(record.link);
  proto.set_language_code(record.language_code);
  if (record.published_time) *proto.mutable_published_time() = ToTimestamp(*record.published_time);
  *proto.mutable_taken_time() = ToTimestamp(record.taken_time);
  proto.set_sequence(record.sequence);
  if (record.removed_time) *proto.mutable_removed_time() = ToTimestamp(*record.removed_time);
  return proto;
}

v1::ClusterMember ToProto(const ClusterMember& member) {
  v1::ClusterMember proto;
  proto.set_source_id(member.key.source_id);
  proto.set_external_id(member.key.external_id);
  proto.set_headline(member.headline);
  proto.set_language_code(member.language_code);
  proto.set_link(member.link);
  *proto.mutable_added_time() = ToTimestamp(member.added_time);
  proto.set_relation(static_cast<v1::StoryRelation>(member.relation));
  proto.set_score(member.score);
  proto.set_why(member.why);
  proto.set_related_source_id(member.related.source_id);
  proto.set_related_external_id(member.related.external_id);
  return proto;
}

Result<PushedItem> FromProto(const v1::PushedItem& proto) {
  PushedItem item;
  item.external_id = proto.external_id();
  item.headline = proto.headline();
  item.summary = proto.summary();
  item.body_html = proto.body_html();
  item.link = proto.link();
  item.language_code = proto.language_code();
  item.authors = {proto.authors().begin(), proto.authors().end()};
  item.categories = {proto.categories().begin(), proto.categories().end()};
  item.credit_name = proto.credit_name();
  item.credit_url = proto.credit_url();
  if (proto.has_published_time()) {
    KIMBERLITE_ASSIGN_OR_RETURN(item.published_time, FromTimestamp(proto.published_time(), "item.published_time"));
  }
  return item;
}

Result<Time> FromTimestamp(const google::protobuf::Timestamp& proto, std::string field) {
  // RFC 3339's years, as protobuf has them.
  constexpr std::int64_t kYear1 = -62'135'596'800, kYear10000 = 253'402'300'800;
  if (proto.seconds() < kYear1 || proto.seconds() >= kYear10000 || proto.nanos() < 0 || proto.nanos() > 999'999'999)
    return InvalidField(std::move(field), "must be a time of the years 1 to 9999");
  return ToTime(proto);
}

std::string DigestOf(const google::protobuf::Message& request) {
  std::string bytes = request.GetDescriptor()->full_name() + '\n';
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return Sha256Hex(bytes);
}

}  // namespace kimberlite::ingest
