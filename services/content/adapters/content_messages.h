#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kimberlite/content/v1/article.pb.h"
#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/content/v1/events.pb.h"
#include "kimberlite/content/v1/site.pb.h"
#include "libs/base/error.h"
#include "libs/rpc/proto_time.h"
#include "services/content/core/article.h"
#include "services/content/core/author.h"
#include "services/content/core/editing.h"
#include "services/content/core/life.h"
#include "services/content/core/site.h"

// Between the messages of proto/kimberlite/content/v1 and the types of core/.
namespace kimberlite::content {

namespace pb = ::kimberlite::content::v1;

// What a list needs to show an article.
struct Card {
  std::int64_t article_id = 0;
  std::int64_t sequence = 0;
  std::string section_id;
  std::string source_id;
  std::vector<std::int64_t> concept_ids;
  std::optional<Picture> picture;
  Translation translation;  // its body only where asked for
  std::string sort_key;
};

pb::Article MessageOf(const Article& article);
pb::ArticleCard MessageOf(const Card& card);
pb::Site MessageOf(const Site& site);
pb::Source MessageOf(const Source& source);
pb::Author MessageOf(const Author& author);

// The event of the change from `before` (null: created) to `after`.
pb::ArticleChanged EventOf(const Article* before, const Article& after);

// Bodies are cleaned on the way in: RESOURCE_EXHAUSTED names one that is too large.
Result<NewArticle> FromMessage(const pb::CreateArticleRequest& request);
Result<ArticleUpdate> FromMessage(const pb::UpdateArticleRequest& request);
Result<TranslationChange> FromMessage(const pb::TranslationChange& message, const std::string& at);
Result<std::vector<TranslationCorrection>> FromMessage(const pb::CorrectArticleRequest& request);
Site FromMessage(const pb::Site& site);
Source FromMessage(const pb::Source& source);
Author FromMessage(const pb::Author& author);  // without its sequence

}  // namespace kimberlite::content
