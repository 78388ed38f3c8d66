#include "services/content/core/life.h"

#include <algorithm>
#include <functional>
#include <set>

#include "libs/base/text.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

constexpr std::size_t kMaxCorrections = 100;
constexpr auto kFarthest = std::chrono::days(3653);

std::string Which(const Article& article, const Translation& translation) {
  return "translation " + translation.language_code + " of " + Name(article);
}

// What an act does to one translation that was chosen: an error says why it cannot. Raises the version when it moved.
using Step = std::function<Result<void>(Translation& translation, const std::string& field)>;

// The translations that an act takes by itself.
using Takes = std::function<bool(TranslationState state)>;

// Applies `step` to the named translations, or to those that `takes` picks; `nothing` is the error when it picks none.
Result<Article> Each(const Site& site, const Article& before, const std::vector<std::string>& languages,
                     const Takes& takes, const std::string& nothing, const Step& step) {
  KIMBERLITE_ASSIGN_OR_RETURN(std::vector<std::size_t> chosen, Named(site, before, languages));
  if (languages.empty()) {
    for (std::size_t i = 0; i < before.translations.size(); ++i) {
      if (takes(before.translations[i].state)) chosen.push_back(i);
    }
    if (chosen.empty() && !nothing.empty()) return Fail(Code::kFailedPrecondition, Name(before) + nothing);
  }
  Article after = before;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    Translation& translation = after.translations[chosen[i]];
    const Translation old = translation;
    KIMBERLITE_RETURN_IF_ERROR(step(translation, languages.empty() ? "language_codes" : At("language_codes", i)));
    if (translation != old) ++translation.version;
  }
  return Next(before, std::move(after));
}

bool Has(const Article& article, TranslationState state) {
  return std::ranges::find(article.translations, state, &Translation::state) != article.translations.end();
}

Result<void> CheckLanguage(const Site& site, const Article& article, const Translation& translation,
                           const std::string& field) {
  if (site.HasLanguage(translation.language_code)) return {};
  return Fail(
      Error::Field(Code::kFailedPrecondition, field,
                   Which(article, translation) + " is in none of the site's languages (" + site.LanguageList() + ")"));
}

std::unexpected<Error> Refuse(const Article& article, const Translation& translation, const std::string& field,
                              const std::string& why) {
  return Fail(Error::Field(Code::kFailedPrecondition, field, Which(article, translation) + why));
}

Result<void> CheckTime(Time time, Time now, const std::string& field) {
  if (time <= now + kFarthest) return {};
  return InvalidField(field, "must be at most 10 years ahead");
}

}  // namespace

Result<void> CheckMayBePublic(const Site& site, const Article& article, Time now, const std::string& field) {
  if (article.embargo_time && *article.embargo_time > now) {
    return Fail(Error::Field(Code::kFailedPrecondition, field,
                             Name(article) + " is under an embargo until " + FormatRfc3339(*article.embargo_time)));
  }
  const Source* source = site.FindSource(article.source_id);
  if (source == nullptr || !source->HasExpired(now)) return {};
  return Fail(Error::Field(Code::kFailedPrecondition, field,
                           "the rights of source " + Quoted(source->source_id) + " expired at " +
                               FormatRfc3339(*source->rights_expire_time)));
}

Result<Article> PublishArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                               Time now) {
  const auto takes = [](TranslationState state) {
    return state == TranslationState::kDraft || state == TranslationState::kReview;
  };
  const std::string nothing = Has(before, TranslationState::kPublished) ? "" : " has no draft to publish";
  return Each(site, before, languages, takes, nothing,
              [&](Translation& translation, const std::string& field) -> Result<void> {
                if (translation.state == TranslationState::kPublished) return {};
                if (translation.state == TranslationState::kWithdrawn) {
                  return Refuse(before, translation, field, " was withdrawn; restore it");
                }
                KIMBERLITE_RETURN_IF_ERROR(CheckLanguage(site, before, translation, field));
                KIMBERLITE_RETURN_IF_ERROR(CheckMayBePublic(site, before, now, field));
                Publish(site, translation, now);
                return {};
              });
}

Result<Article> WithdrawArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                                const std::string& reason) {
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(reason, "reason", 0, 1000));
  const auto takes = [](TranslationState state) {
    return state == TranslationState::kPublished || state == TranslationState::kScheduled;
  };
  const std::string nothing = Has(before, TranslationState::kWithdrawn) ? "" : " has nothing public to withdraw";
  return Each(site, before, languages, takes, nothing,
              [&](Translation& translation, const std::string& field) -> Result<void> {
                if (translation.state == TranslationState::kWithdrawn) return {};
                if (translation.state == TranslationState::kPublished) {
                  translation.state = TranslationState::kWithdrawn;
                  return {};
                }
                if (!languages.empty()) return Refuse(before, translation, field, " is not public");
                translation.state = TranslationState::kDraft;
                translation.scheduled_time.reset();
                return {};
              });
}

Result<Article> RestoreArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                               const std::string& reason, Time now) {
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(reason, "reason", 0, 1000));
  const auto takes = [](TranslationState state) { return state == TranslationState::kWithdrawn; };
  return Each(site, before, languages, takes, " has nothing that was withdrawn",
              [&](Translation& translation, const std::string& field) -> Result<void> {
                if (translation.state != TranslationState::kWithdrawn) {
                  return Refuse(before, translation, field, " was not withdrawn");
                }
                KIMBERLITE_RETURN_IF_ERROR(CheckLanguage(site, before, translation, field));
                KIMBERLITE_RETURN_IF_ERROR(CheckMayBePublic(site, before, now, field));
                Publish(site, translation, now);
                return {};
              });
}

Result<Article> ReviewArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                              bool send_back, const std::string& note) {
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(note, "note", 0, 1000));
  const TranslationState from = send_back ? TranslationState::kReview : TranslationState::kDraft;
  const TranslationState to = send_back ? TranslationState::kDraft : TranslationState::kReview;
  const std::string nothing = Has(before, to) ? "" : send_back ? " has nothing in review" : " has no draft to review";
  return Each(
      site, before, languages, [&](TranslationState state) { return state == from; }, nothing,
      [&](Translation& translation, const std::string& field) -> Result<void> {
        if (translation.state == to) return {};
        if (translation.state != from) {
          return Refuse(before, translation, field, send_back ? " is not in review" : " is no draft");
        }
        translation.state = to;
        return {};
      });
}

Result<Article> ScheduleArticle(const Site& site, const Article& before, const std::vector<std::string>& languages,
                                std::optional<Time> time, Time now, const std::string& field) {
  if (time) {
    KIMBERLITE_RETURN_IF_ERROR(CheckTime(*time, now, field));
    // Asked at the time when it shall be, so that an embargo that ends then is none.
    KIMBERLITE_RETURN_IF_ERROR(CheckMayBePublic(site, before, std::max(*time, now), field));
  }
  const auto takes = [&](TranslationState state) {
    return state == TranslationState::kScheduled ||
           (time && (state == TranslationState::kDraft || state == TranslationState::kReview));
  };
  return Each(site, before, languages, takes, time ? " has no draft to schedule" : " has nothing scheduled",
              [&](Translation& translation, const std::string& at) -> Result<void> {
                if (!takes(translation.state)) {
                  return Refuse(before, translation, at,
                                translation.state == TranslationState::kPublished   ? " is public already"
                                : translation.state == TranslationState::kWithdrawn ? " was withdrawn; restore it"
                                                                                    : " is not scheduled");
                }
                if (time) KIMBERLITE_RETURN_IF_ERROR(CheckLanguage(site, before, translation, at));
                translation.state = time ? TranslationState::kScheduled : TranslationState::kDraft;
                translation.scheduled_time = time;
                return {};
              });
}

Result<Article> EmbargoArticle(const Site& site, const Article& before, std::optional<Time> until, bool publish_then,
                               Time now, const std::string& field) {
  Article after = before;
  after.embargo_time = until;
  if (until) {
    KIMBERLITE_RETURN_IF_ERROR(CheckTime(*until, now, field));
    KIMBERLITE_RETURN_IF_ERROR(CheckMayBePublic(site, after, std::max(*until, now), field));
  } else if (publish_then) {
    return InvalidField("publish_then", "must not be set when the embargo is lifted");
  }
  for (Translation& translation : after.translations) {
    if (!until) break;
    if (translation.state == TranslationState::kPublished) return Refuse(before, translation, field, " is public");
    const bool ready = translation.state == TranslationState::kDraft || translation.state == TranslationState::kReview;
    const bool early = translation.state == TranslationState::kScheduled && *translation.scheduled_time < *until;
    if (!early && !(ready && publish_then)) continue;
    KIMBERLITE_RETURN_IF_ERROR(CheckLanguage(site, before, translation, field));
    translation.state = TranslationState::kScheduled;
    translation.scheduled_time = until;
    ++translation.version;
  }
  return Next(before, std::move(after));
}

Result<Article> CorrectArticle(const Site& site, const Article& before,
                               const std::vector<TranslationCorrection>& corrections, Time now) {
  if (corrections.empty()) return InvalidField("corrections", "must hold at least one");
  if (corrections.size() > kMaxTranslations) return TooMany("corrections", kMaxTranslations, corrections.size());
  std::vector<TranslationChange> changes;
  for (std::size_t i = 0; i < corrections.size(); ++i) {
    const std::string at = At("corrections", i);
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(corrections[i].note, at + ".note", 1, 1000));
    const std::string& code = corrections[i].change.language_code;
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, code, at + ".change.language_code"));
    const Translation* translation = before.Find(code);
    if (translation == nullptr) {
      return Fail(
          Error::Field(Code::kNotFound, at + ".change.language_code", Name(before) + " has no translation " + code));
    }
    if (translation->state != TranslationState::kPublished) {
      return Refuse(before, *translation, at + ".change.language_code", " is not public");
    }
    if (translation->corrections.size() >= kMaxCorrections) {
      return TooMany(at + ".note", kMaxCorrections, kMaxCorrections + 1);
    }
    changes.push_back(corrections[i].change);
  }
  Article after = before;
  KIMBERLITE_RETURN_IF_ERROR(ChangeTranslations(site, after, changes, now, "corrections", ".change"));
  for (const TranslationCorrection& correction : corrections) {
    Translation& translation = *after.Find(correction.change.language_code);
    if (translation.version == before.Find(correction.change.language_code)->version) {
      ++translation.version;
      translation.updated_time = now;
    }
    translation.from_item = false;
    translation.corrections.push_back({now, correction.note});
  }
  return Next(before, std::move(after));
}

Result<Article> FireSchedule(const Site& site, const Article& before, Time now, int& held) {
  Article after = before;
  for (Translation& translation : after.translations) {
    if (translation.state != TranslationState::kScheduled || *translation.scheduled_time > now) continue;
    ++translation.version;
    if (before.embargo_time && *before.embargo_time > now) {
      translation.scheduled_time = before.embargo_time;
      continue;
    }
    if (site.HasLanguage(translation.language_code) && CheckMayBePublic(site, before, now, "")) {
      Publish(site, translation, now);
      continue;
    }
    translation.state = TranslationState::kReview;
    translation.scheduled_time.reset();
    ++held;
  }
  return Next(before, std::move(after));
}

Article ExpireRights(const Article& before) {
  Article after = before;
  for (Translation& translation : after.translations) {
    if (translation.state == TranslationState::kPublished) {
      translation.state = TranslationState::kWithdrawn;
    } else if (translation.state == TranslationState::kScheduled) {
      translation.state = TranslationState::kReview;
      translation.scheduled_time.reset();
    } else {
      continue;
    }
    ++translation.version;
  }
  return Next(before, std::move(after));
}

}  // namespace kimberlite::content
