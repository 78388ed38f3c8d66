#include "libs/site/site_paths.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cstdio>

namespace kimberlite::site {

std::string ListSortKey(Time published_time, std::int64_t article_id) {
  char key[40];
  std::snprintf(key, sizeof key, "%016llx%012llx",
                static_cast<unsigned long long>(std::max<std::int64_t>(0, published_time.time_since_epoch().count())),
                static_cast<unsigned long long>(article_id));
  return key;
}

bool HasLanguage(const content::v1::Site& site, std::string_view code) {
  return std::ranges::any_of(site.languages(), [&](const auto& one) { return one.language_code() == code; });
}

SitePaths::SitePaths(const content::v1::Site& site, std::string language)
    : site_(site), language_(std::move(language)) {
  chain_.push_back(language_);
  const auto add = [&](const std::string& code) {
    if (std::ranges::find(chain_, code) == chain_.end()) chain_.push_back(code);
  };
  for (const auto& one : site_.languages()) {
    if (one.language_code() != language_) continue;
    for (const std::string& code : one.fallback_language_codes()) add(code);
  }
  for (const auto& one : site_.languages()) add(one.language_code());
}

std::string SitePaths::Text(const google::protobuf::Map<std::string, std::string>& by_language) const {
  for (const std::string& code : chain_) {
    if (const auto text = by_language.find(code); text != by_language.end() && !text->second.empty())
      return text->second;
  }
  return "";
}

const content::v1::Section* SitePaths::FindSection(std::string_view section_id) const {
  for (const auto& section : site_.sections()) {
    if (section.section_id() == section_id) return &section;
  }
  return nullptr;
}

const content::v1::Section* SitePaths::FindSectionBySlug(std::string_view slug) const {
  for (const auto& section : site_.sections()) {
    const auto own = section.slugs().find(language_);
    if ((own == section.slugs().end() ? section.section_id() : own->second) == slug) return &section;
  }
  return nullptr;
}

const content::v1::Source* SitePaths::FindSource(std::string_view source_id) const {
  for (const auto& source : site_.sources()) {
    if (source.source_id() == source_id) return &source;
  }
  return nullptr;
}

std::string SitePaths::SectionLabel(std::string_view section_id) const {
  const auto* section = FindSection(section_id);
  if (!section) return std::string(section_id);
  const std::string label = Text(section->labels());
  return label.empty() ? section->section_id() : label;
}

std::string SitePaths::SectionPath(std::string_view section_id) const {
  const auto* section = FindSection(section_id);
  std::string slug(section_id);
  if (section) {
    if (const auto own = section->slugs().find(language_); own != section->slugs().end()) slug = own->second;
  }
  return HomePath() + slug + "/";
}

std::string SitePaths::ArticlePath(std::string_view section_id, std::int64_t id, std::string_view slug) const {
  return SectionPath(section_id) + std::to_string(id) + (slug.empty() ? "" : "-") + std::string(slug);
}

std::string SitePaths::MonthPath(std::string_view month) const {
  std::string segments(month);
  std::ranges::replace(segments, '-', '/');
  return HomePath() + "archive/" + segments + "/";
}

const tagging::v1::ConceptLabel* SitePaths::LabelOf(const tagging::v1::Concept& tag) const {
  for (const std::string& code : chain_) {
    for (const auto& label : tag.labels()) {
      if (label.language_code() == code) return &label;
    }
  }
  return tag.labels_size() > 0 ? &tag.labels(0) : nullptr;
}

std::string SitePaths::TagSlug(const tagging::v1::Concept& tag) const {
  const auto* label = LabelOf(tag);
  return label ? label->slug() : tag.key();
}

std::string SitePaths::TagLabel(const tagging::v1::Concept& tag) const {
  const auto* label = LabelOf(tag);
  return label ? label->text() : tag.key();
}

}  // namespace kimberlite::site
