#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/context.h"
#include "libs/base/error.h"
#include "libs/rpc/rpc.h"

namespace kimberlite::feed {

// What documents are made of: content and tagging, as they are now. Safe for any thread; blocks.
class Sources {
 public:
  struct Options {
    std::string content_target;
    std::string tagging_target;
    std::string token;
  };
  explicit Sources(const Options& options);

  // Whether content answers.
  Result<void> Ping(const Context& context) const;

  Result<content::v1::Site> GetSite(const Context& context) const;

  struct List {
    std::vector<content::v1::ArticleCard> cards;  // newest first
    bool whole = false;                           // nothing older
    int newest_sealed_page = 0;                   // number of the newest anchored page that is full; 0: none
  };
  // The newest `count`.
  Result<List> ListHead(const Context& context, const std::string& list_key, int count, bool with_bodies) const;

  // An anchored page with its bounds. NOT_FOUND beyond the newest.
  Result<content::v1::ListArticlesResponse> ListPage(const Context& context, const std::string& list_key,
                                                     int page_number, bool with_bodies) const;

  // What was lately withdrawn between two sort keys, both included; empty: no bound.
  Result<std::vector<content::v1::WithdrawnEntry>> ListWithdrawn(const Context& context, const std::string& list_key,
                                                                 const std::string& low, const std::string& high) const;

  // Everything from `high` (included; empty: the newest) down to `low` (included; empty: the oldest), newest first.
  Result<std::vector<content::v1::ArticleCard>> ListRange(const Context& context, const std::string& list_key,
                                                          const std::string& low, const std::string& high) const;

  // "yyyy-mm", newest first.
  Result<std::vector<std::string>> ArchiveMonths(const Context& context, const std::string& language) const;

  // Every public translation of these articles.
  Result<std::vector<content::v1::ArticleCard>> Translations(const Context& context,
                                                             const std::vector<std::int64_t>& article_ids) const;

  Result<std::vector<content::v1::ArticleCard>> Search(const Context& context, const std::string& language,
                                                       const std::string& query, int count) const;

  Result<content::v1::Author> GetAuthor(const Context& context, const std::string& author_id) const;
  Result<content::v1::ListAuthorsResponse> ListAuthors(const Context& context, int page_size,
                                                       const std::string& page_token) const;

  Result<tagging::v1::Concept> GetConcept(const Context& context, std::int64_t concept_id) const;
  // Of all tags of these cards, as far as there are.
  Result<std::map<std::int64_t, tagging::v1::Concept>> ConceptsOf(
      const Context& context, const std::vector<content::v1::ArticleCard>& cards) const;
  Result<tagging::v1::ListConceptsResponse> ListConcepts(const Context& context, int page_size,
                                                         const std::string& page_token) const;

  // Stays open; see StreamChanges in content_service.proto. An empty cursor begins with what comes next.
  Result<void> StreamChanges(const Context& context, const std::string& cursor,
                             const std::function<Result<void>(const content::v1::StreamChangesResponse&)>& take) const;

 private:
  const rpc::Channel content_;
  const rpc::Channel tagging_;
};

}  // namespace kimberlite::feed
