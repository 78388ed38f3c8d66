#include "services/feed/tests/fake_newsroom.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "libs/base/id.h"
#include "libs/site/site_paths.h"

namespace kimberlite::feed {
namespace {

using namespace content::v1;
using namespace tagging::v1;

constexpr char kToken[] = "feed-test-token-0123456789";

std::string WriteTokens() {
  const std::string path = std::filesystem::temp_directory_path() / ("kimberlite_feed_" + RandomHex(6));
  std::ofstream(path) << "feed service " << kToken << "\n";
  return path;
}

tagging::v1::Concept Diamond(std::int64_t id) {
  tagging::v1::Concept diamond;
  diamond.set_concept_id(id);
  auto* label = diamond.add_labels();
  label->set_language_code("en");
  label->set_text("diamond");
  label->set_slug("diamond");
  return diamond;
}

}  // namespace

FakeNewsroom::FakeNewsroom()
    : tokens_(WriteTokens()),
      content_({.tokens_file = tokens_, .partial = true}),
      tagging_({.tokens_file = tokens_, .partial = true}) {
  site.set_public_url("https://news.example:8443");
  for (const char* language : {"en", "sah"}) {
    site.add_languages()->set_language_code(language);
  }
  site.mutable_languages(1)->add_fallback_language_codes("en");
  (*site.mutable_names())["en"] = "Herald";
  auto* section = site.add_sections();
  section->set_section_id("economy");
  (*section->mutable_labels())["en"] = "Economy";
  auto* source = site.add_sources();
  source->set_source_id("wire");
  source->set_name("The Wire");
  source->set_url("https://wire.example/");
}

FakeNewsroom::~FakeNewsroom() {
  content_.Stop(std::chrono::milliseconds(0));
  tagging_.Stop(std::chrono::milliseconds(0));
  std::filesystem::remove(tokens_);
}

ArticleCard& FakeNewsroom::Add(std::int64_t id, const std::string& language, std::chrono::seconds age,
                               const std::vector<std::string>& more) {
  ArticleCard card;
  card.set_article_id(id);
  card.set_language_code(language);
  card.set_headline("Headline " + std::to_string(id));
  card.set_section_id("economy");
  card.set_slug("s");
  card.add_concept_ids(7);
  const Time published = SystemClock().Now() - age;
  *card.mutable_published_time() = ToTimestamp(published);
  *card.mutable_updated_time() = ToTimestamp(published);
  card.set_sort_key(site::ListSortKey(published, id));
  card.set_body_html("<p><img src=\"/media/a.svg\"> <a href=\"/en/\">x</a></p>");
  const auto insert = [&](std::vector<ArticleCard>& list) -> ArticleCard& {
    const auto at = std::ranges::find_if(list, [&](const auto& one) { return one.sort_key() < card.sort_key(); });
    return *list.insert(at, card);
  };
  for (const std::string& key : more) insert(lists[key]);
  return insert(lists[language]);
}

Sources::Options FakeNewsroom::SourcesOptions() const {
  return {"127.0.0.1:" + std::to_string(content_.port()), "127.0.0.1:" + std::to_string(tagging_.port()), kToken};
}

void FakeNewsroom::Start() {
  content_.Handle<GetSiteRequest, GetSiteResponse>(
      [this](const rpc::Call&, const GetSiteRequest&) -> Result<GetSiteResponse> {
        GetSiteResponse response;
        *response.mutable_site() = site;
        return response;
      });
  content_.Handle<ListArticlesRequest, ListArticlesResponse>(
      [this](const rpc::Call&, const ListArticlesRequest& request) -> Result<ListArticlesResponse> {
        const auto& anchored = pages[request.list_key()];
        if (request.page_number() > 0) {
          const auto found_page = anchored.find(request.page_number());
          if (found_page == anchored.end()) return Fail(Code::kNotFound, "there is no such page");
          return found_page->second;
        }
        ListArticlesResponse response;
        if (!anchored.empty()) response.set_page_number(anchored.rbegin()->first);
        const std::string& below = request.page_token().empty() ? request.before_sort_key() : request.page_token();
        for (const ArticleCard& card : lists[request.list_key()]) {
          if (!below.empty() && card.sort_key() >= below) continue;
          if (response.articles_size() == request.page_size()) {
            response.set_next_page_token(response.articles().rbegin()->sort_key());
            break;
          }
          *response.add_articles() = card;
          if (!request.with_bodies()) response.mutable_articles()->rbegin()->clear_body_html();
        }
        return response;
      });
  content_.Handle<BatchGetArticlesRequest, BatchGetArticlesResponse>(
      [this](const rpc::Call&, const BatchGetArticlesRequest& request) -> Result<BatchGetArticlesResponse> {
        BatchGetArticlesResponse response;
        for (const std::int64_t id : request.article_ids()) {
          for (const auto& language : site.languages()) {
            if (!request.language_codes().empty() && request.language_codes(0) != language.language_code()) continue;
            for (const ArticleCard& card : lists[language.language_code()]) {
              if (card.article_id() == id) *response.add_articles() = card;
            }
          }
        }
        return response;
      });
  content_.Handle<ListWithdrawnRequest, ListWithdrawnResponse>(
      [this](const rpc::Call&, const ListWithdrawnRequest& request) -> Result<ListWithdrawnResponse> {
        ListWithdrawnResponse response;
        for (const WithdrawnEntry& entry : withdrawn[request.list_key()]) {
          if (entry.sort_key() >= request.low_sort_key()) *response.add_entries() = entry;
        }
        return response;
      });
  content_.Handle<SearchArticlesRequest, SearchArticlesResponse>(
      [this](const rpc::Call&, const SearchArticlesRequest& request) -> Result<SearchArticlesResponse> {
        asked_query = request.query();
        SearchArticlesResponse response;
        for (const ArticleCard& card : found) *response.add_hits()->mutable_article() = card;
        return response;
      });
  content_.Handle<GetAuthorRequest, GetAuthorResponse>(
      [this](const rpc::Call&, const GetAuthorRequest& request) -> Result<GetAuthorResponse> {
        const auto author = authors.find(request.author_id());
        if (author == authors.end()) return Fail(Code::kNotFound, "there is no such author");
        GetAuthorResponse response;
        *response.mutable_author() = author->second;
        return response;
      });
  content_.Handle<ListAuthorsRequest, ListAuthorsResponse>(
      [this](const rpc::Call&, const ListAuthorsRequest&) -> Result<ListAuthorsResponse> {
        ListAuthorsResponse response;
        for (const auto& [id, author] : authors) *response.add_authors() = author;
        return response;
      });
  content_.Handle<ListArchiveMonthsRequest, ListArchiveMonthsResponse>(
      [this](const rpc::Call&, const ListArchiveMonthsRequest& request) -> Result<ListArchiveMonthsResponse> {
        ListArchiveMonthsResponse response;
        for (const std::string& month : months[request.language_code()]) response.add_months(month);
        return response;
      });
  content_.HandleServerStream<StreamChangesRequest, StreamChangesResponse>(
      [this](const rpc::Call& call, const StreamChangesRequest& request,
             rpc::StreamWriter<StreamChangesResponse>& writer) -> Result<void> {
        if (stream) KIMBERLITE_RETURN_IF_ERROR(stream(call, request, writer));
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait(lock, call.context.stop, [] { return false; });
        return Fail(Code::kUnavailable, "the service is stopping");
      });
  tagging_.Handle<BatchGetConceptsRequest, BatchGetConceptsResponse>(
      [](const rpc::Call&, const BatchGetConceptsRequest& request) -> Result<BatchGetConceptsResponse> {
        BatchGetConceptsResponse response;
        for (const auto id : request.concept_ids()) *response.add_concepts() = Diamond(id);
        return response;
      });
  tagging_.Handle<GetConceptRequest, GetConceptResponse>(
      [](const rpc::Call&, const GetConceptRequest& request) -> Result<GetConceptResponse> {
        if (request.concept_id() != 7) return Fail(Code::kNotFound, "there is no such concept");
        GetConceptResponse response;
        *response.mutable_definition() = Diamond(7);
        return response;
      });
  tagging_.Handle<ListConceptsRequest, ListConceptsResponse>(
      [](const rpc::Call&, const ListConceptsRequest&) -> Result<ListConceptsResponse> {
        ListConceptsResponse response;
        *response.add_concepts() = Diamond(7);
        return response;
      });
  const auto started = content_.Start();
  ASSERT_TRUE(started) << started.error().ToString();
  ASSERT_TRUE(tagging_.Start());
}

}  // namespace kimberlite::feed
