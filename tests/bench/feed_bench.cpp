// What a feed of 50 entries costs once its entries are read: writing it in each format, and the gate that checks it.
// CPU time, medians. The exit code is 1 when the aim is not reached.

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "services/feed/adapters/lint.h"
#include "services/feed/core/feed_document.h"

namespace {

using namespace kimberlite;
using namespace kimberlite::feed;

constexpr int kItems = 50;
constexpr std::size_t kBodyBytes = 4'000;
constexpr int kRounds = 101;
constexpr double kAimMilliseconds = 2;

double CpuMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

FeedDocument Feed() {
  FeedDocument feed;
  feed.id = "tag:news.example,2026:list/ru";
  feed.title = feed.site_name = "Вестник";
  feed.description = "Новости самого большого региона";
  feed.home_url = "https://news.example/ru/";
  feed.self_url = "https://news.example/ru/rss.xml";
  feed.language = "ru";
  for (int i = 0; i < kItems; ++i) {
    FeedItem item;
    item.id = fmt::format("tag:news.example,2026:article/{}/ru", i);
    item.url = fmt::format("https://news.example/ru/economy/{}-zimnik", i);
    item.title = fmt::format("Открыт зимник через Лену №{}", i);
    item.summary = "На две недели раньше, чем в прошлом году.";
    while (item.body_html.size() < kBodyBytes) {
      item.body_html += "<p>Ледовая переправа открылась &amp; <a href=\"https://news.example/ru/\">работает</a>.</p>";
    }
    item.authors = {{"Лена Фонарёва", "https://news.example/ru/author/lena-fonareva/"}};
    item.tags = {"Экономика", "Лена", "зимник", "транспорт"};
    item.published = *ParseRfc3339("2026-11-24T09:30:00Z") - std::chrono::minutes(i);
    item.updated = item.published;
    feed.items.push_back(std::move(item));
  }
  return feed;
}

double Median(const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    const double begun = CpuMilliseconds();
    work();
    times.push_back(CpuMilliseconds() - begun);
  }
  std::ranges::nth_element(times, times.begin() + kRounds / 2);
  return times[kRounds / 2];
}

}  // namespace

int main() {
  const FeedDocument feed = Feed();
  bool reached = true;
  const struct {
    const char* name;
    v1::FeedFormat format;
    std::string (*write)(const FeedDocument&);
  } formats[] = {{"RSS", v1::FEED_FORMAT_RSS, WriteRss},
                 {"Atom", v1::FEED_FORMAT_ATOM, WriteAtom},
                 {"JSON Feed", v1::FEED_FORMAT_JSON, WriteJsonFeed}};
  fmt::print("a feed of {} entries of {} bytes, ms of CPU, median of {}\n", kItems, kBodyBytes, kRounds);
  for (const auto& one : formats) {
    const std::string document = one.write(feed);
    const double write = Median([&] { one.write(feed); });
    const double check = Median([&] { (void)Lint(feed, one.format, document); });
    fmt::print("{:<10} {:>7} bytes  written {:.3f} (at most {:.1f})  checked {:.3f}\n", one.name, document.size(),
               write, kAimMilliseconds, check);
    reached = reached && write <= kAimMilliseconds;
  }
  return reached ? 0 : 1;
}
