// How long a theme takes to write a list of 33 cards, and a story: CPU time, medians. Exit code 1 when the list takes
// more than 100 µs. `template_bench DIR`: the theme's directory.

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "services/rendering/core/theme.h"

namespace {

using namespace kimberlite::rendering;

constexpr int kCards = 33;
constexpr int kRounds = 101;
constexpr int kPagesARound = 20;
constexpr double kAim = 100;  // µs

double CpuMicros() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) * 1e-3;
}

Shell MakeShell(const std::string& language) {
  Shell shell;
  shell.language = {language, "ltr", "English"};
  shell.site_name = "Lena Lantern";
  shell.tagline = "Current affairs from the biggest region";
  shell.site_url = "https://example.org";
  shell.home_url = "/en/";
  shell.title = "Economy";
  shell.canonical_url = "https://example.org/en/economy/";
  shell.feeds = {"Economy – Lena Lantern", "/en/economy/rss.xml", "/en/economy/atom.xml", "/en/economy/feed.json"};
  shell.breadcrumb = {{"Lena Lantern", "/en/", "https://example.org/en/", 1}, {"Economy", "", "", 2}};
  shell.search_url = "/en/search";
  shell.archive_url = "/en/archive/";
  shell.time_zone = "Yakutsk";
  for (const char* code : {"en", "ru", "sah", "fr", "de", "ar", "zh", "ja", "ko"}) {
    const std::string url = std::string("/") + code + "/economy/";
    shell.languages.push_back({code, code, "ltr", url, language == code});
    shell.alternates.push_back({code, "https://example.org" + url});
  }
  for (const char* name : {"Society", "Culture", "Politics", "Economy", "Sport"}) {
    shell.sections.push_back({name, std::string("/en/") + name + "/", false});
  }
  return shell;
}

Card MakeCard(int number) {
  const std::string id = std::to_string(1000 + number);
  Card card;
  card.url = "/en/economy/" + id + "-diamond-cutters-from-yakutsk-will-train-in-antwerp";
  card.headline = "Diamond cutters from Yakutsk will train in Antwerp & bring the stones home, part " + id;
  card.summary =
      "Twelve young cutters go to Belgium in two groups; ALROSA supplies small rough diamonds to practise on.";
  card.picture = Picture{"/media/" + std::string(64, 'a') + ".svg", "A cut diamond above a range of hills", 1200, 675};
  card.published = {"2026-11-24T18:30:00+09:00", "24 November 2026 at 18:30"};
  card.section_label = "Economy";
  card.position = number + 1;
  return card;
}

template <typename Render>
double MedianMicros(Render render) {
  std::vector<double> rounds;
  std::size_t written = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double begun = CpuMicros();
    for (int i = 0; i < kPagesARound; ++i) written += render().size();
    rounds.push_back((CpuMicros() - begun) / kPagesARound);
  }
  std::ranges::nth_element(rounds, rounds.begin() + kRounds / 2);
  if (written == 0) fmt::print("nothing was written\n");
  return rounds[kRounds / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: template_bench DIR\n");
    return 2;
  }
  const auto theme = Theme::Load(argv[1], "en");
  if (!theme) {
    fmt::print(stderr, "{}\n", theme.error().ToString());
    return 1;
  }
  bool reached = true;
  for (const char* language : {"en", "sah"}) {
    ListView list{.shell = MakeShell(language), .heading = "Economy"};
    for (int i = 0; i < kCards; ++i) list.cards.push_back(MakeCard(i));
    const double micros = MedianMicros([&] { return (*theme)->Render(list); });
    fmt::print("list of {} cards, {}: {:.1f} µs for {} bytes (aim: {:.0f})\n", kCards, language, micros,
               (*theme)->Render(list).size(), kAim);
    reached = reached && micros <= kAim;
  }
  ArticleView story{.shell = MakeShell("en"), .headline = "Ice road opens", .summary = "Two weeks late."};
  for (int i = 0; i < 20; ++i) story.body_html.html += "<p>" + std::string(400, 'w') + "</p>";
  story.published = story.updated = {"2026-11-24T18:30:00+09:00", "24 November 2026 at 18:30"};
  for (int i = 0; i < 4; ++i) story.related.push_back(MakeCard(i));
  fmt::print("a story: {:.1f} µs\n", MedianMicros([&] { return (*theme)->Render(story); }));
  return reached ? 0 : 1;
}
