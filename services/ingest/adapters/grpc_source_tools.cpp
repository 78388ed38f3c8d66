#include "services/ingest/adapters/grpc_source_tools.h"

#include <set>

#include "libs/i18n/slug.h"
#include "libs/rpc/proto_time.h"
#include "services/ingest/core/opml.h"
#include "services/ingest/core/plain_line.h"
#include "services/ingest/core/trial.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

Result<std::vector<Source>> AllSources(PgSourceStore& sources) {
  constexpr int kPage = 1000;
  std::vector<Source> all;
  std::string after;
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<SourceRecord> page, sources.List(after, kPage));
    for (const SourceRecord& record : page) all.push_back(record.source);
    if (page.size() < kPage) return all;
    after = page.back().source.source_id;
  }
}

// A key of the title, else of the host, that nobody has yet.
std::string NewSourceId(const OpmlFeed& feed, const std::set<std::string>& taken) {
  constexpr std::size_t kLongest = 54;  // room for a number
  std::string id = i18n::Slugify(feed.title, feed.language.empty() ? "en" : feed.language, kLongest);
  if (id.empty()) id = i18n::Slugify(HostOf(feed.url), "en", kLongest);
  if (id.empty()) id = "feed";
  std::string free = id;
  for (int i = 2; taken.contains(free); ++i) free = id + "-" + std::to_string(i);
  return free;
}

v1::TestedItem ToProto(const RecognisedItem& item) {
  v1::TestedItem proto;
  proto.set_external_id(item.external_id);
  proto.set_headline(item.headline);
  proto.set_link(item.link);
  proto.set_language_code(item.language_code);
  if (item.published_time) *proto.mutable_published_time() = ToTimestamp(*item.published_time);
  for (const std::string& author : item.authors) proto.add_authors(author);
  for (const std::string& category : item.categories) proto.add_categories(category);
  proto.set_summary(item.summary);
  proto.set_body_bytes(static_cast<std::int64_t>(item.body_html.size()));
  proto.set_identified_language_code(item.identified_language_code);
  return proto;
}

}  // namespace

Result<v1::TestSourceResponse> TestSource(const Context& context, FeedFetcher& fetcher,
                                          const v1::TestSourceRequest& request) {
  Source source;
  source.source_id = "test";
  source.name = "test";
  source.feed_url = request.feed_url();
  source.default_language_code = request.default_language_code();
  source.default_section_id = "test";
  source.time_zone = request.time_zone();
  if (source.feed_url.empty()) return InvalidField("feed_url", "must not be empty");
  if (const auto checked = CheckSource(source); !checked) {
    const auto& violations = checked.error().violations();
    if (violations.empty()) return std::unexpected(checked.error());
    return InvalidField(violations[0].field.substr(sizeof("source.") - 1), violations[0].rule);
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const FetchedDocument document, fetcher.Fetch(context, source.feed_url, Validators()));
  const Trial trial = TryDocument(document, source);
  v1::TestSourceResponse response;
  response.set_http_status(document.status);
  response.set_final_url(document.url);
  response.set_permanent_url(document.permanent_url);
  response.set_feed_title(trial.feed_title);
  response.set_feed_language_code(trial.feed_language_code);
  response.set_items_seen(trial.recognised.seen);
  constexpr int kShown = 50;
  for (const RecognisedItem& item : trial.recognised.items) {
    if (response.items_size() == kShown) break;
    *response.add_items() = ToProto(item);
  }
  response.set_report(PlainLineOfBytes(trial.recognised.Report()));
  for (const std::string& warning : trial.warnings) response.add_warnings(PlainLineOfBytes(warning));
  response.set_error(trial.error);
  for (const PageFeed& feed : trial.feeds) {
    auto& found = *response.add_feeds();
    found.set_url(feed.url);
    found.set_title(feed.title);
    found.set_type(feed.type);
  }
  response.set_conditional(!document.validators.etag.empty() || !document.validators.last_modified.empty());
  return response;
}

Result<v1::ImportSourcesResponse> ImportSources(PgSourceStore& sources, const v1::ImportSourcesRequest& request) {
  constexpr std::size_t kLargest = 4 << 20;
  if (request.document().size() > kLargest)
    return std::unexpected(Error::Field(Code::kResourceExhausted, "document", "must be at most 4 MiB"));
  const auto opml = ParseOpml(request.document(), "");
  if (!opml) return InvalidField("document", opml.error().message());
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Source> known, AllSources(sources));
  std::set<std::string> ids, urls;
  for (const Source& source : known) {
    ids.insert(source.source_id);
    urls.insert(source.feed_url);
  }
  // What every source gets is checked once, before any is written.
  Source pattern;
  pattern.source_id = "x";
  pattern.name = "x";
  pattern.default_section_id = request.default_section_id();
  pattern.default_language_code = request.default_language_code();
  pattern.publish_at_once = request.publish_at_once();
  pattern.paused = request.paused();
  if (const auto checked = CheckSource(pattern); !checked) {
    const auto& violations = checked.error().violations();
    if (violations.empty()) return std::unexpected(checked.error());
    return InvalidField(violations[0].field.substr(sizeof("source.") - 1), violations[0].rule);
  }
  v1::ImportSourcesResponse response;
  for (const std::string& warning : opml->warnings) response.add_warnings(PlainLineOfBytes(warning));
  for (const OpmlFeed& feed : opml->feeds) {
    if (!urls.insert(feed.url).second) {
      response.set_known(response.known() + 1);
      continue;
    }
    Source source = pattern;
    source.source_id = NewSourceId(feed, ids);
    source.name = feed.title.empty() ? HostOf(feed.url) : feed.title;
    source.feed_url = feed.url;
    source.home_url = feed.home_url;
    const auto checked = CheckSource(source);
    if (!checked) {
      response.add_warnings(PlainLineOfBytes(feed.url + " was not added: " + checked.error().message()));
      continue;
    }
    KIMBERLITE_RETURN_IF_ERROR(sources.Put(source));
    ids.insert(source.source_id);
    response.add_added_source_ids(source.source_id);
  }
  return response;
}

Result<v1::ExportSourcesResponse> ExportSources(PgSourceStore& sources) {
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Source> all, AllSources(sources));
  Opml opml;
  opml.title = "Sources";
  for (const Source& source : all) {
    if (source.feed_url.empty()) continue;
    opml.feeds.push_back({.url = source.feed_url,
                          .home_url = source.home_url,
                          .title = source.name,
                          .description = {},
                          .language = source.default_language_code,
                          .categories = {source.default_section_id}});
  }
  v1::ExportSourcesResponse response;
  response.set_document(WriteOpml(opml));
  return response;
}

}  // namespace kimberlite::ingest
