#include "services/tagging/adapters/grpc_tagging_service.h"

#include <charconv>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libs/base/text.h"
#include "libs/html/text.h"
#include "libs/i18n/language.h"
#include "libs/langid/langid.h"
#include "libs/telemetry/telemetry.h"
#include "services/tagging/adapters/pg_concept_store.h"
#include "services/tagging/adapters/pg_suggestion_store.h"
#include "services/tagging/adapters/tagging_messages.h"
#include "services/tagging/core/rules.h"
#include "services/tagging/core/suggest.h"

namespace kimberlite::tagging {
namespace {

constexpr int kMaxBatch = 1000;
constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 1000;
constexpr std::size_t kMaxHeadline = 300;
constexpr std::size_t kMaxSummary = 1000;
constexpr std::size_t kMaxBody = 1024 * 1024;
constexpr std::size_t kMaxText = 1024 * 1024;
constexpr int kMaxConfigured = 100;

Result<void> CheckId(const char* field, std::int64_t id) {
  if (id > 0) return {};
  return InvalidField(field, "must be greater than 0");
}

std::unexpected<Error> NoSuchConcept(std::int64_t concept_id) {
  return Fail(Code::kNotFound, "concept " + std::to_string(concept_id) + " does not exist");
}

// A page token is the last id of the page before; empty is 0.
Result<std::int64_t> ReadPageToken(const std::string& token) {
  if (token.empty()) return 0;
  std::int64_t last_id = 0;
  const char* const end = token.data() + token.size();
  const auto read = std::from_chars(token.data(), end, last_id);
  if (read.ec == std::errc() && read.ptr == end && last_id > 0) return last_id;
  return InvalidField("page_token", "must be the next_page_token of the page before");
}

Result<void> CheckSuggest(const v1::SuggestTagsRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(request.language_code(), "language_code"));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(request.headline(), "headline", 0, kMaxHeadline));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(request.summary(), "summary", 0, kMaxSummary));
  if (request.body_html().size() <= kMaxBody) return {};
  return Fail(
      Error::Field(Code::kResourceExhausted, "body_html",
                   "must be at most 1 MiB (1048576 bytes), this has " + std::to_string(request.body_html().size())));
}

}  // namespace

void GrpcTaggingService::Register(rpc::Server& server) {
  server.Handle<v1::PutConceptRequest, v1::PutConceptResponse>(
      [this](const auto& call, const auto& r) { return PutConcept(call, r); });
  server.Handle<v1::GetConceptRequest, v1::GetConceptResponse>(
      [this](const auto&, const auto& r) { return GetConcept(r); });
  server.Handle<v1::BatchGetConceptsRequest, v1::BatchGetConceptsResponse>(
      [this](const auto&, const auto& r) { return BatchGetConcepts(r); });
  server.Handle<v1::ListConceptsRequest, v1::ListConceptsResponse>(
      [this](const auto&, const auto& r) { return ListConcepts(r); });
  server.Handle<v1::ResolveSlugRequest, v1::ResolveSlugResponse>(
      [this](const auto&, const auto& r) { return ResolveSlug(r); });
  server.Handle<v1::SuggestTagsRequest, v1::SuggestTagsResponse>(
      [this](const auto&, const auto& r) { return SuggestTags(r); });
  server.Handle<v1::ExplainTagsRequest, v1::ExplainTagsResponse>(
      [this](const auto&, const auto& r) { return ExplainTags(r); });
  server.Handle<v1::IdentifyLanguageRequest, v1::IdentifyLanguageResponse>(
      [](const auto&, const auto& r) { return IdentifyLanguage(r); });
}

Result<v1::PutConceptResponse> GrpcTaggingService::PutConcept(const rpc::Call& call,
                                                              const v1::PutConceptRequest& request) {
  if (!request.has_definition()) return InvalidField("definition", "must not be empty");
  const Concept wanted = FromMessage(request.definition());
  KIMBERLITE_RETURN_IF_ERROR(CheckConcept(wanted));
  const Time now = clock_.Now();
  KIMBERLITE_ASSIGN_OR_RETURN(const PutOutcome put, pool_.Write([&](pg::Transaction& transaction) {
    return tagging::PutConcept(transaction, wanted, now, call.context.traceparent);
  }));
  telemetry::Metrics::Counter("kimberlite_tagging_puts_total",
                              "Concepts that were put, by whether that changed anything",
                              {{"outcome", put.changed ? "changed" : "unchanged"}})
      .Add();
  // Live here before the answer; other replicas hear it from the database.
  watcher_.Apply({put.definition});
  if (put.changed) {
    telemetry::Info("concept changed", {{"concept_id", put.definition.concept_id},
                                        {"key", put.definition.key},
                                        {"sequence", put.definition.sequence},
                                        {"caller", call.caller}});
  }
  v1::PutConceptResponse response;
  *response.mutable_definition() = MessageOf(put.definition);
  return response;
}

Result<v1::GetConceptResponse> GrpcTaggingService::GetConcept(const v1::GetConceptRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckId("concept_id", request.concept_id()));
  if (request.min_sequence() < 0) return InvalidField("min_sequence", "must be 0 or greater");
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Concept> found, pool_.Read([&](pg::Transaction& transaction) {
    return ReadConcepts(transaction, {request.concept_id()});
  }));
  if (found.empty()) return NoSuchConcept(request.concept_id());
  const Concept& definition = found.front();
  if (definition.sequence < request.min_sequence()) {
    return Fail(Code::kUnavailable, "concept " + std::to_string(definition.concept_id) + " is at sequence " +
                                        std::to_string(definition.sequence) + " here, " +
                                        std::to_string(request.min_sequence()) + " was asked for; try again");
  }
  v1::GetConceptResponse response;
  *response.mutable_definition() = MessageOf(definition);
  return response;
}

Result<v1::BatchGetConceptsResponse> GrpcTaggingService::BatchGetConcepts(const v1::BatchGetConceptsRequest& request) {
  if (request.concept_ids_size() > kMaxBatch) {
    return Fail(Error::Field(Code::kResourceExhausted, "concept_ids",
                             "must be at most 1000, this has " + std::to_string(request.concept_ids_size())));
  }
  const std::vector<std::int64_t> wanted(request.concept_ids().begin(), request.concept_ids().end());
  v1::BatchGetConceptsResponse response;
  if (wanted.empty()) return response;
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Concept> found, pool_.Read([&](pg::Transaction& transaction) {
    return ReadConcepts(transaction, wanted);
  }));
  std::unordered_map<std::int64_t, const Concept*> by_id;
  for (const Concept& definition : found) by_id[definition.concept_id] = &definition;
  for (const std::int64_t concept_id : wanted) {
    if (const auto known = by_id.find(concept_id); known != by_id.end())
      *response.add_concepts() = MessageOf(*known->second);
  }
  return response;
}

Result<v1::ListConceptsResponse> GrpcTaggingService::ListConcepts(const v1::ListConceptsRequest& request) {
  const int page_size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  if (page_size < 1 || page_size > kMaxPage) return InvalidField("page_size", "must be 1 to 1000, or 0 for 100");
  KIMBERLITE_ASSIGN_OR_RETURN(const std::int64_t after, ReadPageToken(request.page_token()));
  // One more than asked for tells whether there is a next page.
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Concept> found, pool_.Read([&](pg::Transaction& transaction) {
    return ReadConceptsAfter(transaction, after, page_size + 1);
  }));
  v1::ListConceptsResponse response;
  for (const Concept& definition : found) {
    if (response.concepts_size() == page_size) {
      response.set_next_page_token(std::to_string(response.concepts(page_size - 1).concept_id()));
      break;
    }
    *response.add_concepts() = MessageOf(definition);
  }
  return response;
}

Result<v1::ResolveSlugResponse> GrpcTaggingService::ResolveSlug(const v1::ResolveSlugRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(request.language_code(), "language_code"));
  if (!IsSlug(request.slug(), kMaxSlug)) {
    return InvalidField("slug", "must be 1 to 80 of a-z, 0-9 and single hyphens between them");
  }
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::ResolveSlugResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto concept_id, FindSlug(transaction, request.language_code(), request.slug()));
    if (!concept_id) {
      return Fail(Code::kNotFound,
                  "no concept has or had the " + request.language_code() + " slug \"" + request.slug() + "\"");
    }
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Concept> found, ReadConcepts(transaction, {*concept_id}));
    if (found.empty()) return NoSuchConcept(*concept_id);
    v1::ResolveSlugResponse response;
    *response.mutable_definition() = MessageOf(found.front());
    return response;
  });
}

Result<v1::SuggestTagsResponse> GrpcTaggingService::SuggestTags(const v1::SuggestTagsRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckSuggest(request));
  const Text text{request.language_code(), request.headline(), request.summary(), html::PlainText(request.body_html())};
  const std::shared_ptr<const Matcher> matcher = vocabulary_.matcher();
  v1::SuggestTagsResponse response;
  *response.mutable_suggestions() = MessagesOf(Suggest(*matcher, {&text, 1}, request.language_code()));
  return response;
}

Result<v1::ExplainTagsResponse> GrpcTaggingService::ExplainTags(const v1::ExplainTagsRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckId("article_id", request.article_id()));
  KIMBERLITE_ASSIGN_OR_RETURN(auto stored, pool_.Read([&](pg::Transaction& transaction) {
    return ReadSuggestions(transaction, request.article_id());
  }));
  if (!stored)
    return Fail(Code::kNotFound, "no tags were looked for in article " + std::to_string(request.article_id()) + " yet");
  return std::move(stored->explained);
}

Result<v1::IdentifyLanguageResponse> GrpcTaggingService::IdentifyLanguage(const v1::IdentifyLanguageRequest& request) {
  if (request.text().size() > kMaxText) {
    return Fail(
        Error::Field(Code::kResourceExhausted, "text",
                     "must be at most 1 MiB (1048576 bytes), this has " + std::to_string(request.text().size())));
  }
  if (request.configured_languages_size() > kMaxConfigured) {
    return Fail(Error::Field(Code::kResourceExhausted, "configured_languages",
                             "must be at most 100, this has " + std::to_string(request.configured_languages_size())));
  }
  langid::Hints hints{.declared = request.declared_language()};
  for (const std::string& code : request.configured_languages()) {
    KIMBERLITE_RETURN_IF_ERROR(
        i18n::CheckLanguageCode(code, "configured_languages[" + std::to_string(hints.configured.size()) + "]"));
    hints.configured.push_back(code);
  }
  if (!hints.declared.empty()) {
    KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(hints.declared, "declared_language"));
  }
  v1::IdentifyLanguageResponse response;
  const langid::Guess guess = langid::Identify(request.text(), hints);
  response.set_language_code(guess.language);
  response.set_score(guess.score);
  for (const langid::Passage& passage : langid::IdentifyPassages(request.text(), hints)) {
    v1::LanguagePassage& added = *response.add_passages();
    added.set_begin_byte(static_cast<std::int32_t>(passage.begin_byte));
    added.set_end_byte(static_cast<std::int32_t>(passage.end_byte));
    added.set_language_code(passage.guess.language);
    added.set_score(passage.guess.score);
  }
  return response;
}

}  // namespace kimberlite::tagging
