#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "kimberlite/ingest/v1/events.pb.h"
#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "libs/http/tests/tiny_server.h"
#include "libs/rpc/rpc.h"
#include "libs/testing/servers.h"
#include "services/ingest/app.h"

// The whole service, against a real PostgreSQL and a web server of the test's own.
namespace kimberlite::ingest {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

std::string Rss(const std::string& items) {
  return "<?xml version=\"1.0\" encoding=\"windows-1251\"?><rss "
         "version=\"2.0\"><channel><title>T</title><link>https://wire.example/</link>" +
         items + "</channel></rss>";
}

// "Алмаз" in windows-1251, and what is given.
std::string Item(const std::string& id, const std::string& more = "") {
  return "<item><guid isPermaLink=\"false\">" + id + "</guid><title>\xc0\xeb\xec\xe0\xe7 " + more + "</title><link>/" +
         id + "</link><description>&lt;p&gt;x&lt;/p&gt;</description></item>";
}

// A publisher that answers conditional requests. Documents are by path.
class Publisher {
 public:
  void Set(const std::string& path, const std::string& body) {
    const std::lock_guard lock(mutex_);
    documents_[path] = body;
    ++version_;
  }
  // What every request is answered with; 0: the documents.
  void SetStatus(int status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  http::TinyServer& server() { return server_; }
  int Requests(const std::string& path, bool conditional = false) {
    int count = 0;
    for (const auto& request : server_.requests())
      count += request.target == path && (!conditional || request.headers.contains("if-none-match"));
    return count;
  }

 private:
  std::string Answer(const http::TinyServer::Request& request) {
    const std::lock_guard lock(mutex_);
    if (status_ != 0) return http::TinyServer::Answer(status_, {}, "");
    const auto found = documents_.find(request.target);
    if (found == documents_.end()) return http::TinyServer::Answer(404, {}, "");
    const std::string etag = "\"" + std::to_string(version_) + "\"";
    const auto asked = request.headers.find("if-none-match");
    if (asked != request.headers.end() && asked->second == etag)
      return http::TinyServer::Answer(304, {"ETag: " + etag}, "");
    return http::TinyServer::Answer(200, {"ETag: " + etag, "Content-Type: text/xml"}, found->second);
  }
  std::mutex mutex_;
  std::map<std::string, std::string> documents_;
  int version_ = 0;
  int status_ = 0;
  http::TinyServer server_{[this](const auto& request) { return Answer(request); }};
};

template <typename Condition>
bool Await(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() : directory_(std::filesystem::temp_directory_path() / testing::UniqueName("ingest")) {
    std::filesystem::create_directory(directory_);
    std::ofstream(directory_ / "tokens")
        << "op operator token-of-an-operator-of-ours\ned editor token-of-an-editor-of-ours\n";
    config_.common.postgres_url = database_.url();
    config_.common.grpc_port = 0;
    config_.common.rpc_tokens_file = directory_ / "tokens";
    config_.allowed_hosts = {publisher_.server().host_port()};
    const auto migrated = MigrateAll(config_);
    EXPECT_TRUE(migrated) << migrated.error().ToString();
  }
  ~ServiceTest() override { std::filesystem::remove_all(directory_); }

  void Start() {
    app_ = std::make_unique<App>(config_);
    const auto started = app_->Start();
    ASSERT_TRUE(started) << started.error().ToString();
    EXPECT_TRUE(app_->Ready());
    channel_ = std::make_unique<rpc::Channel>("127.0.0.1:" + std::to_string(app_->grpc_port()),
                                              "token-of-an-operator-of-ours");
  }

  template <typename Response, typename Request>
  Result<Response> Call(const Request& request) {
    return channel_->Call<Response>(Context::WithTimeout(seconds(10)), request);
  }

  v1::PutSourceRequest ASource(const std::string& id, const std::string& path) {
    v1::PutSourceRequest request;
    auto& source = *request.mutable_source();
    source.set_source_id(id);
    source.set_name("Провод");
    source.set_feed_url(publisher_.server().Url(path));
    source.set_default_language_code("ru");
    source.set_default_section_id("economy");
    source.mutable_poll_interval()->set_seconds(24 * 3600);
    return request;
  }
  void Put(const v1::PutSourceRequest& request) {
    const auto response = Call<v1::PutSourceResponse>(request);
    ASSERT_TRUE(response) << response.error().ToString();
  }
  v1::GetSourceResponse Get(const std::string& id) {
    v1::GetSourceRequest request;
    request.set_source_id(id);
    auto response = Call<v1::GetSourceResponse>(request);
    EXPECT_TRUE(response) << response.error().ToString();
    return response ? *response : v1::GetSourceResponse();
  }
  void Poll(const std::string& id) {
    v1::PollSourceRequest request;
    request.set_source_id(id);
    const auto response = Call<v1::PollSourceResponse>(request);
    ASSERT_TRUE(response) << response.error().ToString();
  }

  testing::TestDatabase database_;
  std::filesystem::path directory_;
  Publisher publisher_;
  Config config_;
  std::unique_ptr<App> app_;
  std::unique_ptr<rpc::Channel> channel_;
};

TEST_F(ServiceTest, SaysEachItemOnceAndAgainWhenItChanges) {
  Start();
  std::mutex mutex;
  std::vector<v1::ItemTaken> heard;
  auto bus = bus::Open({.driver = "postgres", .postgres_url = database_.url(), .client_name = "test"});
  ASSERT_TRUE(bus) << bus.error().ToString();
  const auto consumer = (*bus)->Subscribe(
      bus::GroupSubscription{.group = "test",
                             .topics = {kItemTopic},
                             .handler = [&](const bus::Event& event, const bus::Position&) -> Result<void> {
                               v1::ItemTaken taken;
                               EXPECT_TRUE(taken.ParseFromString(event.payload));
                               const std::lock_guard lock(mutex);
                               heard.push_back(taken);
                               return {};
                             }});
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return heard.size();
  };

  publisher_.Set("/rss", Rss(Item("2") + Item("1")));
  Put(ASource("wire", "/rss"));
  ASSERT_TRUE(Await([&] { return count() == 2; }));
  EXPECT_EQ(heard[0].headline(), "Алмаз");
  EXPECT_EQ(heard[0].body_html(), "<p>x</p>");
  EXPECT_EQ(heard[0].language_code(), "ru");
  EXPECT_EQ(heard[0].credit_name(), "Провод");
  EXPECT_EQ(heard[0].link(), "https://wire.example/1");
  ASSERT_TRUE(
      Await([&] { return Get("wire").status().items_taken() == 2 && Get("wire").status().has_last_poll_time(); }));

  // Unchanged: the next poll is conditional, and says nothing.
  Poll("wire");
  ASSERT_TRUE(Await([&] { return Get("wire").status().last_http_status() == 304; }));
  EXPECT_EQ(publisher_.Requests("/rss", true), 1);

  // One item moved and the other left the document.
  publisher_.Set("/rss", Rss(Item("1", "new")));
  Poll("wire");
  ASSERT_TRUE(Await([&] { return count() == 3; }));
  EXPECT_EQ(heard[2].external_id(), "1");
  EXPECT_EQ(heard[2].sequence(), 2);
  EXPECT_EQ(heard[2].headline(), "Алмаз new");

  v1::ListItemsRequest list;
  list.set_source_id("wire");
  list.set_page_size(1);
  const auto first = Call<v1::ListItemsResponse>(list);
  ASSERT_TRUE(first) << first.error().ToString();
  ASSERT_EQ(first->items_size(), 1);
  EXPECT_EQ(first->items(0).external_id(), "1");
  EXPECT_EQ(first->items(0).sequence(), 2);
  list.set_page_token(first->next_page_token());
  const auto second = Call<v1::ListItemsResponse>(list);
  ASSERT_TRUE(second) << second.error().ToString();
  EXPECT_EQ(second->items(0).external_id(), "2");
  EXPECT_EQ(count(), 3u);
}

TEST_F(ServiceTest, PollsByInterval) {
  Start();
  publisher_.Set("/rss", Rss(Item("1")));
  auto source = ASource("wire", "/rss");
  source.mutable_source()->mutable_poll_interval()->set_seconds(1);
  Put(source);
  EXPECT_TRUE(Await([&] { return publisher_.Requests("/rss", true) >= 2; }));
}

TEST_F(ServiceTest, TellsWhatIsWrongWithASource) {
  Start();
  Put(ASource("missing", "/none"));
  ASSERT_TRUE(Await([&] { return Get("missing").status().consecutive_failures() == 1; }));
  EXPECT_EQ(Get("missing").status().last_http_status(), 404);
  EXPECT_THAT(Get("missing").status().last_error(), HasSubstr("no feed at this address"));

  auto inner = ASource("inner", "/");
  inner.mutable_source()->set_feed_url("http://localhost:1024/");
  Put(inner);
  ASSERT_TRUE(Await([&] { return Get("inner").status().consecutive_failures() == 1; }));
  EXPECT_THAT(Get("inner").status().last_error(), HasSubstr("loopback"));

  publisher_.Set("/rss", Rss(Item("1") + "<item><guid>2</guid></item>"));
  Put(ASource("partly", "/rss"));
  ASSERT_TRUE(Await([&] { return Get("partly").status().has_last_poll_time(); }));
  EXPECT_THAT(Get("partly").status().last_error(), HasSubstr("1 of 2 items were not taken"));
  EXPECT_EQ(Get("partly").status().consecutive_failures(), 0);
}

TEST_F(ServiceTest, ReplicasShareTheWork) {
  constexpr int kSources = 20;
  Start();
  App other(config_);
  ASSERT_TRUE(other.Start());
  for (int i = 0; i < kSources; ++i) {
    const std::string path = "/" + std::to_string(i);
    publisher_.Set(path, Rss(Item("1")));
    Put(ASource("s" + std::to_string(i), path));
  }
  v1::ListSourcesRequest list;
  list.set_page_size(1000);
  ASSERT_TRUE(Await([&] {
    const auto sources = Call<v1::ListSourcesResponse>(list);
    EXPECT_TRUE(sources) << sources.error().ToString();
    int polled = 0;
    for (const auto& source : sources->sources()) polled += source.status().has_last_poll_time();
    return polled == kSources;
  }));
  for (int i = 0; i < kSources; ++i) EXPECT_EQ(publisher_.Requests("/" + std::to_string(i)), 1) << i;
}

TEST_F(ServiceTest, GoesOnWhereItStopped) {
  publisher_.Set("/rss", Rss(Item("1")));
  Start();
  Put(ASource("wire", "/rss"));
  ASSERT_TRUE(Await([&] { return Get("wire").status().has_last_poll_time(); }));
  app_.reset();
  Start();
  Poll("wire");
  ASSERT_TRUE(Await([&] { return Get("wire").status().last_http_status() == 304; }));
  EXPECT_EQ(Get("wire").status().items_taken(), 1);
}

TEST_F(ServiceTest, RefusesBadRequestsWithTheFieldAndTheRule) {
  Start();
  const auto field_of = [](const auto& response) {
    EXPECT_FALSE(response);
    return response || response.error().violations().empty() ? std::string() : response.error().violations()[0].field;
  };
  EXPECT_EQ(field_of(Call<v1::PutSourceResponse>(v1::PutSourceRequest())), "source.source_id");
  auto put = ASource("wire", "/rss");
  put.mutable_source()->mutable_poll_interval()->set_seconds(-1);
  EXPECT_EQ(field_of(Call<v1::PutSourceResponse>(put)), "source.poll_interval");
  put.mutable_source()->mutable_poll_interval()->set_seconds(0);
  EXPECT_EQ(field_of(Call<v1::PutSourceResponse>(put)), "source.poll_interval");
  v1::ListItemsRequest items;
  for (const char* token : {"x", "1/2", "-1/a/b", "99999999999999999999/a/b", "1x/a/b"}) {
    items.set_page_token(token);
    EXPECT_EQ(field_of(Call<v1::ListItemsResponse>(items)), "page_token") << token;
  }
  items.clear_page_token();
  items.set_page_size(1001);
  EXPECT_EQ(field_of(Call<v1::ListItemsResponse>(items)), "page_size");
  v1::GetSourceRequest get;
  EXPECT_EQ(field_of(Call<v1::GetSourceResponse>(get)), "source_id");
  get.set_source_id("none");
  EXPECT_EQ(Call<v1::GetSourceResponse>(get).error().code(), Code::kNotFound);
  v1::PollSourceRequest poll;
  poll.set_source_id("none");
  EXPECT_EQ(Call<v1::PollSourceResponse>(poll).error().code(), Code::kNotFound);

  // Sources are set by operators alone.
  const rpc::Channel editor("127.0.0.1:" + std::to_string(app_->grpc_port()), "token-of-an-editor-of-ours");
  const auto refused = editor.Call<v1::PutSourceResponse>(Context::WithTimeout(seconds(10)), ASource("wire", "/rss"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kPermissionDenied);
}

TEST_F(ServiceTest, ListsSourcesByPages) {
  Start();
  for (const char* id : {"c", "a", "b"}) {
    auto source = ASource(id, "/none");
    source.mutable_source()->set_paused(true);
    source.mutable_source()->clear_poll_interval();
    Put(source);
  }
  v1::ListSourcesRequest request;
  request.set_page_size(2);
  const auto first = Call<v1::ListSourcesResponse>(request);
  ASSERT_TRUE(first) << first.error().ToString();
  ASSERT_EQ(first->sources_size(), 2);
  EXPECT_EQ(first->sources(0).source().source_id(), "a");
  EXPECT_EQ(first->sources(0).source().poll_interval().seconds(), 300);
  EXPECT_FALSE(first->sources(0).status().has_next_poll_time());
  request.set_page_token(first->next_page_token());
  const auto second = Call<v1::ListSourcesResponse>(request);
  ASSERT_TRUE(second) << second.error().ToString();
  ASSERT_EQ(second->sources_size(), 1);
  EXPECT_EQ(second->sources(0).source().source_id(), "c");
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(ServiceTest, ReadsKeptDocumentsAgain) {
  publisher_.Set("/rss", Rss(Item("2") + Item("1")));
  publisher_.Set("/broken", "<html></html>");
  Start();
  Put(ASource("wire", "/rss"));
  Put(ASource("broken", "/broken"));
  ASSERT_TRUE(
      Await([&] { return Get("wire").status().has_last_poll_time() && Get("broken").status().has_last_poll_time(); }));
  // As an older parser would have read them.
  pg::Pool pool({.url = database_.url()});
  ASSERT_TRUE(pool.Write([](pg::Transaction& transaction) {
    return transaction.Query("UPDATE ingest.items SET digest = 'old', headline = 'old' WHERE external_id = '1'");
  }));
  v1::ReplayDocumentsRequest request;
  request.set_page_size(1);
  v1::ReplayDocumentsResponse total;
  const auto replay = [&] {
    total.Clear();
    request.clear_page_token();
    do {
      const auto page = Call<v1::ReplayDocumentsResponse>(request);
      ASSERT_TRUE(page) << page.error().ToString();
      total.set_documents(total.documents() + page->documents());
      total.set_unreadable(total.unreadable() + page->unreadable());
      total.set_items_seen(total.items_seen() + page->items_seen());
      total.set_items_taken(total.items_taken() + page->items_taken());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
  };
  replay();
  EXPECT_EQ(total.documents(), 2);
  EXPECT_EQ(total.unreadable(), 1);
  EXPECT_EQ(total.items_seen(), 2);
  EXPECT_EQ(total.items_taken(), 1);
  replay();
  EXPECT_EQ(total.items_taken(), 0);
  v1::ListItemsRequest list;
  EXPECT_EQ(Call<v1::ListItemsResponse>(list)->items(0).headline(), "Алмаз");
  EXPECT_EQ(Call<v1::ListItemsResponse>(list)->items(0).sequence(), 2);
  // Of one source, and from a time on.
  request.set_source_id("broken");
  replay();
  EXPECT_EQ(total.documents(), 1);
  request.clear_source_id();
  request.mutable_since_time()->set_seconds(4'000'000'000);
  replay();
  EXPECT_EQ(total.documents(), 0);
  request.set_source_id("none");
  EXPECT_EQ(Call<v1::ReplayDocumentsResponse>(request).error().code(), Code::kNotFound);
  request.clear_source_id();
  request.set_page_token("x/y");
  EXPECT_EQ(Call<v1::ReplayDocumentsResponse>(request).error().code(), Code::kInvalidArgument);
}

TEST_F(ServiceTest, TakesPushedItems) {
  Start();
  auto source = ASource("desk", "");
  source.mutable_source()->clear_feed_url();
  source.mutable_source()->set_max_pushed_per_minute(300);
  Put(source);
  v1::SubmitItemRequest request;
  request.set_source_id("desk");
  request.mutable_item()->set_external_id("1");
  request.mutable_item()->set_headline("Өлүөнэ өрүс");
  request.mutable_item()->set_language_code("sah");
  request.set_idempotency_key("k");
  const auto first = Call<v1::SubmitItemResponse>(request);
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_EQ(first->outcome(), v1::SUBMIT_OUTCOME_NEW);
  EXPECT_EQ(Call<v1::SubmitItemResponse>(request)->outcome(), v1::SUBMIT_OUTCOME_NEW);
  request.mutable_item()->set_headline("Другое");
  EXPECT_EQ(Call<v1::SubmitItemResponse>(request).error().code(), Code::kInvalidArgument);
  request.set_idempotency_key("");
  EXPECT_EQ(Call<v1::SubmitItemResponse>(request)->outcome(), v1::SUBMIT_OUTCOME_CHANGED);
  request.mutable_item()->set_headline("");
  EXPECT_EQ(Call<v1::SubmitItemResponse>(request).error().violations().at(0).field, "item.headline");
  // An editor may push, too.
  const rpc::Channel editor("127.0.0.1:" + std::to_string(app_->grpc_port()), "token-of-an-editor-of-ours");
  request.mutable_item()->set_headline("Другое");
  EXPECT_EQ(editor.Call<v1::SubmitItemResponse>(Context::WithTimeout(seconds(10)), request)->outcome(),
            v1::SUBMIT_OUTCOME_UNCHANGED);

  // Many, in a stream.
  const auto stream = [&](int from, int to, const std::string& bad = "") {
    int at = from;
    return channel_->CallClientStream<v1::SubmitItemsResponse, v1::SubmitItemsRequest>(
        Context::WithTimeout(seconds(20)), [&](v1::SubmitItemsRequest& item) -> Result<bool> {
          if (at >= to) return false;
          item.set_source_id("desk");
          item.set_idempotency_key("s" + std::to_string(at));
          item.mutable_item()->set_external_id("s" + std::to_string(at));
          item.mutable_item()->set_headline(std::to_string(at) == bad ? "" : "Новость " + std::to_string(at));
          ++at;
          return true;
        });
  };
  const auto many = stream(0, 250);
  ASSERT_TRUE(many) << many.error().ToString();
  EXPECT_EQ(many->received(), 250);
  EXPECT_EQ(many->taken_new(), 250);
  const auto again = stream(0, 250);
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(again->unchanged(), 250);
  // What stands before a bad one is taken, and the error says which it is.
  const auto bad = stream(250, 260, "255");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), Code::kInvalidArgument);
  EXPECT_THAT(bad.error().message(), HasSubstr("item 6: item.headline"));
  EXPECT_EQ(Get("desk").status().items_taken(), 2 + 250 + 5);
  // More than a minute's worth.
  const auto refused = stream(300, 700);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_THAT(refused.error().message(), HasSubstr("300 items a minute"));
}

TEST_F(ServiceTest, PausesWhatIsGoneUntilItIsResumed) {
  Start();
  publisher_.SetStatus(410);
  Put(ASource("wire", "/rss"));
  ASSERT_TRUE(Await([&] { return Get("wire").source().paused(); }));
  EXPECT_THAT(Get("wire").status().pause_reason(), HasSubstr("gone for good"));
  EXPECT_EQ(Get("wire").status().history_size(), 1);
  publisher_.SetStatus(0);
  publisher_.Set("/rss", Rss(Item("1")));
  v1::ResumeSourceRequest resume;
  resume.set_source_id("wire");
  ASSERT_TRUE(Call<v1::ResumeSourceResponse>(resume));
  ASSERT_TRUE(Await([&] { return Get("wire").status().items_taken() == 1; }));
  v1::PauseSourceRequest pause;
  pause.set_source_id("wire");
  pause.set_reason("a\nb");
  EXPECT_EQ(Call<v1::PauseSourceResponse>(pause).error().code(), Code::kInvalidArgument);
  pause.set_reason("сезон окончен");
  ASSERT_TRUE(Call<v1::PauseSourceResponse>(pause));
  EXPECT_EQ(Get("wire").status().pause_reason(), "сезон окончен");
}

TEST_F(ServiceTest, DoesNotStartWithoutItsSchema) {
  testing::TestDatabase empty;
  config_.common.postgres_url = empty.url();
  App app(config_);
  const auto started = app.Start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), HasSubstr("kimberlite-ingest migrate"));
}

}  // namespace
}  // namespace kimberlite::ingest
