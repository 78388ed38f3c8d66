#pragma once

#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/tagging/adapters/concept_watcher.h"
#include "services/tagging/core/vocabulary.h"

namespace kimberlite::tagging {

// The RPCs of proto/kimberlite/tagging/v1/tagging_service.proto. Safe for any thread.
class GrpcTaggingService {
 public:
  GrpcTaggingService(pg::Pool& pool, const Vocabulary& vocabulary, ConceptWatcher& watcher, const Clock& clock)
      : pool_(pool), vocabulary_(vocabulary), watcher_(watcher), clock_(clock) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<v1::PutConceptResponse> PutConcept(const rpc::Call& call, const v1::PutConceptRequest& request);
  Result<v1::GetConceptResponse> GetConcept(const v1::GetConceptRequest& request);
  Result<v1::BatchGetConceptsResponse> BatchGetConcepts(const v1::BatchGetConceptsRequest& request);
  Result<v1::ListConceptsResponse> ListConcepts(const v1::ListConceptsRequest& request);
  Result<v1::ResolveSlugResponse> ResolveSlug(const v1::ResolveSlugRequest& request);
  Result<v1::SuggestTagsResponse> SuggestTags(const v1::SuggestTagsRequest& request);
  Result<v1::ExplainTagsResponse> ExplainTags(const v1::ExplainTagsRequest& request);
  static Result<v1::IdentifyLanguageResponse> IdentifyLanguage(const v1::IdentifyLanguageRequest& request);

  pg::Pool& pool_;
  const Vocabulary& vocabulary_;
  ConceptWatcher& watcher_;
  const Clock& clock_;
};

}  // namespace kimberlite::tagging
