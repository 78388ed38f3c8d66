#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "services/content/core/article.h"
#include "services/content/core/editing.h"
#include "services/content/core/site.h"

// The life of translations: draft → review → scheduled → published → corrected → withdrawn → restored. Acts as
// editing.h describes them; each makes a new version of every translation that it moves. `languages` names
// translations; empty: all that the act can take.
//
// Nothing becomes public before an embargo ends, nor when the rights of the source have expired: FAILED_PRECONDITION.
namespace kimberlite::content {

// Drafts and what is in review or scheduled becomes public; of all: drafts and what is in review.
Result<Article> PublishArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                               Time now);

// What is public answers 410. Of all, what is scheduled becomes a draft, so that nothing comes after.
Result<Article> WithdrawArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                                const std::string& reason);

// What was withdrawn is public again, with its old times.
Result<Article> RestoreArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                               const std::string& reason, Time now);

// Drafts go to review, or with `send_back` what is in review to the drafts.
Result<Article> ReviewArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                              bool send_back, const std::string& note);

// What is not public becomes so at `time`; absent: what is scheduled becomes a draft. At most 10 years after `now`.
// `field` names the time.
Result<Article> ScheduleArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                                std::optional<Time> time, Time now, const std::string& field);

// Sets or lifts the embargo. What is scheduled for earlier is put off to its end; with `publish_then` drafts and what
// is in review are scheduled for then. FAILED_PRECONDITION when anything is public.
Result<Article> EmbargoArticle(const Site& site, const Article& before, std::optional<Time> until, bool publish_then,
                               Time now, const std::string& field);

struct TranslationCorrection {
  TranslationChange change;
  std::string note;
};
// Words changed, if any are, and a note added, of translations that are public.
Result<Article> CorrectArticle(const Site& site, const Article& before,
                               const std::vector<TranslationCorrection>& corrections, Time now);

// What is due becomes public. What may not (the rights have expired, the language left the site) goes to review, and
// what an embargo still holds is put off to its end. `held` counts those that went to review.
Result<Article> FireSchedule(const Site& site, const Article& before, Time now, int& held);

// Everything public is withdrawn and everything scheduled put to review, since the rights of the source have expired.
Article ExpireRights(const Article& before);

// FAILED_PRECONDITION, naming `field`, while nothing of the article may become public.
Result<void> CheckMayBePublic(const Site& site, const Article& article, Time now, const std::string& field);

}  // namespace kimberlite::content
