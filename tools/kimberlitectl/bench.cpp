#include "tools/kimberlitectl/bench.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <thread>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/rendering/v1/rendering_service.pb.h"
#include "libs/base/id.h"
#include "tools/kimberlitectl/http_get.h"
#include "tools/kimberlitectl/text.h"

namespace kimberlite::ctl {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Between two rounds of GETs: a reader in a hurry, not a load test. It bounds the resolution of the measures.
constexpr std::chrono::microseconds kPause{500};

volatile sig_atomic_t interrupted = 0;

// Ctrl-C ends the rounds, not the tidying up after them.
class InterruptGuard {
 public:
  InterruptGuard() {
    interrupted = 0;
    struct sigaction action{};
    action.sa_handler = [](int) { interrupted = 1; };
    sigaction(SIGINT, &action, &previous_);
  }
  ~InterruptGuard() { sigaction(SIGINT, &previous_, nullptr); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct sigaction previous_{};
};

double Milliseconds(SteadyClock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// Where a publication is looked for.
enum Surface { kArticlePage, kSectionList, kRss, kSurfaces };
constexpr std::array<std::string_view, kSurfaces> kSurfaceNames = {"article_page", "section_list", "rss"};

class Bench {
 public:
  Bench(const BenchOptions& options, Caller& caller, HttpReader reader)
      : options_(options), caller_(caller), reader_(std::move(reader)) {}

  // Finds out where the section stands in URLs.
  Result<void> Begin() {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto answer,
                                caller_.Call<content::v1::GetSiteResponse>(content::v1::GetSiteRequest()));
    for (const auto& section : answer.site().sections()) {
      if (section.section_id() != options_.section) continue;
      const auto slug = section.slugs().find(options_.language);
      section_path_ =
          "/" + options_.language + "/" + (slug == section.slugs().end() ? section.section_id() : slug->second) + "/";
      return {};
    }
    return Fail(Code::kNotFound, "the site has no section " + options_.section);
  }

  Result<void> Rounds() {
    for (int round = 0; round < options_.count; ++round) {
      if (interrupted)
        return Fail(Code::kCancelled, fmt::format("interrupted after {} of {} publications", round, options_.count));
      if (auto done = Round(round); !done) {
        return Fail(done.error().code(),
                    fmt::format("publication {} of {}: {}", round + 1, options_.count, done.error().message()));
      }
    }
    return {};
  }

  // Every article that is still public.
  Result<void> TidyUp() {
    for (const std::int64_t article_id : articles_) {
      content::v1::WithdrawArticleRequest request;
      request.set_article_id(article_id);
      request.set_reason("written by kimberlitectl bench publish");
      if (auto withdrawn = caller_.Call<content::v1::WithdrawArticleResponse>(request); !withdrawn) {
        return Fail(withdrawn.error().code(),
                    fmt::format("article {} could not be withdrawn: {}", article_id, withdrawn.error().message()));
      }
    }
    return {};
  }

  void Print(std::ostream& out) const {
    static constexpr std::array<double, 3> kPercents = {50, 90, 99};
    if (options_.json) {
      nlohmann::ordered_json document;
      document["count"] = options_.count;
      for (const auto& [name, measures] : Measures()) {
        auto& place = document[name];
        // Microseconds are as fine as it gets.
        const auto rounded = [&](double percent) { return std::round(Percentile(measures, percent) * 1000) / 1000; };
        for (const double percent : kPercents) place[fmt::format("p{:.0f}_ms", percent)] = rounded(percent);
        place["max_ms"] = rounded(100);
      }
      out << document.dump(1) << '\n';
      return;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, measures] : Measures()) {
      std::vector<std::string> row{name};
      for (const double percent : kPercents) row.push_back(fmt::format("{:.1f}", Percentile(measures, percent)));
      row.push_back(fmt::format("{:.1f}", Percentile(measures, 100)));
      rows.push_back(std::move(row));
    }
    out << fmt::format("{} publications at {}, ms from the acknowledgement (acknowledge: of the call itself)\n",
                       options_.count, options_.edge)
        << Table({"where", "p50", "p90", "p99", "max"}, rows);
  }

 private:
  std::vector<std::pair<std::string, std::vector<double>>> Measures() const {
    std::vector<std::pair<std::string, std::vector<double>>> measures;
    for (int surface = 0; surface < kSurfaces; ++surface)
      measures.emplace_back(kSurfaceNames[surface], shown_[surface]);
    measures.emplace_back("all", all_);
    measures.emplace_back("wait_visible", wait_visible_);
    measures.emplace_back("acknowledge", acknowledge_);
    return measures;
  }

  Result<void> Round(int round) {
    // Of fixed length, so that no headline is the beginning of another.
    const std::string headline = fmt::format("Bench {} publication {:06}", mark_, round);
    const auto begun = SteadyClock::now();
    KIMBERLITE_ASSIGN_OR_RETURN(const auto article, round % 2 == 0 ? Create(headline) : Correct(headline));
    const auto acknowledged = SteadyClock::now();
    acknowledge_.push_back(Milliseconds(acknowledged - begun));

    std::optional<Error> wait_error;
    double wait_ms = 0;
    Result<void> seen;
    {
      const std::jthread waiter([&] {
        rendering::v1::WaitVisibleRequest request;
        request.set_article_id(article.article_id());
        request.set_sequence(article.sequence());
        const auto visible = caller_.Call<rendering::v1::WaitVisibleResponse>(request);
        wait_ms = Milliseconds(SteadyClock::now() - acknowledged);
        if (!visible) wait_error = visible.error();
      });
      seen = WatchFor(headline, acknowledged);
    }
    KIMBERLITE_RETURN_IF_ERROR(seen);
    if (wait_error) return Fail(wait_error->code(), "WaitVisible: " + wait_error->message());
    wait_visible_.push_back(wait_ms);
    return {};
  }

  Result<content::v1::Article> Create(const std::string& headline) {
    content::v1::CreateArticleRequest request;
    request.set_section_id(options_.section);
    request.set_publish(true);
    auto& translation = *request.add_translations();
    translation.set_language_code(options_.language);
    translation.set_headline(headline);
    translation.set_summary("Written to measure how soon readers see it.");
    translation.set_body_html(
        "<p>This article was written to measure how soon readers see it.</p>"
        "<p>It is withdrawn when the measurement ends.</p>");
    KIMBERLITE_ASSIGN_OR_RETURN(auto created, caller_.Call<content::v1::CreateArticleResponse>(request));
    article_ = std::move(*created.mutable_article());
    articles_.push_back(article_.article_id());
    return article_;
  }

  Result<content::v1::Article> Correct(const std::string& headline) {
    content::v1::UpdateArticleRequest request;
    request.set_article_id(article_.article_id());
    auto& change = *request.add_translations();
    change.set_language_code(options_.language);
    change.set_expected_version(article_.translations(0).version());
    change.set_headline(headline);
    KIMBERLITE_ASSIGN_OR_RETURN(auto updated, caller_.Call<content::v1::UpdateArticleResponse>(request));
    article_ = std::move(*updated.mutable_article());
    return article_;
  }

  // Asks each place in turn until all have shown the headline.
  Result<void> WatchFor(const std::string& headline, SteadyClock::time_point acknowledged) {
    const std::array<std::string, kSurfaces> paths = {
        fmt::format("{}{}-{}", section_path_, article_.article_id(), article_.translations(0).slug()), section_path_,
        section_path_ + "rss.xml"};
    std::array<bool, kSurfaces> done{};
    double last_ms = 0;
    while (std::ranges::count(done, true) < kSurfaces) {
      for (int surface = 0; surface < kSurfaces; ++surface) {
        if (done[surface]) continue;
        KIMBERLITE_ASSIGN_OR_RETURN(const HttpReply reply, reader_.Get(paths[surface]));
        const double now_ms = Milliseconds(SteadyClock::now() - acknowledged);
        if (reply.status == 200 && reply.body.find(headline) != std::string::npos) {
          done[surface] = true;
          shown_[surface].push_back(now_ms);
          last_ms = now_ms;
        } else if (now_ms > static_cast<double>(caller_.timeout().count())) {
          return Fail(Code::kDeadlineExceeded,
                      fmt::format("{} did not show \"{}\" within {} ms; its last status was {}", paths[surface],
                                  headline, caller_.timeout().count(), reply.status));
        }
      }
      std::this_thread::sleep_for(kPause);
    }
    all_.push_back(last_ms);
    return {};
  }

  const BenchOptions& options_;
  Caller& caller_;
  HttpReader reader_;
  const std::string mark_ = RandomHex(4);
  std::string section_path_;
  content::v1::Article article_;  // of the last round
  std::vector<std::int64_t> articles_;
  std::array<std::vector<double>, kSurfaces> shown_;
  std::vector<double> all_, wait_visible_, acknowledge_;
};

}  // namespace

double Percentile(std::vector<double> measures, double percent) {
  if (measures.empty()) return 0;
  std::sort(measures.begin(), measures.end());
  const double rank = std::ceil(percent / 100 * static_cast<double>(measures.size()));
  return measures[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

Result<void> BenchPublish(const BenchOptions& options, Caller& caller, std::ostream& out, std::ostream& err) {
  KIMBERLITE_ASSIGN_OR_RETURN(HttpReader reader, HttpReader::Open(options.edge, caller.timeout()));
  const InterruptGuard guard;
  Bench bench(options, caller, std::move(reader));
  KIMBERLITE_RETURN_IF_ERROR(bench.Begin());
  const auto measured = bench.Rounds();
  if (!options.keep) {
    if (auto tidy = bench.TidyUp(); !tidy) {
      if (measured) return tidy;
      err << "note: " << tidy.error().message() << '\n';
    }
  }
  if (measured) bench.Print(out);
  return measured;
}

}  // namespace kimberlite::ctl
