#include "services/ingest/core/feed_date.h"

#include <gtest/gtest.h>

#include <string>

namespace kimberlite::ingest {
namespace {

std::string Read(std::string_view text, std::string_view zone = "") {
  const auto time = ParseFeedDate(text, zone);
  return time ? FormatRfc3339(*time) : "none";
}

TEST(ParseFeedDate, ReadsTheDatesOfTheSpecifications) {
  EXPECT_EQ(Read("Tue, 24 Nov 2026 09:30:00 GMT"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("24 Nov 26 18:30 +0900"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("Tue, 24 Nov 2026 04:30:00 EST"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("Tue, 24 Nov 2026 02:30:00 PDT"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("Tue, 24 Nov 2026 09:30:00 Z"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("2026-11-24T09:30:00Z"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("2026-11-24T18:30:00.25+09:00"), "2026-11-24T09:30:00.250000Z");
  EXPECT_EQ(Read("2026-11-24T09:30Z"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("2026-11-24"), "2026-11-24T00:00:00Z");
  EXPECT_EQ(Read("2026-11"), "2026-11-01T00:00:00Z");
  EXPECT_EQ(Read("2026"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(Read("20261124T093000Z"), "2026-11-24T09:30:00Z");
}

TEST(ParseFeedDate, ReadsWhatFeedsMakeOfThem) {
  for (const char* text : {"Tue,24 Nov 2026 09:30:00 +0000",
                           "Tuesday, 24 November 2026 09:30:00 UTC",
                           "tue, 24 nov 2026 9:30:00 gmt",
                           "  Tue, 24 Nov 2026 09:30:00 GMT \n",
                           "Tue, 24 Nov 2026 12:30:00 MSK",
                           "Tue, 24 Nov 2026 12:30:00 +03:00",
                           "Tue, 24 Nov 2026 12:30:00 GMT+3",
                           "Tue, 24 Nov 2026 12:30:00 GMT+0300",
                           "Tue, 24 Nov 2026 12:30:00 +0300 (MSK)",
                           "Tue Nov 24 09:30:00 2026",
                           "Tue Nov 24 09:30:00 GMT 2026",
                           "Nov 24, 2026 9:30 AM",
                           "November 24, 2026, 09:30",
                           "24-Nov-2026 09:30:00",
                           "Tue, 24 Nov 2026 09:30",
                           "2026-11-24 09:30:00",
                           "2026-11-24 09:30:00 +0000",
                           "2026/11/24 09:30",
                           "2026-11-24T09:30:00+0000",
                           "2026-11-24t09:30:00z",
                           "24.11.2026 09:30",
                           "24.11.2026, 09:30:00",
                           "24.11.26 09:30",
                           "Вт, 24 ноя 2026 12:30:00 +0300",
                           "вторник, 24 ноября 2026 г., 09:30",
                           "24 НОЯБРЯ 2026 09:30",
                           "24 ноября 2026 12:30 МСК",
                           "Tue, 24 Sept 2026 09:30:00 GMT"}) {
    const std::string wanted =
        std::string(text).find("Sept") == std::string::npos ? "2026-11-24T09:30:00Z" : "2026-09-24T09:30:00Z";
    EXPECT_EQ(Read(text), wanted) << text;
  }
  EXPECT_EQ(Read("Nov 24, 2026 12:05 AM"), "2026-11-24T00:05:00Z");
  EXPECT_EQ(Read("Nov 24, 2026 12:05 pm"), "2026-11-24T12:05:00Z");
  EXPECT_EQ(Read("Tue, 24 Nov 2026 24:00:00 GMT"), "2026-11-25T00:00:00Z");
  EXPECT_EQ(Read("Thu, 31 Dec 2026 23:59:60 GMT"), "2027-01-01T00:00:00Z");
  EXPECT_EQ(Read("Sun, 24 Nov 96 09:30:00 GMT"), "1996-11-24T09:30:00Z");
}

TEST(ParseFeedDate, TakesTheSourcesZoneWhereNoneIsNamedOrKnown) {
  EXPECT_EQ(Read("Tue, 24 Nov 2026 18:30:00", "Asia/Yakutsk"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("2026-11-24 18:30:00", "Asia/Yakutsk"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("24.11.2026 18:30", "Asia/Yakutsk"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("Tue, 24 Nov 2026 18:30:00 XYZ", "Asia/Yakutsk"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("2026-11-24", "Asia/Yakutsk"), "2026-11-23T15:00:00Z");
  // Daylight saving of the day in question.
  EXPECT_EQ(Read("2026-07-01 12:00", "Europe/Paris"), "2026-07-01T10:00:00Z");
  EXPECT_EQ(Read("2026-12-01 12:00", "Europe/Paris"), "2026-12-01T11:00:00Z");
  EXPECT_EQ(Read("2026-03-29 03:30", "Europe/Paris"), "2026-03-29T01:30:00Z");
  // A zone of the date's own outweighs it.
  EXPECT_EQ(Read("Tue, 24 Nov 2026 09:30:00 GMT", "Asia/Yakutsk"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(Read("2026-11-24 09:30:00", "Mars/Olympus"), "2026-11-24T09:30:00Z");
}

TEST(ParseFeedDate, MakesNothingOfWhatIsNoDate) {
  for (const char* text :
       {"", " ", "yesterday", "вчера", "09:30", "24 Nov", "Nov 2026", "32 Nov 2026 09:30:00 GMT", "2026-13-01",
        "2026-02-30", "Tue, 24 Nov 2026 25:30:00 GMT", "Tue, 24 Nov 2026 09:61:00 GMT", "0001-01-01T00:00:00Z",
        "9999-12-31T00:00:00Z", "99999999999999999999", "-", "::", "1,2,3,4,5,6,7"}) {
    EXPECT_EQ(Read(text), "none") << text;
  }
  EXPECT_EQ(Read("2026-11-24T"), "2026-11-24T00:00:00Z");
  EXPECT_EQ(Read(std::string(1'000'000, '1')), "none");
}

}  // namespace
}  // namespace kimberlite::ingest
