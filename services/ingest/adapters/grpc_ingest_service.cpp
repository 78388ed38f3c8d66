#include "services/ingest/adapters/grpc_ingest_service.h"

#include <charconv>

#include "libs/base/text.h"
#include "services/ingest/adapters/proto_time.h"

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
  return proto;
}

Result<int> PageSize(std::int32_t asked) {
  if (asked < 0 || asked > 1000) return InvalidField("page_size", "must be 1 to 1,000, or 0 for 100");
  return asked == 0 ? 100 : asked;
}

std::unexpected<Error> BadToken() {
  return InvalidField("page_token", "must be the next_page_token of an answer to the same question");
}

// Names stored by this service: nothing else can be in a request that is meant well.
Result<void> CheckName(const std::string& text, std::string field) {
  if (text.empty()) return InvalidField(std::move(field), "must not be empty");
  return CheckPlainText(text, std::move(field), 1, 60);
}

// Microseconds of the last item, its source and its id.
std::string TokenOf(const ItemRecord& record) {
  return std::to_string(record.taken_time.time_since_epoch().count()) + "/" + record.source_id + "/" +
         record.external_id;
}

Result<std::optional<ItemCursor>> CursorOf(const std::string& token) {
  if (token.empty()) return std::nullopt;
  const std::size_t first = token.find('/');
  const std::size_t second = first == std::string::npos ? first : token.find('/', first + 1);
  std::int64_t micros = 0;
  if (second == std::string::npos || !IsValidUtf8(token) || token.contains('\0')) return BadToken();
  const auto [end, error] = std::from_chars(token.data(), token.data() + first, micros);
  constexpr std::int64_t kYear9999 = 253'402'300'799'000'000;
  if (error != std::errc() || end != token.data() + first || micros < 0 || micros > kYear9999) return BadToken();
  return ItemCursor{Time(std::chrono::microseconds(micros)), token.substr(first + 1, second - first - 1),
                    token.substr(second + 1)};
}

}  // namespace

void GrpcIngestService::Register(rpc::Server& server) {
  server.Handle<v1::PutSourceRequest, v1::PutSourceResponse>(
      [this](const rpc::Call&, const auto& request) { return PutSource(request); });
  server.Handle<v1::GetSourceRequest, v1::GetSourceResponse>(
      [this](const rpc::Call&, const auto& request) { return GetSource(request); });
  server.Handle<v1::ListSourcesRequest, v1::ListSourcesResponse>(
      [this](const rpc::Call&, const auto& request) { return ListSources(request); });
  server.Handle<v1::PollSourceRequest, v1::PollSourceResponse>(
      [this](const rpc::Call&, const auto& request) { return PollSource(request); });
  server.Handle<v1::PauseSourceRequest, v1::PauseSourceResponse>(
      [this](const rpc::Call& call, const auto& request) { return PauseSource(call, request); });
  server.Handle<v1::ResumeSourceRequest, v1::ResumeSourceResponse>(
      [this](const rpc::Call&, const auto& request) { return ResumeSource(request); });
  server.Handle<v1::ListItemsRequest, v1::ListItemsResponse>(
      [this](const rpc::Call&, const auto& request) { return ListItems(request); });
}

Result<v1::PutSourceResponse> GrpcIngestService::PutSource(const v1::PutSourceRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const Source source, FromProto(request.source()));
  KIMBERLITE_RETURN_IF_ERROR(sources_.Put(source));
  v1::PutSourceResponse response;
  *response.mutable_source() = ToProto(source);
  return response;
}

Result<v1::GetSourceResponse> GrpcIngestService::GetSource(const v1::GetSourceRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckName(request.source_id(), "source_id"));
  KIMBERLITE_ASSIGN_OR_RETURN(const SourceRecord record, sources_.Get(request.source_id()));
  v1::GetSourceResponse response;
  *response.mutable_source() = ToProto(record.source);
  *response.mutable_status() = ToProto(record.status);
  return response;
}

Result<v1::ListSourcesResponse> GrpcIngestService::ListSources(const v1::ListSourcesRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  if (!request.page_token().empty() && !CheckName(request.page_token(), "page_token")) return BadToken();
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<SourceRecord> records, sources_.List(request.page_token(), size));
  v1::ListSourcesResponse response;
  for (const SourceRecord& record : records) {
    auto& source = *response.add_sources();
    *source.mutable_source() = ToProto(record.source);
    *source.mutable_status() = ToProto(record.status);
  }
  if (static_cast<int>(records.size()) == size) response.set_next_page_token(records.back().source.source_id);
  return response;
}

Result<v1::PollSourceResponse> GrpcIngestService::PollSource(const v1::PollSourceRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckName(request.source_id(), "source_id"));
  KIMBERLITE_RETURN_IF_ERROR(sources_.MakeDue(request.source_id()));
  return v1::PollSourceResponse();
}

Result<v1::PauseSourceResponse> GrpcIngestService::PauseSource(const rpc::Call& call,
                                                               const v1::PauseSourceRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckName(request.source_id(), "source_id"));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(request.reason(), "reason", 0, 200));
  KIMBERLITE_RETURN_IF_ERROR(
      sources_.Pause(request.source_id(), request.reason(), clock_.Now(), call.context.traceparent));
  return v1::PauseSourceResponse();
}

Result<v1::ResumeSourceResponse> GrpcIngestService::ResumeSource(const v1::ResumeSourceRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckName(request.source_id(), "source_id"));
  KIMBERLITE_RETURN_IF_ERROR(sources_.Resume(request.source_id()));
  return v1::ResumeSourceResponse();
}

Result<v1::ListItemsResponse> GrpcIngestService::ListItems(const v1::ListItemsRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  KIMBERLITE_ASSIGN_OR_RETURN(const std::optional<ItemCursor> cursor, CursorOf(request.page_token()));
  if (!request.source_id().empty()) KIMBERLITE_RETURN_IF_ERROR(CheckName(request.source_id(), "source_id"));
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<ItemRecord> records, items_.List(request.source_id(), cursor, size));
  v1::ListItemsResponse response;
  for (const ItemRecord& record : records) *response.add_items() = ToProto(record);
  if (static_cast<int>(records.size()) == size) response.set_next_page_token(TokenOf(records.back()));
  return response;
}

}  // namespace kimberlite::ingest
