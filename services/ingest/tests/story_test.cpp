#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ingest/core/story_index.h"
#include "services/ingest/core/story_traits.h"

namespace kimberlite::ingest {
namespace {

using std::chrono::hours;

const Time kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)};

TEST(Skeleton, IsAlikeForSpellingsOfOneName) {
  EXPECT_EQ(Skeleton("Москва", "ru").substr(0, 3), "MSK");
  EXPECT_EQ(Skeleton("Moskva", "en").substr(0, 3), "MSK");
  EXPECT_EQ(Skeleton("Moscow", "en"), "MSK");
  EXPECT_EQ(Skeleton("موسكو", "ar"), "MSK");
  EXPECT_EQ(Skeleton("Петров", "ru"), Skeleton("Petrov", "en"));
  EXPECT_EQ(Skeleton("Якутск", "ru"), Skeleton("Yakutsk", "en"));
  EXPECT_EQ(Skeleton("аи", "ru"), "");
}

bool Shares(std::string_view first, std::string_view language, std::string_view second, std::string_view other) {
  const auto traits = TraitsOf(first, language, {});
  for (const Trait& trait : TraitsOf(second, other, {})) {
    for (const Trait& known : traits) {
      if (known.hash == trait.hash) return true;
    }
  }
  return false;
}

TEST(TraitsOf, ReadsNumbersAlikeInAllLanguages) {
  EXPECT_TRUE(Shares("it cost 1,500 roubles", "en", "стоило 1 500 рублей", "ru"));
  EXPECT_TRUE(Shares("it cost 1,500 roubles", "en", "стоило 1\u00A0500 рублей", "ru"));
  EXPECT_TRUE(Shares("it was 37.5 degrees", "en", "было 37,5 градуса", "ru"));
  EXPECT_TRUE(Shares("in 2026 there", "en", "في عام ٢٠٢٦", "ar"));
  EXPECT_TRUE(Shares("on 24.11.2026 there", "en", "вышло 24.11.2026 там", "ru"));
  EXPECT_FALSE(Shares("it cost 1,500 roubles", "en", "стоило 1 600 рублей", "ru"));
  EXPECT_FALSE(Shares("5 of them", "en", "5 из них", "ru"));
}

TEST(TraitsOf, TakesNamesButNotTheBeginningOfASentence) {
  EXPECT_TRUE(Shares("they met Nikolaev there", "en", "его видел Николаев вчера", "ru"));
  EXPECT_FALSE(Shares("Weather was bad. Nothing came.", "en", "Вечер был плох. Натянуло.", "ru"));
  EXPECT_LE(TraitsOf(std::string(100'000, 'x') + " Имя", "ru", {}).size(), 96u);
  std::string many;
  for (int i = 100; i < 400; ++i) many += std::to_string(i) + " ";
  EXPECT_EQ(TraitsOf(many, "en", {}).size(), 96u);
  TraitsOf("\xff\xfe 12 \xd0", "en", {});
}

TEST(AddressesIn, ReadsLinksAndPictures) {
  EXPECT_THAT(
      AddressesIn("<p><a href=\"https://a.example/x?utm_source=r\">x</a><img src=\"https://b.example/y.jpg\"></p>"),
      ::testing::ElementsAre("https://a.example/x", "https://b.example/y.jpg"));
}

StoryText Text(const std::string& id, const std::string& language, const std::string& headline, const std::string& body,
               Time time = kNow) {
  return {.key = {"source-" + id, id},
          .language = language,
          .headline = headline,
          .body_html = "<p>" + body + "</p>",
          .link = "https://" + id + ".example/1",
          .time = time};
}

const StoryText kRussian = Text(
    "ru", "ru", "АЛРОСА продала алмаз за 12,4 млн долларов",
    "Компания АЛРОСА продала на аукционе в Антверпене алмаз массой 242 карата, добытый на трубке Юбилейная. "
    "Покупателем стал ювелир Гольдберг из Бельгии, сообщил представитель компании Степанов. Камень нашли в 2021 году. "
    "Стартовая цена была 11,8 млн долларов, торги длились 45 минут.");
const StoryText kEnglish = Text(
    "en", "en", "ALROSA sells a diamond for $12.4 million",
    "A diamond of 242 carats from the Yubileynaya pipe was sold by ALROSA at an auction in Antwerp. The buyer is the "
    "jeweller Goldberg of Belgium, said the company's spokesman Stepanov. The stone was found in 2021. Bidding began "
    "at "
    "11.8 million and took 45 minutes.");
const StoryText kSakha = Text(
    "sah", "sah", "АЛРОСА алмааһы 12,4 мөлүйүөн дуолларга атыылаата",
    "Бүгүн АЛРОСА хампаанньа 242 караат ыйааһыннаах алмааһы Антверпен куоракка атыылаата. Ону Бельгия ювелира "
    "Гольдберг ылбыт, диэн Степанов кэпсээтэ. Тааһы 2021 сыллаахха булбуттара, сыаната 11,8 мөлүйүөнтэн саҕаламмыта, "
    "45 мүнүүтэ барбыта.");
const StoryText kArabic = Text(
    "ar", "ar", "ألروسا تبيع ماسة مقابل 12.4 مليون دولار",
    "باعت شركة ألروسا في مزاد في أنتويرب ماسة وزنها 242 قيراطا عثر عليها عام 2021. وقال المتحدث ستيبانوف إن المشتري "
    "هو غولدبرغ من بلجيكا. بدأ المزاد عند 11.8 مليون واستمر 45 دقيقة.");

// Others, of the same days and kinds.
std::vector<StoryText> Others() {
  return {
      Text("o1", "ru", "В Якутске построят школу на 500 мест",
           "Новая школа откроется в Якутске в 2027 году, сообщил министр Семёнов. На стройку дали 1,2 млрд рублей, "
           "участок нашли на улице Лермонтова. Работы поручили компании Арктикстрой."),
      Text(
          "o2", "en", "River freight grew by 12 per cent",
          "Lena shipping carried 2.1 million tonnes in 2026, said director Ivanov of Yakutsk port. The season took 145 "
          "days and ended in October."),
      Text("o3", "en", "A concert of throat singing in Paris",
           "The ensemble Ayarkhaan sang in Paris before 800 people. The tour goes on in Brussels and Antwerp, said the "
           "manager Kolesova."),
      Text(
          "o4", "ar", "فوز فريق ياقوتسك",
          "فاز فريق ياقوتسك في بطولة 2026 بعد مباراة استمرت 90 دقيقة أمام 12000 متفرج، وقال المدرب إيفانوف إن اللاعبين "
          "استحقوا الفوز."),
      Text("o5", "ru", "АЛРОСА открыла фабрику",
           "АЛРОСА открыла обогатительную фабрику в Мирном. В неё вложили 3,5 млрд рублей, работать будут 320 человек, "
           "рассказал директор Никифоров."),
  };
}

TEST(StoryIndex, FindsOneStoryAcrossLanguages) {
  StoryIndex index({});
  for (const StoryText& other : Others()) EXPECT_FALSE(index.FindAndAdd(other)) << other.headline;
  EXPECT_FALSE(index.FindAndAdd(kRussian));
  for (const StoryText* text : {&kEnglish, &kSakha, &kArabic}) {
    const auto match = index.FindAndAdd(*text);
    ASSERT_TRUE(match) << text->headline;
    EXPECT_EQ(match->relation, Relation::kSameStory) << text->headline;
    EXPECT_TRUE(match->related.external_id == "ru" || match->related.external_id == "en" ||
                match->related.external_id == "sah")
        << text->headline << " " << match->related.external_id;
    EXPECT_GT(match->score, 0.2);
    EXPECT_NE(match->why.find("numbers"), std::string::npos);
  }
}

TEST(StoryIndex, FindsRepetitionsWithinALanguageAndNotItself) {
  StoryIndex index({});
  EXPECT_FALSE(index.FindAndAdd(kRussian));
  EXPECT_FALSE(index.FindAndAdd(kRussian));  // the item again, not another
  EXPECT_EQ(index.size(), 1u);
  StoryText copy = kRussian;
  copy.key = {"other", "1"};
  copy.headline = "Алмаз ушёл с молотка";
  const auto match = index.FindAndAdd(copy);
  ASSERT_TRUE(match);
  EXPECT_EQ(match->relation, Relation::kRepublished);
  EXPECT_EQ(match->related, kRussian.key);
}

TEST(StoryIndex, LooksAcrossLanguagesAtTheSameDaysOnly) {
  StoryIndex index({});
  StoryText old = kRussian;
  old.time = kNow - hours(72);
  index.Add(old);
  EXPECT_FALSE(index.FindAndAdd(kEnglish));
}

TEST(StoryIndex, ForgetsWhatIsOldOrTooMuch) {
  StoryIndex index({.max_texts = 3});
  for (int i = 0; i < 5; ++i) {
    StoryText text = Text(std::to_string(i), "ru", "Новость " + std::to_string(i * 1000),
                          "Совсем другие слова номер " + std::to_string(i * 7919), kNow + hours(i));
    index.Add(text);
  }
  EXPECT_EQ(index.size(), 3u);
  index.ForgetBefore(kNow + hours(4));
  EXPECT_EQ(index.size(), 1u);
}

}  // namespace
}  // namespace kimberlite::ingest
