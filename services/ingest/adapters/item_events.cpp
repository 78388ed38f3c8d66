#include "services/ingest/adapters/item_events.h"

#include "kimberlite/ingest/v1/events.pb.h"
#include "libs/base/id.h"
#include "libs/rpc/proto_time.h"

namespace kimberlite::ingest {
namespace {

bus::Event EventOf(const std::string& source_id, const std::string& external_id,
                   const google::protobuf::Message& message, std::int64_t sequence, Time time,
                   const std::string& traceparent) {
  bus::Event event;
  event.topic = kItemTopic;
  event.key = source_id + "/" + external_id;
  event.id = NewUuid();
  event.type = message.GetTypeName();
  event.source = "ingest";
  event.time = time;
  event.sequence = sequence;
  event.traceparent = ChildTraceparent(traceparent);
  event.payload = message.SerializeAsString();
  return event;
}

}  // namespace

bus::Event TakenEvent(const Source& source, const std::string& external_id, const RecognisedItem& item,
                      std::int64_t sequence, const ClusterMember* member, Time time, const std::string& traceparent) {
  v1::ItemTaken taken;
  taken.set_source_id(source.source_id);
  taken.set_external_id(external_id);
  taken.set_sequence(sequence);
  taken.set_credit_name(item.credit_name);
  taken.set_credit_url(item.credit_url);
  taken.set_link(item.link);
  taken.set_language_code(item.language_code);
  taken.set_headline(item.headline);
  taken.set_summary(item.summary);
  taken.set_body_html(item.body_html);
  for (const std::string& author : item.authors) taken.add_authors(author);
  for (const std::string& category : item.categories) taken.add_categories(category);
  if (item.published_time) *taken.mutable_published_time() = ToTimestamp(*item.published_time);
  taken.set_default_section_id(source.default_section_id);
  taken.set_publish_at_once(source.publish_at_once);
  taken.set_identified_language_code(item.identified_language_code);
  taken.set_language_mismatch(item.language_mismatch);
  if (member) {
    taken.set_cluster_id(member->cluster_id);
    taken.set_relation(static_cast<v1::StoryRelation>(member->relation));
    taken.set_relation_score(member->score);
    taken.set_related_source_id(member->related.source_id);
    taken.set_related_external_id(member->related.external_id);
  }
  return EventOf(source.source_id, external_id, taken, sequence, time, traceparent);
}

bus::Event RemovedEvent(const Source& source, const RemovedItem& item, RemovalReason reason, Time time,
                        const std::string& traceparent) {
  v1::ItemRemoved removed;
  removed.set_source_id(source.source_id);
  removed.set_external_id(item.external_id);
  removed.set_sequence(item.sequence);
  removed.set_reason(reason == RemovalReason::kDeclared ? v1::REMOVAL_REASON_DECLARED : v1::REMOVAL_REASON_PAGE_GONE);
  removed.set_withdraw(source.withdraw_removed);
  removed.set_headline(item.headline);
  removed.set_link(item.link);
  removed.set_language_code(item.language_code);
  return EventOf(source.source_id, item.external_id, removed, item.sequence, time, traceparent);
}

}  // namespace kimberlite::ingest
