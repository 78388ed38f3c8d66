#pragma once

#include <string>

#include "services/content/core/article.h"
#include "services/content/core/editing.h"
#include "services/content/core/site.h"

// A small site and its stories, for tests.
namespace kimberlite::content {

inline Time At2026(int seconds) {
  return Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)) + std::chrono::seconds(seconds);
}

inline Site SampleSite() {
  Site site;
  site.sequence = 1;
  site.public_url = "https://example.org";
  site.names = {{"en", "The Lena"}, {"sah", "Өлүөнэ"}};
  site.taglines = {{"en", "News of the river"}};
  site.languages = {
      {"en", "English", {}}, {"ru", "Русский", {"en"}}, {"sah", "Саха тыла", {"ru", "en"}}, {"ar", "العربية", {"en"}}};
  site.time_zone = "Asia/Yakutsk";
  site.social_accounts = {{"Instagram", "https://instagram.com/lena"}};
  site.sections = {
      {"society", "", {{"en", "Society"}, {"ru", "Общество"}}, {}},
      {"economy", "", {{"en", "Economy"}, {"ru", "Экономика"}, {"sah", "Экономика"}}, {{"ru", "ekonomika"}}}};
  site.sources = {{"river-post", "River Post", "https://river.example"}};
  return site;
}

inline NewArticle SampleStory() {
  return {.section_id = "economy",
          .source_id = "river-post",
          .source_url = "https://river.example/7",
          .translations = {{.language_code = "sah", .headline = "Ыам ыйын саҕалааһына", .body_html = "<p>Сана</p>"},
                           {.language_code = "en",
                            .headline = "Ice breaks early",
                            .summary = "On the Lena",
                            .body_html = "<p>Ice.</p>"}},
          .concept_ids = {7, 3},
          .publish = true};
}

// The story as stored under the id 1001.
inline Article SampleArticle() {
  Article article = *CreateArticle(SampleSite(), SampleStory(), At2026(0));
  article.article_id = 1001;
  return article;
}

}  // namespace kimberlite::content
