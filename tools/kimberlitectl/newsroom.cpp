#include "tools/kimberlitectl/newsroom.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/text.h"
#include "tools/kimberlitectl/command.h"
#include "tools/kimberlitectl/flags.h"

namespace kimberlite::ctl {
namespace {

using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kWirePort = "{wire_port}";

Error At(const std::string& where, const Error& error) { return Error(error.code(), where + ": " + error.message()); }

Result<std::string> ReadWhole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) return Fail(Code::kInvalidArgument, "cannot read " + path.string());
  return std::move(content).str();
}

class Loader {
 public:
  Loader(const NewsroomOptions& options, Caller& caller, std::ostream& out)
      : options_(options), directory_(options.directory), caller_(caller), out_(out) {}

  Result<void> Load() {
    const auto begun = SteadyClock::now();
    KIMBERLITE_RETURN_IF_ERROR(Kind("concepts", [this] { return Concepts(); }));
    KIMBERLITE_RETURN_IF_ERROR(Kind("site", [this] { return Site(); }));
    KIMBERLITE_RETURN_IF_ERROR(Kind("sources", [this] { return Sources(); }));
    KIMBERLITE_RETURN_IF_ERROR(Kind("media", [this] { return Media(); }));
    KIMBERLITE_RETURN_IF_ERROR(Kind("articles", [this] { return Articles(); }));
    KIMBERLITE_RETURN_IF_ERROR(Kind("feeds", [this] { return Feeds(); }));
    if (options_.json) {
      out_ << report_.dump(1) << '\n';
    } else {
      out_ << fmt::format("loaded {} in {:.1f} s\n", options_.directory, Seconds(begun));
    }
    return {};
  }

 private:
  static double Seconds(SteadyClock::time_point begun) {
    return std::chrono::duration<double>(SteadyClock::now() - begun).count();
  }

  // One kind of thing: `load` counts and remarks on what it did.
  Result<void> Kind(const std::string& name, const std::function<Result<void>()>& load) {
    count_ = 0;
    remark_.clear();
    const auto begun = SteadyClock::now();
    KIMBERLITE_RETURN_IF_ERROR(load());
    if (options_.json) {
      report_[name] = {{"count", count_}, {"ms", Seconds(begun) * 1000}};
      if (!remark_.empty()) report_[name]["remark"] = remark_;
    } else {
      out_ << fmt::format("{:<9} {:>4}  {:.2f} s{}\n", name, count_, Seconds(begun),
                          remark_.empty() ? "" : "  " + remark_);
      out_.flush();
    }
    return {};
  }

  // Calls `load` with each line of a file that is not empty. A file that is absent has none.
  Result<void> Lines(const std::string& file, const std::function<Result<void>(std::string_view)>& load) {
    const auto path = directory_ / file;
    if (!std::filesystem::exists(path)) {
      remark_ = "no " + file;
      return {};
    }
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string content, ReadWhole(path));
    int number = 0;
    for (const std::string_view line : Split(content, '\n')) {
      ++number;
      if (TrimAscii(line).empty()) continue;
      if (auto loaded = load(line); !loaded)
        return Fail(At(fmt::format("{}:{}", path.string(), number), loaded.error()));
    }
    return {};
  }

  Result<void> Concepts() {
    return Lines("concepts.jsonl", [this](std::string_view line) -> Result<void> {
      tagging::v1::PutConceptRequest request;
      KIMBERLITE_RETURN_IF_ERROR(MergeJson(line, *request.mutable_definition()));
      KIMBERLITE_ASSIGN_OR_RETURN(const auto response, caller_.Call<tagging::v1::PutConceptResponse>(request));
      concepts_[request.definition().key()] = response.definition().concept_id();
      ++count_;
      return {};
    });
  }

  Result<void> Sources() {
    return Lines("sources.jsonl", [this](std::string_view line) -> Result<void> {
      content::v1::PutSourceRequest request;
      KIMBERLITE_RETURN_IF_ERROR(MergeJson(line, *request.mutable_source()));
      KIMBERLITE_RETURN_IF_ERROR(Done(caller_.Call<content::v1::PutSourceResponse>(request)));
      ++count_;
      return {};
    });
  }

  Result<void> Site() {
    const auto path = directory_ / "site.json";
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string content, ReadWhole(path));
    content::v1::UpdateSiteRequest request;
    content::v1::Site& site = *request.mutable_site();
    if (auto merged = MergeJson(content, site); !merged) return Fail(At(path.string(), merged.error()));
    if (!options_.public_url.empty()) site.set_public_url(options_.public_url);
    site.clear_sequence();
    site.clear_sources();

    // Settings that are as they should be stay untouched, and with them every page.
    auto current = ReadSite(caller_);
    if (!current) return Fail(At(path.string(), current.error()));
    current->clear_sequence();
    current->clear_sources();
    if (google::protobuf::util::MessageDifferencer::Equals(*current, site)) {
      remark_ = "unchanged";
      return {};
    }
    if (auto updated = caller_.Call<content::v1::UpdateSiteResponse>(request); !updated) {
      return Fail(At(path.string(), updated.error()));
    }
    count_ = 1;
    return {};
  }

  Result<void> Media() {
    const auto directory = directory_ / "media";
    if (!std::filesystem::is_directory(directory)) return {};
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& path : files) {
      content::v1::PutMediaRequest request;
      KIMBERLITE_ASSIGN_OR_RETURN(*request.mutable_data(), ReadWhole(path));
      const auto response = caller_.Call<content::v1::PutMediaResponse>(std::move(request));
      if (!response) return Fail(At(path.string(), response.error()));
      media_["media/" + path.filename().string()] = response->media().media_id();
      ++count_;
    }
    return {};
  }

  Result<void> Articles() {
    return Lines("articles.jsonl", [this](std::string_view line) -> Result<void> {
      Json json = Json::parse(line, nullptr, false);
      if (!json.is_object()) return Fail(Code::kInvalidArgument, "is not a JSON object");
      if (!json.contains("key") || !json["key"].is_string()) return Fail(Code::kInvalidArgument, "\"key\" is missing");
      json["idempotency_key"] = "newsroom:" + json["key"].get<std::string>();
      json.erase("key");
      KIMBERLITE_RETURN_IF_ERROR(ResolveConcepts(json));
      KIMBERLITE_RETURN_IF_ERROR(ResolvePicture(json));
      content::v1::CreateArticleRequest request;
      KIMBERLITE_RETURN_IF_ERROR(MergeJson(json.dump(), request));
      KIMBERLITE_RETURN_IF_ERROR(Done(caller_.Call<content::v1::CreateArticleResponse>(request)));
      ++count_;
      return {};
    });
  }

  Result<void> ResolveConcepts(Json& json) {
    if (!json.contains("concept_keys")) return {};
    Json ids = Json::array();
    for (const Json& key : json["concept_keys"]) {
      const auto found = key.is_string() ? concepts_.find(key.get<std::string>()) : concepts_.end();
      if (found == concepts_.end()) return Fail(Code::kInvalidArgument, "concepts.jsonl has no key " + key.dump());
      ids.push_back(found->second);
    }
    json["concept_ids"] = std::move(ids);
    json.erase("concept_keys");
    return {};
  }

  Result<void> ResolvePicture(Json& json) {
    if (!json.contains("picture") || !json["picture"].is_object() || !json["picture"].contains("file")) return {};
    Json& picture = json["picture"];
    const auto found = picture["file"].is_string() ? media_.find(picture["file"].get<std::string>()) : media_.end();
    if (found == media_.end()) return Fail(Code::kInvalidArgument, "there is no picture " + picture["file"].dump());
    picture["media_id"] = found->second;
    picture.erase("file");
    return {};
  }

  Result<void> Feeds() {
    int left_out = 0;
    KIMBERLITE_RETURN_IF_ERROR(Lines("feeds.jsonl", [&](std::string_view line) -> Result<void> {
      ingest::v1::PutSourceRequest request;
      KIMBERLITE_RETURN_IF_ERROR(MergeJson(line, *request.mutable_source()));
      std::string& url = *request.mutable_source()->mutable_feed_url();
      if (const auto place = url.find(kWirePort); place != std::string::npos) {
        if (options_.wire_port == 0) {
          ++left_out;
          return {};
        }
        url.replace(place, kWirePort.size(), std::to_string(options_.wire_port));
      }
      KIMBERLITE_RETURN_IF_ERROR(Done(caller_.Call<ingest::v1::PutSourceResponse>(request)));
      ++count_;
      return {};
    }));
    if (left_out > 0) remark_ = fmt::format("{} on the local wire left out: no --wire-port", left_out);
    return {};
  }

  template <typename Response>
  static Result<void> Done(const Result<Response>& response) {
    if (!response) return Fail(response.error());
    return {};
  }

  const NewsroomOptions& options_;
  const std::filesystem::path directory_;
  Caller& caller_;
  std::ostream& out_;
  std::map<std::string, std::int64_t> concepts_;  // by key
  std::map<std::string, std::string> media_;      // "media/x.svg" → id
  int count_ = 0;
  std::string remark_;
  Json report_ = Json::object();
};

}  // namespace

Result<void> LoadNewsroom(const NewsroomOptions& options, Caller& caller, std::ostream& out) {
  return Loader(options, caller, out).Load();
}

}  // namespace kimberlite::ctl
