#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/base/error.h"

namespace kimberlite::i18n {

// A named value for a message: {"count", 3}, {"name", source.name()}. Keeps views: lives no longer than the call.
struct Argument {
  Argument(std::string_view n, std::string_view v) : name(n), value(v) {}
  Argument(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Argument(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Argument(std::string_view n, double v) : name(n), value(v) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Argument(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}

  std::string_view name;
  std::variant<std::string_view, std::int64_t, double> value;
};

// The texts of one language. Immutable after Load: safe for any number of threads without locks; copies are cheap.
//
// A file <language>.json is one flat object of dotted keys and ICU MessageFormat patterns:
//   {"article.comments": "{count, plural, one {# comment} other {# comments}}"}
// Patterns may use {name}, {name, number}, {name, number, integer | percent}, plural (with offset: and =N),
// selectordinal and select. Dates come from dates.h as strings, so date and time arguments are refused. Numbers are
// written with the language's digits and grouping; strings as they are. The result is plain text: escape it for HTML.
class Catalog {
 public:
  // One file, without any fallback. INVALID_ARGUMENT with file, line and key when the JSON or a pattern is broken, a
  // key appears twice, or the file's name is no language code; NOT_FOUND when it cannot be read.
  static Result<Catalog> Load(const std::filesystem::path& file);

  // The language of the catalog (the file's name), whatever language a text falls back to.
  const std::string& language() const;

  // Whether the catalog or one that it falls back to has the key. Check a template's keys when it is loaded.
  bool Has(std::string_view key) const;

  // Names of the arguments of the key's pattern, sorted; empty for an unknown key.
  std::vector<std::string> ArgumentNames(std::string_view key) const;

  // The text. A text taken from a fallback language follows that language's plurals and digits. An unknown key gives
  // the key itself and an absent argument "{name}": a page with a visible flaw is better than none, and tests find
  // both. A plural over a string value takes "other".
  std::string Format(std::string_view key, std::span<const Argument> arguments) const;
  std::string Format(std::string_view key, std::initializer_list<Argument> arguments = {}) const {
    return Format(key, std::span<const Argument>(arguments.begin(), arguments.size()));
  }

  // Keys that the catalog lacks itself and takes from a fallback, sorted.
  std::vector<std::string> MissingKeys() const;

 private:
  friend class Catalogs;
  struct Impl;
  explicit Catalog(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// All catalogs of a directory. A text missing in "zh-Hant-TW" is looked for in "zh-Hant", "zh", then in the default.
class Catalogs {
 public:
  // Loads every *.json of the directory. Refuses (INVALID_ARGUMENT) what Catalog::Load refuses, a key that the default
  // language does not have, and a pattern that names an argument which the default's pattern lacks; NOT_FOUND when the
  // default's own file is missing.
  static Result<Catalogs> Load(const std::filesystem::path& directory, std::string_view default_language);

  // The catalog of the language or of its nearest parent; the default's when there is none. Lives as long as this
  // object.
  const Catalog& For(std::string_view language) const;

  // Codes of the loaded catalogs, sorted.
  std::vector<std::string> Languages() const;
  const std::string& default_language() const { return default_language_; }

 private:
  std::map<std::string, Catalog, std::less<>> catalogs_;
  std::string default_language_;
};

}  // namespace kimberlite::i18n
