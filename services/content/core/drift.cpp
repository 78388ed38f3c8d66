#include "services/content/core/drift.h"

#include <algorithm>

#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

std::int64_t LastId(const Article& article) {
  std::int64_t last = 0;
  for (const Translation& translation : article.translations) {
    for (const Paragraph& paragraph : translation.followed) last = std::max(last, paragraph.id);
  }
  return last;
}

}  // namespace

std::optional<Drift> DriftOf(const Article& article, const Translation& translation) {
  const Translation* original = article.Find(article.original_language_code);
  if (original == nullptr || original == &translation) return std::nullopt;
  return Drift{static_cast<int>(Behind(original->paragraphs, translation.followed).size()),
               static_cast<int>(original->paragraphs.size())};
}

void TrackDrift(const Article* before, Article& after, Time now) {
  bool original_moved = false;
  for (Translation& translation : after.translations) {
    const Translation* old = before ? before->Find(translation.language_code) : nullptr;
    if (old != nullptr && old->body_html == translation.body_html) continue;
    const bool original = translation.language_code == after.original_language_code;
    translation.paragraphs =
        Align(old ? old->paragraphs : std::vector<Paragraph>(), translation.body_html, original ? LastId(after) : 0);
    original_moved |= original;
  }
  const Translation* original = after.Find(after.original_language_code);
  if (original == nullptr) return;
  for (Translation& translation : after.translations) {
    if (&translation == original) continue;
    if (before == nullptr || before->Find(translation.language_code) == nullptr) {
      translation.followed = original->paragraphs;
    } else if (original_moved) {
      if (Behind(original->paragraphs, translation.followed).empty()) {
        translation.behind_since.reset();
      } else if (!translation.behind_since) {
        translation.behind_since = now;
      }
    }
  }
}

Result<Article> MarkParagraphsDone(const Article& before, const std::string& language_code,
                                   const std::vector<std::int64_t>& ids) {
  if (language_code == before.original_language_code) {
    return InvalidField("language_code", "must not be the original's, which follows none");
  }
  Article after = before;
  Translation* translation = after.Find(language_code);
  const Translation* original = before.Find(before.original_language_code);
  if (translation == nullptr || original == nullptr) {
    return Fail(
        Error::Field(Code::kNotFound, "language_code",
                     "article " + std::to_string(before.article_id) + " has no translation " + Quoted(language_code)));
  }
  const auto known = [](const std::vector<Paragraph>& paragraphs, std::int64_t id) {
    return std::ranges::find(paragraphs, id, &Paragraph::id) != paragraphs.end();
  };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (known(original->paragraphs, ids[i]) || known(translation->followed, ids[i])) continue;
    return Fail(Error::Field(Code::kNotFound, At("paragraph_ids", i),
                             "the original has no paragraph " + std::to_string(ids[i])));
  }
  translation->followed = ids.empty() ? original->paragraphs : Follow(original->paragraphs, translation->followed, ids);
  if (Behind(original->paragraphs, translation->followed).empty()) translation->behind_since.reset();
  if (after != before) ++after.sequence;
  return after;
}

}  // namespace kimberlite::content
