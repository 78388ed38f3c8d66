#include "services/rendering/core/theme_manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libs/base/text.h"

namespace kimberlite::rendering {
namespace {

using nlohmann::json;

std::unexpected<Error> Wrong(std::string_view text, std::size_t at, const std::string& what) {
  const auto line =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size())), '\n');
  return Fail(Code::kInvalidArgument, "theme.json:" + std::to_string(line + 1) + ": " + what);
}

// Where a member's name stands.
std::size_t PlaceOf(std::string_view text, const std::string& name) {
  const std::size_t at = text.find("\"" + name + "\"");
  return at == std::string_view::npos ? 0 : at;
}

// The first member that is none of `known`; empty when there is none.
std::string Unknown(const json& object, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) == known.end()) return name;
  }
  return "";
}

bool IsFileName(std::string_view name) {
  return !name.empty() && name.size() <= 80 && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

}  // namespace

Result<ThemeManifest> ParseThemeManifest(std::string_view text) {
  json object;
  try {
    object = json::parse(text);
  } catch (const json::parse_error& error) {
    return Wrong(text, error.byte, "is no JSON: " + std::string(error.what()));
  }
  if (!object.is_object()) return Wrong(text, 0, "has to be an object");
  if (const std::string name = Unknown(object, {"name", "share_picture"}); !name.empty()) {
    return Wrong(text, PlaceOf(text, name), "unknown member \"" + name + "\"; known: name, share_picture");
  }
  ThemeManifest manifest;
  const auto name = object.find("name");
  if (name == object.end() || !name->is_string() || !CheckPlainText(name->get<std::string>(), "name", 1, 60)) {
    return Wrong(text, PlaceOf(text, "name"), "\"name\" has to be a text of 1 to 60 characters");
  }
  manifest.name = name->get<std::string>();
  const auto picture = object.find("share_picture");
  if (picture == object.end()) return manifest;
  const std::size_t place = PlaceOf(text, "share_picture");
  if (!picture->is_object()) return Wrong(text, place, "\"share_picture\" has to be an object");
  if (const std::string member = Unknown(*picture, {"file", "width", "height"}); !member.empty()) {
    return Wrong(text, PlaceOf(text, member), "unknown member \"" + member + "\"; known: file, width, height");
  }
  const json file = picture->value("file", json());
  if (!file.is_string() || !IsFileName(file.get<std::string>())) {
    return Wrong(text, place, "\"file\" has to name a file of assets/: a-z, 0-9, '-' and '.', up to 80 characters");
  }
  manifest.share_picture = file.get<std::string>();
  for (auto [member, value] : {std::pair{"width", &manifest.share_width}, {"height", &manifest.share_height}}) {
    const json number = picture->value(member, json());
    if (!number.is_number_integer() || number.get<std::int64_t>() < 1 || number.get<std::int64_t>() > 10'000) {
      return Wrong(text, place, std::string("\"") + member + "\" has to be a whole number of pixels, 1 to 10000");
    }
    *value = number.get<int>();
  }
  return manifest;
}

}  // namespace kimberlite::rendering
