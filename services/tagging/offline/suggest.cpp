#include "services/tagging/offline/suggest.h"

#include <charconv>
#include <cmath>
#include <iostream>
#include <optional>
#include <set>

#include "libs/base/text.h"
#include "libs/i18n/language.h"
#include "libs/i18n/words.h"
#include "libs/jsonl/lines.h"
#include "libs/langid/langid.h"
#include "services/tagging/learn/tagger.h"

namespace kimberlite::tagging {
namespace {

using Json = nlohmann::ordered_json;
using learn::Article;
using learn::Capitals;
using learn::TagDefinition;

struct Arguments {
  std::string vocabulary;
  std::string train;
  std::size_t limit = 30;
  std::vector<std::string> files;
};

Result<Arguments> ReadArguments(const std::vector<std::string_view>& given) {
  Arguments arguments;
  for (std::size_t i = 0; i < given.size(); ++i) {
    std::string_view name = given[i];
    if (!name.starts_with("--")) {
      arguments.files.emplace_back(name);
      continue;
    }
    std::string_view value;
    if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    } else if (i + 1 < given.size()) {
      value = given[++i];
    }
    if (value.empty()) return InvalidField(std::string(name), "must have a value");
    if (name == "--vocabulary") {
      arguments.vocabulary = value;
    } else if (name == "--train") {
      arguments.train = value;
    } else if (name == "--limit") {
      const auto read = std::from_chars(value.data(), value.data() + value.size(), arguments.limit);
      if (read.ec != std::errc() || read.ptr != value.data() + value.size() || arguments.limit < 1 ||
          arguments.limit > 1000) {
        return InvalidField("--limit", "must be 1 to 1000");
      }
    } else {
      return InvalidField(std::string(name), "is not known");
    }
  }
  if (arguments.vocabulary.empty() && arguments.train.empty()) {
    return InvalidField("--vocabulary", "or --train must be given: there is nothing to suggest otherwise");
  }
  if (arguments.files.empty()) arguments.files.emplace_back("-");
  return arguments;
}

Result<Article> ArticleOf(const nlohmann::json& object) {
  Article article;
  KIMBERLITE_ASSIGN_OR_RETURN(article.language, jsonl::StringOf(object, "language"));
  KIMBERLITE_ASSIGN_OR_RETURN(article.title, jsonl::StringOf(object, "title"));
  KIMBERLITE_ASSIGN_OR_RETURN(article.summary, jsonl::StringOf(object, "summary"));
  KIMBERLITE_ASSIGN_OR_RETURN(article.content, jsonl::StringOf(object, "content"));
  KIMBERLITE_ASSIGN_OR_RETURN(article.tags, jsonl::StringsOf(object, "tags"));
  if (const auto id = object.find("id"); id != object.end()) {
    article.id = id->is_string() ? id->get<std::string>() : id->dump();
  } else {
    KIMBERLITE_ASSIGN_OR_RETURN(article.id, jsonl::StringOf(object, "url"));
  }
  article.language = i18n::PrimaryLanguage(article.language);
  if (article.language.empty()) {
    article.language = langid::Identify(article.title + "\n" + article.summary + "\n" + article.content).language;
  }
  return article;
}

Result<void> ReadNames(const nlohmann::json& names, std::string_view language, TagDefinition& definition) {
  if (names.is_string()) {
    definition.names.emplace_back(language, names.get<std::string>());
    return {};
  }
  if (!names.is_array()) return InvalidField("labels", "must be names or lists of names");
  for (const nlohmann::json& name : names) {
    if (!name.is_string()) return InvalidField("labels", "must be names or lists of names");
    definition.names.emplace_back(language, name.get<std::string>());
  }
  return {};
}

// "person" or "CONCEPT_KIND_PERSON".
Capitals CapitalsOf(std::string_view kind) {
  constexpr std::string_view kPrefix = "CONCEPT_KIND_";
  if (kind.starts_with(kPrefix)) kind.remove_prefix(kPrefix.size());
  const std::string folded = i18n::Fold(kind);
  if (folded == "person" || folded == "organisation" || folded == "organization" || folded == "place") {
    return Capitals::kNeeded;
  }
  return folded.empty() || folded == "unspecified" ? Capitals::kExpected : Capitals::kIgnored;
}

Result<TagDefinition> DefinitionOf(const nlohmann::json& object) {
  TagDefinition definition;
  for (const char* const member : {"concept", "id", "key"}) {
    const auto id = object.find(member);
    if (id == object.end() || !definition.concept_id.empty()) continue;
    definition.concept_id = id->is_string() ? id->get<std::string>() : id->dump();
  }
  KIMBERLITE_ASSIGN_OR_RETURN(definition.label, jsonl::StringOf(object, "label"));
  KIMBERLITE_ASSIGN_OR_RETURN(const std::string kind, jsonl::StringOf(object, "kind"));
  definition.capitals = CapitalsOf(kind);
  KIMBERLITE_ASSIGN_OR_RETURN(std::string language, jsonl::StringOf(object, "language"));
  language = i18n::PrimaryLanguage(language);
  if (!definition.label.empty()) definition.names.emplace_back(language, definition.label);
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<std::string> aliases, jsonl::StringsOf(object, "aliases"));
  for (const std::string& alias : aliases) definition.names.emplace_back(language, alias);
  if (const auto labels = object.find("labels"); labels != object.end() && labels->is_object()) {
    for (const auto& [code, names] : labels->items()) {
      KIMBERLITE_RETURN_IF_ERROR(ReadNames(names, i18n::PrimaryLanguage(code), definition));
    }
  } else if (labels != object.end() && labels->is_array()) {
    for (const nlohmann::json& label : *labels) {
      if (!label.is_object()) return InvalidField("labels", "must be objects");
      KIMBERLITE_ASSIGN_OR_RETURN(const std::string code, jsonl::StringOf(label, "language_code"));
      KIMBERLITE_ASSIGN_OR_RETURN(const std::string text, jsonl::StringOf(label, "text"));
      KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<std::string> others, jsonl::StringsOf(label, "aliases"));
      definition.names.emplace_back(i18n::PrimaryLanguage(code), text);
      for (const std::string& other : others) definition.names.emplace_back(i18n::PrimaryLanguage(code), other);
    }
  }
  if (definition.names.empty()) return InvalidField("label", "must be given, or labels");
  if (definition.label.empty()) definition.label = definition.names.front().second;
  if (definition.concept_id.empty()) definition.concept_id = definition.label;
  return definition;
}

Result<std::vector<TagDefinition>> ReadVocabulary(const std::string& path) {
  std::vector<TagDefinition> vocabulary;
  std::set<std::string> ids;
  if (path.empty()) return vocabulary;
  KIMBERLITE_RETURN_IF_ERROR(jsonl::ForEachObject(path, [&](const nlohmann::json& object) -> Result<void> {
    KIMBERLITE_ASSIGN_OR_RETURN(TagDefinition definition, DefinitionOf(object));
    if (!ids.insert(definition.concept_id).second) {
      return InvalidField("concept", "must be unique, " + definition.concept_id + " comes twice");
    }
    vocabulary.push_back(std::move(definition));
    return {};
  }));
  if (vocabulary.empty()) return Fail(Code::kInvalidArgument, path + " holds no concepts");
  return vocabulary;
}

double Rounded(double value) { return std::round(value * 10'000) / 10'000; }

Json EvidenceOf(const learn::Tagger& tagger, const Article& article, const learn::TagSuggestion& suggestion) {
  constexpr const char* kKinds[] = {"exact", "inflected", "part"};
  Json evidence = Json::array();
  const std::string* const fields[] = {&article.title, &article.summary, &article.content};
  for (const learn::LabelHit& hit : suggestion.hits) {
    evidence.push_back({{"kind", kKinds[static_cast<std::size_t>(hit.kind)]},
                        {"field", learn::kFieldNames[hit.field]},
                        {"begin_byte", hit.begin_byte},
                        {"end_byte", hit.end_byte},
                        {"text", fields[hit.field]->substr(hit.begin_byte, hit.end_byte - hit.begin_byte)}});
  }
  if (suggestion.votes > 0) {
    Json ids = Json::array();
    for (const std::uint32_t number : suggestion.like) ids.push_back(tagger.training_id(number));
    evidence.push_back({{"kind", "articles_like_this"}, {"share", Rounded(suggestion.votes)}, {"ids", ids}});
  }
  if (suggestion.linear > learn::LinearModel::kUnknown + 1) {
    evidence.push_back({{"kind", "words"}, {"score", Rounded(suggestion.linear)}});
  }
  return evidence;
}

Result<void> Run(const Arguments& arguments, std::ostream& out) {
  KIMBERLITE_ASSIGN_OR_RETURN(std::vector<TagDefinition> vocabulary, ReadVocabulary(arguments.vocabulary));
  std::vector<Article> training;
  if (!arguments.train.empty()) {
    KIMBERLITE_RETURN_IF_ERROR(jsonl::ForEachObject(arguments.train, [&](const nlohmann::json& object) -> Result<void> {
      KIMBERLITE_ASSIGN_OR_RETURN(Article article, ArticleOf(object));
      training.push_back(std::move(article));
      return {};
    }));
  }
  learn::Tagger tagger(std::move(vocabulary), training);
  training.clear();
  for (const std::string& file : arguments.files) {
    KIMBERLITE_RETURN_IF_ERROR(jsonl::ForEachObject(file, [&](const nlohmann::json& object) -> Result<void> {
      KIMBERLITE_ASSIGN_OR_RETURN(const Article article, ArticleOf(object));
      Json suggestions = Json::array();
      for (const learn::TagSuggestion& suggestion : tagger.Suggest(article, arguments.limit)) {
        suggestions.push_back({{"concept", tagger.tag(suggestion.tag).concept_id},
                               {"label", tagger.tag(suggestion.tag).label},
                               {"score", Rounded(suggestion.score)},
                               {"chosen", suggestion.chosen},
                               {"evidence", EvidenceOf(tagger, article, suggestion)}});
      }
      const auto id = object.find("id");
      out << jsonl::LineOf({{"id", id != object.end() ? Json(*id) : Json(article.id)}, {"suggestions", suggestions}})
          << '\n';
      if (!out) return Fail(Code::kUnavailable, "the output cannot be written");
      return {};
    }));
  }
  out.flush();
  if (!out) return Fail(Code::kUnavailable, "the output cannot be written");
  return {};
}

}  // namespace

int RunSuggest(const std::vector<std::string_view>& arguments, std::ostream& out) {
  const auto read = ReadArguments(arguments);
  if (!read) {
    std::cerr << read.error().message() << "\n";
    return 2;
  }
  if (auto done = Run(*read, out); !done) {
    std::cerr << done.error().message() << "\n";
    return 1;
  }
  return 0;
}

}  // namespace kimberlite::tagging
