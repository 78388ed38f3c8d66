#include "tests/freshness/newsroom.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <thread>

#include "libs/base/id.h"
#include "services/rendering/adapters/page_coding.h"

namespace kimberlite::freshness {
namespace {

void Must(const Result<void>& done) { ASSERT_TRUE(done) << done.error().ToString(); }

std::string WriteTokens() {
  const auto path = std::filesystem::temp_directory_path() / ("kimberlite_freshness_" + RandomHex(6));
  std::ofstream(path) << "ann editor " << Newsroom::kEditor << "\nolga operator " << Newsroom::kOperator
                      << "\nedge service " << Newsroom::kService << "\n";
  return path;
}

}  // namespace

Newsroom::Newsroom() : tokens_file_(WriteTokens()), pool_({.url = database_.url(), .connections = 2}) {
  const auto common = [&](runtime::CommonConfig& one) {
    one.postgres_url = database_.url();
    one.rpc_tokens_file = tokens_file_;
    one.grpc_port = 0;
  };
  content::Config content;
  common(content.common);
  Must(content::MigrateAll(content));
  content_ = std::make_unique<content::App>(content);
  Must(content_->Start());
  tagging::Config tagging;
  common(tagging.common);
  tagging.content_target = content_target();
  tagging.rpc_token = kService;
  Must(tagging::MigrateAll(tagging));
  tagging_ = std::make_unique<tagging::App>(tagging);
  Must(tagging_->Start());
  common(feed_config_.common);
  feed_config_.content_target = content_target();
  feed_config_.tagging_target = tagging_target();
  feed_config_.rpc_token = kService;
  feed_ = std::make_unique<feed::App>(feed_config_);
  Must(feed_->Start());
}

Newsroom::~Newsroom() {
  feed_->Stop();
  tagging_->Stop();
  content_->Stop();
  std::filesystem::remove(tokens_file_);
  redis::Client redis({.url = testing::RedisUrl()});
  const auto keys = redis.Command({"KEYS", prefix_ + "*"});
  if (!keys) return;
  for (const redis::Reply& key : keys->elements) (void)redis.Command({"DEL", key.text});
}

void Newsroom::Settle() {
  int quiet = 0;
  std::int64_t before = -1;
  for (int i = 0; i < 600 && quiet < 3; ++i) {
    const auto rows = pool_.Read([](pg::Transaction& transaction) {
      return transaction.Query(
          "SELECT (SELECT count(*) FROM content.outbox WHERE sent_time IS NULL)"
          " + (SELECT count(*) FROM tagging.outbox WHERE sent_time IS NULL) AS unsent,"
          " (SELECT coalesce(sum(sequence), 0)::bigint FROM content.articles) AS state");
    });
    ASSERT_TRUE(rows) << rows.error().ToString();
    const bool still = (*rows)[0].Int("unsent") == 0 && (*rows)[0].Int("state") == before;
    before = (*rows)[0].Int("state");
    quiet = still ? quiet + 1 : 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ASSERT_EQ(quiet, 3) << "the newsroom does not come to rest";
}

Replica::Replica(Newsroom& newsroom, const std::string& name)
    : themes_(KIMBERLITE_THEME, "en", clock_),
      redis_({.url = testing::RedisUrl()}),
      sources_({.content_target = newsroom.content_target(),
                .tagging_target = newsroom.tagging_target(),
                .feed_target = newsroom.feed_target(),
                .token = Newsroom::kService}) {
  if (const auto loaded = themes_.Start(); !loaded) {
    ADD_FAILURE() << loaded.error().ToString();
    return;
  }
  store_ = std::make_unique<rendering::RedisPageStore>(redis_, newsroom.prefix(), themes_.Current()->version());
  builder_ = std::make_unique<rendering::PageBuilder>(sources_, themes_);
  bus_ = *bus::Open({.postgres_url = newsroom.postgres_url(), .client_name = name});
  ledger_ = std::make_unique<rendering::EdgeLedger>(redis_, newsroom.prefix(), name);
  ledger_->Start();
  const auto make = [this](const Context& context, const rendering::Route& route, std::int64_t sequence) {
    return Make(context, route, sequence);
  };
  auditor_ = std::make_unique<rendering::Auditor>(
      rendering::Auditor::Parts{*store_, memory_, redis_, make},
      rendering::Auditor::Options{.prefix = newsroom.prefix(), .edge = name, .grace = std::chrono::milliseconds(700)});
  invalidator_ = std::make_unique<rendering::BusInvalidator>(
      *bus_, *store_, memory_, sources_, *ledger_,
      [this](const rendering::Invalidation& invalidation, const bus::Event& event) {
        auditor_->Note(invalidation, event.id);
      });
  invalidator_->Start();
  visibility_ = std::make_unique<rendering::Visibility>(rendering::Visibility::Parts{
      .store = *store_,
      .ledger = *ledger_,
      .get_article = [this](const Context& context, std::int64_t id) { return sources_.GetArticle(context, id); },
      .sent_sequence = [this](const Context& context, std::int64_t id) { return sources_.SentSequence(context, id); },
      .log_ends =
          [this](const Context& context) {
            return rendering::LogEnds(*bus_, "kimberlite.content.article.v1", context);
          },
      .applied_count = [this] { return invalidator_->applied_count(); },
      .wait =
          [this](const Context& context, std::uint64_t count, std::chrono::steady_clock::time_point until) {
            return invalidator_->WaitMore(context, count, until);
          }});
  edge_ = std::make_unique<rendering::Edge>(
      *store_, memory_,
      rendering::Edge::Parts{.make = make,
                             .code = rendering::CodePage,
                             .prepare = [](rendering::KeptPage&) {},
                             .is_current = [this] { return invalidator_->IsCurrent(); }},
      clock_, rendering::Edge::Options{});
}

Replica::~Replica() {
  if (!invalidator_) return;
  auditor_->Stop();
  invalidator_->StopWaiting();
  invalidator_->Stop();
  ledger_->Stop();
}

Result<rendering::Page> Replica::Make(const Context& context, const rendering::Route& route,
                                      std::int64_t min_site_sequence) {
  ++renders_;
  return builder_->Make(context, route, min_site_sequence);
}

std::string Replica::Get(const std::string& path) {
  const rendering::Route route = rendering::ParseRoute(path);
  std::promise<Result<rendering::EdgeAnswer>> answer;
  edge_->Get(Newsroom::Soon(), route, path,
             [&](Result<rendering::EdgeAnswer> given) { answer.set_value(std::move(given)); });
  const auto got = answer.get_future().get();
  if (!got) return "error " + got.error().ToString();
  if (got->page->status != 200) return std::to_string(got->page->status) + " " + got->page->location;
  return *got->page->variants[0].body;
}

Result<void> Replica::WaitVisible(std::int64_t article_id, std::int64_t sequence) {
  rendering::v1::WaitVisibleRequest request;
  request.set_article_id(article_id);
  request.set_sequence(sequence);
  const auto done = visibility_->Wait(Newsroom::Soon(), request);
  if (!done) return std::unexpected(done.error());
  return {};
}

std::vector<std::string> Replica::Keys() {
  std::vector<std::string> keys;
  std::string cursor = "0";
  do {
    const auto listing = store_->List(cursor);
    if (!listing) {
      ADD_FAILURE() << listing.error().ToString();
      return keys;
    }
    cursor = listing->cursor;
    for (const auto& page : listing->pages) keys.push_back(page.key);
  } while (cursor != "0");
  return keys;
}

}  // namespace kimberlite::freshness
