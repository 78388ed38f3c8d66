#include "tools/kimberlitectl/tests/fake_services.h"

#include <gtest/gtest.h>

#include <fstream>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/feed/v1/feed_service.pb.h"
#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "kimberlite/rendering/v1/rendering_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/id.h"

namespace kimberlite::ctl {

namespace {

template <typename Response, typename Request>
Result<Response> DrainStream(rpc::StreamReader<Request>& reader) {
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::optional<Request> request, reader.Read());
    if (!request) return Response();
  }
}

}  // namespace

FakeServices::FakeServices() : tokens_(std::filesystem::temp_directory_path() / ("kimberlite_tokens_" + RandomHex(6))) {
  std::ofstream(tokens_) << "ann editor,operator " << token() << "\nrobot service " << service_token() << "\n";
}

FakeServices::~FakeServices() {
  server_.reset();
  std::filesystem::remove(tokens_);
}

template <typename Request, typename Response>
void FakeServices::Register() {
  server_->Handle<Request, Response>([this](const rpc::Call&, const Request& request) -> Result<Response> {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(rpc::MethodOf(*Request::descriptor()).name());
    }
    const auto answer = answers_.find(std::type_index(typeid(Request)));
    if (answer == answers_.end()) return Response();
    return std::any_cast<const std::function<Result<Response>(const Request&)>&>(answer->second)(request);
  });
}

void FakeServices::Start(int port) {
  server_ = std::make_unique<rpc::Server>(
      rpc::Server::Options{.port = port, .tokens_file = tokens_.string(), .threads = 4, .partial = true});
#define KIMBERLITE_ANSWER(package, method) Register<package::v1::method##Request, package::v1::method##Response>()
  KIMBERLITE_ANSWER(content, CreateArticle);
  KIMBERLITE_ANSWER(content, UpdateArticle);
  KIMBERLITE_ANSWER(content, PublishArticle);
  KIMBERLITE_ANSWER(content, WithdrawArticle);
  KIMBERLITE_ANSWER(content, GetArticle);
  KIMBERLITE_ANSWER(content, ListArticles);
  KIMBERLITE_ANSWER(content, BatchGetArticles);
  KIMBERLITE_ANSWER(content, ListWithdrawn);
  KIMBERLITE_ANSWER(content, SearchArticles);
  KIMBERLITE_ANSWER(content, GetSite);
  KIMBERLITE_ANSWER(content, UpdateSite);
  KIMBERLITE_ANSWER(content, PutSource);
  KIMBERLITE_ANSWER(content, PutMedia);
  KIMBERLITE_ANSWER(content, GetMedia);
  KIMBERLITE_ANSWER(content, ReviewArticle);
  KIMBERLITE_ANSWER(content, ScheduleArticle);
  KIMBERLITE_ANSWER(content, EmbargoArticle);
  KIMBERLITE_ANSWER(content, CorrectArticle);
  KIMBERLITE_ANSWER(content, RestoreArticle);
  KIMBERLITE_ANSWER(content, ListRevisions);
  KIMBERLITE_ANSWER(content, ListTranslationWork);
  KIMBERLITE_ANSWER(content, ListParagraphs);
  KIMBERLITE_ANSWER(content, MarkParagraphsDone);
  KIMBERLITE_ANSWER(content, BatchGetMedia);
  KIMBERLITE_ANSWER(content, ImportArticles);
  KIMBERLITE_ANSWER(content, ImportContent);
  KIMBERLITE_ANSWER(content, ResolveRedirect);
  KIMBERLITE_ANSWER(content, PutRedirect);
  KIMBERLITE_ANSWER(content, DeleteRedirect);
  KIMBERLITE_ANSWER(content, ListRedirects);
  KIMBERLITE_ANSWER(content, GetAuthor);
  KIMBERLITE_ANSWER(content, PutAuthor);
  KIMBERLITE_ANSWER(content, ListAuthors);
  KIMBERLITE_ANSWER(content, ListArchiveMonths);
  KIMBERLITE_ANSWER(tagging, PutConcept);
  KIMBERLITE_ANSWER(tagging, GetConcept);
  KIMBERLITE_ANSWER(tagging, BatchGetConcepts);
  KIMBERLITE_ANSWER(tagging, ListConcepts);
  KIMBERLITE_ANSWER(tagging, ResolveSlug);
  KIMBERLITE_ANSWER(tagging, SuggestTags);
  KIMBERLITE_ANSWER(tagging, ExplainTags);
  KIMBERLITE_ANSWER(tagging, IdentifyLanguage);
  KIMBERLITE_ANSWER(ingest, PutSource);
  KIMBERLITE_ANSWER(ingest, GetSource);
  KIMBERLITE_ANSWER(ingest, ListSources);
  KIMBERLITE_ANSWER(ingest, PollSource);
  KIMBERLITE_ANSWER(ingest, PauseSource);
  KIMBERLITE_ANSWER(ingest, ResumeSource);
  KIMBERLITE_ANSWER(ingest, ListItems);
  KIMBERLITE_ANSWER(ingest, TestSource);
  KIMBERLITE_ANSWER(ingest, ImportSources);
  KIMBERLITE_ANSWER(ingest, ExportSources);
  KIMBERLITE_ANSWER(ingest, GetCluster);
  KIMBERLITE_ANSWER(ingest, ListClusters);
  KIMBERLITE_ANSWER(ingest, SubmitItem);
  KIMBERLITE_ANSWER(ingest, ReplayDocuments);
  KIMBERLITE_ANSWER(rendering, WaitVisible);
  KIMBERLITE_ANSWER(rendering, GetReceipt);
  KIMBERLITE_ANSWER(rendering, ExplainPurge);
  KIMBERLITE_ANSWER(rendering, ListEdges);
  KIMBERLITE_ANSWER(rendering, InspectPage);
  KIMBERLITE_ANSWER(rendering, PurgePage);
  KIMBERLITE_ANSWER(rendering, GetTheme);
  KIMBERLITE_ANSWER(rendering, ReloadTheme);
  KIMBERLITE_ANSWER(feed, GetFeed);
  KIMBERLITE_ANSWER(feed, ListFeeds);
#undef KIMBERLITE_ANSWER
  server_->HandleClientStream<ingest::v1::SubmitItemsRequest, ingest::v1::SubmitItemsResponse>(
      [](const rpc::Call&, rpc::StreamReader<ingest::v1::SubmitItemsRequest>& reader) {
        return DrainStream<ingest::v1::SubmitItemsResponse>(reader);
      });
  server_->HandleServerStream<content::v1::StreamChangesRequest, content::v1::StreamChangesResponse>(
      [](const rpc::Call&, const content::v1::StreamChangesRequest&,
         rpc::StreamWriter<content::v1::StreamChangesResponse>& writer) -> Result<void> {
        content::v1::StreamChangesResponse response;
        response.set_cursor("1-a");
        KIMBERLITE_RETURN_IF_ERROR(writer.Write(response));
        response.set_cursor("2-b");
        return writer.Write(response);
      });
  server_->HandleServerStream<feed::v1::StreamUpdatesRequest, feed::v1::StreamUpdatesResponse>(
      [](const rpc::Call&, const feed::v1::StreamUpdatesRequest&, rpc::StreamWriter<feed::v1::StreamUpdatesResponse>&) {
        return Result<void>();
      });
  server_->HandleClientStream<content::v1::UploadMediaRequest, content::v1::UploadMediaResponse>(
      [](const rpc::Call&, auto& parts) -> Result<content::v1::UploadMediaResponse> {
        content::v1::UploadMediaResponse response;
        std::string data;
        std::string digest;
        while (true) {
          KIMBERLITE_ASSIGN_OR_RETURN(const auto part, parts.Read());
          if (!part) break;
          if (part->has_info()) digest = part->info().sha256();
          data += part->chunk();
        }
        if (digest != Sha256Hex(data)) return Fail(Code::kInvalidArgument, "another digest");
        response.mutable_media()->set_media_id(digest);
        return response;
      });
  server_->HandleServerStream<content::v1::ExportContentRequest, content::v1::ExportContentResponse>(
      [](const rpc::Call&, const content::v1::ExportContentRequest&, auto& writer) {
        content::v1::ExportContentResponse response;
        response.set_line(R"({"table":"sections","row":{"section_id":"economy"}})");
        return writer.Write(response);
      });
  const auto started = server_->Start();
  ASSERT_TRUE(started) << started.error().ToString();
}

std::vector<std::string> FakeServices::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

}  // namespace kimberlite::ctl
