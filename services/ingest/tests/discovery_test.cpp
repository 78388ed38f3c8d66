#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ingest/core/opml.h"
#include "services/ingest/core/page_feeds.h"

namespace kimberlite::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(FindPageFeeds, ReadsTheLinksOfThePage) {
  const auto feeds = FindPageFeeds(
      "<!doctype html><title><link rel=alternate type=application/rss+xml href=/no></title><base href='/ru/'>"
      "<link rel='alternate' type='application/rss+xml' title='Новости &amp; люди' href='rss.xml'>"
      "<LINK REL='Alternate Home' TYPE='application/atom+xml; charset=utf-8' HREF=//other.example/atom>"
      "<link rel=alternate type=application/feed+json href='/feed.json'><link rel=feed href=/hidden>"
      "<link rel=alternate hreflang=en href=/en/><link rel=stylesheet type=text/xml href=/x>"
      "<link rel=alternate type=application/json href=/wp-json/wp/v2/pages/2>"
      "<link rel=alternate type=application/rss+xml href='rss.xml'><!-- <link rel=feed href=/comment> -->"
      "<body><a href='/rss'>RSS</a>",
      "https://site.example/page");
  ASSERT_EQ(feeds.size(), 4u);
  EXPECT_EQ(feeds[0].url, "https://site.example/ru/rss.xml");
  EXPECT_EQ(feeds[0].title, "Новости & люди");
  EXPECT_EQ(feeds[0].type, "application/rss+xml");
  EXPECT_EQ(feeds[1].url, "https://other.example/atom");
  EXPECT_EQ(feeds[2].url, "https://site.example/feed.json");
  EXPECT_EQ(feeds[3].url, "https://site.example/hidden");
}

TEST(FindPageFeeds, LooksAtTheTextWhereNothingIsDeclared) {
  const auto feeds =
      FindPageFeeds("<a href='/about'>a</a><a href='/sakha/rss'>b</a><a href='feed://e.example/x.rss'>c</a>",
                    "https://site.example/");
  ASSERT_EQ(feeds.size(), 2u);
  EXPECT_EQ(feeds[0].url, "https://site.example/sakha/rss");
  EXPECT_EQ(feeds[1].url, "https://e.example/x.rss");
  EXPECT_THAT(FindPageFeeds("<p>none", "https://site.example/"), IsEmpty());
}

TEST(Opml, ReadsNestedOutlinesInAnyEncoding) {
  const auto opml = ParseOpml(
      "<?xml version=\"1.0\" encoding=\"windows-1251\"?><OPML version='1.1'><head><title>\xcd\xee\xe2\xee\xf1\xf2\xe8"
      "</title></head><body><outline text='A'><outline text='B'><outline type='rss' text='one &amp;amp; more' "
      "xmlUrl='https://one.example/rss?a=1&amp;b=2' htmlUrl='https://one.example' description='d' language='ru' "
      "category='/C/D, E'/></outline></outline><outline xmlurl='https://two.example/' title='two'>"
      "<outline text='again' xmlUrl='https://one.example/rss?a=1&amp;b=2'/></outline><outline text='x' "
      "xmlUrl='javascript:x'/></body></OPML>",
      "");
  ASSERT_TRUE(opml) << opml.error().ToString();
  EXPECT_EQ(opml->title, "Новости");
  ASSERT_EQ(opml->feeds.size(), 2u);
  EXPECT_EQ(opml->feeds[0].url, "https://one.example/rss?a=1&b=2");
  EXPECT_EQ(opml->feeds[0].home_url, "https://one.example/");
  EXPECT_EQ(opml->feeds[0].title, "one & more");
  EXPECT_EQ(opml->feeds[0].language, "ru");
  EXPECT_THAT(opml->feeds[0].categories, ElementsAre("A", "B", "C/D", "E"));
  EXPECT_EQ(opml->feeds[1].title, "two");
  EXPECT_THAT(opml->warnings, ElementsAre(HasSubstr("1 outlines")));
}

TEST(Opml, IsWrittenSoThatItIsReadTheSame) {
  Opml opml{.title = "A & B",
            .feeds = {{"https://one.example/?a=1&b=2", "https://one.example/", "Один \"1\"", "<d>", "ru", {"X", "Y"}},
                      {"https://two.example/", "", "", "", "", {}}}};
  const std::string text = WriteOpml(opml);
  const auto read = ParseOpml(text, "text/x-opml");
  ASSERT_TRUE(read);
  EXPECT_THAT(read->warnings, IsEmpty());
  EXPECT_EQ(read->title, "A & B");
  ASSERT_EQ(read->feeds.size(), 2u);
  EXPECT_EQ(read->feeds[1].title, "Один \"1\"");
  EXPECT_THAT(read->feeds[1].categories, ElementsAre("X", "Y"));
  EXPECT_EQ(WriteOpml(*read), WriteOpml(*ParseOpml(WriteOpml(*read), "")));
}

TEST(Opml, RefusesOtherDocuments) {
  EXPECT_THAT(ParseOpml("<rss/>", "").error().message(), HasSubstr("<rss>"));
  EXPECT_THAT(ParseOpml("", "").error().message(), HasSubstr("not OPML"));
}

}  // namespace
}  // namespace kimberlite::ingest
