#pragma once

#include <cstdint>

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/content/core/article.h"
#include "services/content/core/site.h"

// What articles were: content.article_revisions and translation_revisions, which are never changed.
namespace kimberlite::content {

// The article as it stood at that time, drafts included; its paragraphs and drift are not kept. NOT_FOUND when there
// is no such article or it did not exist yet.
Result<Article> ReadArticleAsOf(pg::Transaction& transaction, const Site& site, std::int64_t article_id, Time time);

// Revisions below a sequence, newest first. NOT_FOUND when there is no such article.
Result<v1::ListRevisionsResponse> ReadRevisions(pg::Transaction& transaction, std::int64_t article_id,
                                                std::int64_t below_sequence, int limit);

}  // namespace kimberlite::content
