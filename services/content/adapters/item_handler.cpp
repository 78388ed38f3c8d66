#include "services/content/adapters/item_handler.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kimberlite/ingest/v1/events.pb.h"
#include "libs/bus/outbox.h"
#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/act.h"
#include "services/content/adapters/body.h"
#include "services/content/adapters/handler_errors.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/core/file_item.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

Result<Item> ItemOf(const ingest::v1::ItemTaken& message) {
  if (message.source_id().empty()) return InvalidField("source_id", "must not be empty");
  if (message.external_id().empty()) return InvalidField("external_id", "must not be empty");
  if (message.sequence() < 1) return InvalidField("sequence", "must be 1 or greater");
  Item item{.source_id = message.source_id(),
            .external_id = message.external_id(),
            .sequence = message.sequence(),
            .credit_name = message.credit_name(),
            .credit_url = message.credit_url(),
            .link = message.link(),
            .language_code = message.language_code(),
            .headline = message.headline(),
            .summary = message.summary(),
            .authors = {message.authors().begin(), message.authors().end()},
            .categories = {message.categories().begin(), message.categories().end()},
            .default_section_id = message.default_section_id(),
            .publish_at_once = message.publish_at_once()};
  const std::string html = message.body_html().empty() ? ParagraphOf(message.summary()) : message.body_html();
  KIMBERLITE_ASSIGN_OR_RETURN(item.body_html, CleanBody(html, message.link(), "body_html"));
  return item;
}

Result<Filing> FileNew(pg::Transaction& transaction, PgSiteStore& sites, const Act& act, const Site& site,
                       const Item& item, const std::string& language) {
  std::optional<Source> credit = CreditOf(site, item, language);
  if (credit && site.FindSource(credit->source_id) == nullptr) {
    bool there = false;
    if (site.sources.size() < kMaxSources) {
      KIMBERLITE_ASSIGN_OR_RETURN(there, sites.EnsureSource(transaction, act, *credit));
    }
    if (!there) {
      telemetry::Warning("credit of an item dropped: the site has as many sources as it may have",
                         {{"source_id", item.source_id},
                          {"external_id", item.external_id},
                          {"credit", credit->source_id},
                          {"traceparent", act.traceparent}});
      credit.reset();
    }
  }
  KIMBERLITE_ASSIGN_OR_RETURN(Article article, ArticleFromItem(site, item, language, SectionOf(site, item),
                                                               credit ? credit->source_id : "", act.time));
  KIMBERLITE_RETURN_IF_ERROR(InsertArticle(transaction, act, article));
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.items (source_id, external_id, sequence, article_id, language_code)"
                        " VALUES ($1, $2, $3, $4, $5)",
                        pg::Params(item.source_id, item.external_id, item.sequence, article.article_id, language)));
  return Filing::kCreated;
}

Result<Filing> FileAgain(pg::Transaction& transaction, const Act& act, const Site& site, const Item& item,
                         const std::string& language, const pg::Row& known) {
  if (item.sequence <= known.Int("sequence")) return Filing::kOlder;
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("UPDATE content.items SET sequence = $3 WHERE source_id = $1 AND external_id = $2",
                        pg::Params(item.source_id, item.external_id, item.sequence)));
  if (known.Text("language_code") != language) return Filing::kForeignLanguage;
  KIMBERLITE_ASSIGN_OR_RETURN(const Article before, LockArticle(transaction, site, known.Int("article_id")));
  KIMBERLITE_ASSIGN_OR_RETURN(Revision revision, ReviseFromItem(before, item, language, act.time));
  KIMBERLITE_RETURN_IF_ERROR(SaveArticle(transaction, act, before, revision.article));
  return revision.filing;
}

Result<Filing> Remove(pg::Transaction& transaction, const Act& act, const Site& site,
                      const ingest::v1::ItemRemoved& message, const pg::Row& known) {
  if (message.sequence() <= known.Int("sequence")) return Filing::kOlder;
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("UPDATE content.items SET sequence = $3 WHERE source_id = $1 AND external_id = $2",
                        pg::Params(message.source_id(), message.external_id(), message.sequence())));
  KIMBERLITE_ASSIGN_OR_RETURN(const Article before, LockArticle(transaction, site, known.Int("article_id")));
  Revision revision = RemoveItem(before, known.String("language_code"), message.withdraw(), act.time);
  KIMBERLITE_RETURN_IF_ERROR(SaveArticle(transaction, act, before, revision.article));
  return revision.filing;
}

Result<pg::Rows> LockItem(pg::Transaction& transaction, const std::string& source_id, const std::string& external_id) {
  return transaction.Query(
      "SELECT sequence, article_id, language_code FROM content.items WHERE source_id = $1 AND external_id = $2"
      " FOR UPDATE",
      pg::Params(source_id, external_id));
}

// Counts and logs what became of an item; absent: the event was handled before.
void Tell(const bus::Event& event, const std::string& source_id, const std::string& external_id, std::int64_t sequence,
          const std::string& language_code, const std::optional<Filing>& filed) {
  const std::string outcome = filed ? FilingName(*filed) : "repeated";
  telemetry::Metrics::Counter("kimberlite_content_items_total", "Items of the wire by what became of them",
                              {{"outcome", outcome}})
      .Add();
  const bool skipped = filed == Filing::kForeignLanguage;
  telemetry::Log(skipped ? telemetry::Level::kWarning : telemetry::Level::kInfo,
                 skipped ? "item skipped: not in a language of the site" : "item filed",
                 {{"source_id", source_id},
                  {"external_id", external_id},
                  {"sequence", sequence},
                  {"language_code", language_code},
                  {"outcome", outcome},
                  {"event_id", event.id},
                  {"traceparent", event.traceparent}});
}

}  // namespace

Result<void> ItemHandler::HandleRemoval(const bus::Event& event) {
  ingest::v1::ItemRemoved message;
  if (!message.ParseFromString(event.payload)) return Fail(Code::kInvalidArgument, "the payload is no ItemRemoved");
  const std::string why = message.reason() == ingest::v1::REMOVAL_REASON_DECLARED ? "its feed says that it was removed"
                                                                                  : "its page is gone";
  const Act act{.verb = "remove",
                .actor = "ingest:" + message.source_id(),
                .traceparent = event.traceparent,
                .time = clock_.Now(),
                .note = why};
  const auto filed = pool_.Write([&](pg::Transaction& transaction) -> Result<std::optional<Filing>> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_ASSIGN_OR_RETURN(const bool first, bus::FirstTime(transaction, kSchema, "content.items", event));
    if (!first) return std::nullopt;
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows known,
                                LockItem(transaction, message.source_id(), message.external_id()));
    if (known.empty()) return Filing::kUnknown;
    return Remove(transaction, act, *site, message, known[0]);
  });
  if (!filed) return std::unexpected(ForBus(filed.error()));
  Tell(event, message.source_id(), message.external_id(), message.sequence(), message.language_code(), *filed);
  return {};
}

Result<void> ItemHandler::Handle(const bus::Event& event) {
  if (event.type == ingest::v1::ItemRemoved::descriptor()->full_name()) return HandleRemoval(event);
  // Kinds of events that a newer ingest may state and this binary does not know.
  if (event.type != ingest::v1::ItemTaken::descriptor()->full_name()) {
    telemetry::Warning("an event of an unknown type was skipped",
                       {{"topic", event.topic}, {"type", event.type}, {"event_id", event.id}});
    return {};
  }
  ingest::v1::ItemTaken message;
  if (!message.ParseFromString(event.payload)) return Fail(Code::kInvalidArgument, "the payload is no ItemTaken");
  KIMBERLITE_ASSIGN_OR_RETURN(const Item item, ItemOf(message));
  const Act act{
      .verb = "file", .actor = "ingest:" + item.source_id, .traceparent = event.traceparent, .time = clock_.Now()};

  const auto filed = pool_.Write([&](pg::Transaction& transaction) -> Result<std::optional<Filing>> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_ASSIGN_OR_RETURN(const bool first, bus::FirstTime(transaction, kSchema, "content.items", event));
    if (!first) return std::nullopt;
    const std::optional<std::string> language = LanguageOf(*site, item);
    if (!language) return Filing::kForeignLanguage;
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows known, LockItem(transaction, item.source_id, item.external_id));
    if (known.empty()) return FileNew(transaction, sites_, act, *site, item, *language);
    return FileAgain(transaction, act, *site, item, *language, known[0]);
  });
  if (!filed) return std::unexpected(ForBus(filed.error()));
  Tell(event, item.source_id, item.external_id, item.sequence, item.language_code, *filed);
  return {};
}

}  // namespace kimberlite::content
