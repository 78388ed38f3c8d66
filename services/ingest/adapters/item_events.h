#pragma once

#include <string>

#include "libs/bus/bus.h"
#include "services/ingest/adapters/pg_story_store.h"
#include "services/ingest/core/ports.h"

namespace kimberlite::ingest {

inline constexpr const char* kItemTopic = "kimberlite.ingest.item.v1";

// `member` is null for an item that is in no cluster.
bus::Event TakenEvent(const Source& source, const std::string& external_id, const RecognisedItem& item,
                      std::int64_t sequence, const ClusterMember* member, Time time, const std::string& traceparent);

struct RemovedItem {
  std::string external_id;
  std::int64_t sequence = 0;
  std::string headline;
  std::string link;
  std::string language_code;
};
bus::Event RemovedEvent(const Source& source, const RemovedItem& item, RemovalReason reason, Time time,
                        const std::string& traceparent);

}  // namespace kimberlite::ingest
