#include "services/tagging/tests/harness.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/content/v1/events.pb.h"
#include "libs/base/id.h"

namespace kimberlite::tagging {

TokensFile::TokensFile() : path_(std::filesystem::temp_directory_path() / ("kimberlite_tokens_" + RandomHex(6))) {
  std::ofstream(path_) << "ed editor " << kEditorToken << "\nsvc service " << kServiceToken << "\n";
}
TokensFile::~TokensFile() { std::filesystem::remove(path_); }

FakeContent::FakeContent(const std::string& tokens_file)
    : server_({.tokens_file = tokens_file, .threads = 2, .partial = true}) {
  namespace cv1 = content::v1;
  server_.Handle<cv1::GetArticleRequest, cv1::GetArticleResponse>(
      [this](const rpc::Call&, const cv1::GetArticleRequest& request) -> Result<cv1::GetArticleResponse> {
        const std::lock_guard lock(mutex_);
        asked_.push_back(request.article_id());
        if (failure_ != Code::kOk) return Fail(failure_, "as the test wants it");
        const auto found = articles_.find(request.article_id());
        if (found == articles_.end()) return Fail(Code::kNotFound, "no such article");
        if (found->second.sequence() < request.min_sequence()) return Fail(Code::kUnavailable, "not yet");
        cv1::GetArticleResponse response;
        *response.mutable_article() = found->second;
        return response;
      });
  const auto started = server_.Start();
  EXPECT_TRUE(started) << started.error().ToString();
}

void FakeContent::Set(const content::v1::Article& article) {
  const std::lock_guard lock(mutex_);
  articles_[article.article_id()] = article;
}

std::vector<std::int64_t> FakeContent::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void FakeContent::FailWith(Code code) {
  const std::lock_guard lock(mutex_);
  failure_ = code;
}

content::v1::Article ArticleOf(std::int64_t article_id, std::int64_t sequence, const std::string& language_code,
                               const std::string& headline, const std::string& body_html) {
  content::v1::Article article;
  article.set_article_id(article_id);
  article.set_sequence(sequence);
  article.set_original_language_code(language_code);
  content::v1::Translation& translation = *article.add_translations();
  translation.set_language_code(language_code);
  translation.set_state(content::v1::TRANSLATION_STATE_PUBLISHED);
  translation.set_headline(headline);
  translation.set_body_html(body_html);
  return article;
}

bus::Event ArticleEvent(std::int64_t article_id, std::int64_t sequence, std::vector<int> changes) {
  content::v1::ArticleChanged changed;
  changed.set_article_id(article_id);
  changed.set_sequence(sequence);
  for (const int change : changes) changed.add_changes(static_cast<content::v1::ArticleChange>(change));
  return {.topic = "kimberlite.content.article.v1",
          .key = std::to_string(article_id),
          .id = NewUuid(),
          .type = "kimberlite.content.v1.ArticleChanged",
          .source = "content",
          .time = SystemClock().Now(),
          .sequence = sequence,
          .payload = changed.SerializeAsString()};
}

v1::Concept DefinitionOf(const std::string& key, v1::ConceptKind kind, const std::string& language_code,
                         const std::string& text, std::vector<std::string> aliases, const std::string& slug) {
  v1::Concept definition;
  definition.set_key(key);
  definition.set_kind(kind);
  v1::ConceptLabel& label = *definition.add_labels();
  label.set_language_code(language_code);
  label.set_text(text);
  label.mutable_aliases()->Add(aliases.begin(), aliases.end());
  label.set_slug(slug);
  return definition;
}

bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

ServiceTest::ServiceTest() {
  config_.common.grpc_port = 0;
  config_.common.rpc_tokens_file = tokens_.path();
  config_.common.postgres_url = database_.url();
  config_.content_target = content_.target();
  config_.rpc_token = kServiceToken;
  const auto migrated = MigrateAll(config_);
  EXPECT_TRUE(migrated) << migrated.error().ToString();
}

ServiceTest::Replica ServiceTest::StartReplica() {
  Replica replica{.app = std::make_unique<App>(config_)};
  const auto started = replica.app->Start();
  EXPECT_TRUE(started) << started.error().ToString();
  const std::string target = "127.0.0.1:" + std::to_string(replica.app->grpc_port());
  replica.editor = std::make_unique<rpc::Channel>(target, kEditorToken);
  replica.service = std::make_unique<rpc::Channel>(target, kServiceToken);
  return replica;
}

std::vector<bus::Event> ServiceTest::Stated(const std::string& topic) {
  std::vector<bus::Event> events;
  const auto read = pool_.Read([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(
            "SELECT key, type, sequence, traceparent, payload FROM tagging.outbox WHERE topic = $1 ORDER BY id",
            pg::Params(topic)));
    events.clear();
    for (const pg::Row row : rows) {
      events.push_back({.topic = topic,
                        .key = row.String("key"),
                        .type = row.String("type"),
                        .sequence = row.Int("sequence"),
                        .traceparent = row.String("traceparent"),
                        .payload = row.Bytes("payload")});
    }
    return {};
  });
  EXPECT_TRUE(read) << read.error().ToString();
  return events;
}

std::int64_t ServiceTest::CountRows(const std::string& table) {
  const auto rows =
      pool_.Read([&](pg::Transaction& transaction) { return transaction.Query("SELECT count(*) AS n FROM " + table); });
  EXPECT_TRUE(rows) << rows.error().ToString();
  return rows ? (*rows)[0].Int("n") : -1;
}

}  // namespace kimberlite::tagging
