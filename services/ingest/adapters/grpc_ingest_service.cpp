#include "services/ingest/adapters/grpc_ingest_service.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>

#include "libs/base/text.h"
#include "libs/rpc/proto_time.h"
#include "libs/telemetry/telemetry.h"
#include "services/ingest/adapters/grpc_messages.h"
#include "services/ingest/adapters/grpc_source_tools.h"
#include "services/ingest/core/feed_parser.h"

namespace kimberlite::ingest {
namespace {

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

// Microseconds and number of the last document.
std::string TokenOf(const KeptDocument& document) {
  return std::to_string(document.fetched_time.time_since_epoch().count()) + "/" + std::to_string(document.document_id);
}

Result<DocumentCursor> DocumentCursorOf(const std::string& token) {
  const std::size_t slash = token.find('/');
  if (slash == std::string::npos) return BadToken();
  std::int64_t micros = 0;
  DocumentCursor cursor;
  const char* const end = token.data() + token.size();
  const auto time = std::from_chars(token.data(), token.data() + slash, micros);
  const auto number = std::from_chars(token.data() + slash + 1, end, cursor.document_id);
  constexpr std::int64_t kYear9999 = 253'402'300'799'000'000;
  if (time.ec != std::errc() || time.ptr != token.data() + slash || number.ec != std::errc() || number.ptr != end ||
      micros < 0 || micros > kYear9999)
    return BadToken();
  cursor.fetched_time = Time(std::chrono::microseconds(micros));
  return cursor;
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
  server.Handle<v1::SubmitItemRequest, v1::SubmitItemResponse>(
      [this](const rpc::Call& call, const auto& request) { return SubmitItem(call, request); });
  server.HandleClientStream<v1::SubmitItemsRequest, v1::SubmitItemsResponse>(
      [this](const rpc::Call& call, auto& reader) { return SubmitItems(call, reader); });
  server.Handle<v1::ReplayDocumentsRequest, v1::ReplayDocumentsResponse>(
      [this](const rpc::Call& call, const auto& request) { return ReplayDocuments(call, request); });
  server.Handle<v1::TestSourceRequest, v1::TestSourceResponse>(
      [this](const rpc::Call& call, const auto& request) { return TestSource(call.context, fetcher_, request); });
  server.Handle<v1::ImportSourcesRequest, v1::ImportSourcesResponse>(
      [this](const rpc::Call&, const auto& request) { return ImportSources(sources_, request); });
  server.Handle<v1::ExportSourcesRequest, v1::ExportSourcesResponse>(
      [this](const rpc::Call&, const auto&) { return ExportSources(sources_); });
  server.Handle<v1::GetClusterRequest, v1::GetClusterResponse>(
      [this](const rpc::Call&, const auto& request) { return GetCluster(request); });
  server.Handle<v1::ListClustersRequest, v1::ListClustersResponse>(
      [this](const rpc::Call&, const auto& request) { return ListClusters(request); });
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

namespace {

// A caller has keys of its own for each source. Neither name holds a space.
template <typename Request>
Result<Submission> SubmissionOf(const rpc::Call& call, const Request& request, const Source& source) {
  KIMBERLITE_RETURN_IF_ERROR(CheckIdempotencyKey(request.idempotency_key()));
  KIMBERLITE_ASSIGN_OR_RETURN(const PushedItem pushed, FromProto(request.item()));
  Submission submission;
  KIMBERLITE_ASSIGN_OR_RETURN(submission.item, RecognisePushed(pushed, source));
  if (!request.idempotency_key().empty())
    submission.key = call.caller + " " + source.source_id + " " + request.idempotency_key();
  submission.request_digest = DigestOf(request.item());
  return submission;
}

void CountSubmitted(const std::string& source_id, const Submitted& submitted) {
  const char* outcome = submitted.repeated                             ? "repeated"
                        : submitted.outcome == SubmitOutcome::kNew     ? "new"
                        : submitted.outcome == SubmitOutcome::kChanged ? "changed"
                                                                       : "unchanged";
  telemetry::Metrics::Counter("kimberlite_ingest_pushed_items_total", "Items that were pushed by what became of them",
                              {{"outcome", outcome}})
      .Add();
  telemetry::Debug("item pushed", {{"source_id", source_id},
                                   {"external_id", submitted.external_id},
                                   {"sequence", submitted.sequence},
                                   {"outcome", outcome}});
}

void CountRefused(const std::string& source_id, const Error& error) {
  telemetry::Metrics::Counter("kimberlite_ingest_pushes_refused_total", "Pushes that were refused by why",
                              {{"code", std::string(CodeName(error.code()))}})
      .Add();
  telemetry::Info("a push was refused", {{"source_id", source_id}, {"error", error.ToString()}});
}

}  // namespace

Result<v1::SubmitItemResponse> GrpcIngestService::SubmitItem(const rpc::Call& call,
                                                             const v1::SubmitItemRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckName(request.source_id(), "source_id"));
  KIMBERLITE_ASSIGN_OR_RETURN(const SourceRecord record, sources_.Get(request.source_id()));
  KIMBERLITE_ASSIGN_OR_RETURN(const Submission submission, SubmissionOf(call, request, record.source));
  const auto submitted = items_.Submit(request.source_id(), std::span(&submission, 1));
  if (!submitted) {
    CountRefused(request.source_id(), submitted.error());
    return std::unexpected(submitted.error());
  }
  const Submitted& answer = submitted->front();
  CountSubmitted(request.source_id(), answer);
  v1::SubmitItemResponse response;
  response.set_external_id(answer.external_id);
  response.set_sequence(answer.sequence);
  response.set_outcome(static_cast<v1::SubmitOutcome>(answer.outcome));
  return response;
}

Result<v1::SubmitItemsResponse> GrpcIngestService::SubmitItems(const rpc::Call& call,
                                                               rpc::StreamReader<v1::SubmitItemsRequest>& reader) {
  constexpr std::size_t kBatch = 100;
  v1::SubmitItemsResponse response;
  std::optional<Source> source;
  std::vector<Submission> batch;
  // So that whoever sends a million knows where to go on.
  const auto at = [&](Error error, std::int64_t number) {
    return std::unexpected(Error(error.code(), "item " + std::to_string(number) + ": " + error.message()));
  };
  const auto flush = [&]() -> Result<void> {
    if (batch.empty()) return {};
    const auto submitted = items_.Submit(source->source_id, batch);
    if (!submitted) {
      CountRefused(source->source_id, submitted.error());
      return at(submitted.error(), response.received() - static_cast<std::int64_t>(batch.size()) + 1);
    }
    for (const Submitted& answer : *submitted) {
      CountSubmitted(source->source_id, answer);
      if (answer.repeated || answer.outcome == SubmitOutcome::kUnchanged) {
        response.set_unchanged(response.unchanged() + 1);
      } else if (answer.outcome == SubmitOutcome::kNew) {
        response.set_taken_new(response.taken_new() + 1);
      } else {
        response.set_changed(response.changed() + 1);
      }
    }
    batch.clear();
    return {};
  };
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::optional<v1::SubmitItemsRequest> next, reader.Read());
    if (!next) break;
    const v1::SubmitItemsRequest& request = *next;
    const std::int64_t number = response.received() + 1;
    if (!source || source->source_id != request.source_id()) {
      KIMBERLITE_RETURN_IF_ERROR(flush());
      if (const auto named = CheckName(request.source_id(), "source_id"); !named) return at(named.error(), number);
      const auto record = sources_.Get(request.source_id());
      if (!record) return at(record.error(), number);
      source = record->source;
    }
    auto submission = SubmissionOf(call, request, *source);
    if (!submission) {
      // Those before it are taken.
      KIMBERLITE_RETURN_IF_ERROR(flush());
      return at(submission.error(), number);
    }
    batch.push_back(std::move(*submission));
    response.set_received(number);
    // A batch fits into what may be pushed at once, if anything does.
    const auto room = static_cast<std::size_t>(std::max(source->max_pushed_per_minute, 1));
    if (batch.size() >= std::min(kBatch, room)) KIMBERLITE_RETURN_IF_ERROR(flush());
  }
  KIMBERLITE_RETURN_IF_ERROR(flush());
  return response;
}

Result<v1::ReplayDocumentsResponse> GrpcIngestService::ReplayDocuments(const rpc::Call& call,
                                                                       const v1::ReplayDocumentsRequest& request) {
  if (!request.source_id().empty()) {
    KIMBERLITE_RETURN_IF_ERROR(CheckName(request.source_id(), "source_id"));
    KIMBERLITE_RETURN_IF_ERROR(sources_.Get(request.source_id()));
  }
  if (request.page_size() < 0 || request.page_size() > 100)
    return InvalidField("page_size", "must be 1 to 100, or 0 for 20");
  DocumentCursor cursor{Time(), 0};
  if (request.has_since_time()) {
    KIMBERLITE_ASSIGN_OR_RETURN(cursor.fetched_time, FromTimestamp(request.since_time(), "since_time"));
  }
  if (!request.page_token().empty()) {
    KIMBERLITE_ASSIGN_OR_RETURN(cursor, DocumentCursorOf(request.page_token()));
  }
  const int size = request.page_size() == 0 ? 20 : request.page_size();
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<KeptDocument> documents,
                              documents_.List(request.source_id(), cursor, size));
  v1::ReplayDocumentsResponse response;
  for (const KeptDocument& document : documents) {
    // The page so far is done: its end is where the caller goes on.
    if (call.context.stop.stop_requested()) return Fail(Code::kCancelled, "the replay was stopped");
    KIMBERLITE_ASSIGN_OR_RETURN(const SourceRecord record, sources_.Get(document.source_id));
    response.set_documents(response.documents() + 1);
    *response.mutable_fetched_time() = ToTimestamp(document.fetched_time);
    const auto feed = ParseFeed({.body = document.body,
                                 .content_type = document.content_type,
                                 .url = document.url,
                                 .time_zone = record.source.time_zone});
    if (!feed) {
      response.set_unreadable(response.unreadable() + 1);
      continue;
    }
    const Recognised recognised = RecogniseItems(*feed, record.source);
    KIMBERLITE_ASSIGN_OR_RETURN(const Taken taken,
                                items_.Replay(record.source, document.fetched_time, recognised.items));
    response.set_items_seen(response.items_seen() + recognised.seen);
    response.set_items_taken(response.items_taken() + taken.count());
    if (taken.count() > 0) {
      telemetry::Info(
          "a kept document was read again",
          {{"source_id", document.source_id}, {"document_id", document.document_id}, {"items_taken", taken.count()}});
    }
  }
  if (static_cast<int>(documents.size()) == size) response.set_next_page_token(TokenOf(documents.back()));
  return response;
}

Result<v1::GetClusterResponse> GrpcIngestService::GetCluster(const v1::GetClusterRequest& request) {
  if (request.cluster_id() < 1) return InvalidField("cluster_id", "must be 1 or greater");
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<ClusterMember> members, stories_.Get(request.cluster_id()));
  if (members.empty())
    return Fail(Code::kNotFound, "cluster " + std::to_string(request.cluster_id()) + " does not exist");
  v1::GetClusterResponse response;
  response.mutable_cluster()->set_cluster_id(request.cluster_id());
  for (const ClusterMember& member : members) *response.mutable_cluster()->add_members() = ToProto(member);
  return response;
}

Result<v1::ListClustersResponse> GrpcIngestService::ListClusters(const v1::ListClustersRequest& request) {
  if (request.page_size() < 0 || request.page_size() > 200)
    return InvalidField("page_size", "must be 1 to 200, or 0 for 50");
  const int size = request.page_size() == 0 ? 50 : request.page_size();
  std::int64_t before = INT64_MAX;
  if (const std::string& token = request.page_token(); !token.empty()) {
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), before);
    if (error != std::errc() || end != token.data() + token.size() || before < 1) return BadToken();
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<ClusterMember> members, stories_.List(before, size));
  v1::ListClustersResponse response;
  for (const ClusterMember& member : members) {
    if (response.clusters_size() == 0 || response.clusters().rbegin()->cluster_id() != member.cluster_id)
      response.add_clusters()->set_cluster_id(member.cluster_id);
    *response.mutable_clusters()->rbegin()->add_members() = ToProto(member);
  }
  if (response.clusters_size() == size)
    response.set_next_page_token(std::to_string(response.clusters().rbegin()->cluster_id()));
  return response;
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
