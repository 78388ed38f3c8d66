#include "tools/kimberlitectl/catalog.h"

#include <google/protobuf/descriptor.pb.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/feed/v1/feed_service.pb.h"
#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "kimberlite/rendering/v1/rendering_service.pb.h"
#include "kimberlite/rpc/v1/access.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/text.h"
#include "tools/kimberlitectl/protoset.h"

namespace kimberlite::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::SourceLocation;

ServiceEntry Entry(std::string name, const Descriptor& any_message, int port) {
  std::string variable = "KIMBERLITE_" + name + "_TARGET";
  for (char& c : variable) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return {std::move(name), any_message.file()->service(0), std::move(variable), "127.0.0.1:" + std::to_string(port)};
}

std::string MethodNames(const ServiceEntry& service) {
  std::vector<std::string> names;
  for (int i = 0; i < service.descriptor->method_count(); ++i) names.push_back(service.descriptor->method(i)->name());
  return Join(names, ", ");
}

// Every file that the services need, once.
void Collect(const FileDescriptor* file, std::set<const FileDescriptor*>& files) {
  if (!file->package().starts_with("kimberlite.") || !files.insert(file).second) return;
  for (int i = 0; i < file->dependency_count(); ++i) Collect(file->dependency(i), files);
}

// Whether `asked` names a thing: its name, its full name, or "content.Name" for "kimberlite.content.v1.Name".
bool Names(std::string_view asked, const std::string& name, const std::string& full_name, const FileDescriptor& file) {
  if (asked == name || asked == full_name) return true;
  const auto parts = Split(file.package(), '.');
  return parts.size() >= 2 && asked == std::string(parts[1]) + "." + name;
}

template <typename Thing>
std::string CommentOf(const Thing* thing) {
  SourceLocation location;
  if (!thing || !thing->GetSourceLocation(&location)) return "";
  std::string line;
  for (const std::string_view part : Split(location.leading_comments, '\n')) {
    const std::string_view words = TrimAscii(part);
    if (words.empty()) continue;
    if (!line.empty()) line += ' ';
    line += words;
  }
  return line;
}

}  // namespace

std::span<const ServiceEntry> Services() {
  static const std::vector<ServiceEntry> services = {
      Entry("ingest", *ingest::v1::Item::descriptor(), 50051),
      Entry("content", *content::v1::GetSiteRequest::descriptor(), 50052),
      Entry("tagging", *tagging::v1::GetConceptRequest::descriptor(), 50053),
      Entry("rendering", *rendering::v1::WaitVisibleRequest::descriptor(), 50054),
      Entry("feed", *feed::v1::GetFeedRequest::descriptor(), 50055),
  };
  return services;
}

const ServiceEntry& ServiceOf(const MethodDescriptor& method) {
  for (const ServiceEntry& service : Services()) {
    if (service.descriptor == method.service()) return service;
  }
  std::fprintf(stderr, "kimberlitectl: %s belongs to no public service\n", method.full_name().c_str());
  std::abort();
}

std::string ShortName(const MethodDescriptor& method) { return ServiceOf(method).name + "/" + method.name(); }

std::vector<std::string> RolesOf(const MethodDescriptor& method) {
  std::vector<std::string> names;
  for (const int role : method.options().GetExtension(rpc::v1::access).roles()) {
    std::string name = rpc::v1::Role_Name(static_cast<rpc::v1::Role>(role)).substr(5);  // after "ROLE_"
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    names.push_back(std::move(name));
  }
  return names;
}

Result<const MethodDescriptor*> FindMethod(std::string_view name) {
  const auto split = name.find_last_of("/.");
  const std::string method_name(split == std::string_view::npos ? name : name.substr(split + 1));
  const std::string_view service_name = split == std::string_view::npos ? "" : name.substr(0, split);
  std::vector<const MethodDescriptor*> found;
  const ServiceEntry* named = nullptr;
  for (const ServiceEntry& service : Services()) {
    if (!service_name.empty() && service_name != service.name && service_name != service.descriptor->full_name())
      continue;
    if (!service_name.empty()) named = &service;
    if (const auto* method = service.descriptor->FindMethodByName(method_name)) found.push_back(method);
  }
  if (found.size() == 1) return found.front();
  const std::string asked(name);
  if (found.size() > 1) {
    return Fail(Code::kInvalidArgument,
                "several services have " + asked + ": say " + ShortName(*found[0]) + " or " + ShortName(*found[1]));
  }
  if (named)
    return Fail(Code::kInvalidArgument, named->name + " has no RPC " + method_name + "; it has " + MethodNames(*named));
  return Fail(Code::kInvalidArgument,
              "there is no RPC " + asked + "; name one like content/GetArticle (kimberlitectl methods lists all)");
}

Result<TypeEntry> FindType(std::string_view name) {
  std::set<const FileDescriptor*> files;
  for (const ServiceEntry& service : Services()) Collect(service.descriptor->file(), files);
  std::vector<TypeEntry> found;
  std::set<std::string> full_names;
  for (const FileDescriptor* file : files) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const Descriptor* message = file->message_type(i);
      if (!Names(name, message->name(), message->full_name(), *file)) continue;
      found.push_back({message, nullptr});
      full_names.insert(message->full_name());
    }
    for (int i = 0; i < file->enum_type_count(); ++i) {
      const EnumDescriptor* enumeration = file->enum_type(i);
      if (!Names(name, enumeration->name(), enumeration->full_name(), *file)) continue;
      found.push_back({nullptr, enumeration});
      full_names.insert(enumeration->full_name());
    }
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) return Fail(Code::kInvalidArgument, "there is no message, enum or RPC " + std::string(name));
  return Fail(Code::kInvalidArgument,
              "several are called " + std::string(name) + ": " + Join({full_names.begin(), full_names.end()}, ", "));
}

Comments::Comments() {
  google::protobuf::FileDescriptorSet set;
  const std::string_view bytes = Protoset();
  if (!set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) std::abort();
  // protoc lists a file after those it imports.
  for (const auto& file : set.file()) {
    if (!pool_.BuildFile(file)) std::abort();
  }
}

std::string Comments::Of(const MethodDescriptor& method) const {
  return CommentOf(pool_.FindMethodByName(method.full_name()));
}
std::string Comments::Of(const FieldDescriptor& field) const {
  return CommentOf(pool_.FindFieldByName(field.full_name()));
}
std::string Comments::Of(const Descriptor& message) const {
  return CommentOf(pool_.FindMessageTypeByName(message.full_name()));
}
std::string Comments::Of(const EnumDescriptor& enumeration) const {
  return CommentOf(pool_.FindEnumTypeByName(enumeration.full_name()));
}
std::string Comments::Of(const EnumValueDescriptor& value) const {
  return CommentOf(pool_.FindEnumValueByName(value.full_name()));
}

std::string FirstSentence(std::string_view comment) {
  if (const auto stop = comment.find(". "); stop != std::string_view::npos) comment = comment.substr(0, stop);
  if (comment.ends_with('.')) comment.remove_suffix(1);
  return std::string(comment);
}

}  // namespace kimberlite::ctl
