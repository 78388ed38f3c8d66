// ./dev bench neardup --data DIR: how many made variants of real articles are found, and how many different articles
// are taken for one another.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <string>

#include "libs/i18n/words.h"
#include "libs/jsonl/lines.h"
#include "libs/neardup/index.h"
#include "tests/bench/variants.h"

namespace kimberlite::bench {
namespace {

constexpr std::size_t kIndexed = 4'000;  // articles of a language
constexpr std::size_t kAsked = 500;      // of them with a variant of each kind
constexpr std::size_t kReports = 200;    // by each pattern
constexpr std::size_t kLeastWords = 40;
constexpr Time kSomeTime{};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

Result<std::vector<Article>> ReadArticles(const std::string& path, const std::string& language) {
  std::vector<Article> articles;
  KIMBERLITE_RETURN_IF_ERROR(jsonl::ForEachObject(path, [&](const nlohmann::json& object) -> Result<void> {
    KIMBERLITE_ASSIGN_OR_RETURN(std::string title, jsonl::StringOf(object, "title"));
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string content, jsonl::StringOf(object, "content"));
    if (articles.size() == kIndexed) return {};
    Article article{language, std::move(title), ParagraphsOf(content)};
    if (i18n::SegmentWords(article.Text(), language).size() >= kLeastWords) articles.push_back(std::move(article));
    return {};
  }));
  return articles;
}

// Sentences of translated news in the order of the documents: ten in a row are an article.
Result<std::vector<Article>> ReadSentences(const std::string& path, const std::string& code,
                                           const std::string& language) {
  std::vector<Article> articles;
  std::size_t count = 0;
  KIMBERLITE_RETURN_IF_ERROR(jsonl::ForEachObject(path, [&](const nlohmann::json& object) -> Result<void> {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string lang, jsonl::StringOf(object, "lang"));
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string source, jsonl::StringOf(object, "src"));
    KIMBERLITE_ASSIGN_OR_RETURN(std::string text, jsonl::StringOf(object, "text"));
    if (lang != code || source != "ntrex") return {};
    if (count++ % 10 == 0) {
      articles.push_back({.language = language, .headline = std::move(text)});
    } else {
      articles.back().paragraphs.push_back(std::move(text));
    }
    return {};
  }));
  return articles;
}

std::vector<std::string> WordsOf(const std::vector<Article>& articles) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < articles.size() && words.size() < 200'000; ++i) {
    const std::string text = articles[i].Text();
    for (const i18n::Word word : i18n::SegmentWords(text, articles[i].language)) words.emplace_back(word.In(text));
  }
  return words;
}

struct Tally {
  std::size_t asked = 0;
  std::size_t found = 0;
  std::size_t wrong = 0;
  std::size_t republished = 0;
};

void Print(const std::string& what, const Tally& tally) {
  fmt::print("  {:<22} {:>6} {:>8.4f} {:>8} {:>12.3f}\n", what, tally.asked,
             static_cast<double>(tally.found) / static_cast<double>(tally.asked), tally.wrong,
             static_cast<double>(tally.republished) / static_cast<double>(std::max<std::size_t>(1, tally.found)));
}

void Measure(const std::vector<Article>& articles, bool show_pairs, Tally& total) {
  const std::string& language = articles.front().language;
  const bool with_reports = language == "ru" || language == "en";
  Variants variants(WordsOf(articles), 20'261'124);

  neardup::Index index;
  const double began = CpuSeconds();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < articles.size(); ++i) {
    const std::string text = articles[i].Text();
    bytes += text.size();
    index.Add(static_cast<std::int64_t>(i + 1), language, text, kSomeTime);
  }
  const double adding = CpuSeconds() - began;

  // Articles that repeat one another as they were printed: not made by us, so shown and not judged.
  std::set<std::pair<std::int64_t, std::int64_t>> natural;
  const double asking_began = CpuSeconds();
  for (std::size_t i = 0; i < articles.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i + 1);
    for (const neardup::Match& match : index.Find(language, articles[i].Text(), id)) {
      if (!natural.emplace(std::min(id, match.id), std::max(id, match.id)).second || !show_pairs) continue;
      fmt::print(
          "    {} {:.2f} of_first {:.2f} of_second {:.2f} words {:.2f} numbers {:.2f} shared {}\n      {}\n      {}\n",
          neardup::GradeName(match.grade), match.score, match.why.of_first, match.why.of_second, match.why.words,
          match.why.numbers, match.why.shared_shingles, articles[i].headline,
          articles[static_cast<std::size_t>(match.id - 1)].headline);
    }
  }
  const double asking = CpuSeconds() - asking_began;

  fmt::print("\n{}: {} articles, {:.1f} KiB each in memory; adding {:.2f} ms, asking {:.2f} ms of CPU each\n", language,
             articles.size(), static_cast<double>(index.memory()) / 1024.0 / static_cast<double>(articles.size()),
             adding * 1000 / static_cast<double>(articles.size()),
             asking * 1000 / static_cast<double>(articles.size()));
  fmt::print("  pairs that repeat one another as printed: {}\n", natural.size());
  fmt::print("  {:<22} {:>6} {:>8} {:>8} {:>12}\n", "variant", "asked", "found", "wrong", "republished");

  const std::size_t step = std::max<std::size_t>(1, articles.size() / kAsked);
  for (const std::string& kind : Variants::Kinds()) {
    Tally tally;
    for (std::size_t i = 0; i < articles.size(); i += step) {
      const auto id = static_cast<std::int64_t>(i + 1);
      const Article made = variants.Make(kind, articles[i]);
      ++tally.asked;
      for (const neardup::Match& match : index.Find(language, made.Text())) {
        if (match.id == id) {
          ++tally.found;
          tally.republished += match.grade == neardup::Grade::kRepublished;
        } else if (!natural.contains({std::min(id, match.id), std::max(id, match.id)}) &&
                   articles[i].headline != articles[static_cast<std::size_t>(match.id - 1)].headline) {
          ++tally.wrong;
          if (show_pairs) {
            fmt::print("    WRONG {} {:.2f} of_first {:.2f} of_second {:.2f} words {:.2f}\n      {}\n      {}\n", kind,
                       match.score, match.why.of_first, match.why.of_second, match.why.words, articles[i].headline,
                       articles[static_cast<std::size_t>(match.id - 1)].headline);
          }
        }
      }
    }
    Print(kind, tally);
    total.asked += tally.asked;
    total.found += tally.found;
    total.wrong += tally.wrong;
  }
  if (!with_reports) return;
  for (int pattern = 0; pattern < 3; ++pattern) {
    neardup::Index reports;
    std::size_t wrong = 0;
    std::size_t pairs = 0;
    for (std::size_t i = 0; i < kReports; ++i) {
      const std::string text = variants.Report(language, pattern).Text();
      // Each asked among few and among many others of its kind.
      wrong += reports.Find(language, text).size();
      pairs += reports.size();
      reports.Add(static_cast<std::int64_t>(i + 1), language, text, kSomeTime);
    }
    fmt::print("  reports by pattern {}:   {} of {} pairs taken for repetitions\n", pattern, wrong, pairs);
    total.wrong += wrong;
  }
}

int Run(const std::string& data, bool show_pairs) {
  struct Set {
    const char* path;
    const char* code;
    const char* language;
  };
  constexpr Set kSets[] = {{"/tags-ru/train.jsonl.gz", "", "ru"},
                           {"/tags-en/train.jsonl.gz", "", "en"},
                           {"/languages/train.jsonl.gz", "zho-CN", "zh"},
                           {"/languages/train.jsonl.gz", "jpn", "ja"},
                           {"/languages/train.jsonl.gz", "arb", "ar"}};
  Tally total;
  for (const Set& set : kSets) {
    const auto articles = *set.code == '\0' ? ReadArticles(data + set.path, set.language)
                                            : ReadSentences(data + set.path, set.code, set.language);
    if (!articles || articles->empty()) {
      fmt::print(stderr, "{}\n", articles ? data + set.path + " holds no articles" : articles.error().ToString());
      return 1;
    }
    Measure(*articles, show_pairs, total);
  }
  const double precision = static_cast<double>(total.found) / static_cast<double>(total.found + total.wrong);
  const double recall = static_cast<double>(total.found) / static_cast<double>(total.asked);
  fmt::print("\nprecision {:.4f} (aim 0.99), recall {:.4f} (aim 0.95)\n", precision, recall);
  return precision >= 0.99 && recall >= 0.95 ? 0 : 1;
}

}  // namespace
}  // namespace kimberlite::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: neardup_bench DATA [--pairs]\n", stderr);
    return 2;
  }
  return kimberlite::bench::Run(argv[1], argc > 2 && std::string_view(argv[2]) == "--pairs");
}
