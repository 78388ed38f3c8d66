#include "services/tagging/adapters/article_handler.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/content/v1/events.pb.h"
#include "kimberlite/tagging/v1/events.pb.h"
#include "libs/base/id.h"
#include "libs/bus/outbox.h"
#include "libs/html/text.h"
#include "libs/telemetry/telemetry.h"
#include "services/tagging/adapters/pg_concept_store.h"
#include "services/tagging/adapters/pg_suggestion_store.h"
#include "services/tagging/adapters/tagging_messages.h"
#include "services/tagging/core/suggest.h"

namespace kimberlite::tagging {
namespace {

constexpr auto kReadTimeout = std::chrono::seconds(3);

void Count(const std::string& outcome) {
  telemetry::Metrics::Counter("kimberlite_tagging_articles_total", "Article events by what became of them",
                              {{"outcome", outcome}})
      .Add();
}

// Whether an event leaves the words as they were. Tags alone above all: content's answer to a suggestion is such an
// event, and reading it again would go round in a circle. A change that this binary does not know may be one of words.
bool LeavesWords(const content::v1::ArticleChanged& changed) {
  return !changed.changes().empty() && std::ranges::all_of(changed.changes(), [](int change) {
    return change == content::v1::ARTICLE_CHANGE_TAGS || change == content::v1::ARTICLE_CHANGE_WITHDRAWN ||
           change == content::v1::ARTICLE_CHANGE_PLACE;
  });
}

// All translations but those that were withdrawn.
std::vector<Text> TextsOf(const content::v1::Article& article) {
  std::vector<Text> texts;
  for (const content::v1::Translation& translation : article.translations()) {
    if (translation.state() == content::v1::TRANSLATION_STATE_WITHDRAWN) continue;
    texts.push_back({translation.language_code(), translation.headline(), translation.summary(),
                     html::PlainText(translation.body_html())});
  }
  return texts;
}

std::string DigestOf(const std::vector<Text>& texts) {
  std::string all;
  for (const Text& text : texts) {
    for (const std::string* part : {&text.language_code, &text.headline, &text.summary, &text.body}) {
      all += *part;
      all += '\0';
    }
  }
  return Sha256Hex(all);
}

// Whether an article would carry the same tags; where they were found is not told to others for its own sake.
bool SameTags(const SuggestionMessages& a, const SuggestionMessages& b) {
  return std::ranges::equal(a, b, [](const v1::Suggestion& x, const v1::Suggestion& y) {
    return x.concept_id() == y.concept_id() && x.confidence() == y.confidence();
  });
}

bus::Event EventOf(std::int64_t article_id, const StoredSuggestions& stored, Time now, const std::string& traceparent) {
  v1::ArticleTagsSuggested suggested;
  suggested.set_article_id(article_id);
  suggested.set_sequence(stored.sequence);
  suggested.set_article_sequence(stored.article_sequence);
  *suggested.mutable_suggestions() = stored.explained.suggestions();
  return {.topic = kArticleTagsTopic,
          .key = std::to_string(article_id),
          .id = NewUuid(),
          .type = suggested.GetDescriptor()->full_name(),
          .source = "tagging",
          .time = now,
          .sequence = stored.sequence,
          .traceparent = ChildTraceparent(traceparent),
          .payload = suggested.SerializeAsString()};
}

// What will pass without anybody touching the event must be tried again for as long as it lasts, not set aside: here
// what content answers while it does not know our token. RESOURCE_EXHAUSTED stays: an article that is too large for an
// answer would hold its partition back for ever. The bus tries it a few times, for a content that is only busy.
Error OfContentForBus(const Error& error) {
  switch (error.code()) {
    case Code::kAborted:
    case Code::kUnauthenticated:
    case Code::kPermissionDenied:
    case Code::kCancelled: return Error(Code::kUnavailable, error.message());
    default: return error;
  }
}

// The same of our own transactions: a busy pool, a lost race.
Error OfStoreForBus(const Error& error) {
  if (error.code() != Code::kAborted && error.code() != Code::kResourceExhausted) return error;
  return Error(Code::kUnavailable, error.message());
}

}  // namespace

Result<void> ArticleHandler::Handle(const bus::Event& event) {
  if (event.type != content::v1::ArticleChanged::descriptor()->full_name()) {
    telemetry::Warning("an event of an unknown type was skipped",
                       {{"topic", event.topic}, {"type", event.type}, {"event_id", event.id}});
    return {};
  }
  content::v1::ArticleChanged changed;
  if (!changed.ParseFromString(event.payload)) return Fail(Code::kInvalidArgument, "the payload is no ArticleChanged");
  if (changed.article_id() <= 0) return Fail(Code::kInvalidArgument, "the event names no article");
  if (LeavesWords(changed)) {
    Count("ignored");
    return {};
  }

  const std::int64_t article_id = changed.article_id();
  const auto article = ReadArticle(event, article_id, changed.sequence());
  if (!article) return std::unexpected(OfContentForBus(article.error()));
  const std::vector<Text> texts = TextsOf(*article);
  if (texts.empty()) {
    Count("ignored");
    return {};
  }
  const auto begin = std::chrono::steady_clock::now();
  const std::shared_ptr<const Matcher> matcher = vocabulary_.matcher();
  v1::ExplainTagsResponse explained;
  explained.set_article_sequence(article->sequence());
  *explained.mutable_suggestions() = MessagesOf(Suggest(*matcher, texts, article->original_language_code()));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  telemetry::Metrics::Seconds("kimberlite_tagging_suggest_seconds", "Time to find the concepts of one article")
      .Observe(took.count());

  const std::string digest = DigestOf(texts);
  const auto outcome = pool_.Write([&](pg::Transaction& transaction) -> Result<std::string> {
    KIMBERLITE_ASSIGN_OR_RETURN(const bool first, bus::FirstTime(transaction, kSchema, "tagging.articles", event));
    if (!first) return "repeated";
    KIMBERLITE_ASSIGN_OR_RETURN(StoredSuggestions stored, LockSuggestions(transaction, article_id));
    if (article->sequence() < stored.article_sequence) return "older";
    const bool same = SameTags(stored.explained.suggestions(), explained.suggestions());
    stored.article_sequence = article->sequence();
    stored.text_digest = digest;
    stored.explained = explained;
    if (!same) ++stored.sequence;
    KIMBERLITE_RETURN_IF_ERROR(SaveSuggestions(transaction, article_id, stored));
    if (same) return "unchanged";
    KIMBERLITE_RETURN_IF_ERROR(
        bus::Append(transaction, kSchema, EventOf(article_id, stored, clock_.Now(), event.traceparent)));
    return "suggested";
  });
  if (!outcome) return std::unexpected(OfStoreForBus(outcome.error()));
  Count(*outcome);
  telemetry::Info("article read", {{"article_id", article_id},
                                   {"sequence", article->sequence()},
                                   {"suggestions", explained.suggestions_size()},
                                   {"outcome", *outcome},
                                   {"event_id", event.id},
                                   {"traceparent", event.traceparent}});
  return {};
}

Result<content::v1::Article> ArticleHandler::ReadArticle(const bus::Event& event, std::int64_t article_id,
                                                         std::int64_t min_sequence) const {
  content::v1::GetArticleRequest request;
  request.set_article_id(article_id);
  request.set_min_sequence(min_sequence);
  Context context = Context::WithTimeout(kReadTimeout);
  context.traceparent = ChildTraceparent(event.traceparent);
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<content::v1::GetArticleResponse>(context, request));
  return std::move(*response.mutable_article());
}

}  // namespace kimberlite::tagging
