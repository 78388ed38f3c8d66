#pragma once

#include <google/protobuf/map.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kimberlite/content/v1/article.pb.h"
#include "kimberlite/content/v1/site.pb.h"
#include "kimberlite/tagging/v1/concept.pb.h"
#include "libs/base/time.h"
#include "libs/rpc/proto_time.h"

// What public addresses and labels look like: the one place that pages and feeds agree by.
namespace kimberlite::site {

// ArticleCard.sort_key of a translation: 16 hex digits of its time of publication in microseconds, then 12 of the id.
std::string ListSortKey(Time published_time, std::int64_t article_id);

bool HasLanguage(const content::v1::Site& site, std::string_view code);

// The site as one language sees it: labels by its fallback chain, and paths. Keeps a reference to the site.
class SitePaths {
 public:
  // `language` is one of the site's.
  SitePaths(const content::v1::Site& site, std::string language);

  const content::v1::Site& site() const { return site_; }
  const std::string& language() const { return language_; }
  // The language itself, then its fallbacks, then the site's others.
  const std::vector<std::string>& chain() const { return chain_; }

  // The text of the first language of the chain that has one; empty when none has.
  std::string Text(const google::protobuf::Map<std::string, std::string>& by_language) const;

  // Null when there is none.
  const content::v1::Section* FindSection(std::string_view section_id) const;
  const content::v1::Section* FindSectionBySlug(std::string_view slug) const;
  const content::v1::Source* FindSource(std::string_view source_id) const;

  std::string SectionLabel(std::string_view section_id) const;
  std::string TagLabel(const tagging::v1::Concept& tag) const;

  std::string HomePath() const { return "/" + language_ + "/"; }
  std::string SectionPath(std::string_view section_id) const;
  std::string ArticlePath(std::string_view section_id, std::int64_t id, std::string_view slug) const;
  std::string TagSlug(const tagging::v1::Concept& tag) const;
  std::string TagPath(const tagging::v1::Concept& tag) const { return HomePath() + "tag/" + TagSlug(tag) + "/"; }
  std::string SourcePath(std::string_view source_id) const {
    return HomePath() + "source/" + std::string(source_id) + "/";
  }
  std::string AuthorPath(std::string_view author_id) const {
    return HomePath() + "author/" + std::string(author_id) + "/";
  }
  // "2026-11".
  std::string MonthPath(std::string_view month) const;
  std::string Absolute(std::string_view path) const { return site_.public_url() + std::string(path); }

 private:
  const tagging::v1::ConceptLabel* LabelOf(const tagging::v1::Concept& tag) const;

  const content::v1::Site& site_;
  const std::string language_;
  std::vector<std::string> chain_;
};

}  // namespace kimberlite::site
