#pragma once

#include <functional>
#include <string>

#include "libs/pg/pg.h"
#include "services/content/adapters/act.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/adapters/pg_idempotency.h"
#include "services/content/adapters/pg_media_store.h"
#include "services/content/adapters/pg_site_store.h"
#include "services/content/adapters/rpc_acts.h"

// One act on an existing article: lock, change, save, answer with how it stands.
namespace kimberlite::content {

using ArticleChange = std::function<Result<Article>(const Site& site, const Article& before)>;

// What the foreign key says of a section that was removed after the site was read, in the words of CheckSectionExists.
Result<void> NamingSection(const Result<void>& written, const std::string& section_id);

template <typename Response, typename Request>
Result<Response> ChangeArticle(pg::Pool& pool, PgSiteStore& sites, const Act& act, const Request& request,
                               const ArticleChange& change) {
  KIMBERLITE_RETURN_IF_ERROR(CheckArticleId(request.article_id()));
  const auto write = [&](pg::Transaction& transaction) -> Result<Response> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites.Load(transaction));
    KIMBERLITE_ASSIGN_OR_RETURN(const Article before, LockArticle(transaction, *site, request.article_id()));
    KIMBERLITE_ASSIGN_OR_RETURN(Article after, change(*site, before));
    if (after.picture && after.picture != before.picture) {
      KIMBERLITE_RETURN_IF_ERROR(CheckMediaExists(transaction, after.picture->media_id, "picture.media_id"));
    }
    KIMBERLITE_RETURN_IF_ERROR(NamingSection(SaveArticle(transaction, act, before, after), after.section_id));
    Response response;
    *response.mutable_article() = MessageOf(after);
    return response;
  };
  return Counted(act.verb, WriteOnce<Response>(pool, request, act, write));
}

}  // namespace kimberlite::content
