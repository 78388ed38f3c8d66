#include "services/tagging/offline/identify.h"

#include <cmath>
#include <iostream>

#include "libs/base/text.h"
#include "libs/i18n/language.h"
#include "libs/jsonl/lines.h"
#include "libs/langid/langid.h"

namespace kimberlite::tagging {
namespace {

using Json = nlohmann::ordered_json;

Json Answer(std::string_view line, const langid::Hints& hints) {
  Json answer = {{"id", nullptr}, {"language", nullptr}, {"score", nullptr}};
  const nlohmann::json asked = nlohmann::json::parse(line, nullptr, false);
  if (!asked.is_object()) {
    answer["error"] = "the line must be a JSON object in UTF-8";
    return answer;
  }
  answer["id"] = asked.value("id", nlohmann::json());
  const auto text = asked.find("text");
  if (text == asked.end() || !text->is_string()) {
    answer["error"] = "text: must be a string";
    return answer;
  }
  const langid::Guess guess = langid::Identify(text->get_ref<const std::string&>(), hints);
  answer["language"] = guess.language;
  answer["score"] = std::round(guess.score * 10'000) / 10'000;
  return answer;
}

Result<void> ReadLanguages(std::string_view list, langid::Hints& hints) {
  for (const std::string_view code : Split(list, ',')) {
    KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(code, "--languages"));
    hints.configured.emplace_back(code);
  }
  return {};
}

}  // namespace

int RunIdentify(const std::vector<std::string_view>& arguments, std::ostream& out) {
  constexpr std::string_view kLanguages = "--languages=";
  langid::Hints hints;
  std::vector<std::string> files;
  for (const std::string_view argument : arguments) {
    if (argument.starts_with(kLanguages)) {
      if (auto read = ReadLanguages(argument.substr(kLanguages.size()), hints); !read) {
        std::cerr << read.error().message() << "\n";
        return 2;
      }
    } else if (argument.starts_with("--")) {
      std::cerr << "usage: kimberlite-tagging identify [--languages=CODE,…] [FILE …]\n";
      return 2;
    } else {
      files.emplace_back(argument);
    }
  }
  if (files.empty()) files.emplace_back("-");
  for (const std::string& file : files) {
    const auto read = jsonl::ForEachLine(file, [&](std::string_view line) -> Result<void> {
      if (line.find_first_not_of(" \t") == std::string_view::npos) return {};
      out << jsonl::LineOf(Answer(line, hints)) << '\n';
      if (!out) return Fail(Code::kUnavailable, "the output cannot be written");
      return {};
    });
    if (!read) {
      std::cerr << read.error().message() << "\n";
      return 1;
    }
  }
  out.flush();
  return out ? 0 : 1;
}

}  // namespace kimberlite::tagging
