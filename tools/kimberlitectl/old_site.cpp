#include "tools/kimberlitectl/old_site.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "libs/base/text.h"
#include "libs/base/time.h"

namespace kimberlite::ctl {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

// A field as text, whatever it is there.
std::string TextOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// "2019-05-01 10:00:00" (UTC), "2019-05-01", RFC 3339; empty where there is none ("0000-00-00 00:00:00").
Result<std::string> InstantOf(std::string text, const std::string& field) {
  text = std::string(TrimAscii(text));
  if (text.empty() || text.starts_with("0000")) return std::string();
  if (text.size() == 10) text += "T00:00:00";
  if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
  if (text.size() == 19) text += "Z";
  const auto time = ParseRfc3339(text);
  if (!time) return InvalidField(field, "must be a time such as 2019-05-01 10:00:00, this is \"" + text + "\"");
  return FormatRfc3339(*time);
}

std::vector<std::string> JoomlaTags(const Json& object) {
  const auto found = object.find("tags");
  if (found == object.end()) return {};
  std::vector<std::string> tags;
  const auto add = [&](const std::string& text) {
    for (std::string& tag : TagsOf(text)) tags.push_back(std::move(tag));
  };
  if (found->is_string()) add(found->get<std::string>());
  if (found->is_array()) {
    for (const Json& tag : *found)
      add(tag.is_object() ? TextOf(tag, "title") : tag.is_string() ? tag.get<std::string>() : "");
  }
  return tags;
}

std::string ShortLanguage(std::string_view tag) { return std::string(tag == "*" ? "" : tag.substr(0, tag.find('-'))); }

// False: left out.
Result<bool> JoomlaArticle(const Json& object, OldArticle& article) {
  const std::string id = TextOf(object, "id");
  if (id.empty()) return InvalidField("id", "must not be empty");
  const std::string state = TextOf(object, "state");
  if (state == "-2") return false;
  article.key = "joomla:" + id;
  article.language = TextOf(object, "language");
  article.category = TextOf(object, "category");
  article.headline = std::string(TrimAscii(TextOf(object, "title")));
  article.alias = TextOf(object, "alias");
  // An export without titles still has aliases.
  if (article.headline.empty()) {
    article.headline = article.alias;
    std::ranges::replace(article.headline, '-', ' ');
  }
  article.summary = TextOf(object, "metadesc");
  article.html = TextOf(object, "introtext") + TextOf(object, "fulltext");
  article.tags = JoomlaTags(object);
  if (const std::string by = TextOf(object, "created_by_alias"); !by.empty()) article.authors = {by};
  article.is_public = state != "0";
  KIMBERLITE_ASSIGN_OR_RETURN(article.published, InstantOf(TextOf(object, "publish_up"), "publish_up"));
  if (article.published.empty()) {
    KIMBERLITE_ASSIGN_OR_RETURN(article.published, InstantOf(TextOf(object, "created"), "created"));
  }
  const std::string language = ShortLanguage(article.language);
  if (!language.empty() && !article.category.empty())
    article.old_paths.push_back("/" + language + "/news/" + article.category + "/" + id + "-" + article.alias);
  return true;
}

Result<std::vector<Json>> JoomlaObjects(std::string_view bytes, const std::string& name) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const std::string_view trimmed = TrimAscii(bytes);
  std::vector<Json> objects;
  if (trimmed.starts_with('[') || trimmed.starts_with('{')) {
    Json whole = Json::parse(trimmed, nullptr, false);
    if (whole.is_object() && whole.contains("articles")) whole = Json(whole["articles"]);
    if (whole.is_object()) whole = Json::array({whole});
    if (whole.is_array()) {
      for (Json& object : whole) objects.push_back(std::move(object));
      return objects;
    }
    int number = 0;
    for (const std::string_view line : Split(trimmed, '\n')) {
      ++number;
      if (TrimAscii(line).empty()) continue;
      objects.push_back(Json::parse(line, nullptr, false));
      if (!objects.back().is_object())
        return Fail(Code::kInvalidArgument, name + ":" + std::to_string(number) + ": is not a JSON object");
    }
    return objects;
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const auto rows, ParseCsv(bytes));
  if (rows.empty()) return objects;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].size() != rows[0].size()) {
      return Fail(Code::kInvalidArgument, name + ": row " + std::to_string(i + 1) + " has " +
                                              std::to_string(rows[i].size()) + " fields, the first has " +
                                              std::to_string(rows[0].size()));
    }
    Json object = Json::object();
    for (std::size_t j = 0; j < rows[0].size(); ++j) object[rows[0][j]] = rows[i][j];
    objects.push_back(std::move(object));
  }
  return objects;
}

Result<std::string> ReadWhole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) return Fail(Code::kInvalidArgument, "cannot read " + path.string());
  return std::move(content).str();
}

std::string Unquoted(std::string_view value) {
  value = TrimAscii(value);
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

// "a, b", "[a, b]".
std::vector<std::string> ListOf(std::string_view value) {
  value = TrimAscii(value);
  if (value.starts_with('[') && value.ends_with(']')) value = value.substr(1, value.size() - 2);
  std::vector<std::string> items;
  for (const std::string_view item : Split(value, ',')) {
    if (std::string text = Unquoted(item); !text.empty()) items.push_back(std::move(text));
  }
  return items;
}

// Lines of "name: value", and of "- item" below a name without a value.
std::map<std::string, std::string> FrontMatter(std::string_view text) {
  std::map<std::string, std::string> fields;
  std::string name;
  for (const std::string_view line : Split(text, '\n')) {
    const std::string_view trimmed = TrimAscii(line);
    if (trimmed.starts_with("- ") && !name.empty()) {
      fields[name] += (fields[name].empty() ? "" : ",") + Unquoted(trimmed.substr(2));
      continue;
    }
    const std::size_t colon = trimmed.find(':');
    if (colon == std::string_view::npos || trimmed.starts_with('#')) continue;
    name = std::string(TrimAscii(trimmed.substr(0, colon)));
    fields[name] = Unquoted(trimmed.substr(colon + 1));
  }
  return fields;
}

Result<OldArticle> MarkdownArticle(const fs::path& folder, const fs::path& path) {
  KIMBERLITE_ASSIGN_OR_RETURN(std::string text, ReadWhole(path));
  std::erase(text, '\r');
  const std::string relative = path.lexically_relative(folder).generic_string();
  OldArticle article{.key = "markdown:" + relative, .where = path.string()};
  std::map<std::string, std::string> fields;
  std::string_view body = text;
  if (body.starts_with("---\n")) {
    const std::size_t end = body.find("\n---\n", 3);
    if (end == std::string_view::npos)
      return Fail(Code::kInvalidArgument, path.string() + ": its front matter has no end");
    fields = FrontMatter(body.substr(4, end - 4));
    body.remove_prefix(end + 5);
  }
  const std::vector<std::string_view> parts = Split(relative, '/');
  article.language = fields.contains("language") ? fields["language"] : fields["lang"];
  if (article.language.empty() && parts.size() > 1) article.language = parts[0];
  article.category = fields.contains("section") ? fields["section"] : fields["category"];
  if (article.category.empty() && parts.size() > 2) article.category = parts[1];
  article.headline = fields["title"];
  article.alias = fields["slug"];
  article.summary = fields["summary"];
  article.tags = ListOf(fields["tags"]);
  article.authors = ListOf(fields.contains("authors") ? fields["authors"] : fields["author"]);
  article.is_public = fields["draft"] != "true";
  auto published = InstantOf(fields["date"], "date");
  if (!published) return Fail(Code::kInvalidArgument, path.string() + ": " + published.error().message());
  article.published = *published;
  if (fields.contains("url")) article.old_paths.push_back(fields["url"]);
  article.markdown = std::string(body);
  return article;
}

}  // namespace

std::vector<std::string> TagsOf(std::string_view text) {
  std::vector<std::string> tags;
  for (const std::string_view part : Split(text, ',')) {
    const std::string_view tag = TrimAscii(part);
    if (!tag.empty()) tags.emplace_back(tag);
  }
  return tags;
}

Result<std::vector<std::vector<std::string>>> ParseCsv(std::string_view bytes) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  bool any = false;  // something of a row was read
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < bytes.size() && bytes[i + 1] == '"') {
        field += c;
        ++i;
      } else {
        quoted = false;
      }
      continue;
    }
    if (c == '"' && field.empty()) {
      quoted = any = true;
    } else if (c == ',') {
      row.push_back(std::move(field));
      field.clear();
      any = true;
    } else if (c == '\n') {
      if (any || !field.empty()) {
        row.push_back(std::move(field));
        rows.push_back(std::move(row));
      }
      row.clear();
      field.clear();
      any = false;
    } else if (c != '\r') {
      field += c;
    }
  }
  if (quoted) return Fail(Code::kInvalidArgument, "the CSV ends within a quoted field");
  if (any || !field.empty()) {
    row.push_back(std::move(field));
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<OldArticle>> ReadJoomla(std::string_view bytes, const std::string& name) {
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Json> objects, JoomlaObjects(bytes, name));
  std::vector<OldArticle> articles;
  int number = 0;
  for (const Json& object : objects) {
    ++number;
    OldArticle article{.where = name + " #" + std::to_string(number)};
    if (!object.is_object()) return Fail(Code::kInvalidArgument, article.where + ": is not a JSON object");
    const auto kept = JoomlaArticle(object, article);
    if (!kept) return Fail(Code::kInvalidArgument, article.where + ": " + kept.error().message());
    if (*kept) articles.push_back(std::move(article));
  }
  return articles;
}

Result<std::vector<OldArticle>> ReadMarkdownFolder(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_regular_file() && entry->path().extension() == ".md") files.push_back(entry->path());
  }
  if (error) return Fail(Code::kInvalidArgument, "cannot read " + folder + ": " + error.message());
  std::ranges::sort(files);
  std::vector<OldArticle> articles;
  for (const fs::path& file : files) {
    KIMBERLITE_ASSIGN_OR_RETURN(OldArticle article, MarkdownArticle(folder, file));
    articles.push_back(std::move(article));
  }
  return articles;
}

}  // namespace kimberlite::ctl
