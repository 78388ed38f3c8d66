#include "tools/kimberlitectl/describe.h"

#include <fmt/format.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <set>

#include "libs/base/text.h"
#include "tools/kimberlitectl/text.h"
#include "tools/kimberlitectl/verbs.h"

namespace kimberlite::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

// "article create"
std::string CommandOf(const std::string& method) {
  for (const Verb& verb : Verbs()) {
    if (verb.method == method) return verb.verb.empty() ? verb.noun : verb.noun + " " + verb.verb;
  }
  return "";
}

std::string TypeName(const FieldDescriptor& field) {
  if (field.is_map()) {
    return "map<" + TypeName(*field.message_type()->map_key()) + ", " + TypeName(*field.message_type()->map_value()) +
           ">";
  }
  std::string name = field.message_type() ? field.message_type()->name()
                     : field.enum_type()  ? field.enum_type()->name()
                                          : field.type_name();
  if (field.is_repeated()) name = "repeated " + name;
  if (field.has_optional_keyword()) name = "optional " + name;
  return name;
}

// A comment in lines of readable length. Proto comments are in English; names in them may not be.
std::string Wrapped(const std::string& comment, std::size_t indent) {
  constexpr std::size_t kColumns = 100;
  std::string out, line;
  std::size_t width = 0;
  for (const std::string_view word : Split(comment, ' ')) {
    const std::size_t word_width = DisplayWidth(word);
    if (width > 0 && indent + width + 1 + word_width > kColumns) {
      out += std::string(indent, ' ') + line + "\n";
      line.clear();
      width = 0;
    }
    if (width > 0) line += ' ', ++width;
    line += word;
    width += word_width;
  }
  if (!line.empty()) out += std::string(indent, ' ') + line + "\n";
  return out;
}

class Writer {
 public:
  explicit Writer(const Comments& comments) : comments_(comments) {}

  void Method(const MethodDescriptor& method) {
    out += ShortName(method) + "\n" + Wrapped(comments_.Of(method), 2);
    out += "  roles: " + Join(RolesOf(method), ", ") + "\n";
    out += "  command: kimberlitectl " + CommandOf(ShortName(method)) + "\n";
    Later(method.input_type());
    Later(method.output_type());
    Rest();
  }

  void Type(const TypeEntry& type) {
    if (type.enumeration) {
      Enum(*type.enumeration);
    } else {
      Later(type.message);
      Rest();
    }
  }

  std::string out;

 private:
  void Later(const Descriptor* message) {
    if (message->full_name().starts_with("google.protobuf.") || !seen_.insert(message).second) return;
    messages_.push_back(message);
  }

  // What was named and has not been written: each message once, those inside it after it.
  void Rest() {
    for (; !messages_.empty(); messages_.pop_front()) Message(*messages_.front());
    for (const EnumDescriptor* enumeration : enums_) Enum(*enumeration);
  }

  void Message(const Descriptor& message) {
    out += (out.empty() ? "" : "\n") + message.name() + "\n" + Wrapped(comments_.Of(message), 2);
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      out += "  " + field.name() + ": " + TypeName(field) + "\n" + Wrapped(comments_.Of(field), 6);
      if (field.enum_type()) enums_.insert(field.enum_type());
      if (field.message_type() && !field.is_map()) Later(field.message_type());
    }
    if (message.field_count() == 0) out += "  (no fields)\n";
  }

  void Enum(const EnumDescriptor& enumeration) {
    out += (out.empty() ? "" : "\n") + enumeration.name() + "\n" + Wrapped(comments_.Of(enumeration), 2);
    for (int i = 0; i < enumeration.value_count(); ++i) {
      out += "  " + enumeration.value(i)->name() + "\n" + Wrapped(comments_.Of(*enumeration.value(i)), 6);
    }
  }

  const Comments& comments_;
  std::set<const Descriptor*> seen_;
  std::deque<const Descriptor*> messages_;
  std::set<const EnumDescriptor*> enums_;
};

template <typename Function>
void ForEachMethod(Function function) {
  for (const ServiceEntry& service : Services()) {
    for (int i = 0; i < service.descriptor->method_count(); ++i) function(*service.descriptor->method(i));
  }
}

}  // namespace

std::string MethodsText(const Comments& comments) {
  std::vector<std::vector<std::string>> rows;
  ForEachMethod([&](const MethodDescriptor& method) {
    const std::string name = ShortName(method);
    rows.push_back({name, CommandOf(name), Join(RolesOf(method), ","), FirstSentence(comments.Of(method))});
  });
  return Table({"RPC", "COMMAND", "ROLES", "WHAT"}, rows);
}

std::string MethodsJson(const Comments& comments) {
  auto methods = nlohmann::ordered_json::array();
  ForEachMethod([&](const MethodDescriptor& method) {
    methods.push_back({{"method", ShortName(method)},
                       {"full_name", method.full_name()},
                       {"command", CommandOf(ShortName(method))},
                       {"roles", RolesOf(method)},
                       {"comment", comments.Of(method)},
                       {"request", method.input_type()->full_name()},
                       {"response", method.output_type()->full_name()}});
  });
  return methods.dump(1) + "\n";
}

Result<std::string> Describe(std::string_view name, const Comments& comments) {
  Writer writer(comments);
  if (const auto method = FindMethod(name)) {
    writer.Method(**method);
  } else if (name.find('/') != std::string_view::npos) {
    return Fail(method.error());
  } else {
    KIMBERLITE_ASSIGN_OR_RETURN(const TypeEntry type, FindType(name));
    writer.Type(type);
  }
  return std::move(writer.out);
}

}  // namespace kimberlite::ctl
