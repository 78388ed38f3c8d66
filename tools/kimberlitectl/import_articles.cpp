#include "tools/kimberlitectl/import_articles.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <thread>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/text.h"
#include "libs/i18n/language.h"
#include "libs/i18n/words.h"
#include "tools/kimberlitectl/flags.h"

namespace kimberlite::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBatch = 100;
constexpr std::size_t kMaxRefusalsShown = 20;
constexpr std::size_t kMaxTagsShown = 50;

struct Report {
  std::mutex mutex;
  std::int64_t created = 0, known = 0;
  std::vector<std::pair<std::string, std::string>> refused;  // where, why
  std::map<std::string, int> tags;                           // that are no concepts
  std::map<std::string, int> categories;                     // that are no sections
};

// The site and its concepts as names to look up.
class Names {
 public:
  Result<void> Read(Caller& caller) {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto got,
                                caller.Call<content::v1::GetSiteResponse>(content::v1::GetSiteRequest()));
    for (const auto& language : got.site().languages()) languages_.insert(language.language_code());
    for (const auto& section : got.site().sections()) {
      sections_[i18n::Fold(section.section_id())] = section.section_id();
      for (const auto& [code, slug] : section.slugs()) sections_.emplace(i18n::Fold(slug), section.section_id());
      for (const auto& [code, label] : section.labels()) sections_.emplace(i18n::Fold(label), section.section_id());
    }
    tagging::v1::ListConceptsRequest request;
    request.set_page_size(1000);
    do {
      KIMBERLITE_ASSIGN_OR_RETURN(const auto page, caller.Call<tagging::v1::ListConceptsResponse>(request));
      for (const auto& known : page.concepts()) Add(known);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return {};
  }

  std::string Language(const std::string& tag) const {
    const std::string primary = i18n::PrimaryLanguage(tag);
    return languages_.contains(tag) ? tag : languages_.contains(primary) ? primary : "";
  }
  std::string Section(const std::string& category) const {
    const auto found = sections_.find(i18n::Fold(category));
    return found == sections_.end() ? "" : found->second;
  }
  std::int64_t Concept(const std::string& tag) const {
    const auto found = concepts_.find(i18n::Fold(tag));
    return found == concepts_.end() ? 0 : found->second;
  }

 private:
  void Add(const tagging::v1::Concept& known) {
    concepts_.emplace(i18n::Fold(known.key()), known.concept_id());
    for (const auto& label : known.labels()) {
      // A label means its concept before another's alias does.
      concepts_[i18n::Fold(label.text())] = known.concept_id();
      concepts_.emplace(i18n::Fold(label.slug()), known.concept_id());
      for (const auto& alias : label.aliases()) concepts_.emplace(i18n::Fold(alias), known.concept_id());
    }
  }

  std::set<std::string> languages_;
  std::map<std::string, std::string> sections_;
  std::map<std::string, std::int64_t> concepts_;
};

class Import {
 public:
  Import(const std::vector<OldArticle>& articles, const ImportOptions& options, Caller& caller)
      : articles_(articles), options_(options), caller_(caller) {}

  Result<void> Run() {
    KIMBERLITE_RETURN_IF_ERROR(names_.Read(caller_));
    std::vector<std::jthread> threads;
    for (int i = 0; i < options_.jobs; ++i) threads.emplace_back([this] { Work(); });
    threads.clear();
    if (failed_) return std::unexpected(*failed_);
    return options_.dry_run ? Result<void>() : PutRedirects();
  }

  Report& report() { return report_; }

 private:
  void Work() {
    while (true) {
      const std::size_t begin = next_.fetch_add(kBatch);
      if (begin >= articles_.size()) return;
      {
        const std::lock_guard lock(report_.mutex);
        if (failed_) return;
      }
      if (auto done = Send(begin, std::min(articles_.size(), begin + kBatch)); !done) {
        const std::lock_guard lock(report_.mutex);
        if (!failed_) failed_ = done.error();
        return;
      }
    }
  }

  Result<void> Send(std::size_t begin, std::size_t end) {
    content::v1::ImportArticlesRequest request;
    request.set_dry_run(options_.dry_run);
    std::vector<std::size_t> sent;
    for (std::size_t i = begin; i < end; ++i) {
      auto made = Make(articles_[i]);
      if (made) {
        *request.add_articles() = std::move(*made);
        sent.push_back(i);
      } else {
        const std::lock_guard lock(report_.mutex);
        report_.refused.emplace_back(articles_[i].where, made.error().message());
      }
    }
    if (sent.empty()) return {};
    KIMBERLITE_ASSIGN_OR_RETURN(const auto response, caller_.Call<content::v1::ImportArticlesResponse>(request));
    const std::lock_guard lock(report_.mutex);
    for (int i = 0; i < response.outcomes_size(); ++i) {
      const auto& outcome = response.outcomes(i);
      if (!outcome.error().empty()) {
        report_.refused.emplace_back(articles_[sent.at(static_cast<std::size_t>(i))].where, outcome.error());
      } else {
        ++(outcome.created() ? report_.created : report_.known);
      }
    }
    return {};
  }

  Result<content::v1::ImportedArticle> Make(const OldArticle& old) {
    const std::string language =
        names_.Language(old.language.empty() || old.language == "*" ? options_.language : old.language);
    if (language.empty())
      return InvalidField("language", "must be one of the site's, this is \"" + old.language + "\"; see --language");
    std::string section = names_.Section(old.category);
    {
      const std::lock_guard lock(report_.mutex);
      if (section.empty()) ++report_.categories[old.category];
      if (!section.empty()) sections_.emplace("/" + language + "/news/" + old.category, section);
    }
    if (section.empty()) section = options_.section;
    if (section.empty())
      return InvalidField("category", "must be a section of the site, this is \"" + old.category + "\"; see --section");
    std::vector<std::int64_t> concepts;
    for (const std::string& tag : old.tags) {
      const std::int64_t id = names_.Concept(tag);
      const std::lock_guard lock(report_.mutex);
      if (id == 0) {
        ++report_.tags[tag];
        continue;
      }
      if (std::ranges::find(concepts, id) == concepts.end()) concepts.push_back(id);
      tags_.emplace("/" + language + "/component/tags/tag/" + Slug(tag), id);
    }
    Json translation = {
        {"language_code", language}, {"headline", old.headline}, {"summary", old.summary}, {"authors", old.authors}};
    if (IsSlug(old.alias, 80)) translation["slug"] = old.alias;
    translation[old.markdown.empty() ? "body_html" : "body_markdown"] = old.markdown.empty() ? old.html : old.markdown;
    Json json = {{"import_key", old.key},
                 {"article",
                  {{"section_id", section},
                   {"translations", Json::array({translation})},
                   {"concept_ids", concepts},
                   {"publish", old.is_public}}},
                 {"old_paths", old.old_paths}};
    if (!old.published.empty()) json["published_time"] = old.published;
    content::v1::ImportedArticle made;
    KIMBERLITE_RETURN_IF_ERROR(MergeJson(json.dump(-1, ' ', false, Json::error_handler_t::replace), made));
    return made;
  }

  // As Joomla makes the alias of a tag: lower case, hyphens for what is no letter.
  static std::string Slug(const std::string& tag) {
    std::string slug = i18n::Fold(tag);
    std::ranges::replace(slug, ' ', '-');
    return slug;
  }

  // Of sections and tags; those of articles went with them.
  Result<void> PutRedirects() {
    for (const auto& [path, section] : sections_) {
      content::v1::PutRedirectRequest request;
      request.mutable_redirect()->set_path(path);
      request.mutable_redirect()->set_section_id(section);
      request.mutable_redirect()->set_language_code(path.substr(1, path.find('/', 1) - 1));
      KIMBERLITE_RETURN_IF_ERROR(Done(caller_.Call<content::v1::PutRedirectResponse>(request)));
    }
    for (const auto& [path, concept_id] : tags_) {
      content::v1::PutRedirectRequest request;
      request.mutable_redirect()->set_path(path);
      request.mutable_redirect()->set_concept_id(concept_id);
      request.mutable_redirect()->set_language_code(path.substr(1, path.find('/', 1) - 1));
      KIMBERLITE_RETURN_IF_ERROR(Done(caller_.Call<content::v1::PutRedirectResponse>(request)));
    }
    return {};
  }

  template <typename Response>
  static Result<void> Done(const Result<Response>& response) {
    if (!response) return std::unexpected(response.error());
    return {};
  }

  const std::vector<OldArticle>& articles_;
  const ImportOptions& options_;
  Caller& caller_;
  Names names_;
  std::atomic<std::size_t> next_ = 0;
  Report report_;
  std::optional<Error> failed_;                  // guarded by the report's mutex
  std::map<std::string, std::string> sections_;  // old address to section; guarded too
  std::map<std::string, std::int64_t> tags_;     // old address to concept; guarded too
};

std::vector<std::pair<std::string, int>> ByUse(const std::map<std::string, int>& counts) {
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::greater(), &std::pair<std::string, int>::second);
  return sorted;
}

void Print(const Report& report, std::size_t read, double seconds, const ImportOptions& options, std::ostream& out) {
  if (options.json) {
    Json json = {{"read", read},
                 {"created", report.created},
                 {"known", report.known},
                 {"refused", Json::array()},
                 {"tags_without_concept", Json::object()},
                 {"categories_without_section", Json::object()},
                 {"dry_run", options.dry_run},
                 {"seconds", seconds}};
    for (const auto& [where, why] : report.refused) json["refused"].push_back({{"where", where}, {"error", why}});
    for (const auto& [tag, count] : ByUse(report.tags)) json["tags_without_concept"][tag] = count;
    for (const auto& [name, count] : ByUse(report.categories)) json["categories_without_section"][name] = count;
    out << json.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
    return;
  }
  out << fmt::format("{} read, {} {}, {} known from before, {} refused, in {:.1f} s ({:.0f} a second)\n", read,
                     report.created, options.dry_run ? "would be new" : "new", report.known, report.refused.size(),
                     seconds, static_cast<double>(read) / std::max(seconds, 0.001));
  for (std::size_t i = 0; i < report.refused.size() && i < kMaxRefusalsShown; ++i)
    out << "refused " << report.refused[i].first << ": " << report.refused[i].second << '\n';
  if (report.refused.size() > kMaxRefusalsShown)
    out << "and " << report.refused.size() - kMaxRefusalsShown << " more; -o json shows all\n";
  for (const auto& [name, count] : ByUse(report.categories))
    out << "no section is called \"" << name << "\" (" << count << " articles)\n";
  std::size_t shown = 0;
  for (const auto& [tag, count] : ByUse(report.tags)) {
    if (++shown > kMaxTagsShown) {
      out << "and " << report.tags.size() - kMaxTagsShown << " more tags; -o json shows all\n";
      break;
    }
    out << "no concept is called \"" << tag << "\" (" << count << " articles)\n";
  }
}

}  // namespace

Result<void> ImportArticles(const std::vector<OldArticle>& articles, const ImportOptions& options, Caller& caller,
                            std::ostream& out) {
  const auto begun = std::chrono::steady_clock::now();
  Import import(articles, options, caller);
  const auto done = import.Run();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  Print(import.report(), articles.size(), seconds, options, out);
  return done;
}

}  // namespace kimberlite::ctl
