#include "services/rendering/adapters/site_view.h"

#include "libs/i18n/dates.h"
#include "libs/i18n/language.h"

namespace kimberlite::rendering {

Moment SiteView::MomentOf(Time time) const {
  return {i18n::FormatIsoWithOffset(time, site().time_zone()),
          i18n::FormatDate(time, language(), site().time_zone(), i18n::DateStyle::kDateTime)};
}

Language SiteView::LanguageOf(const content::v1::Site& site, const std::string& code) {
  Language language{code, i18n::IsRightToLeft(code) ? "rtl" : "ltr", i18n::NativeName(code)};
  for (const auto& one : site.languages()) {
    if (one.language_code() == code && !one.native_name().empty()) language.native_name = one.native_name();
  }
  return language;
}

Shell SiteView::MakeShell() const {
  Shell shell;
  shell.language = LanguageOf(site(), language());
  shell.site_name = Text(site().names());
  shell.tagline = Text(site().taglines());
  shell.site_url = site().public_url();
  shell.home_url = HomePath();
  for (const auto& section : site().sections()) {
    if (!section.parent_section_id().empty()) continue;
    shell.sections.push_back({SectionLabel(section.section_id()), SectionPath(section.section_id()), false});
  }
  for (const auto& one : site().languages()) {
    const Language other = LanguageOf(site(), one.language_code());
    shell.languages.push_back({other.native_name, other.code, other.dir, "", other.code == language()});
  }
  for (const auto& account : site().social_accounts())
    shell.social_accounts.push_back({account.label(), account.url()});
  const std::string home = HomePath();
  shell.feeds = {shell.site_name, home + "rss.xml", home + "atom.xml", home + "feed.json"};
  shell.feeds_url = home + "feeds/";
  shell.about_url = home + "about/";
  return shell;
}

std::string ArticlePathIn(const content::v1::Site& site, const content::v1::Article& article,
                          const content::v1::Translation& translation) {
  return SiteView(site, translation.language_code())
      .ArticlePath(article.section_id(), article.article_id(), translation.slug());
}

}  // namespace kimberlite::rendering
