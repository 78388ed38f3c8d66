#include <algorithm>

#include "libs/base/text.h"
#include "services/feed/adapters/document.h"
#include "services/feed/adapters/feed_maker.h"

// Which feeds there are: the language's own, its sections and sources, then its authors, then its tags. A page token
// says which of the three parts it goes on with, and where: "a" or "t", then the token of content or tagging.
namespace kimberlite::feed {
namespace {

using content::v1::Site;
using site::SitePaths;

constexpr int kLargestPage = 1'000;
constexpr std::size_t kMaxOutlines = 10'000;  // of one language

void Add(v1::ListFeedsResponse& response, std::string list_key, std::string title, const std::string& path) {
  auto* feed = response.add_feeds();
  feed->set_list_key(std::move(list_key));
  feed->set_title(std::move(title));
  feed->set_rss_path(path + "rss.xml");
}

void AddFixed(const SitePaths& paths, v1::ListFeedsResponse& response) {
  const Site& site = paths.site();
  Add(response, paths.language(), paths.Text(site.names()), paths.HomePath());
  for (const auto& section : site.sections()) {
    Add(response, paths.language() + "/section/" + section.section_id(), paths.SectionLabel(section.section_id()),
        paths.SectionPath(section.section_id()));
  }
  for (const auto& source : site.sources()) {
    Add(response, paths.language() + "/source/" + source.source_id(), source.name(),
        paths.SourcePath(source.source_id()));
  }
}

}  // namespace

Result<v1::ListFeedsResponse> FeedMaker::ListFeeds(const Context& context, const v1::ListFeedsRequest& request) const {
  const int page_size = request.page_size() == 0 ? kLargestPage : request.page_size();
  if (page_size < 1 || page_size > kLargestPage) return InvalidField("page_size", "must be 1 to 1,000, or 0 for 1,000");
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, sources_.GetSite(context));
  if (!site::HasLanguage(site, request.language_code())) {
    return Fail(
        Error::Field(Code::kNotFound, "language_code", "the site has no language \"" + request.language_code() + "\""));
  }
  return ListFeedsOf(context, site, request.language_code(), page_size, request.page_token());
}

Result<v1::ListFeedsResponse> FeedMaker::ListFeedsOf(const Context& context, const Site& site,
                                                     const std::string& language, int page_size,
                                                     const std::string& page_token) const {
  const SitePaths paths(site, language);
  v1::ListFeedsResponse response;
  if (page_token.empty()) {
    // A site has few of them: they are one page, whatever the size asked for.
    AddFixed(paths, response);
    response.set_next_page_token("a");
    return response;
  }
  const std::string rest = page_token.substr(1);
  if (page_token[0] == 'a') {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto authors, sources_.ListAuthors(context, page_size, rest));
    for (const auto& author : authors.authors()) {
      Add(response, language + "/author/" + author.author_id(), paths.Text(author.names()),
          paths.AuthorPath(author.author_id()));
    }
    response.set_next_page_token(authors.next_page_token().empty() ? "t" : "a" + authors.next_page_token());
    return response;
  }
  if (page_token[0] != 't') return InvalidField("page_token", "must be the next_page_token of the page before");
  KIMBERLITE_ASSIGN_OR_RETURN(const auto concepts, sources_.ListConcepts(context, page_size, rest));
  for (const auto& tag : concepts.concepts()) {
    Add(response, language + "/concept/" + std::to_string(tag.concept_id()), paths.TagLabel(tag), paths.TagPath(tag));
  }
  if (!concepts.next_page_token().empty()) response.set_next_page_token("t" + concepts.next_page_token());
  return response;
}

Result<OutlineGroup> FeedMaker::OutlinesOf(const Context& context, const Site& site,
                                           const std::string& language) const {
  const SitePaths paths(site, language);
  OutlineGroup group{.title = language, .outlines = {}};
  for (const auto& one : site.languages()) {
    if (one.language_code() == language) group.title = one.native_name();
  }
  std::string token;
  do {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto page, ListFeedsOf(context, site, language, kLargestPage, token));
    for (const auto& feed : page.feeds()) {
      const std::string scope = feed.rss_path().substr(0, feed.rss_path().rfind('/') + 1);
      group.outlines.push_back({feed.title(), paths.Absolute(feed.rss_path()), paths.Absolute(scope), language});
    }
    token = page.next_page_token();
  } while (!token.empty() && group.outlines.size() < kMaxOutlines);
  return group;
}

Result<v1::GetFeedResponse> FeedMaker::GetOpml(const Context& context, const v1::GetFeedRequest& request) const {
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, sources_.GetSite(context));
  std::vector<OutlineGroup> groups;
  for (const auto& language : site.languages()) {
    if (!request.list_key().empty() && language.language_code() != request.list_key()) continue;
    KIMBERLITE_ASSIGN_OR_RETURN(groups.emplace_back(), OutlinesOf(context, site, language.language_code()));
  }
  if (groups.empty()) {
    return Fail(Error::Field(Code::kNotFound, "list_key", "the site has no language \"" + request.list_key() + "\""));
  }
  const SitePaths paths(site, request.list_key().empty() ? site.languages(0).language_code() : request.list_key());
  v1::GetFeedResponse response;
  AddDependency(response, "site");
  AddDependency(response, "authors");
  AddDependency(response, "concepts");
  response.set_document(WriteOpml(paths.Text(site.names()), groups));
  response.set_content_type(ContentType(v1::FEED_FORMAT_OPML));
  return response;
}

}  // namespace kimberlite::feed
