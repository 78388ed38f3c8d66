#include "services/ingest/core/offline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "services/ingest/core/base64.h"

namespace kimberlite::ingest {
namespace {

using nlohmann::json;

std::string Base64(std::string_view bytes) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = (group << 8) | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : kLetters[(group >> (18 - 6 * j)) & 63];
  }
  return text;
}

json Parse(const json& line) { return json::parse(ParseLine(line.dump())); }

TEST(Base64, IsReadWithItsSlips) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd", "\xFF\xFE\xFD\xFC"}) {
    EXPECT_EQ(DecodeBase64(Base64(text)), text);
  }
  EXPECT_EQ(DecodeBase64("aGV\nsbG8 "), "hello");
  EXPECT_EQ(DecodeBase64("__79_A"), "\xFF\xFE\xFD\xFC");
  for (const char* text : {"a", "aGVsbG8=x", "a*b=", "====", "aGVsb"}) EXPECT_EQ(DecodeBase64(text), std::nullopt);
}

TEST(OfflineParse, AnswersWithEveryFieldOfTheContract) {
  const json answer = Parse(
      {{"id", 7},
       {"url", "https://feeds.example/rss"},
       {"headers", {{"CONTENT-type", "text/xml; charset=windows-1251"}}},
       {"body_base64",
        Base64("<rss version='2.0'><channel><title>\xcd\xee\xe2\xee\xf1\xf2\xe8</title><item><guid>https://e.example/1"
               "</guid><pubDate>Tue, 24 Nov 2026 18:30:00 +0900</pubDate><category domain='d'>c</category>"
               "<enclosure url='a.mp3' type='audio/mpeg' length='5'/><author>a@e.example (A)</author>"
               "</item></channel></rss>")}});
  EXPECT_EQ(answer["id"], 7);
  EXPECT_EQ(answer["error"], nullptr);
  EXPECT_EQ(answer["warnings"], json::array());
  EXPECT_EQ(answer["feed"], json::parse(R"({"id":null,"title":"Новости","description_html":null,"link":null,
      "language":null,"published_time":null,"updated_time":null})"));
  EXPECT_EQ(answer["items"], json::parse(R"([{"id":"https://e.example/1","id_is_permalink":true,"title":null,
      "link":"https://e.example/1","authors":[{"name":"A","email":"a@e.example","uri":null}],
      "published_time":"2026-11-24T09:30:00Z","updated_time":null,"summary_html":null,"content_html":null,
      "language":null,"categories":[{"term":"c","scheme":"d","label":null}],
      "enclosures":[{"url":"https://feeds.example/a.mp3","type":"audio/mpeg","length":5}]}])"));
}

TEST(OfflineParse, AnswersEveryLineWhateverItHolds) {
  for (const std::string line :
       {"", "{", "null", "[]", "7", "\"x\"", "\xFF", "{\"id\":\"\xFF\"}", "{}", R"({"id":{"a":[1]},"url":5})",
        R"({"id":null,"body_base64":"*"})", R"({"headers":[],"body_base64":"PGh0bWw+"})",
        R"({"headers":{"content-type":5},"body_base64":""})"}) {
    const std::string answer = ParseLine(line);
    EXPECT_EQ(answer.find('\n'), std::string::npos);
    const json parsed = json::parse(answer);
    EXPECT_TRUE(parsed["error"].is_string()) << line;
    EXPECT_EQ(parsed["feed"], nullptr);
    EXPECT_EQ(parsed["items"], json::array());
    EXPECT_EQ(parsed["warnings"].type(), json::value_t::array);
    EXPECT_TRUE(json::parse(CleanLine(line)).contains("id")) << line;
  }
  EXPECT_EQ(json::parse(ParseLine(R"({"id":{"a":[1]},"url":5})"))["id"], json::parse(R"({"a":[1]})"));
}

TEST(OfflineClean, EchoesTheIdAndCleans) {
  EXPECT_EQ(CleanLine(R"({"id":"a","html":"<p onclick=x>x<script>1</script></p>","url":"https://e.example/"})"),
            R"({"id":"a","html":"<p>x</p>"})");
  EXPECT_EQ(json::parse(CleanLine(R"({"id":1,"html":5})"))["error"], "html must be a string");
}

TEST(Offline, GivesOneLineForEachLine) {
  std::istringstream in("{\"id\":1,\"html\":\"a\\nb\"}\r\n\n{\"id\":3,\"html\":\"\"}");
  std::ostringstream out;
  EXPECT_EQ(RunLines(in, out, &CleanLine), 0);
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

}  // namespace
}  // namespace kimberlite::ingest
