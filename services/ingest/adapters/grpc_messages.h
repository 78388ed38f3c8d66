#pragma once

#include <string>

#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "libs/base/error.h"
#include "services/ingest/adapters/pg_item_store.h"
#include "services/ingest/core/push.h"
#include "services/ingest/core/source.h"

// Between the messages of kimberlite.ingest.v1 and the core's types. Errors name the field of the request.
namespace kimberlite::ingest {

Result<Source> FromProto(const v1::FeedSource& proto);
v1::FeedSource ToProto(const Source& source);
v1::FeedSourceStatus ToProto(const SourceStatus& status);
v1::Item ToProto(const ItemRecord& record);
v1::ClusterMember ToProto(const ClusterMember& member);
Result<PushedItem> FromProto(const v1::PushedItem& proto);
Result<Time> FromTimestamp(const google::protobuf::Timestamp& proto, std::string field);
// Of the same request the same, whatever order its maps have in memory.
std::string DigestOf(const google::protobuf::Message& request);

}  // namespace kimberlite::ingest
