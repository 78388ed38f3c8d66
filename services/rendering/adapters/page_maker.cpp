#include "services/rendering/adapters/page_maker.h"

#include "libs/i18n/words.h"

namespace kimberlite::rendering {

using content::v1::ArticleCard;

namespace {
// Code points: about three lines of a card.
constexpr std::size_t kCardSummary = 140;
}  // namespace

PageMaker::PageMaker(Sources& sources, const Theme& theme, const Context& context, const content::v1::Site& site,
                     std::string language)
    : sources_(sources), theme_(theme), context_(context), site_(site), view_(site, std::move(language)) {
  DependOn("site");
}

void PageMaker::DependOn(std::string entity, std::string low, std::string high) {
  dependencies_.insert({std::move(entity), std::move(low), std::move(high)});
}

Result<PageMaker::Cards> PageMaker::List(const std::string& list_key, int count, const std::string& before,
                                         int* newest_sealed_page) {
  const Wanted wanted{list_key, count, before};
  content::v1::ListArticlesResponse response;
  if (const auto fetched = fetched_.find(wanted); fetched != fetched_.end()) {
    response = fetched->second;
  } else {
    KIMBERLITE_ASSIGN_OR_RETURN(response, sources_.ListArticles(context_, RequestOf(wanted)));
  }
  Cards cards(std::make_move_iterator(response.mutable_articles()->begin()),
              std::make_move_iterator(response.mutable_articles()->end()));
  if (newest_sealed_page) *newest_sealed_page = response.page_number();
  const bool whole = static_cast<int>(cards.size()) < count;
  DependOn("list:" + list_key, whole ? "" : cards.back().sort_key(), before);
  return cards;
}

content::v1::ListArticlesRequest PageMaker::RequestOf(const Wanted& wanted) {
  content::v1::ListArticlesRequest request;
  request.set_list_key(wanted.list_key);
  request.set_page_size(wanted.count);
  request.set_before_sort_key(wanted.before);
  return request;
}

Result<void> PageMaker::Fetch(std::vector<Wanted> wanted) {
  if (wanted.size() < 2) return {};
  std::vector<content::v1::ListArticlesRequest> requests;
  for (const Wanted& one : wanted) requests.push_back(RequestOf(one));
  KIMBERLITE_ASSIGN_OR_RETURN(auto responses, sources_.ListMany(context_, requests));
  for (std::size_t i = 0; i < wanted.size(); ++i) fetched_.emplace(std::move(wanted[i]), std::move(responses[i]));
  return {};
}

Shell PageMaker::MakeShell() const {
  Shell shell = view_.MakeShell();
  if (const Theme::Asset* picture = theme_.share_picture()) {
    shell.share_image = {view_.Absolute(picture->path), shell.site_name, picture->width, picture->height};
  }
  return shell;
}

Result<std::optional<Picture>> PageMaker::MakePicture(const content::v1::ArticlePicture& picture) {
  if (picture.media_id().empty()) return std::nullopt;
  KIMBERLITE_ASSIGN_OR_RETURN(Picture made, DescribePicture(picture.media_id()));
  made.alt = view_.Text(picture.alt());
  made.eager = !std::exchange(has_picture_, true);
  return made;
}

Result<Picture> PageMaker::DescribePicture(const std::string& media_id) {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto media, sources_.DescribeMedia(context_, media_id));
  Picture made{.src = "/media/" + media_id, .width = media->width(), .height = media->height()};
  // Better formats first, whatever the order of the variants; the picture itself stays for browsers that know neither.
  for (const char* type : {"image/avif", "image/webp"}) {
    const std::string srcset = SrcsetOf(*media, type);
    if (!srcset.empty() && media->content_type() != type) made.sources.push_back({type, srcset});
  }
  made.srcset = SrcsetOf(*media, "image/jpeg");
  return made;
}

Result<Card> PageMaker::MakeCard(const ArticleCard& card, bool with_section, bool rich) {
  DependOn("article:" + std::to_string(card.article_id()) + "/" + card.language_code());
  Card made;
  made.url = view_.ArticlePath(card.section_id(), card.article_id(), card.slug());
  made.headline = card.headline();
  if (rich) {
    made.summary = i18n::Excerpt(card.summary(), card.language_code(), kCardSummary);
    KIMBERLITE_ASSIGN_OR_RETURN(made.picture, MakePicture(card.picture()));
  }
  made.published = view_.MomentOf(ToTime(card.published_time()));
  if (with_section) made.section_label = view_.SectionLabel(card.section_id());
  if (!card.language_code().empty() && card.language_code() != view_.language()) {
    made.foreign = SiteView::LanguageOf(site_, card.language_code());
  }
  Newest(ToTime(card.updated_time()));
  return made;
}

void PageMaker::OfferEverywhere(Shell& shell, const std::string& below) {
  OfferEach(shell, [&](const SiteView& other) { return other.HomePath() + below; });
}

void PageMaker::OfferEach(Shell& shell, const std::function<std::string(const SiteView&)>& path_in) {
  for (LanguageChoice& choice : shell.languages) {
    choice.url = path_in(SiteView(site_, choice.code));
    shell.alternates.push_back({choice.code, view_.Absolute(choice.url)});
  }
  // Readers of no listed language choose one on the front page, and elsewhere get the site's first.
  const bool front = shell.languages.front().url == SiteView(site_, shell.languages.front().code).HomePath();
  shell.alternates.push_back({"x-default", view_.Absolute(front ? "/" : shell.languages.front().url)});
}

Page PageMaker::Redirect(const std::string& path) {
  Page page;
  page.status = 301;
  page.content_type = "text/plain; charset=utf-8";
  page.location = path;
  page.body = "This page has moved to " + path + "\n";
  page.dependencies.assign(dependencies_.begin(), dependencies_.end());
  return page;
}

Page PageMaker::Finish(std::string html, std::string path) {
  Page page;
  page.content_type = "text/html; charset=utf-8";
  page.content_language = view_.language();
  page.canonical_path = std::move(path);
  page.last_modified = newest_;
  page.body = std::move(html);
  page.theme_version = theme_.version();
  page.content_security_policy = theme_.ContentSecurityPolicy();
  page.dependencies.assign(dependencies_.begin(), dependencies_.end());
  return page;
}

}  // namespace kimberlite::rendering
