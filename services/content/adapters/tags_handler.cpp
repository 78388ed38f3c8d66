#include "services/content/adapters/tags_handler.h"

#include <string>

#include "kimberlite/tagging/v1/events.pb.h"
#include "libs/bus/outbox.h"
#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/act.h"
#include "services/content/adapters/handler_errors.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/core/apply_tags.h"

namespace kimberlite::content {

Result<void> TagsHandler::Handle(const bus::Event& event) {
  if (event.type != tagging::v1::ArticleTagsSuggested::descriptor()->full_name()) {
    telemetry::Warning("an event of an unknown type was skipped",
                       {{"topic", event.topic}, {"type", event.type}, {"event_id", event.id}});
    return {};
  }
  tagging::v1::ArticleTagsSuggested message;
  if (!message.ParseFromString(event.payload))
    return Fail(Code::kInvalidArgument, "the payload is no ArticleTagsSuggested");
  TagSuggestion suggestion{.article_id = message.article_id(), .sequence = message.sequence()};
  for (const auto& found : message.suggestions())
    suggestion.concepts.push_back({found.concept_id(), found.confidence()});
  const Act act{.verb = "tag", .actor = "tagging", .traceparent = event.traceparent, .time = clock_.Now()};

  const auto applied = pool_.Write([&](pg::Transaction& transaction) -> Result<std::string> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_ASSIGN_OR_RETURN(const bool first, bus::FirstTime(transaction, kSchema, "content.tags", event));
    if (!first) return "repeated";
    KIMBERLITE_ASSIGN_OR_RETURN(const Article before, LockArticle(transaction, *site, suggestion.article_id));
    KIMBERLITE_ASSIGN_OR_RETURN(Article after, ApplyTags(before, suggestion));
    KIMBERLITE_RETURN_IF_ERROR(SaveArticle(transaction, act, before, after));
    if (after.sequence != before.sequence) return "applied";
    return after.tagging_sequence == before.tagging_sequence ? "older" : "unchanged";
  });
  if (!applied) return std::unexpected(ForBus(applied.error()));
  telemetry::Metrics::Counter("kimberlite_content_suggestions_total", "Suggestions of tags by what became of them",
                              {{"outcome", *applied}})
      .Add();
  telemetry::Info("tags suggested", {{"article_id", suggestion.article_id},
                                     {"sequence", suggestion.sequence},
                                     {"outcome", *applied},
                                     {"event_id", event.id},
                                     {"traceparent", event.traceparent}});
  return {};
}

}  // namespace kimberlite::content
