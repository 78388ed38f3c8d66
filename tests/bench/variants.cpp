#include "tests/bench/variants.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "libs/i18n/words.h"

namespace kimberlite::bench {
namespace {

bool EndsSentence(std::string_view text, std::size_t at) {
  return (text[at] == '.' || text[at] == '!' || text[at] == '?') && (at + 1 == text.size() || text[at + 1] == ' ');
}

std::vector<std::string> SentencesOf(std::string_view text) {
  constexpr std::string_view kFullStop = "。";
  std::vector<std::string> sentences;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool ideographic = text.substr(at).starts_with(kFullStop);
    if (!EndsSentence(text, at) && !ideographic) continue;
    const std::size_t end = std::min(text.size(), at + (ideographic ? kFullStop.size() : 2));
    sentences.emplace_back(text.substr(begin, end - begin));
    begin = end;
    at = end - 1;
  }
  if (begin < text.size()) sentences.emplace_back(text.substr(begin));
  return sentences;
}

std::string JoinAll(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

const std::vector<std::string>& AgencyLines(std::string_view language) {
  static const std::map<std::string, std::vector<std::string>, std::less<>> lines = {
      {"ru",
       {"Об этом сообщает РИА Новости со ссылкой на пресс-службу ведомства.", "Читайте также: главные новости дня.",
        "Фото: архив редакции. При использовании ссылка обязательна."}},
      {"en",
       {"(Reporting by our staff; editing by the news desk)", "Read more: the main stories of the day.",
        "All rights reserved. This material may not be published."}},
      {"zh", {"新华社记者报道。", "更多新闻请看本网首页。", "版权所有，未经许可不得转载。"}},
      {"ja", {"共同通信が伝えた。", "関連記事はこちら。", "無断転載を禁じます。"}},
      {"ar", {"المصدر: وكالات", "اقرأ أيضا: أهم أخبار اليوم.", "جميع الحقوق محفوظة."}},
  };
  return lines.find(language)->second;
}

bool IsJoined(std::string_view language) { return language == "zh" || language == "ja"; }

}  // namespace

std::string Article::Text() const {
  std::string text = headline;
  for (const std::string& paragraph : paragraphs) text += "\n" + paragraph;
  return text;
}

std::vector<std::string> ParagraphsOf(std::string_view body) {
  std::string flat(body);
  std::ranges::replace(flat, '\n', ' ');
  std::vector<std::string> paragraphs;
  int count = 0;
  for (const std::string& sentence : SentencesOf(flat)) {
    if (count++ % 3 == 0) paragraphs.emplace_back();
    paragraphs.back() += sentence;
  }
  return paragraphs;
}

const std::vector<std::string>& Variants::Kinds() {
  static const std::vector<std::string> kinds = {"first half",    "first third",      "other headline", "reordered",
                                                 "agency lines",  "sentences edited", "reworded 20 %",  "reworded 30 %",
                                                 "reworded 40 %", "all at once"};
  return kinds;
}

Article Variants::Make(std::string_view kind, const Article& original) {
  Article made = original;
  const bool joined = IsJoined(original.language);
  if (kind == "first half") return Cut(std::move(made), 0.5);
  if (kind == "first third") return Cut(std::move(made), 0.33);
  if (kind == "other headline") {
    made.headline.clear();
    for (int i = 0; i < 8; ++i) made.headline += (joined ? "" : " ") + Word();
    return made;
  }
  if (kind == "reordered") {
    std::ranges::shuffle(made.paragraphs, random_);
    return made;
  }
  if (kind == "agency lines") {
    for (const std::string& line : AgencyLines(made.language)) {
      made.paragraphs.insert(made.paragraphs.begin() + Number(0, static_cast<int>(made.paragraphs.size())), line);
    }
    return made;
  }
  if (kind == "sentences edited") return EditSentences(std::move(made));
  if (kind == "all at once") {
    made = Make("agency lines", Make("reordered", Cut(std::move(made), 0.7)));
    kind = "reworded 20 %";
  }
  const double part = kind == "reworded 20 %" ? 0.2 : kind == "reworded 30 %" ? 0.3 : 0.4;
  made.headline = Reword(made.headline, part, joined);
  for (std::string& paragraph : made.paragraphs) paragraph = Reword(paragraph, part, joined);
  return made;
}

Article Variants::Cut(Article article, double part) {
  std::vector<std::string> sentences = SentencesOf(JoinAll(article.paragraphs));
  const auto kept = static_cast<std::size_t>(std::max(1.0, part * static_cast<double>(sentences.size()) + 0.5));
  sentences.resize(std::min(kept, sentences.size()));
  article.paragraphs = {JoinAll(sentences)};
  return article;
}

// A fifth of the sentences goes, a fifth is written anew in half of its words.
Article Variants::EditSentences(Article article) {
  for (std::string& paragraph : article.paragraphs) {
    std::string edited;
    for (const std::string& sentence : SentencesOf(paragraph)) {
      const double dice = Uniform(0, 1);
      if (dice < 0.2) continue;
      edited += dice < 0.4 ? Reword(sentence, 0.5, IsJoined(article.language)) : sentence;
    }
    paragraph = edited;
  }
  return article;
}

// Of the words that are no figures, the part is replaced, dropped, doubled up with another or swapped with the next.
std::string Variants::Reword(std::string_view text, double part, bool joined) {
  std::string made;
  std::size_t end = 0;
  const std::vector<i18n::Word> cut = i18n::SegmentWords(text, joined ? "zh" : "ru");
  for (std::size_t i = 0; i < cut.size(); ++i) {
    made += text.substr(end, cut[i].begin_byte - end);
    end = cut[i].end_byte;
    const std::string_view word = cut[i].In(text);
    const bool figure = word.find_first_of("0123456789") != std::string_view::npos;
    if (figure || Uniform(0, 1) >= part) {
      made += word;
      continue;
    }
    const int how = Number(0, 9);
    if (how < 6) {
      made += Word();
    } else if (how < 7) {
      made += std::string(word) + (joined ? "" : " ") + Word();
    } else if (how < 8 && i + 1 < cut.size()) {
      made += cut[i + 1].In(text);
      made += joined ? "" : " ";
      made += word;
      end = cut[++i].end_byte;
    }
  }
  made += text.substr(end);
  return made;
}

Article Variants::Report(std::string_view language, int pattern) {
  const auto n = [this](int from, int to) { return Number(from, to); };
  Article report{.language = std::string(language)};
  const int day = n(1, 28);
  if (language == "ru") {
    static const std::vector<std::string> towns = {"Якутске", "Мирном", "Нерюнгри", "Ленске", "Алдане", "Вилюйске"};
    const std::string& town = towns[static_cast<std::size_t>(n(0, 5))];
    if (pattern == 0) {
      report.headline = fmt::format("Погода в {} на {} ноября", town, day);
      report.paragraphs = {
          fmt::format(
              "По данным гидрометцентра, {} ноября в {} ожидается переменная облачность, местами небольшой снег. "
              "Температура воздуха ночью {}–{} градусов мороза, днём {}–{}. Ветер северо-западный, {}–{} метров "
              "в секунду. Атмосферное давление {} мм ртутного столба, влажность воздуха {} %.",
              day, town, n(30, 45), n(46, 55), n(20, 29), n(30, 44), n(1, 4), n(5, 9), n(740, 770), n(60, 90)),
          "Синоптики советуют водителям быть внимательными на дорогах, а пешеходам одеваться теплее. Прогноз "
          "уточняется."};
    } else if (pattern == 1) {
      report.headline = fmt::format("Курсы валют на {} ноября", day);
      report.paragraphs = {
          fmt::format(
              "Центральный банк России установил официальные курсы иностранных валют на {} ноября. Курс доллара "
              "США составил {},{} рубля, курс евро {},{} рубля, курс китайского юаня {},{} рубля. Стоимость "
              "бивалютной корзины достигла {},{} рубля. Баррель нефти марки Brent торговался по {},{} доллара.",
              day, n(60, 99), n(1000, 9999), n(70, 110), n(1000, 9999), n(9, 14), n(1000, 9999), n(65, 105),
              n(1000, 9999), n(50, 99), n(10, 99)),
          "Курсы действуют до следующего дня. Банк напоминает, что они не обязывают покупать или продавать валюту."};
    } else {
      report.headline = fmt::format("Результаты матчей {}-го тура", n(1, 34));
      std::string table = fmt::format("Сегодня, {} ноября, состоялись матчи очередного тура чемпионата.", day);
      for (int i = 0; i < 6; ++i) {
        table += fmt::format(" {} — {}: {}:{} (голы: {}-я минута, {}-я минута).", Word(), Word(), n(0, 5), n(0, 5),
                             n(1, 45), n(46, 90));
      }
      report.paragraphs = {table, "Следующие матчи пройдут через неделю. Билеты продаются в кассах стадиона."};
    }
    return report;
  }
  if (pattern == 0) {
    report.headline = fmt::format("Weather for November {}", day);
    report.paragraphs = {fmt::format(
        "The weather service expects a partly cloudy day on November {} with light snow in places. Temperatures will "
        "fall "
        "to minus {} degrees at night and rise to minus {} during the day. Wind from the north-west at {} to {} metres "
        "a "
        "second, pressure {} millimetres, humidity {} per cent. Drivers are advised to take care on the roads.",
        day, n(30, 55), n(10, 29), n(1, 4), n(5, 12), n(740, 770), n(60, 90))};
  } else if (pattern == 1) {
    report.headline = fmt::format("Exchange rates on November {}", day);
    report.paragraphs = {fmt::format(
        "The central bank set the official exchange rates for November {}. The dollar stands at {}.{}, the euro at "
        "{}.{}, "
        "the yuan at {}.{} and the pound at {}.{}. The rates are in force until the next business day. The bank is "
        "under "
        "no obligation to buy or sell at these rates, a spokesman said.",
        day, n(60, 99), n(1000, 9999), n(70, 110), n(1000, 9999), n(9, 14), n(1000, 9999), n(90, 130), n(1000, 9999))};
  } else {
    report.headline = fmt::format("{} {} quarterly results", Word(), Word());
    report.paragraphs = {fmt::format(
        "Shr {} cts vs {} cts. Net {},{} vs {},{}. Revs {} mln vs {} mln. Avg shrs {} mln vs {} mln. Year: shr {} dlrs "
        "vs "
        "{} dlrs, net {} mln vs {} mln. The company said results include a gain from discontinued operations.",
        n(10, 99), n(10, 99), n(100, 999), n(100, 999), n(100, 999), n(100, 999), n(10, 999), n(10, 999), n(2, 99),
        n(2, 99), n(1, 9), n(1, 9), n(1, 99), n(1, 99))};
  }
  return report;
}

}  // namespace kimberlite::bench
