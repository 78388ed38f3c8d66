#include "libs/i18n/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_map>

#include "libs/i18n/language.h"
#include "libs/i18n/pattern.h"

namespace kimberlite::i18n {
namespace {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

std::size_t LineOf(std::string_view text, std::size_t byte) {
  return 1 + std::count(text.begin(), text.begin() + std::min(byte, text.size()), '\n');
}

// Reads the flat object and remembers what nlohmann's document type would hide: keys given twice.
class FlatReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Refuse("null"); }
  bool boolean(bool) override { return Refuse("a boolean"); }
  bool number_integer(number_integer_t) override { return Refuse("a number"); }
  bool number_unsigned(number_unsigned_t) override { return Refuse("a number"); }
  bool number_float(number_float_t, const string_t&) override { return Refuse("a number"); }
  bool binary(binary_t&) override { return Refuse("binary"); }
  bool start_array(std::size_t) override { return Refuse("an array"); }
  bool end_array() override { return true; }
  bool end_object() override { return true; }
  bool start_object(std::size_t) override { return ++depth_ == 1 || Refuse("an object"); }
  bool key(string_t& name) override {
    key_ = name;
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 0) return Refuse("a string");
    if (!texts.emplace(key_, value).second) {
      problem = fmt::format("key \"{}\" appears twice", key_);
      return false;
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    byte = position;
    problem = error.what();
    return false;
  }

  std::map<std::string, std::string> texts;
  std::string problem;
  std::optional<std::size_t> byte;

  const std::string& last_key() const { return key_; }

 private:
  bool Refuse(std::string_view found) {
    problem = key_.empty() ? fmt::format("must be one object of strings, not {}", found)
                           : fmt::format("key \"{}\" must have a string, not {}", key_, found);
    return false;
  }

  std::string key_;
  int depth_ = 0;
};

// The line where a key stands last, for error messages.
std::size_t LineOfKey(std::string_view json, const std::string& key) {
  const std::size_t at = json.rfind(nlohmann::json(key).dump());
  return at == std::string_view::npos ? 1 : LineOf(json, at);
}

}  // namespace

struct Catalog::Impl {
  std::string language;
  // Own messages and those of the languages it falls back to.
  std::unordered_map<std::string, std::shared_ptr<const Message>, StringHash, std::equal_to<>> messages;
  std::set<std::string> missing;
  std::string file;
  std::map<std::string, std::size_t> lines;  // of its own keys
};

Result<Catalog> Catalog::Load(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string json{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) {
    return Fail(Code::kNotFound, fmt::format("{}: cannot be read", file.string()));
  }
  const auto fail = [&](std::size_t line, std::string_view what) {
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", file.string(), line, what));
  };

  auto impl = std::make_shared<Impl>();
  impl->language = file.stem().string();
  impl->file = file.string();
  if (const auto named = CheckLanguageCode(impl->language, "the file's name"); !named) {
    return fail(1, named.error().message());
  }
  FlatReader reader;
  if (!nlohmann::json::sax_parse(json, &reader)) {
    return fail(reader.byte ? LineOf(json, *reader.byte) : LineOfKey(json, reader.last_key()), reader.problem);
  }
  const auto rules = MakeRules(impl->language);
  for (const auto& [key, text] : reader.texts) {
    auto message = CompileMessage(text, rules);
    const std::size_t line = LineOfKey(json, key);
    if (!message) return fail(line, fmt::format("key \"{}\": {}", key, message.error().message()));
    impl->messages.emplace(key, std::make_shared<const Message>(std::move(*message)));
    impl->lines.emplace(key, line);
  }
  return Catalog(std::move(impl));
}

const std::string& Catalog::language() const { return impl_->language; }

bool Catalog::Has(std::string_view key) const { return impl_->messages.contains(key); }

std::vector<std::string> Catalog::ArgumentNames(std::string_view key) const {
  const auto found = impl_->messages.find(key);
  if (found == impl_->messages.end()) return {};
  const auto& arguments = found->second->arguments;
  return {arguments.begin(), arguments.end()};
}

std::string Catalog::Format(std::string_view key, std::span<const Argument> arguments) const {
  const auto found = impl_->messages.find(key);
  if (found == impl_->messages.end()) return std::string(key);
  return Evaluate(*found->second, arguments);
}

std::vector<std::string> Catalog::MissingKeys() const { return {impl_->missing.begin(), impl_->missing.end()}; }

Result<Catalogs> Catalogs::Load(const std::filesystem::path& directory, std::string_view default_language) {
  Catalogs result;
  result.default_language_ = default_language;
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".json") files.push_back(entry->path());
  }
  if (error) return Fail(Code::kNotFound, fmt::format("{}: {}", directory.string(), error.message()));
  std::sort(files.begin(), files.end());  // the same error whatever the order on disk

  std::map<std::string, Catalog, std::less<>> own;
  for (const auto& file : files) {
    KIMBERLITE_ASSIGN_OR_RETURN(Catalog catalog, Catalog::Load(file));
    own.emplace(catalog.language(), std::move(catalog));
  }
  const auto base = own.find(default_language);
  if (base == own.end()) {
    return Fail(Code::kNotFound,
                fmt::format("{}: has no {}.json, the default language", directory.string(), default_language));
  }
  const auto& base_messages = base->second.impl_->messages;
  for (const auto& [language, catalog] : own) {
    for (const auto& [key, line] : catalog.impl_->lines) {
      const auto fail = [&, &file = catalog.impl_->file, &key = key, line = line](std::string_view what) {
        return Fail(Code::kInvalidArgument, fmt::format("{}:{}: key \"{}\" {}", file, line, key, what));
      };
      const auto in_base = base_messages.find(key);
      if (in_base == base_messages.end()) {
        return fail(fmt::format("is unknown to the default language {}", default_language));
      }
      for (const std::string& argument : catalog.impl_->messages.at(key)->arguments) {
        if (!in_base->second->arguments.contains(argument)) {
          return fail(fmt::format("names the argument {{{}}}, which the default language {} lacks", argument,
                                  default_language));
        }
      }
    }
  }

  for (const auto& [language, catalog] : own) {
    auto merged = std::make_shared<Catalog::Impl>(*catalog.impl_);
    // insert() leaves what is there: nearer languages first.
    std::string_view parent = language;
    for (std::size_t cut = parent.rfind('-'); cut != std::string_view::npos; cut = parent.rfind('-')) {
      parent = parent.substr(0, cut);
      if (const auto found = own.find(parent); found != own.end()) {
        merged->messages.insert(found->second.impl_->messages.begin(), found->second.impl_->messages.end());
      }
    }
    merged->messages.insert(base_messages.begin(), base_messages.end());
    for (const auto& [key, message] : merged->messages) {
      if (!catalog.impl_->messages.contains(key)) merged->missing.insert(key);
    }
    result.catalogs_.emplace(language, Catalog(std::move(merged)));
  }
  return result;
}

const Catalog& Catalogs::For(std::string_view language) const {
  while (true) {
    if (const auto found = catalogs_.find(language); found != catalogs_.end()) return found->second;
    const std::size_t cut = language.rfind('-');
    if (cut == std::string_view::npos) return catalogs_.find(default_language_)->second;
    language = language.substr(0, cut);
  }
}

std::vector<std::string> Catalogs::Languages() const {
  std::vector<std::string> languages;
  for (const auto& [language, catalog] : catalogs_) languages.push_back(language);
  return languages;
}

}  // namespace kimberlite::i18n
