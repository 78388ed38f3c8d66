#include "services/rendering/adapters/http_edge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/base/time.h"

namespace kimberlite::rendering {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kPath[] = "/en/economy/7-ice";

// No service can be reached.
class NoSources final : public Sources {
 public:
  Result<std::shared_ptr<const content::v1::Site>> GetSite(const Context&) override { return Down(); }
  void RequireSite(std::int64_t) override {}
  Result<content::v1::Article> GetArticle(const Context&, std::int64_t) override { return Down(); }
  Result<content::v1::ListArticlesResponse> ListArticles(const Context&,
                                                         const content::v1::ListArticlesRequest&) override {
    return Down();
  }
  Result<std::map<std::int64_t, tagging::v1::Concept>> GetConcepts(const Context&,
                                                                   const std::vector<std::int64_t>&) override {
    return Down();
  }
  Result<tagging::v1::Concept> ResolveTag(const Context&, const std::string&, const std::string&) override {
    return Down();
  }
  Result<content::v1::Media> GetMedia(const Context&, const std::string&) override { return Down(); }
  Result<std::shared_ptr<const content::v1::Media>> DescribeMedia(const Context&, const std::string&) override {
    return Down();
  }
  Result<content::v1::Author> GetAuthor(const Context&, const std::string&) override { return Down(); }
  Result<std::vector<std::string>> ListArchiveMonths(const Context&, const std::string&) override { return Down(); }
  Result<content::v1::ResolveRedirectResponse> ResolveRedirect(const Context&, const std::string&) override {
    return Down();
  }
  Result<content::v1::SearchArticlesResponse> SearchArticles(const Context&,
                                                             const content::v1::SearchArticlesRequest&) override {
    return Down();
  }
  Result<feed::v1::GetFeedResponse> GetFeed(const Context&, const feed::v1::GetFeedRequest&) override { return Down(); }
  Result<feed::v1::ListFeedsResponse> ListFeeds(const Context&, const std::string&) override { return Down(); }

 private:
  static std::unexpected<Error> Down() { return Fail(Code::kUnavailable, "down"); }
};

// Redis is away: memory alone keeps pages.
class NoStore final : public PageStore {
 public:
  Result<std::unique_ptr<KeptPage>> Get(const std::string&) override { return Fail(Code::kUnavailable, "down"); }
  Result<FillTicket> BeginFill(const std::string&) override { return Fail(Code::kUnavailable, "down"); }
  Result<bool> CommitFill(const std::string&, const FillTicket&, const KeptPage&, std::chrono::seconds) override {
    return Fail(Code::kUnavailable, "down");
  }
};

class HttpEdgeTest : public ::testing::Test {
 protected:
  struct Reply {
    bool at_once = false;
    std::string head;
    std::string body;
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // As the server does: on the I/O thread, else on a worker.
  Reply Get(const std::string& target, Headers headers = {}, const std::string& method = "GET") {
    Reply reply;
    http::RequestHead head;
    head.method = method;
    head.target = target;
    for (const auto& [name, value] : headers) head.fields[head.field_count++] = {name, value};
    http::Prepared answer;
    reply.at_once = edge_.AnswerAtOnce(head, answer);
    if (!reply.at_once) {
      edge_.Answer({.method = method, .target = target, .headers = headers},
                   http::Responder([&](http::Prepared made) { answer = std::move(made); }));
    }
    reply.head = std::string(answer.head) + std::string(answer.more);
    reply.body = answer.body;
    return reply;
  }
  static std::string Field(const Reply& reply, const std::string& name) {
    const std::size_t at = reply.head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return reply.head.substr(begin, reply.head.find("\r\n", begin) - begin);
  }

  Result<Page> Make(const Route& route) {
    if (down_) return Fail(Code::kUnavailable, "down");
    if (route.kind == RouteKind::kMedia) {
      return Page{.content_type = "image/svg+xml", .immutable = true, .body = "<svg>0123456789</svg>"};
    }
    Page page{.content_type = "text/html; charset=utf-8", .content_language = "en", .canonical_path = kPath};
    page.status = status_;
    page.last_modified = modified_;
    page.body = "<p>" + std::string(500, 'x') + std::to_string(++made_) + "</p>";
    page.dependencies = {{"article:7"}, {"site"}};
    return page;
  }

  bool down_ = false;
  bool current_ = true;
  int status_ = 200;
  int made_ = 0;
  Time modified_ = *ParseRfc3339("2026-11-24T09:30:00.5Z");
  HeadOptions heads_;
  NoSources sources_;
  NoStore store_;
  SystemClock clock_;
  MemoryCache memory_{1 << 20};
  ThemeKeeper themes_{KIMBERLITE_THEME, "en", clock_};
  const bool has_theme_ = themes_.Start().has_value();
  PageBuilder builder_{sources_, themes_};
  Edge core_{store_,
             memory_,
             {.make = [this](const Context&, const Route& route, std::int64_t) { return Make(route); },
              .code = CodePage,
              .prepare = [this](KeptPage& page) { PrepareHeads(page, heads_); },
              .is_current = [this] { return current_; }},
             clock_,
             {}};
  HttpEdge edge_{core_, memory_, builder_, heads_, [this] { return current_; }};
};

TEST_F(HttpEdgeTest, TheSecondReaderIsAnsweredAtOnceWithTheSamePage) {
  const Reply first = Get(kPath), second = Get(kPath);
  EXPECT_FALSE(first.at_once);
  EXPECT_THAT(first.head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(Field(first, "Cache-Status"), "Kimberlite; fwd=bypass");
  EXPECT_TRUE(second.at_once);
  EXPECT_EQ(Field(second, "Cache-Status"), "Kimberlite; hit");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(Field(second, "Content-Length"), std::to_string(second.body.size()));
  EXPECT_EQ(Field(second, "Cache-Control"), "no-cache");
  EXPECT_EQ(Field(second, "Vary"), "Accept-Encoding");
  EXPECT_EQ(Field(second, "Content-Language"), "en");
  EXPECT_EQ(Field(second, "Last-Modified"), "Tue, 24 Nov 2026 09:30:00 GMT");
}

TEST_F(HttpEdgeTest, QueriesThatMeanNothingMakeNoEntries) {
  const Reply first = Get(kPath);
  const Reply tracked = Get(std::string(kPath) + "?utm_source=x&fbclid=1");
  EXPECT_TRUE(tracked.at_once);
  EXPECT_EQ(tracked.body, first.body);
  EXPECT_FALSE(Get(std::string(kPath) + "?start=20").at_once);
  EXPECT_EQ(memory_.size().pages, 1u);
}

TEST_F(HttpEdgeTest, AnotherSpellingIsRedirectedAndMakesNoEntry) {
  Get(kPath);
  const Reply moved = Get("/en/economy/7-old-slug");
  EXPECT_THAT(moved.head, StartsWith("HTTP/1.1 301 Moved Permanently\r\n"));
  EXPECT_EQ(Field(moved, "Location"), kPath);
  EXPECT_EQ(memory_.size().pages, 1u);
}

TEST_F(HttpEdgeTest, EachCodingHasItsOwnStrongTag) {
  const Reply identity = Get(kPath), brotli = Get(kPath, {{"accept-encoding", "gzip, br"}});
  const Reply gzip = Get(kPath, {{"accept-encoding", "br;q=0.5, gzip;q=0.8"}});
  const Reply refused = Get(kPath, {{"accept-encoding", "br;q=0, gzip;q=0"}});
  EXPECT_EQ(Field(brotli, "Content-Encoding"), "br");
  EXPECT_EQ(Field(gzip, "Content-Encoding"), "gzip");
  EXPECT_EQ(Field(refused, "Content-Encoding"), "");
  EXPECT_EQ(Field(refused, "ETag"), Field(identity, "ETag"));
  EXPECT_NE(Field(brotli, "ETag"), Field(identity, "ETag"));
  EXPECT_NE(Field(brotli, "ETag"), Field(gzip, "ETag"));
  EXPECT_THAT(Field(brotli, "ETag"), StartsWith("\""));
}

TEST_F(HttpEdgeTest, AKnownTagIs304WithTheHeadersOfThePage) {
  const Reply page = Get(kPath, {{"accept-encoding", "br"}});
  const std::string tag = Field(page, "ETag");
  for (const std::string& tags : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    const Reply same = Get(kPath, {{"accept-encoding", "br"}, {"if-none-match", tags}});
    EXPECT_THAT(same.head, StartsWith("HTTP/1.1 304 Not Modified\r\n")) << tags;
    EXPECT_TRUE(same.at_once);
    EXPECT_EQ(same.body, "");
    for (const char* name : {"ETag", "Cache-Control", "Vary", "Last-Modified", "Content-Security-Policy"}) {
      EXPECT_EQ(Field(same, name), Field(page, name)) << name;
    }
    EXPECT_THAT(same.head, Not(HasSubstr("Content-Length")));
  }
  // The tag of another coding is that of another representation.
  EXPECT_THAT(Get(kPath, {{"if-none-match", tag}}).head, StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpEdgeTest, ADateIsComparedForEqualityAndGivesWayToATag) {
  const char kDate[] = "Tue, 24 Nov 2026 09:30:00 GMT";
  Get(kPath);
  EXPECT_THAT(Get(kPath, {{"if-modified-since", kDate}}).head, StartsWith("HTTP/1.1 304 "));
  EXPECT_THAT(Get(kPath, {{"if-modified-since", "Tue, 24 Nov 2026 09:30:01 GMT"}}).head, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get(kPath, {{"if-modified-since", "yesterday"}}).head, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get(kPath, {{"if-modified-since", kDate}, {"if-none-match", "\"old\""}}).head,
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpEdgeTest, WhatIsGoneIsNever304) {
  status_ = 410;
  const Reply gone = Get(kPath);
  EXPECT_THAT(gone.head, StartsWith("HTTP/1.1 410 Gone\r\n"));
  EXPECT_THAT(Get(kPath, {{"if-none-match", "*"}}).head, StartsWith("HTTP/1.1 410 "));
}

TEST_F(HttpEdgeTest, PartsOfPicturesAreServed) {
  const std::string path = "/media/0a.svg";
  const Reply whole = Get(path);
  EXPECT_EQ(Field(whole, "Accept-Ranges"), "bytes");
  EXPECT_EQ(Field(whole, "Cache-Control"), "public, max-age=31536000, immutable");
  const Reply part = Get(path, {{"range", "bytes=5-9"}});
  EXPECT_THAT(part.head, StartsWith("HTTP/1.1 206 Partial Content\r\n"));
  EXPECT_EQ(part.body, "01234");
  EXPECT_EQ(Field(part, "Content-Range"), "bytes 5-9/21");
  EXPECT_EQ(Field(part, "ETag"), Field(whole, "ETag"));
  const Reply beyond = Get(path, {{"range", "bytes=100-"}});
  EXPECT_THAT(beyond.head, StartsWith("HTTP/1.1 416 "));
  EXPECT_EQ(Field(beyond, "Content-Range"), "bytes */21");
  EXPECT_THAT(Get(path, {{"range", "bytes=5-9"}, {"if-range", Field(whole, "ETag")}}).head,
              StartsWith("HTTP/1.1 206 "));
  EXPECT_THAT(Get(path, {{"range", "bytes=5-9"}, {"if-range", "\"other\""}}).head, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get(path, {{"range", "bytes=5-9"}}, "HEAD").head, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get(kPath, {{"range", "bytes=0-1"}}).head, StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpEdgeTest, WithoutTheBusNothingIsServedUnasked) {
  Get(kPath);
  current_ = false;
  // What was heard holds for 20 ms.
  const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(25);
  while (std::chrono::steady_clock::now() < later) std::this_thread::yield();
  const Reply anew = Get(kPath);
  EXPECT_FALSE(anew.at_once);
  EXPECT_EQ(made_, 2);
  down_ = true;
  const Reply stale = Get(kPath);
  EXPECT_EQ(Field(stale, "Cache-Status"), "Kimberlite; hit; detail=stale");
  EXPECT_EQ(stale.body, anew.body);
  // Pictures never change.
  down_ = false;
  Get("/media/0a.svg");
  EXPECT_TRUE(Get("/media/0a.svg").at_once);
}

TEST_F(HttpEdgeTest, WithNothingToServeItSaysWhenToComeAgain) {
  down_ = true;
  const Reply reply = Get(kPath);
  EXPECT_THAT(reply.head, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(Field(reply, "Retry-After"), "5");
  EXPECT_EQ(Field(reply, "Cache-Control"), "no-store");
}

TEST(PrepareHeads, ACdnIsToldHowToForget) {
  Page made{.content_type = "text/html; charset=utf-8", .body = "x"};
  made.dependencies = {{"article:7"}, {"list:en", "1", ""}, {"list:en", "", "2"}};
  auto page = CodePage(made, Time{});
  PrepareHeads(*page, {.hsts_seconds = 3600, .cdn_seconds = 60});
  const std::string& head = page->variants[0].head;
  EXPECT_THAT(head, HasSubstr("\r\nSurrogate-Key: article:7 list:en\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nCache-Groups: \"article:7\", \"list:en\"\r\n"));
  // Browsers ask each time.
  EXPECT_THAT(head, HasSubstr("\r\nCache-Control: max-age=0, s-maxage=60\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nStrict-Transport-Security: max-age=3600\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nCDN-Cache-Control: max-age=60, stale-while-revalidate="));
  PrepareHeads(*page, {});
  EXPECT_THAT(page->variants[0].head, Not(HasSubstr("Surrogate-Key")));
}

}  // namespace
}  // namespace kimberlite::rendering
