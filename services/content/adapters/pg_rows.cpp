#include "services/content/adapters/pg_rows.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace kimberlite::content {
namespace {

using Texts = std::map<std::string, std::string>;

Texts TextsOf(std::string_view json) {
  if (json == "{}") return {};
  return nlohmann::json::parse(json).get<Texts>();
}

}  // namespace

Translation TranslationOf(const pg::Row& row) {
  return {.language_code = row.String("language_code"),
          .state = static_cast<TranslationState>(row.Int("state")),
          .version = static_cast<std::int32_t>(row.Int("version")),
          .headline = row.String("headline"),
          .slug = row.String("slug"),
          .summary = row.String("summary"),
          .authors = row.Strings("authors"),
          .author_ids = row.Strings("author_ids"),
          .published_time = row.OptionalInstant("published_time"),
          .archive_month = row.String("archive_month"),
          .updated_time = row.Instant("updated_time")};
}

std::optional<Picture> PictureOf(const pg::Row& row) {
  if (row.IsNull("picture_media_id")) return std::nullopt;
  return Picture{.media_id = row.String("picture_media_id"),
                 .alt = TextsOf(row.Text("picture_alt")),
                 .captions = TextsOf(row.Text("picture_captions")),
                 .credit = row.String("picture_credit")};
}

std::vector<Correction> CorrectionsOf(std::string_view json_text) {
  std::vector<Correction> corrections;
  if (json_text == "[]") return corrections;
  for (const auto& json : nlohmann::json::parse(json_text)) {
    corrections.push_back({Time(std::chrono::microseconds(json[0].get<std::int64_t>())), json[1].get<std::string>()});
  }
  return corrections;
}

}  // namespace kimberlite::content
