#include "services/rendering/adapters/site_view.h"

#include <chrono>
#include <string>

#include "libs/i18n/dates.h"
#include "libs/i18n/language.h"

namespace kimberlite::rendering {

Moment SiteView::MomentOf(Time time) const {
  return {i18n::FormatIsoWithOffset(time, site().time_zone()),
          i18n::FormatDate(time, language(), site().time_zone(), i18n::DateStyle::kDateTime)};
}

std::string SiteView::MonthName(const std::string& month) const {
  const std::chrono::year_month_day middle(std::chrono::year(std::stoi(month.substr(0, 4))),
                                           std::chrono::month(static_cast<unsigned>(std::stoi(month.substr(5, 2)))),
                                           std::chrono::day(15));
  return i18n::FormatDate(Time(std::chrono::sys_days(middle).time_since_epoch()), language(), "UTC",
                          i18n::DateStyle::kMonth);
}

std::vector<Crumb> SiteView::Breadcrumb(std::vector<Link> below) const {
  below.insert(below.begin(), {Text(site().names()), HomePath()});
  std::vector<Crumb> crumbs;
  for (Link& link : below) {
    std::string absolute = link.url.empty() ? "" : Absolute(link.url);
    crumbs.push_back(
        {std::move(link.label), std::move(link.url), std::move(absolute), static_cast<int>(crumbs.size()) + 1});
  }
  return crumbs;
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
  shell.search_url = home + "search";
  shell.archive_url = home + "archive/";
  shell.time_zone = i18n::ZoneName(language(), site().time_zone());
  return shell;
}

std::string SrcsetOf(const content::v1::Media& media, const std::string& type) {
  std::string candidates;
  int choices = 0;
  const auto add = [&](const std::string& id, int width) {
    candidates += (choices++ > 0 ? ", /media/" : "/media/") + id + " " + std::to_string(width) + "w";
  };
  for (const auto& variant : media.variants()) {
    if (variant.content_type() == type && variant.media_id() != media.media_id())
      add(variant.media_id(), variant.width());
  }
  if (choices == 0) return "";
  if (media.content_type() == type) add(media.media_id(), media.width());
  return candidates;
}

std::string ArticlePathIn(const content::v1::Site& site, const content::v1::Article& article,
                          const content::v1::Translation& translation) {
  return SiteView(site, translation.language_code())
      .ArticlePath(article.section_id(), article.article_id(), translation.slug());
}

}  // namespace kimberlite::rendering
