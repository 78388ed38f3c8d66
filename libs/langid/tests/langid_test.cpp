#include "libs/langid/langid.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "libs/langid/model.h"

namespace kimberlite::langid {
namespace {

TEST(Identify, KnowsSentencesOfEveryLanguage) {
  const std::vector<std::pair<std::string_view, std::string_view>> sentences = {
      {"en", "The company sold more diamonds this year than in the year before."},
      {"de", "Die Firma hat in diesem Jahr mehr Diamanten verkauft als im Vorjahr."},
      {"fr", "L'entreprise a vendu cette année plus de diamants que l'année dernière."},
      {"es", "La empresa vendió este año más diamantes que el año pasado."},
      {"ru", "Компания продала в этом году больше алмазов, чем в прошлом."},
      {"uk", "Цього року компанія продала більше алмазів, ніж торік."},
      {"be", "Сёлета кампанія прадала больш алмазаў, чым летась."},
      {"bg", "Тази година компанията продаде повече диаманти, отколкото миналата."},
      {"sr", "Компанија је ове године продала више дијаманата него прошле."},
      {"sah", "Хампаанньа быйыл былырыыннааҕар элбэх алмааһы атыылаата."},
      {"tt", "Компания быел узган елга караганда күбрәк алмаз сатты."},
      {"ba", "Компания быйыл үткән йылға ҡарағанда күберәк алмас һатты."},
      {"kk", "Компания биыл былтырғы жылға қарағанда көбірек алмас сатты."},
      {"ky", "Компания быйыл өткөн жылга караганда көбүрөөк алмаз сатты."},
      {"tg", "Ширкат имсол нисбат ба соли гузашта бештар алмос фурӯхт."},
      {"mn", "Тус компани энэ жил өнгөрсөн жилийнхээс илүү олон алмаз худалджээ."},
      {"cv", "Ҫынсем пурте ирӗклӗ те пӗр тан ҫуралаҫҫӗ."},
      {"tyv", "Бо хүн улус чоннуң эргелериниң дугайында чугаалажып турган."},
      {"zh", "这家公司今年售出的钻石比去年多。"},
      {"ja", "その会社は今年、昨年よりも多くのダイヤモンドを売りました。"},
      {"ko", "그 회사는 올해 작년보다 더 많은 다이아몬드를 팔았다."},
      {"ar", "باعت الشركة هذا العام من الماس أكثر مما باعت في العام الماضي."},
      {"he", "החברה מכרה השנה יותר יהלומים מאשר בשנה שעברה."},
  };
  for (const auto& [language, text] : sentences) {
    const Guess guess = Identify(text);
    EXPECT_EQ(guess.language, language) << text;
    EXPECT_GT(guess.score, 0.5) << text;
  }
}

TEST(Identify, KnowsSakhaWithoutItsSpecialLetters) {
  EXPECT_EQ(Identify("Бу дойдуга ким барыта тыл эппитэ.").language, "sah");
  EXPECT_EQ(Identify("Бүгүн киhилэр мустубуттара уонна кэпсэппиттэрэ.").language, "sah");  // Latin h
}

TEST(Identify, LeavesUndeterminedWhatIsNoKnownLanguage) {
  for (const std::string_view text :
       {"", "…", "12:30 — 17 %", "а", "https://example.com/path", "xqzv kjwq pfgh zzxc", "🦌🦌🦌",
        "Η εταιρεία πούλησε περισσότερα διαμάντια", "कंपनी ने इस साल अधिक हीरे बेचे", "კომპანიამ მეტი ბრილიანტი გაყიდა",
        "int main(int argc, char** argv) { return 0; }", "Yhtiö myi tänä vuonna enemmän timantteja kuin viime vuonna",
        "A cég idén több gyémántot adott el, mint tavaly"}) {
    EXPECT_EQ(Identify(text).language, "und") << text;
  }
}

TEST(Identify, LetsHintsDecideWhereTheTextDoesNot) {
  // A word of both languages.
  const std::string_view word = "Президент";
  EXPECT_EQ(Identify(word, {.configured = {"ru", "sah", "en"}, .declared = "ru"}).language, "ru");
  const auto score = [&](const Hints& hints, std::string_view language) {
    for (const Guess& guess : Rank(word, hints, 100)) {
      if (guess.language == language) return guess.score;
    }
    return 0.0;
  };
  EXPECT_GT(score({.declared = "sah"}, "sah"), score({}, "sah"));
  EXPECT_GT(score({.configured = {"bg"}}, "bg"), score({}, "bg"));
  // A clear text is what it is.
  EXPECT_EQ(Identify("Компания продала в этом году больше алмазов, чем в прошлом.", {.declared = "en"}).language, "ru");
  EXPECT_EQ(Identify(word, {.configured = {"xx", ""}, .declared = "nonsense"}).language, Identify(word).language);
}

TEST(Identify, ReadsATextOfAnySize) {
  std::string text;
  while (text.size() < (10U << 20)) text += "Компания продала в этом году больше алмазов, чем в прошлом. ";
  EXPECT_EQ(Identify(text).language, "ru");
  EXPECT_EQ(Identify(std::string(10U << 20, 'x')).language, "und");
  EXPECT_EQ(Identify("\xff\xfe\xd0").language, "und");
}

TEST(Rank, GivesTheLikeliestFirst) {
  const auto ranked = Rank("Компания быел узган елга караганда күбрәк алмаз сатты.", {}, 2);
  ASSERT_EQ(ranked.size(), 2U);
  EXPECT_EQ(ranked[0].language, "tt");
  EXPECT_GE(ranked[0].score, ranked[1].score);
}

TEST(IdentifyPassages, CutsAMixedTextByParagraphs) {
  const std::string russian = "Компания продала в этом году больше алмазов, чем в прошлом.\n";
  const std::string english = "The company sold more diamonds this year than in the year before.\n";
  const std::string text = russian + "2026 г.\n" + russian + english;
  const auto passages = IdentifyPassages(text);
  ASSERT_EQ(passages.size(), 2U);
  EXPECT_EQ(passages[0].guess.language, "ru");
  EXPECT_EQ(passages[0].begin_byte, 0U);
  EXPECT_EQ(passages[0].end_byte, text.size() - english.size());
  EXPECT_EQ(passages[1].guess.language, "en");
  EXPECT_EQ(passages[1].end_byte, text.size());
  EXPECT_TRUE(IdentifyPassages("").empty());
}

TEST(IdentifyPassages, AreBounded) {
  std::string text;
  for (std::size_t i = 0; i < 2 * kMaxPassages; ++i) {
    text +=
        i % 2 == 0 ? "The company sold more diamonds this year.\n" : "Компания продала больше алмазов в этом году.\n";
  }
  const auto passages = IdentifyPassages(text);
  EXPECT_EQ(passages.size(), kMaxPassages);
  EXPECT_EQ(passages.back().end_byte, text.size());
}

TEST(Model, OfAnotherFormatOrCutShortIsRefused) {
  EXPECT_FALSE(Model::Parse(""));
  EXPECT_FALSE(Model::Parse("KLID\x02"));
  const std::string bytes =
      Model::Write({"und", "ru"}, 1, std::vector<std::int8_t>(std::size_t{kBuckets} * kMaxLanguages));
  EXPECT_TRUE(Model::Parse(bytes));
  EXPECT_EQ(Model::Parse(std::string_view(bytes).substr(1000)).error().code(), Code::kDataLoss);
  EXPECT_FALSE(Model::Parse(std::string_view(bytes).substr(0, bytes.size() - 1)));
}

TEST(KnownLanguages, HoldSakhaAndItsNeighbours) {
  for (const std::string_view code :
       {"sah", "ru", "kk", "ky", "tt", "ba", "tyv", "kjh", "alt", "evn", "eve", "ykg", "cv", "mn"}) {
    EXPECT_NE(std::ranges::find(KnownLanguages(), code), KnownLanguages().end()) << code;
  }
}

}  // namespace
}  // namespace kimberlite::langid
