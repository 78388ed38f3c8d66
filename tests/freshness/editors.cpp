#include "tests/freshness/editors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace kimberlite::freshness {
namespace {

const std::vector<std::string> kLanguages = {"en", "ru", "sah", "ar"};
const std::vector<std::string> kSections = {"society", "economy", "culture"};
const std::vector<std::string> kSources = {"river-post", "sandal-tv"};
const std::vector<std::string> kAuthors = {"Ann Petrova", "Айталина Иванова", "ليلى حداد", "Ivan Sokolov"};
const std::vector<std::string> kWords = {"ice",   "мост",  "өрүс", "نهر",  "diamond",  "school", "дорога", "оскуола",
                                         "مدرسة", "river", "снег", "хаар", "festival", "ысыах",  "алмаз",  "winter"};
constexpr int kConcepts = 6;

template <typename T>
T Must(Result<T> result) {
  if (result) return std::move(*result);
  ADD_FAILURE() << result.error().ToString();
  return T();
}

}  // namespace

void Editors::Furnish() {
  content::v1::UpdateSiteRequest update;
  content::v1::Site& site = *update.mutable_site();
  site.set_public_url("https://lena.example");
  site.set_time_zone("Asia/Yakutsk");
  (*site.mutable_names())["en"] = "The Lena";
  for (const std::string& code : kLanguages) {
    auto& language = *site.add_languages();
    language.set_language_code(code);
    language.set_native_name(code);
    if (code == "sah") language.add_fallback_language_codes("ru");
    if (code != "en") language.add_fallback_language_codes("en");
  }
  for (const std::string& id : kSections) {
    auto& section = *site.add_sections();
    section.set_section_id(id);
    (*section.mutable_labels())["en"] = id;
  }
  Must(newsroom_.AsOperator<content::v1::UpdateSiteResponse>(update));
  for (const std::string& id : kSources) {
    content::v1::PutSourceRequest put;
    put.mutable_source()->set_source_id(id);
    put.mutable_source()->set_name(id);
    Must(newsroom_.Content<content::v1::PutSourceResponse>(put));
  }
  for (int i = 0; i < kConcepts; ++i) {
    tagging::v1::PutConceptRequest put;
    auto& one = *put.mutable_definition();
    one.set_key("topic-" + std::to_string(i));
    one.set_kind(tagging::v1::CONCEPT_KIND_TOPIC);
    auto& label = *one.add_labels();
    label.set_language_code("en");
    label.set_text("Topic " + std::to_string(i));
    concepts_.push_back(Must(newsroom_.Tagging<tagging::v1::PutConceptResponse>(put)).definition().concept_id());
  }
}

std::string Editors::Words() {
  std::string words = kWords[Pick(kWords.size())];
  for (std::size_t i = 0; i < 3 + Pick(4); ++i) words += " " + kWords[Pick(kWords.size())];
  return words + " " + std::to_string(++count_);
}

std::string Editors::Language() { return kLanguages[Pick(kLanguages.size())]; }

Editors::Story* Editors::Any() {
  if (stories_.empty()) return nullptr;
  // Mostly what is new, now and then something old.
  const std::size_t back = Pick(3) == 0 ? Pick(stories_.size()) : Pick(std::min<std::size_t>(stories_.size(), 20));
  return &stories_[stories_.size() - 1 - back];
}

Editors::Edit Editors::Publish() {
  content::v1::CreateArticleRequest create;
  create.set_section_id(kSections[Pick(kSections.size())]);
  if (Pick(2) == 0) create.set_source_id(kSources[Pick(kSources.size())]);
  std::set<std::string> languages = {Language()};
  while (Pick(2) == 0) languages.insert(Language());
  Story story;
  for (const std::string& code : languages) {
    auto& words = *create.add_translations();
    words.set_language_code(code);
    words.set_headline(Words());
    words.set_summary(Words());
    words.set_body_html("<p>" + Words() + "</p><p>" + Words() + "</p>");
    if (Pick(3) > 0) words.add_authors(kAuthors[Pick(kAuthors.size())]);
    story.languages.push_back(code);
  }
  std::set<std::int64_t> concepts;
  for (std::size_t i = 0; i < Pick(4); ++i) concepts.insert(concepts_[Pick(concepts_.size())]);
  for (const std::int64_t id : concepts) create.add_concept_ids(id);
  create.set_publish(true);
  const auto created = Must(newsroom_.Content<content::v1::CreateArticleResponse>(create)).article();
  story.id = created.article_id();
  stories_.push_back(std::move(story));
  return {"publish", created.article_id(), created.sequence()};
}

Editors::Edit Editors::Update(const std::string& what, content::v1::UpdateArticleRequest request) {
  const auto updated = Must(newsroom_.Content<content::v1::UpdateArticleResponse>(request)).article();
  return {what, updated.article_id(), updated.sequence()};
}

Editors::Edit Editors::Something() {
  Story* story = Any();
  const std::size_t what = Pick(100);
  if (story == nullptr || story->gone || what < 35) return Publish();
  content::v1::GetArticleRequest get;
  get.set_article_id(story->id);
  const auto article = Must(newsroom_.Content<content::v1::GetArticleResponse>(get)).article();
  content::v1::UpdateArticleRequest update;
  update.set_article_id(story->id);
  if (what < 55) {
    const auto& translation = article.translations(static_cast<int>(Pick(story->languages.size())));
    auto& change = *update.add_translations();
    change.set_language_code(translation.language_code());
    change.set_expected_version(translation.version());
    if (what < 47) change.set_headline(Words());
    if (what >= 45) change.set_body_html("<p>" + Words() + "</p>");
    if (what >= 52) {
      change.set_authors_set(true);
      change.add_authors(kAuthors[Pick(kAuthors.size())]);
    }
    return Update("retitle", update);
  }
  if (what < 68) {
    update.set_concepts_set(true);
    if (Pick(3) > 0) update.add_concept_ids(concepts_[Pick(concepts_.size())]);
    return Update("retag", update);
  }
  if (what < 76) {
    update.set_section_id(kSections[Pick(kSections.size())]);
    return Update("move section", update);
  }
  if (what < 86) {
    const std::string language = Language();
    if (std::ranges::find(story->languages, language) != story->languages.end()) return Publish();
    auto& change = *update.add_translations();
    change.set_language_code(language);
    change.set_headline(Words());
    change.set_body_html("<p>" + Words() + "</p>");
    story->languages.push_back(language);
    Update("add a translation", update);
    content::v1::PublishArticleRequest publish;
    publish.set_article_id(story->id);
    const auto published = Must(newsroom_.Content<content::v1::PublishArticleResponse>(publish)).article();
    return {"add a translation", published.article_id(), published.sequence()};
  }
  if (what < 95) {
    content::v1::WithdrawArticleRequest withdraw;
    withdraw.set_article_id(story->id);
    story->gone = true;
    const auto gone = Must(newsroom_.Content<content::v1::WithdrawArticleResponse>(withdraw)).article();
    return {"withdraw", gone.article_id(), gone.sequence()};
  }
  if (what < 98) {
    const std::size_t index = Pick(concepts_.size());
    tagging::v1::PutConceptRequest put;
    put.mutable_definition()->set_key("topic-" + std::to_string(index));
    put.mutable_definition()->set_kind(tagging::v1::CONCEPT_KIND_TOPIC);
    auto& label = *put.mutable_definition()->add_labels();
    label.set_language_code("en");
    label.set_text("Topic " + std::to_string(index) + " " + std::to_string(++count_));
    label.set_slug("topic-" + std::to_string(index));
    Must(newsroom_.Tagging<tagging::v1::PutConceptResponse>(put));
    return {"rename a concept"};
  }
  if (what < 99) {
    content::v1::ListAuthorsRequest list;
    const auto authors = Must(newsroom_.Content<content::v1::ListAuthorsResponse>(list));
    if (authors.authors().empty()) return Publish();
    content::v1::PutAuthorRequest put;
    *put.mutable_author() = authors.authors(static_cast<int>(Pick(static_cast<std::size_t>(authors.authors_size()))));
    (*put.mutable_author()->mutable_descriptions())["en"] = Words();
    Must(newsroom_.Content<content::v1::PutAuthorResponse>(put));
    return {"describe an author"};
  }
  content::v1::PutSourceRequest put;
  put.mutable_source()->set_source_id(kSources[Pick(kSources.size())]);
  put.mutable_source()->set_name("Source " + std::to_string(++count_));
  Must(newsroom_.Content<content::v1::PutSourceResponse>(put));
  return {"rename a source"};
}

std::vector<std::string> Editors::Addresses(int articles) {
  std::vector<std::string> addresses = {"/", "/sitemap.xml", "/news-sitemap.xml"};
  content::v1::ListAuthorsRequest list;
  const auto authors = Must(newsroom_.Content<content::v1::ListAuthorsResponse>(list));
  for (const std::string& code : kLanguages) {
    const std::string home = "/" + code + "/";
    for (const char* page : {"", "feeds/", "about/", "archive/", "rss.xml", "atom.xml", "feed.json"})
      addresses.push_back(home + page);
    std::vector<std::string> lists;
    for (const std::string& id : kSections) lists.push_back(id + "/");
    for (const std::string& id : kSources) lists.push_back("source/" + id + "/");
    for (int i = 0; i < kConcepts; ++i) lists.push_back("tag/topic-" + std::to_string(i) + "/");
    for (const auto& author : authors.authors()) lists.push_back("author/" + author.author_id() + "/");
    for (const std::string& one : lists) {
      addresses.push_back(home + one);
      addresses.push_back(home + one + "rss.xml");
      addresses.push_back(home + one + "page/1/");
      addresses.push_back(home + one + "page/2/");
    }
    for (const char* page : {"page/1/", "page/2/", "page/3/"}) addresses.push_back(home + page);
  }
  for (int i = 0; i < articles && i < static_cast<int>(stories_.size()); ++i) {
    const Story& story = stories_[stories_.size() - 1 - static_cast<std::size_t>(i)];
    for (const std::string& code : kLanguages) {
      const std::string path = "/" + code + "/any/" + std::to_string(story.id) + "-any";
      addresses.push_back(path);
      if (i % 3 == 0) addresses.push_back(path + "/lite");
    }
  }
  return addresses;
}

}  // namespace kimberlite::freshness
