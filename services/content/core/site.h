#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"

// What all pages share, and the rules that it keeps.
namespace kimberlite::content {

struct SiteLanguage {
  std::string language_code;
  std::string native_name;
  std::vector<std::string> fallback_language_codes;

  bool operator==(const SiteLanguage&) const = default;
};

struct Section {
  std::string section_id;
  std::string parent_section_id;              // empty: first level
  std::map<std::string, std::string> labels;  // per language code
  std::map<std::string, std::string> slugs;   // per language code; missing: the section_id

  bool operator==(const Section&) const = default;
};

struct Source {
  std::string source_id;
  std::string name;
  std::string url;     // may be empty
  std::string rights;  // for editors, may be empty
  std::optional<Time> rights_expire_time;
  bool withdraw_on_expiry = false;  // what is public then; else it stays

  // Whether nothing of it may become public any more.
  bool HasExpired(Time now) const { return rights_expire_time && *rights_expire_time <= now; }

  bool operator==(const Source&) const = default;
};

struct SocialAccount {
  std::string label;
  std::string url;

  bool operator==(const SocialAccount&) const = default;
};

struct Site {
  std::int64_t sequence = 0;
  std::string public_url;
  std::map<std::string, std::string> names;
  std::map<std::string, std::string> taglines;
  std::vector<SiteLanguage> languages;
  std::string time_zone;
  std::vector<SocialAccount> social_accounts;
  std::vector<Section> sections;
  std::vector<Source> sources;
  std::vector<std::string> navigation_section_ids;  // empty: the first level

  bool HasLanguage(std::string_view code) const;
  const Section* FindSection(std::string_view id) const;
  const Source* FindSource(std::string_view id) const;
  // "en, ru, sah"
  std::string LanguageList() const;

  bool operator==(const Site&) const = default;
};

// The error of everything that needs a site before there is one: FAILED_PRECONDITION.
Error NoSiteYet();

// Checks settings and sections; sources and sequence are not looked at. Fields are named "site.…".
Result<void> CheckSite(const Site& site);

// Fields are named "source.…".
Result<void> CheckSource(const Source& source);

// INVALID_ARGUMENT when the code is no language code, or none of the site's: the rule lists those.
Result<void> CheckSiteLanguage(const Site& site, std::string_view code, const std::string& field);

// NOT_FOUND when there is no such section, or source.
Result<void> CheckSectionExists(const Site& site, std::string_view section_id, const std::string& field);
Result<void> CheckSourceExists(const Site& site, std::string_view source_id, const std::string& field);

}  // namespace kimberlite::content
