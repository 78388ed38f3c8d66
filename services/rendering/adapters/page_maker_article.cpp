#include <algorithm>
#include <chrono>
#include <map>

#include "services/rendering/adapters/page_maker.h"
#include "services/rendering/core/body.h"

// The page of a story.
namespace kimberlite::rendering {
namespace {

using content::v1::Article;
using content::v1::ArticleCard;
using content::v1::Translation;

constexpr int kRelatedSize = 4;
constexpr int kRelatedWindow = 8;    // of each concept's list
constexpr int kRelatedConcepts = 5;  // looked at

const Translation* Find(const Article& article, std::string_view language) {
  for (const Translation& one : article.translations()) {
    if (one.language_code() == language) return &one;
  }
  return nullptr;
}

bool IsPublic(const Translation& one) { return one.state() == content::v1::TRANSLATION_STATE_PUBLISHED; }

}  // namespace

// The translation of the page's language or else of the first of its chain that is public. Null when there is none.
const Translation* PageMaker::Shown(const Article& article) const {
  for (const std::string& code : view_.chain()) {
    const Translation* one = Find(article, code);
    if (one && IsPublic(*one)) return one;
  }
  return nullptr;
}

Result<Page> PageMaker::ArticlePage(std::int64_t id, bool lite) {
  auto article = sources_.GetArticle(context_, id);
  if (!article && article.error().code() == Code::kNotFound) return NotFound();
  if (!article) return std::unexpected(article.error());
  // Which translation is shown, and which others there are.
  DependOn("article:" + std::to_string(id) + "/links");

  const auto withdrawn = [](const Translation& one) { return one.state() == content::v1::TRANSLATION_STATE_WITHDRAWN; };
  const Translation* own = Find(*article, view_.language());
  if (own && withdrawn(*own)) return Gone();
  if (const Translation* shown = Shown(*article)) return ShowArticle(*article, *shown, lite);
  return std::ranges::any_of(article->translations(), withdrawn) ? Gone() : NotFound();
}

Result<Page> PageMaker::ShowArticle(const Article& article, const Translation& shown, bool lite) {
  const bool foreign = shown.language_code() != view_.language();
  const std::string entity = "article:" + std::to_string(article.article_id()) + "/";
  DependOn(entity + shown.language_code());
  DependOn(entity + "tags");
  // How far it is behind changes with the original.
  if (shown.has_drift()) DependOn(entity + article.original_language_code());
  const std::string path = view_.ArticlePath(article.section_id(), article.article_id(), shown.slug());
  ArticleView view{.shell = MakeShell()};
  Shell& shell = view.shell;
  shell.title = shown.headline();
  shell.description = shown.summary();
  shell.canonical_url = view_.Absolute(foreign ? ArticlePathIn(site_, article, shown) : path);
  shell.noindex = foreign || lite;
  view.section = {view_.SectionLabel(article.section_id()), view_.SectionPath(article.section_id())};
  shell.breadcrumb = view_.Breadcrumb({view.section, {shown.headline(), ""}});
  for (NavItem& item : shell.sections) item.current = item.url == view.section.url;
  OfferTranslations(article, foreign, view);

  if (foreign) view.foreign = SiteView::LanguageOf(site_, shown.language_code());
  view.full_url = path;
  view.lite_url = path + "/lite";
  view.headline = shown.headline();
  view.summary = shown.summary();
  for (int i = 0; i < shown.authors_size(); ++i) {
    const bool has_page = i < shown.author_ids_size() && !shown.author_ids(i).empty();
    view.authors.push_back({shown.authors(i), has_page ? view_.AuthorPath(shown.author_ids(i)) : ""});
  }
  view.published = view_.MomentOf(ToTime(shown.published_time()));
  view.updated = view_.MomentOf(ToTime(shown.updated_time()));
  view.show_updated = ToTime(shown.updated_time()) > ToTime(shown.published_time()) + std::chrono::minutes(1);
  Newest(ToTime(shown.updated_time()));
  if (!article.source_id().empty()) DependOn("source:" + article.source_id());
  if (const auto* source = view_.FindSource(article.source_id())) {
    view.source = {source->name(), view_.SourcePath(source->source_id()), article.source_url()};
  }
  AddCorrectionsAndDrift(article, shown, view);
  KIMBERLITE_RETURN_IF_ERROR(AddTags(article, view));
  if (lite) {
    view.body_html = {LiteBody(shown.body_html())};
    return Finish(theme_.RenderLite(view), path + "/lite");
  }

  KIMBERLITE_ASSIGN_OR_RETURN(view.picture, MakePicture(article.picture()));
  if (view.picture) {
    view.picture->caption = view_.Text(article.picture().captions());
    view.picture->credit = article.picture().credit();
    shell.share_image = {view_.Absolute(view.picture->src), view.picture->alt, view.picture->width,
                         view.picture->height};
  }
  const bool body_leads = !std::exchange(has_picture_, has_picture_ || shown.body_html().contains("<img "));
  Result<void> described;
  view.body_html = {FullBody(shown.body_html(), body_leads, [&](std::string_view id) -> std::optional<Picture> {
    auto picture = DescribePicture(std::string(id));
    if (picture) return std::move(*picture);
    // One that is gone is left out; where content could not say, the page cannot be made.
    if (picture.error().code() != Code::kNotFound) described = std::unexpected(picture.error());
    return std::nullopt;
  })};
  KIMBERLITE_RETURN_IF_ERROR(described);
  KIMBERLITE_RETURN_IF_ERROR(AddRelated(article, shown, view));
  return Finish(theme_.Render(view), path);
}

// Links to the real translations, in the switcher and as hreflang; what is shown for want of one has no hreflang.
void PageMaker::OfferTranslations(const Article& article, bool foreign, ArticleView& view) {
  Shell& shell = view.shell;
  for (LanguageChoice& choice : shell.languages) {
    const Translation* other = Find(article, choice.code);
    if (!other || !IsPublic(*other)) continue;
    choice.url = ArticlePathIn(site_, article, *other);
    if (choice.code != view_.language()) view.translations.push_back(choice);
    if (!foreign) shell.alternates.push_back({choice.code, view_.Absolute(choice.url)});
  }
  if (foreign) return;
  // Readers of no listed language get the original, or whatever is first where that is not public.
  const Translation* original = Find(article, article.original_language_code());
  shell.alternates.push_back({"x-default", original && IsPublic(*original)
                                               ? view_.Absolute(ArticlePathIn(site_, article, *original))
                                               : shell.alternates.front().absolute_url});
}

void PageMaker::AddCorrectionsAndDrift(const Article& article, const Translation& shown, ArticleView& view) {
  for (const auto& correction : shown.corrections()) {
    view.corrections.push_back({view_.MomentOf(ToTime(correction.correction_time())), correction.note()});
  }
  const auto& drift = shown.drift();
  if (drift.paragraphs_behind() <= 0) return;
  ArticleView::Drift behind{drift.paragraphs_behind(), drift.paragraphs_total(), {}, {}};
  if (drift.has_since_time()) behind.since = view_.MomentOf(ToTime(drift.since_time()));
  const Language language = SiteView::LanguageOf(site_, article.original_language_code());
  behind.original = {language.native_name, language.code, language.dir, "", false};
  const Translation* original = Find(article, article.original_language_code());
  if (original && IsPublic(*original)) behind.original.url = ArticlePathIn(site_, article, *original);
  view.drift = std::move(behind);
}

Result<void> PageMaker::AddTags(const Article& article, ArticleView& view) {
  std::vector<std::int64_t> ids;
  for (const auto& tag : article.tags()) {
    ids.push_back(tag.concept_id());
    DependOn("concept:" + std::to_string(tag.concept_id()));
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const auto concepts, sources_.GetConcepts(context_, ids));
  for (const std::int64_t id : ids) {
    if (const auto found = concepts.find(id); found != concepts.end()) {
      view.tags.push_back({view_.TagLabel(found->second), view_.TagPath(found->second)});
    }
  }
  return {};
}

// Older stories that share the most telling concepts, in the page's language and then in those it falls back to. Only
// what stands before the story itself: a publication never touches the pages of older stories.
Result<void> PageMaker::AddRelated(const Article& article, const Translation& shown, ArticleView& view) {
  const std::string own_key = site::ListSortKey(ToTime(shown.published_time()), article.article_id());
  std::set<std::int64_t> seen = {article.article_id()};
  struct Candidate {
    ArticleCard card;
    double weight = 0;
  };
  for (const std::string& language : view_.chain()) {
    if (view.related.size() >= kRelatedSize) break;
    std::vector<Wanted> lists;
    for (int i = 0; i < std::min(article.tags_size(), kRelatedConcepts); ++i) {
      lists.push_back({language + "/concept/" + std::to_string(article.tags(i).concept_id()), kRelatedWindow, own_key});
    }
    // Often needed, and cheaper here than in a call of its own.
    if (language == view_.language()) {
      lists.push_back({language + "/section/" + article.section_id(), kRelatedWindow, own_key});
    }
    KIMBERLITE_RETURN_IF_ERROR(Fetch(std::move(lists)));
    std::map<std::int64_t, Candidate> candidates;
    for (int i = 0; i < std::min(article.tags_size(), kRelatedConcepts); ++i) {
      const std::string list = language + "/concept/" + std::to_string(article.tags(i).concept_id());
      KIMBERLITE_ASSIGN_OR_RETURN(const Cards cards, List(list, kRelatedWindow, own_key));
      // A concept is the rarer the further its window reaches back; a list that ends within it is rarer still.
      double rarity = 1000;
      if (cards.size() == kRelatedWindow) {
        const auto span = ToTime(shown.published_time()) - ToTime(cards.back().published_time());
        rarity =
            std::clamp(std::chrono::duration<double, std::ratio<3600>>(span).count() / kRelatedWindow, 0.1, 1000.0);
      }
      for (const ArticleCard& card : cards) {
        if (seen.contains(card.article_id()) || card.sort_key() >= own_key) continue;
        Candidate& candidate = candidates[card.article_id()];
        candidate.card = card;
        candidate.weight += rarity;
      }
    }
    std::vector<Candidate> ranked;
    for (auto& [id, candidate] : candidates) ranked.push_back(std::move(candidate));
    std::ranges::sort(ranked, [](const Candidate& a, const Candidate& b) {
      return a.weight != b.weight ? a.weight > b.weight : a.card.sort_key() > b.card.sort_key();
    });
    for (const Candidate& candidate : ranked) {
      if (view.related.size() >= kRelatedSize) break;
      seen.insert(candidate.card.article_id());
      KIMBERLITE_ASSIGN_OR_RETURN(Card made, MakeCard(candidate.card, true));
      view.related.push_back(std::move(made));
    }
  }
  if (view.related.size() >= kRelatedSize) return {};
  // The section's own fill what is left.
  KIMBERLITE_ASSIGN_OR_RETURN(const Cards cards,
                              List(view_.language() + "/section/" + article.section_id(), kRelatedWindow, own_key));
  for (const ArticleCard& card : cards) {
    if (view.related.size() >= kRelatedSize) break;
    if (!seen.insert(card.article_id()).second) continue;
    KIMBERLITE_ASSIGN_OR_RETURN(Card made, MakeCard(card, true));
    view.related.push_back(std::move(made));
  }
  return {};
}

}  // namespace kimberlite::rendering
