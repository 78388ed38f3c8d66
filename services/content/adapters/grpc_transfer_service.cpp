#include "services/content/adapters/grpc_transfer_service.h"

#include <map>
#include <set>
#include <utility>

#include "libs/base/id.h"
#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/adapters/pg_media_store.h"
#include "services/content/adapters/pg_redirects.h"
#include "services/content/adapters/pg_transfer.h"
#include "services/content/core/editing.h"
#include "services/content/core/redirect.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

constexpr int kMaxArticles = 200;
constexpr int kMaxOldPaths = 20;
constexpr int kMaxLines = 2000;

Act ActOf(const rpc::Call& call, Time time) {
  return {.verb = "import", .actor = call.caller, .traceparent = call.context.traceparent, .time = time, .note = {}};
}

// What a broken article of a batch is told, without the others.
struct Ready {
  Article article;
  std::vector<std::string> old_paths;
};

Result<Ready> Prepare(const Site& site, const v1::ImportedArticle& imported, Time now) {
  if (imported.import_key().empty()) return InvalidField("import_key", "must not be empty");
  if (!CheckIdempotencyKey(imported.import_key()))
    return InvalidField("import_key", "must be up to 200 printable ASCII characters");
  if (imported.old_paths_size() > kMaxOldPaths)
    return TooMany("old_paths", kMaxOldPaths, static_cast<std::size_t>(imported.old_paths_size()));
  KIMBERLITE_ASSIGN_OR_RETURN(const NewArticle wanted, FromMessage(imported.article()));
  const Time time = imported.has_published_time() ? ToTime(imported.published_time()) : now;
  if (time > now) return InvalidField("published_time", "must not lie in the future");
  Ready ready;
  KIMBERLITE_ASSIGN_OR_RETURN(ready.article, CreateArticle(site, wanted, time));
  for (int i = 0; i < imported.old_paths_size(); ++i) {
    KIMBERLITE_ASSIGN_OR_RETURN(std::string path,
                                RedirectPath(imported.old_paths(i), At("old_paths", static_cast<std::size_t>(i))));
    ready.old_paths.push_back(std::move(path));
  }
  return ready;
}

Result<std::map<std::string, std::int64_t>> ReadImported(pg::Transaction& transaction,
                                                         const v1::ImportArticlesRequest& request) {
  std::vector<std::string> keys;
  for (const v1::ImportedArticle& imported : request.articles()) keys.push_back(imported.import_key());
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT import_key, article_id FROM content.imports WHERE import_key = ANY ($1::text[])",
                        pg::Params(keys)));
  std::map<std::string, std::int64_t> known;
  for (const pg::Row& row : rows) known[row.String("import_key")] = row.Int("article_id");
  return known;
}

Result<void> Store(pg::Transaction& transaction, const Act& act, const std::string& import_key, Ready& ready) {
  KIMBERLITE_RETURN_IF_ERROR(InsertArticle(transaction, act, ready.article));
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("INSERT INTO content.imports (import_key, article_id) VALUES ($1, $2)",
                                               pg::Params(import_key, ready.article.article_id)));
  for (const std::string& path : ready.old_paths) {
    KIMBERLITE_RETURN_IF_ERROR(PutRedirect(
        transaction,
        {.path = path, .article_id = ready.article.article_id, .language_code = ready.article.original_language_code},
        act.time));
  }
  return {};
}

}  // namespace

void GrpcTransferService::Register(rpc::Server& server) {
  server.Handle<v1::ImportArticlesRequest, v1::ImportArticlesResponse>(
      [this](const auto& c, const auto& r) { return ImportArticles(c, r); });
  server.HandleServerStream<v1::ExportContentRequest, v1::ExportContentResponse>(
      [this](const auto& c, const auto& r, auto& writer) { return ExportContent(c, r, writer); });
  server.Handle<v1::ImportContentRequest, v1::ImportContentResponse>(
      [this](const auto& c, const auto& r) { return ImportContent(c, r); });
}

Result<v1::ImportArticlesResponse> GrpcTransferService::ImportArticles(const rpc::Call& call,
                                                                       const v1::ImportArticlesRequest& request) {
  if (request.articles().empty()) return InvalidField("articles", "must not be empty");
  if (request.articles_size() > kMaxArticles)
    return TooMany("articles", kMaxArticles, static_cast<std::size_t>(request.articles_size()));
  const Act act = ActOf(call, clock_.Now());
  return pool_.Write([&](pg::Transaction& transaction) -> Result<v1::ImportArticlesResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_ASSIGN_OR_RETURN(auto known, ReadImported(transaction, request));
    v1::ImportArticlesResponse response;
    for (const v1::ImportedArticle& imported : request.articles()) {
      v1::ImportedOutcome& outcome = *response.add_outcomes();
      outcome.set_import_key(imported.import_key());
      if (const auto found = known.find(imported.import_key()); found != known.end()) {
        outcome.set_article_id(found->second);
        continue;
      }
      Result<Ready> ready = Prepare(*site, imported, act.time);
      if (ready && ready->article.picture) {
        const auto there = CheckMediaExists(transaction, ready->article.picture->media_id, "picture.media_id");
        if (!there && there.error().code() != Code::kNotFound) return std::unexpected(there.error());
        if (!there) ready = std::unexpected(there.error());
      }
      if (!ready) {
        outcome.set_error(ready.error().message());
        continue;
      }
      outcome.set_created(true);
      if (!request.dry_run()) {
        KIMBERLITE_RETURN_IF_ERROR(Store(transaction, act, imported.import_key(), *ready));
        outcome.set_article_id(ready->article.article_id);
      }
      known[imported.import_key()] = ready->article.article_id;
    }
    return response;
  });
}

Result<void> GrpcTransferService::ExportContent(const rpc::Call&, const v1::ExportContentRequest&,
                                                rpc::StreamWriter<v1::ExportContentResponse>& writer) {
  return ExportAll(pool_, blobs_, [&](const ExportedLine& exported) -> Result<void> {
    v1::ExportContentResponse response;
    response.set_line(exported.line);
    response.set_blob_id(exported.blob_id);
    response.set_data(exported.data);
    return writer.Write(response);
  });
}

Result<v1::ImportContentResponse> GrpcTransferService::ImportContent(const rpc::Call& call,
                                                                     const v1::ImportContentRequest& request) {
  if (request.lines_size() > kMaxLines)
    return TooMany("lines", kMaxLines, static_cast<std::size_t>(request.lines_size()));
  if (!request.blob_id().empty()) {
    // Its name says what its bytes must be, and is a file's.
    const std::string digest = request.blob_id().substr(0, request.blob_id().find('.'));
    const std::string extension = request.blob_id().substr(digest.size());
    static const std::set<std::string> kExtensions = {".svg", ".png", ".jpg", ".jpeg", ".webp", ".avif"};
    if (digest != Sha256Hex(request.data()) || !kExtensions.contains(extension))
      return InvalidField("blob_id", "must be the SHA-256 of data and the extension of a picture");
    KIMBERLITE_RETURN_IF_ERROR(blobs_.Put(request.blob_id(), request.data()));
  }
  const Act act = ActOf(call, clock_.Now());
  return pool_.Write([&](pg::Transaction& transaction) -> Result<v1::ImportContentResponse> {
    v1::ImportContentResponse response;
    const std::vector<std::string> lines(request.lines().begin(), request.lines().end());
    KIMBERLITE_ASSIGN_OR_RETURN(const std::int64_t added, ImportRows(transaction, lines, request.first()));
    response.set_added(added);
    if (request.tell()) {
      KIMBERLITE_ASSIGN_OR_RETURN(const std::int64_t told,
                                  TellImported(transaction, sites_, act, request.told_article_id()));
      response.set_told_article_id(told);
    }
    return response;
  });
}

}  // namespace kimberlite::content
