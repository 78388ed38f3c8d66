#include "libs/i18n/dates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace kimberlite::i18n {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const Time kTime = *ParseRfc3339("2026-11-24T09:30:59.9Z");
constexpr const char* kYakutsk = "Asia/Yakutsk";

TEST(Date, FollowsTheLanguage) {
  EXPECT_EQ(FormatDate(kTime, "en", kYakutsk, DateStyle::kDate), "24 November 2026");
  EXPECT_EQ(FormatDate(kTime, "en-US", kYakutsk, DateStyle::kDate), "November 24, 2026");
  // The space before "г." differs between versions of CLDR.
  EXPECT_THAT(FormatDate(kTime, "ru", kYakutsk, DateStyle::kDate), AllOf(StartsWith("24 ноября 2026"), EndsWith("г.")));
  EXPECT_EQ(FormatDate(kTime, "sah", kYakutsk, DateStyle::kDate), "2026 сыл сэтинньи 24 күнэ");
  EXPECT_EQ(FormatDate(kTime, "fr", kYakutsk, DateStyle::kDate), "24 novembre 2026");
  EXPECT_EQ(FormatDate(kTime, "ar", kYakutsk, DateStyle::kDate), "٢٤ نوفمبر ٢٠٢٦");
  EXPECT_EQ(FormatDate(kTime, "zh", kYakutsk, DateStyle::kDate), "2026年11月24日");
}

TEST(Date, HasTheClockOfTheZone) {
  EXPECT_EQ(FormatDate(kTime, "en", kYakutsk, DateStyle::kTime), "18:30");
  EXPECT_EQ(FormatDate(kTime, "ru", "UTC", DateStyle::kTime), "09:30");
  EXPECT_EQ(FormatDate(*ParseRfc3339("2026-12-31T15:00:00Z"), "sah", kYakutsk, DateStyle::kDate),
            "2027 сыл тохсунньу 1 күнэ");
}

TEST(Date, WithTimeHasBoth) {
  EXPECT_THAT(FormatDate(kTime, "en", kYakutsk, DateStyle::kDateTime),
              AllOf(StartsWith("24 November 2026"), EndsWith("18:30")));
  EXPECT_THAT(FormatDate(kTime, "ru", kYakutsk, DateStyle::kDateTime),
              AllOf(StartsWith("24 ноября 2026"), EndsWith("18:30")));
  EXPECT_EQ(FormatDate(kTime, "sah", kYakutsk, DateStyle::kDateTime), "2026 сыл сэтинньи 24 күнэ, 18:30");
  EXPECT_THAT(FormatDate(kTime, "ar", kYakutsk, DateStyle::kDateTime),
              AllOf(StartsWith("٢٤ نوفمبر"), HasSubstr("٦:٣٠")));
  EXPECT_THAT(FormatDate(kTime, "zh", kYakutsk, DateStyle::kDateTime), AllOf(StartsWith("2026年"), EndsWith("18:30")));
}

TEST(Date, OfAMonthStandsAlone) {
  EXPECT_EQ(FormatDate(kTime, "en", kYakutsk, DateStyle::kMonth), "November 2026");
  EXPECT_THAT(FormatDate(kTime, "ru", kYakutsk, DateStyle::kMonth), StartsWith("ноябрь 2026"));
  EXPECT_EQ(FormatDate(kTime, "sah", kYakutsk, DateStyle::kMonth), "2026 сыл сэтинньи");
}

TEST(Date, OfAnUnknownLanguageIsNumeric) {
  EXPECT_EQ(FormatDate(kTime, "evn", kYakutsk, DateStyle::kDateTime), "2026-11-24 18:30");
  EXPECT_EQ(FormatDate(kTime, "not a language", kYakutsk, DateStyle::kDate), "2026-11-24");
}

TEST(Date, OfAnUnknownZoneIsUtc) { EXPECT_EQ(FormatDate(kTime, "en", "Moon/Base", DateStyle::kTime), "09:30"); }

TEST(Date, IsTheSameFromManyThreads) {
  std::vector<std::string> results(8);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&result] {
      for (int i = 0; i < 200; ++i) result = FormatDate(kTime, "ru", kYakutsk, DateStyle::kDateTime);
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, FormatDate(kTime, "ru", kYakutsk, DateStyle::kDateTime));
}

TEST(ZoneName, IsTheCityInTheLanguage) {
  EXPECT_EQ(ZoneName("en", "Asia/Yakutsk"), "Yakutsk");
  EXPECT_EQ(ZoneName("ru", "Asia/Yakutsk"), "Якутск");
  EXPECT_EQ(ZoneName("sah", "Asia/Yakutsk"), "Дьокуускай");
  EXPECT_EQ(ZoneName("zh", "Asia/Yakutsk"), "雅库茨克");
  EXPECT_EQ(ZoneName("qya", "Asia/Yakutsk"), "Yakutsk");
  EXPECT_EQ(ZoneName("ar", "UTC"), "UTC");
  EXPECT_EQ(ZoneName("ar", "No/Where"), "UTC");
}

TEST(IsoDate, CarriesTheOffset) {
  EXPECT_EQ(FormatIsoWithOffset(kTime, kYakutsk), "2026-11-24T18:30:59+09:00");
  EXPECT_EQ(FormatIsoWithOffset(kTime, "UTC"), "2026-11-24T09:30:59+00:00");
  EXPECT_EQ(FormatIsoWithOffset(kTime, "America/St_Johns"), "2026-11-24T06:00:59-03:30");
  EXPECT_EQ(FormatIsoWithOffset(*ParseRfc3339("2026-07-01T12:00:00Z"), "Europe/Paris"), "2026-07-01T14:00:00+02:00");
}

TEST(IsoDate, NamesTheSameInstantInEveryZoneAndCentury) {
  for (const char* time : {"1890-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-03-29T00:59:59Z",
                           "2026-03-29T01:00:00Z", "2400-02-29T00:00:00Z"}) {
    for (const char* zone : {kYakutsk, "Europe/Moscow", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu"}) {
      const auto parsed = ParseRfc3339(FormatIsoWithOffset(*ParseRfc3339(time), zone));
      ASSERT_TRUE(parsed);
      EXPECT_EQ(*parsed, *ParseRfc3339(time)) << time << " " << zone;
    }
  }
}

TEST(TimeZone, MustBeOfTheIanaDatabase) {
  for (const char* zone : {"Asia/Yakutsk", "UTC", "Europe/Moscow", "Asia/Kolkata", "America/Argentina/Buenos_Aires"}) {
    EXPECT_TRUE(CheckTimeZone(zone, "time_zone")) << zone;
  }
  for (const char* zone : {"", "GMT+9", "MSK", "EST", "asia/yakutsk", "Asia/Nowhere", "Etc/Unknown", "../etc/passwd",
                           "+09:00", "Asia/Yakutsk "}) {
    const auto result = CheckTimeZone(zone, "time_zone");
    ASSERT_FALSE(result) << zone;
    EXPECT_EQ(result.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(result.error().message(), HasSubstr("Asia/Yakutsk"));
  }
}

std::string Utc(std::string_view local, std::string_view zone) {
  const auto time = ParseLocalTime(local, zone, "local_time");
  return time ? FormatRfc3339(*time) : time.error().violations()[0].field;
}

TEST(ParseLocalTime, ReadsTheClockOfTheZone) {
  EXPECT_EQ(Utc("2026-11-25T06:00", "Asia/Yakutsk"), "2026-11-24T21:00:00Z");
  EXPECT_EQ(Utc("2026-07-01T00:00:30", "Europe/Brussels"), "2026-06-30T22:00:30Z");
  EXPECT_EQ(Utc("2026-11-25T06:00", "UTC"), "2026-11-25T06:00:00Z");
  EXPECT_EQ(Utc("2024-02-29T23:59", "Asia/Kathmandu"), "2024-02-29T18:14:00Z");
}

TEST(ParseLocalTime, AGapEndsAtTheNextMomentAndAFoldIsItsFirst) {
  // 2026-03-29 02:00 becomes 03:00 in Brussels: 02:30 never is.
  EXPECT_EQ(Utc("2026-03-29T02:30", "Europe/Brussels"), "2026-03-29T01:00:00Z");
  // 2026-10-25 03:00 becomes 02:00: 02:30 is twice, first in summer time.
  EXPECT_EQ(Utc("2026-10-25T02:30", "Europe/Brussels"), "2026-10-25T00:30:00Z");
}

TEST(ParseLocalTime, RefusesWhatIsNoTimeOrHasAZone) {
  for (const char* bad : {"", "2026-11-25", "2026-11-25 06:00", "2026-02-30T06:00", "2026-11-25T25:00",
                          "x026-11-25T06:00", "2026-11-25T06:00Z", "2026-11-25T06:00+09:00"}) {
    EXPECT_EQ(Utc(bad, "Asia/Yakutsk"), "local_time") << bad;
  }
}

}  // namespace
}  // namespace kimberlite::i18n
