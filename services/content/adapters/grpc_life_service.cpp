#include "services/content/adapters/grpc_life_service.h"

#include <charconv>
#include <optional>
#include <utility>

#include "libs/base/text.h"
#include "libs/i18n/dates.h"
#include "services/content/adapters/change_article.h"
#include "services/content/adapters/pg_revisions.h"
#include "services/content/adapters/pg_translation_work.h"
#include "services/content/core/drift.h"
#include "services/content/core/life.h"

namespace kimberlite::content {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 200;

std::vector<std::string> Codes(const google::protobuf::RepeatedPtrField<std::string>& codes) {
  return {codes.begin(), codes.end()};
}

Result<Time> TimeOf(const Site& site, const v1::LocalTime& local) {
  const std::string& zone = local.time_zone().empty() ? site.time_zone : local.time_zone();
  KIMBERLITE_RETURN_IF_ERROR(i18n::CheckTimeZone(zone, "local_time.time_zone"));
  return i18n::ParseLocalTime(local.local_time(), zone, "local_time.local_time");
}

Result<Time> TimeOf(const google::protobuf::Timestamp& timestamp, const std::string& field) {
  // RFC 3339's years, which the limits of protobuf's Timestamp are.
  if (timestamp.seconds() < -62135596800 || timestamp.seconds() > 253402300799 || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999) {
    return InvalidField(field, "must be a time of the years 1 to 9999");
  }
  return ToTime(timestamp);
}

Result<int> PageSize(int asked) {
  if (asked == 0) return kDefaultPage;
  if (asked < 1 || asked > kMaxPage) return InvalidField("page_size", "must be 1 to 200, or 0 for 50");
  return asked;
}

}  // namespace

void GrpcLifeService::Register(rpc::Server& server) {
  server.Handle<v1::ReviewArticleRequest, v1::ReviewArticleResponse>(
      [this](const auto& c, const auto& r) { return Review(c, r); });
  server.Handle<v1::ScheduleArticleRequest, v1::ScheduleArticleResponse>(
      [this](const auto& c, const auto& r) { return Schedule(c, r); });
  server.Handle<v1::EmbargoArticleRequest, v1::EmbargoArticleResponse>(
      [this](const auto& c, const auto& r) { return Embargo(c, r); });
  server.Handle<v1::CorrectArticleRequest, v1::CorrectArticleResponse>(
      [this](const auto& c, const auto& r) { return Correct(c, r); });
  server.Handle<v1::RestoreArticleRequest, v1::RestoreArticleResponse>(
      [this](const auto& c, const auto& r) { return Restore(c, r); });
  server.Handle<v1::ListRevisionsRequest, v1::ListRevisionsResponse>(
      [this](const auto& c, const auto& r) { return ListRevisions(c, r); });
  server.Handle<v1::ListParagraphsRequest, v1::ListParagraphsResponse>(
      [this](const auto& c, const auto& r) { return ListParagraphs(c, r); });
  server.Handle<v1::MarkParagraphsDoneRequest, v1::MarkParagraphsDoneResponse>(
      [this](const auto& c, const auto& r) { return MarkDone(c, r); });
  server.Handle<v1::ListTranslationWorkRequest, v1::ListTranslationWorkResponse>(
      [this](const auto& c, const auto& r) { return ListWork(c, r); });
}

Result<v1::ReviewArticleResponse> GrpcLifeService::Review(const rpc::Call& call,
                                                          const v1::ReviewArticleRequest& request) {
  const Act act = ActOf(call, "review", clock_.Now(), request.note());
  return ChangeArticle<v1::ReviewArticleResponse>(
      pool_, sites_, act, request, [&](const Site& site, const Article& before) {
        return ReviewArticle(site, before, Codes(request.language_codes()), request.send_back(), request.note());
      });
}

Result<v1::ScheduleArticleResponse> GrpcLifeService::Schedule(const rpc::Call& call,
                                                              const v1::ScheduleArticleRequest& request) {
  using When = v1::ScheduleArticleRequest::WhenCase;
  const bool cancel = request.when_case() == When::kCancel && request.cancel();
  if (request.when_case() == When::WHEN_NOT_SET || (request.when_case() == When::kCancel && !cancel)) {
    return InvalidField("scheduled_time", "must be set, or local_time, or cancel");
  }
  const Act act = ActOf(call, "schedule", clock_.Now());
  return ChangeArticle<v1::ScheduleArticleResponse>(
      pool_, sites_, act, request, [&](const Site& site, const Article& before) -> Result<Article> {
        const bool local = request.when_case() == When::kLocalTime;
        const std::string field = local ? "local_time" : "scheduled_time";
        std::optional<Time> time;
        if (local) {
          KIMBERLITE_ASSIGN_OR_RETURN(time, TimeOf(site, request.local_time()));
        } else if (!cancel) {
          KIMBERLITE_ASSIGN_OR_RETURN(time, TimeOf(request.scheduled_time(), field));
        }
        return ScheduleArticle(site, before, Codes(request.language_codes()), time, act.time, field);
      });
}

Result<v1::EmbargoArticleResponse> GrpcLifeService::Embargo(const rpc::Call& call,
                                                            const v1::EmbargoArticleRequest& request) {
  using Until = v1::EmbargoArticleRequest::UntilCase;
  const bool lift = request.until_case() == Until::kLift && request.lift();
  if (request.until_case() == Until::UNTIL_NOT_SET || (request.until_case() == Until::kLift && !lift)) {
    return InvalidField("embargo_time", "must be set, or local_time, or lift");
  }
  const Act act = ActOf(call, "embargo", clock_.Now());
  return ChangeArticle<v1::EmbargoArticleResponse>(
      pool_, sites_, act, request, [&](const Site& site, const Article& before) -> Result<Article> {
        const bool local = request.until_case() == Until::kLocalTime;
        const std::string field = local ? "local_time" : "embargo_time";
        std::optional<Time> time;
        if (local) {
          KIMBERLITE_ASSIGN_OR_RETURN(time, TimeOf(site, request.local_time()));
        } else if (!lift) {
          KIMBERLITE_ASSIGN_OR_RETURN(time, TimeOf(request.embargo_time(), field));
        }
        return EmbargoArticle(site, before, time, request.publish_then(), act.time, field);
      });
}

Result<v1::CorrectArticleResponse> GrpcLifeService::Correct(const rpc::Call& call,
                                                            const v1::CorrectArticleRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<TranslationCorrection> corrections, FromMessage(request));
  const Act act = ActOf(call, "correct", clock_.Now());
  return ChangeArticle<v1::CorrectArticleResponse>(
      pool_, sites_, act, request,
      [&](const Site& site, const Article& before) { return CorrectArticle(site, before, corrections, act.time); });
}

Result<v1::RestoreArticleResponse> GrpcLifeService::Restore(const rpc::Call& call,
                                                            const v1::RestoreArticleRequest& request) {
  const Act act = ActOf(call, "restore", clock_.Now(), request.reason());
  return ChangeArticle<v1::RestoreArticleResponse>(
      pool_, sites_, act, request, [&](const Site& site, const Article& before) {
        return RestoreArticle(site, before, Codes(request.language_codes()), request.reason(), act.time);
      });
}

Result<v1::ListRevisionsResponse> GrpcLifeService::ListRevisions(const rpc::Call&,
                                                                 const v1::ListRevisionsRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckArticleId(request.article_id()));
  KIMBERLITE_ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  std::int64_t below = INT64_MAX;
  const std::string& token = request.page_token();
  if (!token.empty()) {
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), below);
    if (error != std::errc() || end != token.data() + token.size() || below < 1) {
      return InvalidField("page_token", "must be the next_page_token of the page before");
    }
  }
  return pool_.Read(
      [&](pg::Transaction& transaction) { return ReadRevisions(transaction, request.article_id(), below, page_size); });
}

Result<v1::ListParagraphsResponse> GrpcLifeService::ListParagraphs(const rpc::Call&,
                                                                   const v1::ListParagraphsRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckArticleId(request.article_id()));
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::ListParagraphsResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_ASSIGN_OR_RETURN(const Article article, ReadArticle(transaction, *site, request.article_id()));
    const std::string code = request.language_code().empty() ? article.original_language_code : request.language_code();
    KIMBERLITE_ASSIGN_OR_RETURN(const auto chosen, Named(*site, article, {code}));
    const Translation& translation = article.translations[chosen.front()];
    const std::vector<std::string_view> blocks = Blocks(translation.body_html);
    v1::ListParagraphsResponse response;
    for (std::size_t i = 0; i < blocks.size() && i < translation.paragraphs.size(); ++i) {
      v1::Paragraph& paragraph = *response.add_paragraphs();
      paragraph.set_paragraph_id(translation.paragraphs[i].id);
      paragraph.set_html(std::string(blocks[i]));
    }
    if (code != article.original_language_code) return response;
    for (const Translation& other : article.translations) {
      if (other.language_code == code) continue;
      for (const std::int64_t id : Behind(translation.paragraphs, other.followed)) {
        for (v1::Paragraph& paragraph : *response.mutable_paragraphs()) {
          if (paragraph.paragraph_id() == id) paragraph.add_behind_language_codes(other.language_code);
        }
      }
    }
    return response;
  });
}

Result<v1::MarkParagraphsDoneResponse> GrpcLifeService::MarkDone(const rpc::Call& call,
                                                                 const v1::MarkParagraphsDoneRequest& request) {
  const Act act = ActOf(call, "follow", clock_.Now());
  return ChangeArticle<v1::MarkParagraphsDoneResponse>(
      pool_, sites_, act, request, [&](const Site& site, const Article& before) -> Result<Article> {
        KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, request.language_code(), "language_code"));
        return MarkParagraphsDone(before, request.language_code(),
                                  {request.paragraph_ids().begin(), request.paragraph_ids().end()});
      });
}

Result<v1::ListTranslationWorkResponse> GrpcLifeService::ListWork(const rpc::Call&,
                                                                  const v1::ListTranslationWorkRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  KIMBERLITE_ASSIGN_OR_RETURN(const WorkCursor cursor, ReadWorkCursor(request.page_token()));
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::ListTranslationWorkResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    if (!request.language_code().empty()) {
      KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(*site, request.language_code(), "language_code"));
    }
    return ReadTranslationWork(transaction, *site, request.language_code(), cursor, page_size);
  });
}

}  // namespace kimberlite::content
