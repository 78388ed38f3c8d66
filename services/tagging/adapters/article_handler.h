#pragma once

#include "kimberlite/content/v1/article.pb.h"
#include "libs/base/time.h"
#include "libs/bus/bus.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/tagging/core/vocabulary.h"

namespace kimberlite::tagging {

inline constexpr const char* kArticleTagsTopic = "kimberlite.tagging.article_tags.v1";

// Finds concepts in articles whose words changed: kimberlite.content.article.v1, group "tagging". Once each. Safe for
// any thread.
class ArticleHandler {
 public:
  ArticleHandler(pg::Pool& pool, const rpc::Channel& content, const Vocabulary& vocabulary, const Clock& clock)
      : pool_(pool), content_(content), vocabulary_(vocabulary), clock_(clock) {}

  Result<void> Handle(const bus::Event& event);

 private:
  Result<content::v1::Article> ReadArticle(const bus::Event& event, std::int64_t article_id,
                                           std::int64_t min_sequence) const;

  pg::Pool& pool_;
  const rpc::Channel& content_;
  const Vocabulary& vocabulary_;
  const Clock& clock_;
};

}  // namespace kimberlite::tagging
