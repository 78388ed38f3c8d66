#include "libs/html/url.h"

#include <gtest/gtest.h>

namespace kimberlite::html {
namespace {

const std::optional<Url> kBase = ResolveUrl("https://example.org/news/economy/7?page=2#top", std::nullopt);

std::string Resolve(std::string_view reference, const std::optional<Url>& base = kBase) {
  const auto url = ResolveUrl(reference, base);
  return url ? url->ToString() : "";
}

TEST(Url, ResolvesAgainstTheBase) {
  EXPECT_EQ(Resolve("8"), "https://example.org/news/economy/8");
  EXPECT_EQ(Resolve("../x/./y?z"), "https://example.org/news/x/y?z");
  EXPECT_EQ(Resolve("/a/../../b/"), "https://example.org/b/");
  EXPECT_EQ(Resolve("//cdn.example.com"), "https://cdn.example.com/");
  EXPECT_EQ(Resolve("?q=1"), "https://example.org/news/economy/7?q=1");
  EXPECT_EQ(Resolve("#part"), "https://example.org/news/economy/7?page=2#part");
  EXPECT_EQ(Resolve(".."), "https://example.org/news/");
}

TEST(Url, BringsAbsoluteOnesIntoOneForm) {
  EXPECT_EQ(Resolve(" HTTPS://Example.COM:443/Путь \n"), "https://example.com/%D0%9F%D1%83%D1%82%D1%8C");
  EXPECT_EQ(Resolve("http://example.com:8080?a b"), "http://example.com:8080/?a%20b");
  EXPECT_EQ(Resolve("https:\\\\example.com\\a?b\\c"), "https://example.com/a?b%5Cc");
  EXPECT_EQ(Resolve("https://example.com/100%/%41"), "https://example.com/100%25/%41");
  EXPECT_EQ(Resolve("http://саха.рф/a"), "http://саха.рф/a");
  EXPECT_EQ(Resolve("http://[2001:DB8::1]:81/"), "http://[2001:db8::1]:81/");
}

TEST(Url, RefusesOtherSchemesHoweverWritten) {
  for (const char* text :
       {"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)",
        " \tjavascript:x", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://example.com/",
        "blob:https://example.com/x", "https:example.com", "http:/example.com", "c:\\x", "tel:+7"}) {
    EXPECT_EQ(Resolve(text), "") << text;
  }
}

TEST(Url, RefusesHostsThatAreNoneOrDeceive) {
  for (const char* text : {"https://", "https:///x", "https://user@example.com/", "https://good.org:80@evil.com/",
                           "https://exa mple.com/", "https://example.com:x/", "https://a..b/", "https://.a/",
                           "https://a%2eb/", "https://<b>/", "https://[::1/", "https://[javascript]/"}) {
    EXPECT_EQ(Resolve(text), "") << text;
  }
}

TEST(Url, RelativeNeedsABase) {
  for (const char* text : {"a", "/a", "//example.com/", "?q", "#f", ""})
    EXPECT_EQ(Resolve(text, std::nullopt), "") << text;
  EXPECT_EQ(Resolve(""), "");
}

TEST(Url, IsBoundedInLength) {
  EXPECT_EQ(Resolve("https://example.com/" + std::string(3000, 'a')), "");
  EXPECT_EQ(Resolve("https://example.com/" + std::string(1500, ' ') + "a"), "");
}

TEST(Url, IsAFixedPoint) {
  for (const char* text :
       {"/a b%c|d", "//x/[y]?[z]#^`{}", "/a//../b", "?a=%zz&b", "/./", "/..", "https://example.com/a\\..\\b", "/%"}) {
    const std::string once = Resolve(text);
    ASSERT_NE(once, "") << text;
    EXPECT_EQ(Resolve(once), once);
  }
}

TEST(Tracking, IsDroppedAndTheRestKept) {
  const auto dropped = [](std::string_view text) {
    auto url = *ResolveUrl(text, std::nullopt);
    DropTracking(url);
    return url.ToString();
  };
  EXPECT_EQ(dropped("https://e.org/?utm_source=rss&id=7&UTM_Medium=x&fbclid=1#utm_a"), "https://e.org/?id=7#utm_a");
  EXPECT_EQ(dropped("https://e.org/a?utm_source=rss"), "https://e.org/a");
  EXPECT_EQ(dropped("https://e.org/a?nutm_x=1&&b"), "https://e.org/a?nutm_x=1&&b");
}

TEST(Mailto, IsKeptOnlyWithAnAddress) {
  EXPECT_EQ(CleanMailto(" MAILTO:a@b.org?subject=x y"), "mailto:a@b.org?subject=x%20y");
  EXPECT_EQ(CleanMailto("mailto:nobody"), std::nullopt);
  EXPECT_EQ(CleanMailto("https://a@b"), std::nullopt);
}

}  // namespace
}  // namespace kimberlite::html
