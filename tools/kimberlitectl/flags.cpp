#include "tools/kimberlitectl/flags.h"

#include <fmt/format.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "libs/base/text.h"
#include "tools/kimberlitectl/text.h"

namespace kimberlite::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What people say for a field.
const std::map<std::string_view, std::string_view> kAliases = {
    {"section_id", "section"},      {"source_id", "source"}, {"language_code", "language"},
    {"language_codes", "language"}, {"authors", "author"},   {"concept_ids", "concept"},
    {"list_key", "list"},           {"media_id", "picture"},
};
// A field of an update that says whether a list is meant to be replaced.
const std::map<std::string_view, std::string_view> kSetBy = {{"authors_set", "authors"},
                                                             {"concepts_set", "concept_ids"}};
// Where a caller of this program needs to know something else than a caller of the RPC.
const std::map<std::string_view, std::string_view> kHelp = {
    {"idempotency_key", "A write with the same key happens once; a fresh key unless given."},
    {"article_id", "The number in the article's URLs."},
    {"concept_id", "Its number in the tagging service."},
    {"expected_version", "The version that you saw: refused when it is another by now. Read first unless given."},
    {"authors_set", "Without --author: empties the list."},
    {"concepts_set", "Without --concept: empties the list."},
};

bool IsTimestamp(const FieldDescriptor& field) {
  return field.message_type() && field.message_type()->full_name() == "google.protobuf.Timestamp";
}

bool IsDuration(const FieldDescriptor& field) {
  return field.message_type() && field.message_type()->full_name() == "google.protobuf.Duration";
}

bool IsNested(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_map() &&
         !field.message_type()->full_name().starts_with("google.protobuf.");
}

std::string Kebab(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string TypeOf(const FieldDescriptor& field) {
  if (field.is_map()) return "KEY=TEXT";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM: {
      std::vector<std::string> names;
      for (int i = 1; i < field.enum_type()->value_count(); ++i)
        names.push_back(ShortEnumName(*field.enum_type()->value(i)));
      return Join(names, "|");
    }
    case FieldDescriptor::CPPTYPE_STRING: return field.type() == FieldDescriptor::TYPE_BYTES ? "FILE" : "TEXT";
    case FieldDescriptor::CPPTYPE_MESSAGE: return IsDuration(field) ? "DURATION" : IsTimestamp(field) ? "TIME" : "JSON";
    default: return "NUMBER";
  }
}

class Collector {
 public:
  Collector(const Shape& shape, const Comments& comments) : shape_(shape), comments_(comments) {}

  void Collect(const Descriptor& message, const Path& prefix, const std::string& names, bool in_element) {
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      const std::string name = names.empty() ? field.name() : names + "." + field.name();
      if (std::ranges::find(shape_.ignored, name) != shape_.ignored.end() || IsKeyed(name)) continue;
      Path path = prefix;
      path.push_back(&field);
      if (name == shape_.element) {
        Collect(*field.message_type(), path, name, true);
      } else if (IsNested(field) && !field.is_repeated()) {
        Collect(*field.message_type(), path, name, in_element);
      } else {
        Add(field, std::move(path), in_element);
      }
    }
  }

  void AddKeyed(const Descriptor& request) {
    for (const KeyedFlag& keyed : shape_.keyed) {
      Flag flag{.kind = Flag::Kind::kPairs, .name = keyed.name, .path = PathOf(request, keyed.list)};
      const Descriptor& entry = *flag.path.back()->message_type();
      flag.key = PathOf(entry, keyed.key).back();
      flag.value = PathOf(entry, keyed.value).back();
      flag.type = "LANGUAGE=TEXT";
      flag.help = keyed.help;
      flags.push_back(std::move(flag));
    }
  }

  std::vector<Flag> flags;

 private:
  bool IsKeyed(const std::string& name) const {
    return std::ranges::any_of(shape_.keyed, [&](const KeyedFlag& keyed) { return keyed.list == name; });
  }

  void Add(const FieldDescriptor& field, Path path, bool in_element) {
    Flag flag{.kind = Flag::Kind::kOne, .name = Kebab(field.name()), .path = std::move(path)};
    if (field.is_map()) {
      flag.kind = Flag::Kind::kPairs;
    } else if (field.is_repeated()) {
      flag.kind = Flag::Kind::kMany;
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      flag.kind = Flag::Kind::kSwitch;
    }
    if (const auto alias = kAliases.find(field.name()); alias != kAliases.end())
      flag.aliases.emplace_back(alias->second);
    flag.type = TypeOf(field);
    flag.help = HelpOf(field, comments_);
    flag.in_element = in_element;
    if (field.name() == "body_html") {
      Flag file = flag;
      file.kind = Flag::Kind::kFile;
      file.name = "body-file";
      file.type = "FILE";
      file.help = "A file with it; - is standard input.";
      flags.push_back(std::move(file));
    }
    flags.push_back(std::move(flag));
  }

  const Shape& shape_;
  const Comments& comments_;
};

// The message that holds the last field of a path; made where it is absent.
Message& Holder(Message& request, const Path& path) {
  Message* at = &request;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const Reflection& reflection = *at->GetReflection();
    if (!path[i]->is_repeated()) {
      at = reflection.MutableMessage(at, path[i]);
    } else if (reflection.FieldSize(*at, path[i]) == 0) {
      at = reflection.AddMessage(at, path[i]);
    } else {
      at = reflection.MutableRepeatedMessage(at, path[i], 0);
    }
  }
  return *at;
}

template <typename Number>
bool ParseNumber(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

const EnumValueDescriptor* ParseEnum(const FieldDescriptor& field, const std::string& text) {
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    const EnumValueDescriptor* value = field.enum_type()->value(i);
    if (value->name() == text || ShortEnumName(*value) == text) return value;
  }
  return nullptr;
}

// Sets a single field, or appends to a repeated one. Returns the rule that was broken, or nothing.
std::string SetScalar(Message& message, const FieldDescriptor& field, const std::string& text,
                      const ReadFile& read_file) {
  const Reflection& reflection = *message.GetReflection();
  const bool add = field.is_repeated();
  const auto number = [&]<typename Number>(Number value, auto setter, auto adder) -> std::string {
    if (!ParseNumber(text, value)) return "must be a number";
    add ? (reflection.*adder)(&message, &field, value) : (reflection.*setter)(&message, &field, value);
    return "";
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return number(std::int32_t(), &Reflection::SetInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64: return number(std::int64_t(), &Reflection::SetInt64, &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return number(std::uint32_t(), &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return number(std::uint64_t(), &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE: return number(double(), &Reflection::SetDouble, &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_FLOAT: return number(float(), &Reflection::SetFloat, &Reflection::AddFloat);
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return "must be true or false";
      add ? reflection.AddBool(&message, &field, text == "true") : reflection.SetBool(&message, &field, text == "true");
      return "";
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumValueDescriptor* value = ParseEnum(field, text);
      if (!value) return "must be one of " + TypeOf(field);
      add ? reflection.AddEnum(&message, &field, value) : reflection.SetEnum(&message, &field, value);
      return "";
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string content = text;
      if (field.type() == FieldDescriptor::TYPE_BYTES) {
        auto read = read_file(text);
        if (!read) return read.error().message();
        content = std::move(*read);
      } else if (!IsValidUtf8(content)) {
        return "must be valid UTF-8";
      }
      add ? reflection.AddString(&message, &field, std::move(content))
          : reflection.SetString(&message, &field, std::move(content));
      return "";
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message& target = add ? *reflection.AddMessage(&message, &field) : *reflection.MutableMessage(&message, &field);
      if (IsDuration(field)) {
        const auto duration = ParseDuration(text);
        if (!duration) return duration.error().message();
        target.CopyFrom(google::protobuf::util::TimeUtil::MillisecondsToDuration(duration->count()));
        return "";
      }
      // A time is a string in JSON; here it needs no quotes of its own.
      const bool bare = IsTimestamp(field) && !text.starts_with('"');
      const auto merged = MergeJson(bare ? '"' + std::string(text) + '"' : std::string(text), target);
      return merged ? "" : merged.error().message();
    }
  }
  return "";
}

// The entry of a repeated message (or map) whose key is this; added when there is none.
Message& Entry(Message& holder, const FieldDescriptor& list, const FieldDescriptor& key_field, const std::string& key) {
  const Reflection& reflection = *holder.GetReflection();
  for (int i = 0; i < reflection.FieldSize(holder, &list); ++i) {
    Message* entry = reflection.MutableRepeatedMessage(&holder, &list, i);
    if (entry->GetReflection()->GetString(*entry, &key_field) == key) return *entry;
  }
  Message* entry = reflection.AddMessage(&holder, &list);
  entry->GetReflection()->SetString(entry, &key_field, key);
  return *entry;
}

std::string SetPair(const Flag& flag, Message& holder, const std::string& text, const ReadFile& read_file) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) return "must look like " + flag.type;
  const FieldDescriptor& list = *flag.path.back();
  const FieldDescriptor& key = flag.key ? *flag.key : *list.message_type()->map_key();
  const FieldDescriptor& value = flag.value ? *flag.value : *list.message_type()->map_value();
  return SetScalar(Entry(holder, list, key, text.substr(0, equals)), value, text.substr(equals + 1), read_file);
}

}  // namespace

std::string HelpOf(const FieldDescriptor& field, const Comments& comments) {
  if (const auto help = kHelp.find(field.name()); help != kHelp.end()) return std::string(help->second);
  for (const auto& [switch_name, list_name] : kSetBy) {
    if (field.name() == list_name && field.containing_type()->FindFieldByName(std::string(switch_name))) {
      return "Replaces the list; may be repeated.";
    }
  }
  std::string help = comments.Of(field);
  for (int i = 0; help.empty() && i < field.file()->message_type_count(); ++i) {
    if (const auto* other = field.file()->message_type(i)->FindFieldByName(field.name())) help = comments.Of(*other);
  }
  return help;
}

std::vector<Flag> FlagsOf(const Descriptor& request, const Shape& shape, const Comments& comments) {
  if (!shape.element.empty()) PathOf(request, shape.element);
  for (const std::string& ignored : shape.ignored) PathOf(request, ignored);
  Collector collector(shape, comments);
  collector.Collect(request, {}, "", false);
  collector.AddKeyed(request);
  return std::move(collector.flags);
}

Path PathOf(const Descriptor& request, std::string_view names) {
  Path path;
  const Descriptor* message = &request;
  for (const std::string_view name : Split(names, '.')) {
    const FieldDescriptor* field = message ? message->FindFieldByName(std::string(name)) : nullptr;
    if (!field) {
      fmt::print(stderr, "kimberlitectl: {} has no field {}\n", request.full_name(), names);
      std::abort();
    }
    path.push_back(field);
    message = field->message_type();
  }
  return path;
}

Result<void> Apply(const Flag& flag, const std::vector<std::string>& values, const ReadFile& read_file,
                   Message& request) {
  const auto fail = [&](const std::string& rule) {
    return InvalidField((flag.positional ? "" : "--") + flag.name, rule);
  };
  Message& holder = Holder(request, flag.path);
  const FieldDescriptor& field = *flag.path.back();
  if (flag.kind == Flag::Kind::kMany) holder.GetReflection()->ClearField(&holder, &field);
  if (values.size() > 1 && flag.kind != Flag::Kind::kMany && flag.kind != Flag::Kind::kPairs) {
    return fail("was given more than once");
  }
  for (const std::string& value : values) {
    std::string text = value;
    if (flag.kind == Flag::Kind::kFile) {
      auto content = read_file(value);
      if (!content) return fail(content.error().message());
      text = std::move(*content);
    }
    const std::string broken = flag.kind == Flag::Kind::kPairs ? SetPair(flag, holder, text, read_file)
                                                               : SetScalar(holder, field, text, read_file);
    if (!broken.empty()) return fail(broken);
  }
  // A list that was given is meant.
  for (const auto& [switch_name, list_name] : kSetBy) {
    const auto* set = field.containing_type()->FindFieldByName(std::string(switch_name));
    if (set && field.name() == list_name) holder.GetReflection()->SetBool(&holder, set, true);
  }
  return {};
}

Result<void> MergeJson(std::string_view json, Message& message) {
  std::unique_ptr<Message> parsed(message.New());
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), parsed.get());
  if (!status.ok()) {
    // The parser's message may span lines and show the place with a caret.
    std::string reason(status.message());
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    return Fail(Code::kInvalidArgument,
                "is not the JSON of a " + message.GetDescriptor()->name() + ": " + Fit(reason, 300));
  }
  message.MergeFrom(*parsed);
  return {};
}

}  // namespace kimberlite::ctl
