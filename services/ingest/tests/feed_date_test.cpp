#include "services/ingest/core/feed_date.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

TEST(ParseFeedDate, ReadsTheFormsOfIso8601) {
  for (const char* text :
       {"2026-W48-2T09:30:00Z", "2026W482T093000Z", "2026-328T09:30:00Z", "2026328T0930Z", "2026-11-24T09:30:00,000Z",
        "20261124T0930Z", "2026-11-24T 09:30:00 Z", "2026-11-24 T09:30:00Z", "2026-11-24T09:30:00.0000000Z",
        "2026-11-24T18:30:00+09", "2026-11-24T06:30:00-03:00", "20261124 093000", "2026-11-24T12:30:00 MSK",
        "2026.11.24 09:30"}) {
    EXPECT_EQ(Read(text), "2026-11-24T09:30:00Z") << text;
  }
  EXPECT_EQ(Read("2026-W01-1"), "2025-12-29T00:00:00Z");
  EXPECT_EQ(Read("2026-W53-7"), "2027-01-03T00:00:00Z");
  EXPECT_EQ(Read("2024-366"), "2024-12-31T00:00:00Z");
  EXPECT_EQ(Read("2026-366"), "none");
  EXPECT_EQ(Read("2026-W54-1"), "none");
  EXPECT_EQ(Read("2026-11-24T09Z"), "2026-11-24T09:00:00Z");
  EXPECT_EQ(Read("2026-11-24T09:30:00.123456789Z"), "2026-11-24T09:30:00.123456Z");
}

TEST(ParseFeedDate, ReadsZonesByName) {
  for (const char* text :
       {"24 Nov 2026 10:30 CET", "24 Nov 2026 04:30 ET", "24 Nov 2026 15:00 IST", "24 Nov 2026 18:30 YAKT",
        "24 Nov 2026 09:30 WET", "24 Nov 2026 09:30 Z", "24 Nov 2026 08:30 A", "24 Nov 2026 10:30 N",
        "24 Nov 2026 21:30 Y", "23 Nov 2026 21:30 M", "24 Nov 2026 05:30 AST", "24 Nov 2026 06:00 NST"}) {
    EXPECT_EQ(Read(text), "2026-11-24T09:30:00Z") << text;
  }
}

TEST(ParseFeedDate, ReadsMonthsOfManyLanguages) {
  const std::pair<const char*, std::vector<const char*>> kMonths[] = {
      {"2026-01-24",
       {"24 січня 2026", "24 января 2026", "24. Jänner 2026", "24 janvier 2026", "24 de enero de 2026",
        "24 gennaio 2026", "24 stycznia 2026", "2026. január 24.", "24 тохсунньу 2026", "24 يناير 2026"}},
      {"2026-03-24",
       {"24 березня 2026", "24. März 2026", "24 mars 2026", "mar. 24 mar. 2026", "24 de março de 2026", "24 maart 2026",
        "24 Μαρτίου 2026", "2026. március 24.", "24 кулун тутар 2026"}},
      {"2026-05-24",
       {"24 мая 2026", "24 травня 2026", "24. Mai 2026", "24 mei 2026", "24 maggio 2026", "24 Μαΐου 2026",
        "24 ыам ыйа 2026", "24 maja 2026", "24 toukokuuta 2026"}},
      {"2026-06-24",
       {"24 června 2026", "24 czerwca 2026", "24 juin 2026", "24 giugno 2026", "24 Ιουνίου 2026", "24 бэс ыйа 2026",
        "24 червня 2026"}},
      {"2026-07-24",
       {"24 července 2026", "24 juillet 2026", "24 luglio 2026", "24 lipca 2026", "24 липня 2026", "24 от ыйа 2026",
        "24 Ιουλίου 2026"}},
      {"2026-08-24",
       {"24 août 2026", "24 agosto 2026", "24 серпня 2026", "24 sierpnia 2026", "24 атырдьах ыйа 2026",
        "24 Αυγούστου 2026", "24 Ağustos 2026"}},
      {"2026-10-24",
       {"24 октября 2026", "24 жовтня 2026", "24. Oktober 2026", "24 outubro 2026", "24 ottobre 2026",
        "24 października 2026", "24 алтынньы 2026", "24 lokakuuta 2026"}},
      {"2026-11-24",
       {"mar., 24 nov. 2026", "вівторок, 24 листопада 2026", "24 сэтинньи 2026", "24 noviembre 2026",
        "24 Νοεμβρίου 2026", "24 Kasım 2026", "24 marraskuuta 2026", "24 listopada 2026", "середа, 24 листопада 2026",
        "Di, 24. November 2026", "24th of November 2026"}},
      {"2026-12-24",
       {"24. Dezember 2026", "24 décembre 2026", "24 diciembre 2026", "24 dezembro 2026", "24 grudnia 2026",
        "24 грудня 2026", "24 ахсынньы 2026", "24 Δεκεμβρίου 2026", "24 Aralık 2026"}}};
  for (const auto& [day, texts] : kMonths) {
    for (const char* text : texts) {
      EXPECT_EQ(Read(text), std::string(day) + "T00:00:00Z") << text;
      EXPECT_EQ(Read(std::string(text) + " 09:30"), std::string(day) + "T09:30:00Z") << text;
    }
  }
}

TEST(ParseFeedDate, ReadsTheFormsOfTheWorld) {
  for (const char* text : {"2026年11月24日 9:30",
                           "2026年11月24日星期二 09:30",
                           "2026年11月24日 09时30分",
                           "2026년 11월 24일 오전 9:30",
                           "2026년 11월 24일 (화) 09:30",
                           "2026年11月24日(火) 午前9時30分",
                           "11/24/2026 9:30:00 AM",
                           "11/24/2026 09:30",
                           "24/11/2026 09:30",
                           "24-11-2026 09:30",
                           "24.11.2026 09.30",
                           "24 novembre 2026 9h30",
                           "24 novembre 2026 à 9 h 30",
                           "Nov 24, 2026, 9:30 a.m.",
                           "1795512600",
                           "1795512600000",
                           "@1795512600",
                           "Tue Nov 24 09:30:00 +0000 2026",
                           "2026 Nov 24 09:30",
                           "Mon, 24 Nov 2026 09:30:00 GMT"}) {
    EXPECT_EQ(Read(text), "2026-11-24T09:30:00Z") << text;
  }
  EXPECT_EQ(Read("2026년 11월 24일 오후 6:30"), "2026-11-24T18:30:00Z");
  EXPECT_EQ(Read("3/4/2026 5:06 PM"), "2026-03-04T17:06:00Z");
  EXPECT_EQ(Read("3/4/2026 17:06"), "2026-04-03T17:06:00Z");
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
  // No zone is 30 hours ahead: it counts as missing.
  EXPECT_EQ(Read("2026-11-24T18-3000"), "2026-11-24T18:00:00Z");
  EXPECT_EQ(Read("24 Nov 2026 18:30 +9999"), "2026-11-24T18:30:00Z");
  EXPECT_EQ(Read("2026-11-24T"), "2026-11-24T00:00:00Z");
  EXPECT_EQ(Read(std::string(1'000'000, '1')), "none");
}

}  // namespace
}  // namespace kimberlite::ingest
