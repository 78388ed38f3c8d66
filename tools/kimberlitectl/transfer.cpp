#include "tools/kimberlitectl/transfer.h"

#include <fmt/format.h>

#include <istream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "tools/kimberlitectl/flags.h"
#include "tools/kimberlitectl/text.h"

namespace kimberlite::ctl {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLines = 1000;             // of one request
constexpr std::size_t kBytes = 8 * 1024 * 1024;  // of one request, but for its last line

Result<void> ExportConcepts(Caller& caller, std::ostream& out) {
  tagging::v1::ListConceptsRequest request;
  request.set_page_size(1000);
  do {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto page, caller.Call<tagging::v1::ListConceptsResponse>(request));
    for (const auto& known : page.concepts()) {
      std::string json = RenderJsonLine(known);
      if (json.ends_with('\n')) json.pop_back();
      out << R"({"concept":)" << json << "}\n";
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return {};
}

class Importer {
 public:
  Importer(bool resume, Caller& caller) : caller_(caller), first_(!resume) {}

  Result<void> Line(const std::string& line) {
    Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return Fail(Code::kInvalidArgument, "is not a JSON object");
    if (json.contains("concept")) return Concept(json["concept"]);
    if (json.contains("blob_id")) return Blob(line);
    if (!json.contains("row")) return Fail(Code::kInvalidArgument, "is no object of an export");
    Rewrite(json["row"]);
    std::string row = json.dump();
    bytes_ += row.size();
    lines_.push_back(std::move(row));
    if (lines_.size() < kLines && bytes_ < kBytes) return {};
    return Flush();
  }

  Result<void> Finish(std::ostream& out) {
    KIMBERLITE_RETURN_IF_ERROR(Flush());
    std::int64_t told = 0;
    do {
      content::v1::ImportContentRequest request;
      request.set_tell(true);
      request.set_told_article_id(told);
      KIMBERLITE_ASSIGN_OR_RETURN(const auto response, caller_.Call<content::v1::ImportContentResponse>(request));
      told = response.told_article_id();
    } while (told != 0);
    out << fmt::format("{} concepts, {} pictures and lighter forms, {} rows ({} new)\n", concepts_, blobs_, rows_,
                       added_);
    return {};
  }

 private:
  Result<void> Concept(const Json& json) {
    tagging::v1::PutConceptRequest request;
    KIMBERLITE_RETURN_IF_ERROR(MergeJson(json.dump(), *request.mutable_definition()));
    const std::int64_t old_id = request.definition().concept_id();
    KIMBERLITE_ASSIGN_OR_RETURN(const auto response, caller_.Call<tagging::v1::PutConceptResponse>(request));
    if (response.definition().concept_id() != old_id) ids_[old_id] = response.definition().concept_id();
    ++concepts_;
    return {};
  }

  Result<void> Blob(const std::string& line) {
    content::v1::ExportContentResponse exported;
    KIMBERLITE_RETURN_IF_ERROR(MergeJson(line, exported));
    content::v1::ImportContentRequest request;
    request.set_first(std::exchange(first_, false));
    request.set_blob_id(exported.blob_id());
    *request.mutable_data() = std::move(*exported.mutable_data());
    KIMBERLITE_ASSIGN_OR_RETURN(const auto response, caller_.Call<content::v1::ImportContentResponse>(request));
    added_ += response.added();
    ++blobs_;
    return {};
  }

  std::int64_t NewId(std::int64_t id) const {
    const auto found = ids_.find(id);
    return found == ids_.end() ? id : found->second;
  }

  // Ids of concepts, wherever a row has them.
  void Rewrite(Json& row) {
    if (ids_.empty()) return;
    if (row.contains("concept_id") && row["concept_id"].is_number_integer())
      row["concept_id"] = NewId(row["concept_id"]);
    if (row.contains("concept_ids") && row["concept_ids"].is_array()) {
      for (Json& id : row["concept_ids"]) id = NewId(id.get<std::int64_t>());
    }
    if (!row.contains("list_key")) return;
    std::string key = row["list_key"];
    const std::size_t at = key.find("/concept/");
    if (at == std::string::npos) return;
    const std::size_t begin = at + std::string_view("/concept/").size();
    row["list_key"] = key.substr(0, begin) + std::to_string(NewId(std::stoll(key.substr(begin))));
  }

  Result<void> Flush() {
    if (lines_.empty()) return {};
    content::v1::ImportContentRequest request;
    request.set_first(std::exchange(first_, false));
    for (std::string& line : lines_) *request.add_lines() = std::move(line);
    rows_ += static_cast<std::int64_t>(lines_.size());
    lines_.clear();
    bytes_ = 0;
    KIMBERLITE_ASSIGN_OR_RETURN(const auto response, caller_.Call<content::v1::ImportContentResponse>(request));
    added_ += response.added();
    return {};
  }

  Caller& caller_;
  bool first_;
  std::map<std::int64_t, std::int64_t> ids_;  // of concepts that have another now
  std::vector<std::string> lines_;
  std::size_t bytes_ = 0;
  std::int64_t concepts_ = 0, blobs_ = 0, rows_ = 0, added_ = 0;
};

}  // namespace

Result<void> ExportSite(Caller& caller, std::ostream& out) {
  KIMBERLITE_RETURN_IF_ERROR(ExportConcepts(caller, out));
  content::v1::ExportContentResponse response;
  return caller.CallServerStream(rpc::MethodOf(*content::v1::ExportContentRequest::descriptor()),
                                 content::v1::ExportContentRequest(), response, [&]() -> Result<void> {
                                   if (response.line().empty()) {
                                     out << RenderJsonLine(response);
                                   } else {
                                     out << response.line() << '\n';
                                   }
                                   if (!out) return Fail(Code::kCancelled, "standard output cannot be written");
                                   return {};
                                 });
}

Result<void> ImportSite(std::istream& in, bool resume, Caller& caller, std::ostream& out) {
  Importer importer(resume, caller);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    if (const auto done = importer.Line(line); !done)
      return Fail(done.error().code(), "line " + std::to_string(number) + ": " + done.error().message());
  }
  return importer.Finish(out);
}

}  // namespace kimberlite::ctl
