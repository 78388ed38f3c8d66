#pragma once

#include <google/protobuf/descriptor.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

// What can be called, and what the protos say about it.
namespace kimberlite::ctl {

struct ServiceEntry {
  std::string name;  // "content"
  const google::protobuf::ServiceDescriptor* descriptor;
  std::string target_variable;  // "KIMBERLITE_CONTENT_TARGET"
  std::string default_target;
};

// Every public service. The order is that of a story's way.
std::span<const ServiceEntry> Services();

const ServiceEntry& ServiceOf(const google::protobuf::MethodDescriptor& method);

// "content/GetArticle"
std::string ShortName(const google::protobuf::MethodDescriptor& method);

// The names of the roles that may call a method: "editor", "service", "operator".
std::vector<std::string> RolesOf(const google::protobuf::MethodDescriptor& method);

// By "content/GetArticle", "kimberlite.content.v1.ContentService/GetArticle" (also with a dot), or "GetArticle" where
// one service alone has it. INVALID_ARGUMENT says what there is.
Result<const google::protobuf::MethodDescriptor*> FindMethod(std::string_view name);

// A message or an enum by "Article", "content.Article" or "kimberlite.content.v1.Article"; one of both pointers is set.
struct TypeEntry {
  const google::protobuf::Descriptor* message = nullptr;
  const google::protobuf::EnumDescriptor* enumeration = nullptr;
};
Result<TypeEntry> FindType(std::string_view name);

// The comments of the protos, read from the descriptor set inside this program.
class Comments {
 public:
  Comments();

  // The comment in one line; empty when there is none.
  std::string Of(const google::protobuf::MethodDescriptor& method) const;
  std::string Of(const google::protobuf::FieldDescriptor& field) const;
  std::string Of(const google::protobuf::Descriptor& message) const;
  std::string Of(const google::protobuf::EnumDescriptor& enumeration) const;
  std::string Of(const google::protobuf::EnumValueDescriptor& value) const;

 private:
  google::protobuf::DescriptorPool pool_;
};

// Up to the first full stop, without it.
std::string FirstSentence(std::string_view comment);

}  // namespace kimberlite::ctl
