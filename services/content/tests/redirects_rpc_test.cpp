// Addresses of the past through a real server on a real PostgreSQL.
#include <gmock/gmock.h>

#include "services/content/core/redirect.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RedirectPath, IsTheSameForSpellingsOfOneAddress) {
  for (const char* path : {"/ru/news/economy/123-led", "/ru/news/economy/123-another-alias/", "/ru/news/economy/123",
                           "/ru/news/economy/123-led?start=20", "/ru/news/economy/123-led#comments"}) {
    EXPECT_EQ(*RedirectPath(path, "path"), "/ru/news/economy/123") << path;
  }
  EXPECT_EQ(*RedirectPath("/ru/component/tags/tag/%D0%BB%D1%91%D0%B4", "path"), "/ru/component/tags/tag/лёд");
  EXPECT_EQ(*RedirectPath("/index.php?id=7&option=com_content&start=5", "path"), "/index.php?id=7&option=com_content");
  EXPECT_EQ(*RedirectPath("/index.php?option=com_content&id=7", "path"), "/index.php?id=7&option=com_content");
  EXPECT_EQ(*RedirectPath("/", "path"), "/");
  EXPECT_EQ(*RedirectPath("/a%2Fb", "path"), "/a%2Fb");
}

TEST(RedirectPath, RefusesWhatIsNoPath) {
  for (const char* path : {"", "x", "//evil.example/", "https://x/", "/\x01", "/%FF%FE"}) {
    EXPECT_EQ(RedirectPath(path, "path").error().code(), Code::kInvalidArgument) << path;
  }
  EXPECT_EQ(RedirectPath("/" + std::string(2000, 'x'), "path").error().code(), Code::kResourceExhausted);
}

class RedirectsRpcTest : public ContentRpcTest {
 protected:
  Result<v1::PutRedirectResponse> Put(const std::string& path, const std::function<void(v1::Redirect&)>& target) {
    v1::PutRedirectRequest request;
    request.mutable_redirect()->set_path(path);
    target(*request.mutable_redirect());
    return Call<v1::PutRedirectResponse>(request);
  }
  Result<v1::ResolveRedirectResponse> Resolve(const std::string& path) {
    v1::ResolveRedirectRequest request;
    request.set_path(path);
    return Call<v1::ResolveRedirectResponse>(request, TokensFile::kService);
  }
};

TEST_F(RedirectsRpcTest, AnAddressLeadsWhereItWasPut) {
  LoadSite();
  Create(Story());
  ASSERT_TRUE(Put("/ru/news/economy/77-led", [](auto& r) {
    r.set_article_id(1001);
    r.set_language_code("ru");
  }));
  ASSERT_TRUE(Put("/ru/news/economy", [](auto& r) { r.set_section_id("economy"); }));
  ASSERT_TRUE(Put("/ru/component/tags/tag/almazy", [](auto& r) { r.set_concept_id(7); }));
  ASSERT_TRUE(Put("/gone", [](auto& r) { r.set_gone(true); }));
  ASSERT_TRUE(Put("/index.php?id=7", [](auto& r) { r.set_target_path("/en/about/"); }));
  EXPECT_EQ(Resolve("/ru/news/economy/77-another?utm=1")->article_id(), 1001);
  EXPECT_EQ(Resolve("/ru/news/economy/77-another")->language_code(), "ru");
  EXPECT_EQ(Resolve("/ru/news/economy?start=40")->section_id(), "economy");
  EXPECT_EQ(Resolve("/ru/component/tags/tag/almazy/")->concept_id(), 7);
  EXPECT_TRUE(Resolve("/gone")->gone());
  EXPECT_EQ(Resolve("/index.php?id=7")->path(), "/en/about/");
  EXPECT_EQ(Resolve("/index.php?id=8").error().code(), Code::kNotFound);
  ASSERT_TRUE(Put("/gone/", [](auto& r) { r.set_section_id("society"); }));
  EXPECT_EQ(Resolve("/gone")->section_id(), "society");

  std::vector<std::string> paths;
  v1::ListRedirectsRequest list;
  list.set_page_size(2);
  do {
    const auto page = Call<v1::ListRedirectsResponse>(list);
    ASSERT_TRUE(page) << page.error().ToString();
    for (const auto& redirect : page->redirects()) paths.push_back(redirect.path());
    list.set_page_token(page->next_page_token());
  } while (!list.page_token().empty());
  EXPECT_THAT(paths, ElementsAre("/gone", "/index.php?id=7", "/ru/component/tags/tag/almazy", "/ru/news/economy",
                                 "/ru/news/economy/77"));
  v1::DeleteRedirectRequest forget;
  forget.set_path("/gone/");
  EXPECT_TRUE(Call<v1::DeleteRedirectResponse>(forget));
  EXPECT_EQ(Call<v1::DeleteRedirectResponse>(forget).error().code(), Code::kNotFound);
}

TEST_F(RedirectsRpcTest, RefusesWithFieldAndRule) {
  LoadSite();
  EXPECT_THAT(Put("/x", [](auto&) {}).error().message(), HasSubstr("exactly one of"));
  EXPECT_THAT(Put("x", [](auto& r) { r.set_gone(true); }).error().message(), HasSubstr("redirect.path: "));
  EXPECT_EQ(Put("/x", [](auto& r) { r.set_article_id(5); }).error().code(), Code::kNotFound);
  EXPECT_EQ(Put("/x", [](auto& r) { r.set_section_id("none"); }).error().code(), Code::kNotFound);
  EXPECT_THAT(Put("/x", [](auto& r) { r.set_target_path("//evil.example"); }).error().message(),
              HasSubstr("redirect.target_path: "));
  EXPECT_THAT(Put("/x", [](auto& r) { r.set_target_path("/x/"); }).error().message(), HasSubstr("another address"));
}

}  // namespace
}  // namespace kimberlite::content
