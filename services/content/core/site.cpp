#include "services/content/core/site.h"

#include <algorithm>
#include <set>

#include "libs/base/text.h"
#include "libs/i18n/dates.h"
#include "libs/i18n/language.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

constexpr std::size_t kMaxLanguages = 50;
constexpr std::size_t kMaxSections = 200;
constexpr std::size_t kMaxSocialAccounts = 20;
constexpr std::size_t kMaxSectionId = 40;

Result<void> CheckPublicUrl(std::string_view url, const std::string& field) {
  if (!IsHttpUrl(url) || url.size() > 200 || url.find_first_of("/?#", url.find("://") + 3) != std::string_view::npos) {
    return InvalidField(field, "must be a scheme and a host without a slash at the end, such as https://example.org");
  }
  return {};
}

Result<void> CheckLanguages(const Site& site) {
  const std::string field = "site.languages";
  if (site.languages.empty()) return InvalidField(field, "must name at least one language");
  if (site.languages.size() > kMaxLanguages) return TooMany(field, kMaxLanguages, site.languages.size());
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < site.languages.size(); ++i) {
    const SiteLanguage& language = site.languages[i];
    const std::string at = At(field, i);
    KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(language.language_code, at + ".language_code"));
    if (!seen.insert(language.language_code).second) {
      return InvalidField(at + ".language_code", "must not name " + language.language_code + " twice");
    }
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(language.native_name, at + ".native_name", 1, 80));
    std::set<std::string_view> chain;
    for (std::size_t j = 0; j < language.fallback_language_codes.size(); ++j) {
      const std::string& fallback = language.fallback_language_codes[j];
      const std::string fallback_at = At(at + ".fallback_language_codes", j);
      KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, fallback, fallback_at));
      if (fallback == language.language_code) return InvalidField(fallback_at, "must be another language");
      if (!chain.insert(fallback).second) return InvalidField(fallback_at, "must not name " + fallback + " twice");
    }
  }
  return {};
}

// Texts per language code.
Result<void> CheckTexts(const Site& site, const std::map<std::string, std::string>& texts, const std::string& field,
                        std::size_t max) {
  for (const auto& [code, text] : texts) {
    const std::string at = field + "[" + Quoted(code) + "]";
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, code, at));
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(text, at, 1, max));
  }
  return {};
}

Result<void> CheckSocialAccounts(const Site& site) {
  const std::string field = "site.social_accounts";
  if (site.social_accounts.size() > kMaxSocialAccounts) {
    return TooMany(field, kMaxSocialAccounts, site.social_accounts.size());
  }
  for (std::size_t i = 0; i < site.social_accounts.size(); ++i) {
    const SocialAccount& account = site.social_accounts[i];
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(account.label, At(field, i) + ".label", 1, 40));
    if (!account.url.starts_with("https://") || !IsHttpUrl(account.url) || account.url.size() > kMaxUrl) {
      return InvalidField(At(field, i) + ".url", "must be an absolute https URL");
    }
  }
  return {};
}

// Whether following the parents from `section` comes to an end.
bool HasRoot(const Site& site, const Section& section) {
  const Section* at = &section;
  for (std::size_t steps = 0; steps <= site.sections.size(); ++steps) {
    if (at->parent_section_id.empty()) return true;
    at = site.FindSection(at->parent_section_id);
    if (at == nullptr) return false;
  }
  return false;
}

Result<void> CheckSection(const Site& site, const Section& section, const std::string& at) {
  if (!IsSlug(section.section_id, kMaxSectionId)) {
    return InvalidField(at + ".section_id", "must be 1 to 40 of a-z, 0-9 and single hyphens between them");
  }
  if (IsReservedSegment(section.section_id)) {
    return InvalidField(at + ".section_id",
                        "must not be \"" + section.section_id + "\", which the site's own URLs use");
  }
  if (!section.parent_section_id.empty() && site.FindSection(section.parent_section_id) == nullptr) {
    return Fail(Error::Field(Code::kNotFound, at + ".parent_section_id",
                             "section " + Quoted(section.parent_section_id) + " does not exist"));
  }
  if (!HasRoot(site, section))
    return InvalidField(at + ".parent_section_id", "must not lead back to the section itself");
  if (section.labels.empty()) return InvalidField(at + ".labels", "must hold a label in at least one language");
  KIMBERLITE_RETURN_IF_ERROR(CheckTexts(site, section.labels, at + ".labels", 80));
  for (const auto& [code, slug] : section.slugs) {
    const std::string slug_at = at + ".slugs[" + Quoted(code) + "]";
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, code, slug_at));
    if (!IsSlug(slug, kMaxSlug))
      return InvalidField(slug_at, "must be 1 to 80 of a-z, 0-9 and single hyphens between them");
    if (IsReservedSegment(slug))
      return InvalidField(slug_at, "must not be \"" + slug + "\", which the site's own URLs use");
  }
  return {};
}

// No two sections may answer at one URL.
Result<void> CheckSlugsDiffer(const Site& site) {
  for (const SiteLanguage& language : site.languages) {
    std::map<std::string, std::string> taken;  // slug to section id
    for (std::size_t i = 0; i < site.sections.size(); ++i) {
      const Section& section = site.sections[i];
      const auto own = section.slugs.find(language.language_code);
      const std::string& slug = own == section.slugs.end() ? section.section_id : own->second;
      const auto [other, first] = taken.emplace(slug, section.section_id);
      if (!first) {
        return InvalidField(
            At("site.sections", i) + ".slugs[\"" + language.language_code + "\"]",
            "must not be \"" + slug + "\", which section \"" + other->second + "\" has in this language");
      }
    }
  }
  return {};
}

Result<void> CheckSections(const Site& site) {
  const std::string field = "site.sections";
  if (site.sections.empty()) return InvalidField(field, "must name at least one section");
  if (site.sections.size() > kMaxSections) return TooMany(field, kMaxSections, site.sections.size());
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < site.sections.size(); ++i) {
    const std::string at = At(field, i);
    KIMBERLITE_RETURN_IF_ERROR(CheckSection(site, site.sections[i], at));
    if (!seen.insert(site.sections[i].section_id).second) {
      return InvalidField(at + ".section_id", "must not name " + site.sections[i].section_id + " twice");
    }
  }
  KIMBERLITE_RETURN_IF_ERROR(CheckSlugsDiffer(site));
  std::set<std::string_view> linked;
  for (std::size_t i = 0; i < site.navigation_section_ids.size(); ++i) {
    const std::string at = At("site.navigation_section_ids", i);
    KIMBERLITE_RETURN_IF_ERROR(CheckSectionExists(site, site.navigation_section_ids[i], at));
    if (!linked.insert(site.navigation_section_ids[i]).second) {
      return InvalidField(at, "must not name " + site.navigation_section_ids[i] + " twice");
    }
  }
  return {};
}

}  // namespace

bool Site::HasLanguage(std::string_view code) const {
  return std::ranges::find(languages, code, &SiteLanguage::language_code) != languages.end();
}

const Section* Site::FindSection(std::string_view id) const {
  const auto found = std::ranges::find(sections, id, &Section::section_id);
  return found == sections.end() ? nullptr : &*found;
}

const Source* Site::FindSource(std::string_view id) const {
  const auto found = std::ranges::find(sources, id, &Source::source_id);
  return found == sources.end() ? nullptr : &*found;
}

std::string Site::LanguageList() const {
  std::string list;
  for (const SiteLanguage& language : languages) {
    if (!list.empty()) list += ", ";
    list += language.language_code;
  }
  return list;
}

Error NoSiteYet() {
  return Error(Code::kFailedPrecondition, "the site has no settings yet; load them with kimberlitectl site update");
}

Result<void> CheckSite(const Site& site) {
  KIMBERLITE_RETURN_IF_ERROR(CheckPublicUrl(site.public_url, "site.public_url"));
  KIMBERLITE_RETURN_IF_ERROR(CheckLanguages(site));
  if (site.names.empty()) return InvalidField("site.names", "must hold the site's name in at least one language");
  KIMBERLITE_RETURN_IF_ERROR(CheckTexts(site, site.names, "site.names", 120));
  KIMBERLITE_RETURN_IF_ERROR(CheckTexts(site, site.taglines, "site.taglines", 300));
  KIMBERLITE_RETURN_IF_ERROR(i18n::CheckTimeZone(site.time_zone, "site.time_zone"));
  KIMBERLITE_RETURN_IF_ERROR(CheckSocialAccounts(site));
  return CheckSections(site);
}

Result<void> CheckSource(const Source& source) {
  if (!IsSlug(source.source_id, kMaxSourceId)) {
    return InvalidField("source.source_id", "must be 1 to 60 of a-z, 0-9 and single hyphens between them");
  }
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(source.name, "source.name", 1, kMaxSourceName));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(source.rights, "source.rights", 0, 1000));
  if (source.withdraw_on_expiry && !source.rights_expire_time) {
    return InvalidField("source.rights_expiry", "must not ask for withdrawal without rights_expire_time");
  }
  return CheckUrl(source.url, "source.url");
}

Result<void> CheckSiteLanguage(const Site& site, std::string_view code, const std::string& field) {
  if (site.HasLanguage(code)) return {};
  KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(code, field));
  return InvalidField(field,
                      "must be one of the site's languages (" + site.LanguageList() + "), this is " + Quoted(code));
}

Result<void> CheckSectionExists(const Site& site, std::string_view section_id, const std::string& field) {
  if (section_id.empty()) return InvalidField(field, "must not be empty");
  if (site.FindSection(section_id) != nullptr) return {};
  return Fail(Error::Field(Code::kNotFound, field, "section " + Quoted(section_id) + " does not exist"));
}

Result<void> CheckSourceExists(const Site& site, std::string_view source_id, const std::string& field) {
  if (source_id.empty() || site.FindSource(source_id) != nullptr) return {};
  return Fail(Error::Field(Code::kNotFound, field, "source " + Quoted(source_id) + " does not exist"));
}

}  // namespace kimberlite::content
