#include "libs/langid/train/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "libs/base/text.h"
#include "libs/jsonl/lines.h"
#include "libs/langid/identify.h"

namespace kimberlite::langid {
namespace {

struct Share {
  std::size_t right = 0;
  std::size_t all = 0;

  void Count(bool is_right) {
    right += is_right;
    ++all;
  }
  double value() const { return all == 0 ? 0 : static_cast<double>(right) / static_cast<double>(all); }
};

class Table {
 public:
  void Row(const std::string& what, const Share& share, double aim, bool at_most = false) {
    const bool reached = at_most ? share.value() <= aim : share.value() >= aim;
    all_reached_ &= reached;
    fmt::print("  {:<58} {:>7} {:>8.4f} {} {:<6} {}\n", what, share.all, share.value(), at_most ? "≤" : "≥", aim,
               reached ? "" : "missed");
  }
  void Note(const std::string& what, const Share& share) {
    fmt::print("  {:<58} {:>7} {:>8.4f}\n", what, share.all, share.value());
  }
  bool all_reached() const { return all_reached_; }

 private:
  bool all_reached_ = true;
};

// The beginning of a text, whole words, at most `most` characters. Empty when not even one fits.
std::string Headline(std::string_view text, std::size_t most) {
  if (CountCodePoints(text) <= most) return std::string(text);
  std::size_t end = 0;
  for (std::size_t at = 0, count = 0; at < text.size() && count <= most; ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (text[at] == ' ') end = at;
    ++count;
  }
  return std::string(text.substr(0, end));
}

struct News {
  std::vector<std::string> titles;
  std::vector<std::string> articles;
};

Result<News> ReadNews(const std::string& path) {
  News news;
  KIMBERLITE_RETURN_IF_ERROR(jsonl::ForEachObject(path, [&](const nlohmann::json& object) -> Result<void> {
    KIMBERLITE_ASSIGN_OR_RETURN(std::string title, jsonl::StringOf(object, "title"));
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string content, jsonl::StringOf(object, "content"));
    if (content.size() > 200) news.articles.push_back(title + "\n" + content);
    if (!title.empty()) news.titles.push_back(std::move(title));
    return {};
  }));
  return news;
}

}  // namespace

Result<bool> Measure(const Model& model, const std::vector<Example>& held, const std::string& news, bool show_errors) {
  const auto name = [&](const Example& example) {
    return model.languages()[static_cast<std::size_t>(example.language)];
  };
  Share sentences;
  Share headlines;
  Share articles;
  Share russian_as_sakha;
  Share undetermined;
  std::map<std::string, Share> by_language;
  std::map<std::string, int> confusions;
  std::string joined;
  std::size_t joined_lines = 0;
  for (std::size_t i = 0; i < held.size(); ++i) {
    const Example& example = held[i];
    const std::string language = name(example);
    const std::string got = IdentifyBy(model, example.text, {}).language;
    const bool right = got == language;
    if (language == kUndetermined) {
      undetermined.Count(right);
      continue;
    }
    sentences.Count(right);
    by_language[language].Count(right);
    if (language == "ru") russian_as_sakha.Count(got == "sah");
    if (!right) {
      ++confusions[language + " as " + got];
      if (show_errors) fmt::print("  {} as {} ({}): {}\n", language, got, example.source, example.text);
    }
    if (const std::string headline = Headline(example.text, 40); !headline.empty()) {
      const std::string guessed = IdentifyBy(model, headline, {}).language;
      headlines.Count(guessed == language);
      if (language == "ru") russian_as_sakha.Count(guessed == "sah");
    }
    joined += example.text + "\n";
    const bool last = i + 1 == held.size() || held[i + 1].language != example.language;
    if (++joined_lines == 10 || last) {
      if (joined_lines >= 5) articles.Count(IdentifyBy(model, joined, {}).language == language);
      joined.clear();
      joined_lines = 0;
    }
  }

  fmt::print("\nby language, sentences:");
  for (const auto& [language, share] : by_language) {
    fmt::print(" {} {}/{}", language, share.right, share.all);
  }
  fmt::print("\nmistakes:");
  for (const auto& [pair, count] : confusions) fmt::print(" {} {};", pair, count);
  fmt::print("\n\n");

  Table table;
  table.Row(fmt::format("sentences, {} languages", by_language.size()), sentences, 0.99);
  table.Row("Sakha sentences found", by_language["sah"], 0.99);
  table.Row("their first words, at most 40 characters", headlines, 0.95);
  table.Note("other languages left undetermined", undetermined);
  if (!news.empty()) {
    for (const std::string language : {"ru", "en"}) {
      KIMBERLITE_ASSIGN_OR_RETURN(const News read, ReadNews(news + "/tags-" + language + "/train.jsonl.gz"));
      Share titles;
      for (const std::string& title : read.titles) {
        const std::string got = IdentifyBy(model, title, {}).language;
        titles.Count(got == language);
        if (language == "ru") russian_as_sakha.Count(got == "sah");
        const std::string headline = Headline(title, 40);
        const std::string short_got = IdentifyBy(model, headline, {}).language;
        if (language == "ru") russian_as_sakha.Count(short_got == "sah");
        if (show_errors && language == "ru" && short_got != language) {
          fmt::print("  {} as {}: {}\n", language, short_got, headline);
        }
        // The wire's headlines of tags-en are abbreviations in capitals, and many of its items tables of figures.
        if (language == "ru") headlines.Count(short_got == language);
      }
      table.Note("headlines of tags-" + language, titles);
      std::size_t bytes = 0;
      Share wires;
      const std::clock_t began = std::clock();
      for (const std::string& article : read.articles) {
        const std::string got = IdentifyBy(model, article, {}).language;
        if (language == "ru") articles.Count(got == language);
        if (show_errors && got != language) {
          fmt::print("  article in {} as {}: {} bytes, {}\n", language, got, article.size(),
                     article.substr(0, article.find('\n')));
        }
        wires.Count(got == language);
        bytes += article.size();
      }
      const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
      table.Note("articles of tags-" + language, wires);
      fmt::print("  {:<58} {:>7.1f} MB/s\n", "speed on articles of tags-" + language,
                 static_cast<double>(bytes) / 1e6 / seconds);
    }
    table.Row("headlines of news and first words, at most 40 characters", headlines, 0.95);
  }
  table.Row("Russian taken for Sakha, of all Russian above", russian_as_sakha, 0.001, true);
  table.Row("whole articles", articles, 0.999);
  return table.all_reached();
}

}  // namespace kimberlite::langid
