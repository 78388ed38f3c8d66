#include "services/rendering/core/template_fields.h"

// The members of the views by the names that templates use: those of view.h. What is missing here, templates cannot
// show.
namespace kimberlite::rendering {

template <>
const TypeInfo& Describe<Language>() {
  static const TypeInfo type{
      "Language",
      {Member("code", &Language::code), Member("dir", &Language::dir), Member("native_name", &Language::native_name)}};
  return type;
}

template <>
const TypeInfo& Describe<Link>() {
  static const TypeInfo type{"Link", {Member("label", &Link::label), Member("url", &Link::url)}};
  return type;
}

template <>
const TypeInfo& Describe<Crumb>() {
  static const TypeInfo type{"Crumb",
                             {Member("label", &Crumb::label), Member("url", &Crumb::url),
                              Member("absolute_url", &Crumb::absolute_url), Member("position", &Crumb::position)}};
  return type;
}

template <>
const TypeInfo& Describe<Moment>() {
  static const TypeInfo type{"Moment", {Member("iso", &Moment::iso), Member("text", &Moment::text)}};
  return type;
}

template <>
const TypeInfo& Describe<PictureSource>() {
  static const TypeInfo type{"PictureSource",
                             {Member("type", &PictureSource::type), Member("srcset", &PictureSource::srcset)}};
  return type;
}

template <>
const TypeInfo& Describe<Picture>() {
  static const TypeInfo type{
      "Picture",
      {Member("src", &Picture::src), Member("srcset", &Picture::srcset), Member("sources", &Picture::sources),
       Member("alt", &Picture::alt), Member("width", &Picture::width), Member("height", &Picture::height),
       Member("eager", &Picture::eager), Member("caption", &Picture::caption), Member("credit", &Picture::credit)}};
  return type;
}

template <>
const TypeInfo& Describe<FeedLinks>() {
  static const TypeInfo type{"FeedLinks",
                             {Member("title", &FeedLinks::title), Member("rss_url", &FeedLinks::rss_url),
                              Member("atom_url", &FeedLinks::atom_url), Member("json_url", &FeedLinks::json_url)}};
  return type;
}

template <>
const TypeInfo& Describe<Alternate>() {
  static const TypeInfo type{
      "Alternate", {Member("hreflang", &Alternate::hreflang), Member("absolute_url", &Alternate::absolute_url)}};
  return type;
}

template <>
const TypeInfo& Describe<NavItem>() {
  static const TypeInfo type{
      "NavItem",
      {Member("label", &NavItem::label), Member("url", &NavItem::url), Member("current", &NavItem::current)}};
  return type;
}

template <>
const TypeInfo& Describe<LanguageChoice>() {
  static const TypeInfo type{"LanguageChoice",
                             {Member("native_name", &LanguageChoice::native_name),
                              Member("code", &LanguageChoice::code), Member("dir", &LanguageChoice::dir),
                              Member("url", &LanguageChoice::url), Member("current", &LanguageChoice::current)}};
  return type;
}

template <>
const TypeInfo& Describe<ShareImage>() {
  static const TypeInfo type{"ShareImage",
                             {Member("absolute_url", &ShareImage::absolute_url), Member("alt", &ShareImage::alt),
                              Member("width", &ShareImage::width), Member("height", &ShareImage::height)}};
  return type;
}

template <>
const TypeInfo& Describe<Shell>() {
  static const TypeInfo type{"Shell",
                             {Member("language", &Shell::language),
                              Member("site_name", &Shell::site_name),
                              Member("tagline", &Shell::tagline),
                              Member("site_url", &Shell::site_url),
                              Member("home_url", &Shell::home_url),
                              Member("title", &Shell::title),
                              Member("description", &Shell::description),
                              Member("canonical_url", &Shell::canonical_url),
                              Member("prev_url", &Shell::prev_url),
                              Member("next_url", &Shell::next_url),
                              Member("noindex", &Shell::noindex),
                              Member("alternates", &Shell::alternates),
                              Member("breadcrumb", &Shell::breadcrumb),
                              Member("sections", &Shell::sections),
                              Member("languages", &Shell::languages),
                              Member("social_accounts", &Shell::social_accounts),
                              Member("feeds", &Shell::feeds),
                              Member("feeds_url", &Shell::feeds_url),
                              Member("about_url", &Shell::about_url),
                              Member("search_url", &Shell::search_url),
                              Member("archive_url", &Shell::archive_url),
                              Member("time_zone", &Shell::time_zone),
                              Member("search_query", &Shell::search_query),
                              Member("share_image", &Shell::share_image)}};
  return type;
}

template <>
const TypeInfo& Describe<Card>() {
  static const TypeInfo type{
      "Card",
      {Member("url", &Card::url), Member("headline", &Card::headline), Member("summary", &Card::summary),
       Member("picture", &Card::picture), Member("published", &Card::published), Member("foreign", &Card::foreign),
       Member("section_label", &Card::section_label), Member("position", &Card::position)}};
  return type;
}

template <>
const TypeInfo& Describe<HomeView::Block>() {
  static const TypeInfo type{"HomeView::Block",
                             {Member("label", &HomeView::Block::label), Member("url", &HomeView::Block::url),
                              Member("cards", &HomeView::Block::cards)}};
  return type;
}

template <>
const TypeInfo& Describe<HomeView>() {
  static const TypeInfo type{
      "HomeView",
      {Member("shell", &HomeView::shell), Member("lead", &HomeView::lead), Member("cards", &HomeView::cards),
       Member("blocks", &HomeView::blocks), Member("older_url", &HomeView::older_url)}};
  return type;
}

namespace {
template <ListKind kind>
bool IsKind(const void* view) {
  return static_cast<const ListView*>(view)->kind == kind;
}
template <int status>
bool IsStatus(const void* view) {
  return static_cast<const ErrorView*>(view)->status == status;
}
}  // namespace

template <>
const TypeInfo& Describe<ListView>() {
  static const TypeInfo type{
      "ListView",
      {Member("shell", &ListView::shell), Computed("is_section", IsKind<ListKind::kSection>),
       Computed("is_tag", IsKind<ListKind::kTag>), Computed("is_source", IsKind<ListKind::kSource>),
       Computed("is_author", IsKind<ListKind::kAuthor>), Computed("is_archive", IsKind<ListKind::kArchive>),
       Member("heading", &ListView::heading), Member("about", &ListView::about), Member("website", &ListView::website),
       Member("cards", &ListView::cards), Member("more", &ListView::more), Member("newer_url", &ListView::newer_url),
       Member("older_url", &ListView::older_url), Member("page_number", &ListView::page_number)}};
  return type;
}

template <>
const TypeInfo& Describe<ArticleView::Author>() {
  static const TypeInfo type{"ArticleView::Author",
                             {Member("name", &ArticleView::Author::name), Member("url", &ArticleView::Author::url)}};
  return type;
}

template <>
const TypeInfo& Describe<ArticleView::Source>() {
  static const TypeInfo type{"ArticleView::Source",
                             {Member("name", &ArticleView::Source::name), Member("url", &ArticleView::Source::url),
                              Member("original_url", &ArticleView::Source::original_url)}};
  return type;
}

template <>
const TypeInfo& Describe<ArticleView::Correction>() {
  static const TypeInfo type{
      "ArticleView::Correction",
      {Member("time", &ArticleView::Correction::time), Member("note", &ArticleView::Correction::note)}};
  return type;
}

template <>
const TypeInfo& Describe<ArticleView::Drift>() {
  static const TypeInfo type{
      "ArticleView::Drift",
      {Member("behind", &ArticleView::Drift::behind), Member("total", &ArticleView::Drift::total),
       Member("since", &ArticleView::Drift::since), Member("original", &ArticleView::Drift::original)}};
  return type;
}

template <>
const TypeInfo& Describe<ArticleView>() {
  static const TypeInfo type{
      "ArticleView",
      {Member("shell", &ArticleView::shell), Member("foreign", &ArticleView::foreign),
       Member("headline", &ArticleView::headline), Member("summary", &ArticleView::summary),
       Member("body_html", &ArticleView::body_html), Member("authors", &ArticleView::authors),
       Member("published", &ArticleView::published), Member("updated", &ArticleView::updated),
       Member("show_updated", &ArticleView::show_updated), Member("section", &ArticleView::section),
       Member("source", &ArticleView::source), Member("tags", &ArticleView::tags),
       Member("picture", &ArticleView::picture), Member("translations", &ArticleView::translations),
       Member("corrections", &ArticleView::corrections), Member("drift", &ArticleView::drift),
       Member("related", &ArticleView::related), Member("full_url", &ArticleView::full_url),
       Member("lite_url", &ArticleView::lite_url)}};
  return type;
}

template <>
const TypeInfo& Describe<ErrorView>() {
  static const TypeInfo type{"ErrorView",
                             {Member("shell", &ErrorView::shell), Member("status", &ErrorView::status),
                              Computed("is_not_found", IsStatus<404>), Computed("is_gone", IsStatus<410>),
                              Computed("is_unavailable", IsStatus<503>), Member("latest", &ErrorView::latest)}};
  return type;
}

template <>
const TypeInfo& Describe<ChooserView::Entry>() {
  static const TypeInfo type{
      "ChooserView::Entry",
      {Member("language", &ChooserView::Entry::language), Member("url", &ChooserView::Entry::url),
       Member("site_name", &ChooserView::Entry::site_name), Member("tagline", &ChooserView::Entry::tagline)}};
  return type;
}

template <>
const TypeInfo& Describe<ChooserView>() {
  static const TypeInfo type{"ChooserView",
                             {Member("shell", &ChooserView::shell), Member("entries", &ChooserView::entries)}};
  return type;
}

template <>
const TypeInfo& Describe<FeedsView::Group>() {
  static const TypeInfo type{"FeedsView::Group",
                             {Member("label", &FeedsView::Group::label), Member("feeds", &FeedsView::Group::feeds)}};
  return type;
}

template <>
const TypeInfo& Describe<FeedsView>() {
  static const TypeInfo type{"FeedsView", {Member("shell", &FeedsView::shell), Member("groups", &FeedsView::groups)}};
  return type;
}

template <>
const TypeInfo& Describe<AboutView>() {
  static const TypeInfo type{"AboutView", {Member("shell", &AboutView::shell), Member("sources", &AboutView::sources)}};
  return type;
}

template <>
const TypeInfo& Describe<ArchiveView::Year>() {
  static const TypeInfo type{
      "ArchiveView::Year", {Member("label", &ArchiveView::Year::label), Member("months", &ArchiveView::Year::months)}};
  return type;
}

template <>
const TypeInfo& Describe<ArchiveView>() {
  static const TypeInfo type{"ArchiveView",
                             {Member("shell", &ArchiveView::shell), Member("years", &ArchiveView::years)}};
  return type;
}

template <>
const TypeInfo& Describe<SearchView::Part>() {
  static const TypeInfo type{"SearchView::Part",
                             {Member("text", &SearchView::Part::text), Member("marked", &SearchView::Part::marked)}};
  return type;
}

template <>
const TypeInfo& Describe<SearchView::Hit>() {
  static const TypeInfo type{"SearchView::Hit",
                             {Member("card", &SearchView::Hit::card), Member("snippet", &SearchView::Hit::snippet)}};
  return type;
}

template <>
const TypeInfo& Describe<SearchView>() {
  static const TypeInfo type{"SearchView",
                             {Member("shell", &SearchView::shell), Member("query", &SearchView::query),
                              Computed("is_without_result",
                                       [](const void* view) {
                                         const auto& search = *static_cast<const SearchView*>(view);
                                         return !search.query.empty() && search.hits.empty() && !search.too_long &&
                                                !search.unavailable;
                                       }),
                              Member("too_long", &SearchView::too_long),
                              Member("unavailable", &SearchView::unavailable), Member("hits", &SearchView::hits),
                              Member("bounded", &SearchView::bounded), Member("next_url", &SearchView::next_url)}};
  return type;
}

}  // namespace kimberlite::rendering
