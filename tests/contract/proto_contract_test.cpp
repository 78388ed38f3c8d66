// The protos' own rules, and that they change only in ways that old and new programs both understand.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "kimberlite/rpc/v1/access.pb.h"

namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorSet;

FileDescriptorSet ReadSet(const char* path) {
  FileDescriptorSet set;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  EXPECT_TRUE(set.ParseFromIstream(&file)) << path;
  return set;
}

// Descriptors with their comments.
class Protos {
 public:
  explicit Protos(const char* path) {
    const FileDescriptorSet set = ReadSet(path);
    for (const auto& file : set.file()) {
      const auto* built = pool_.BuildFile(file);
      EXPECT_NE(built, nullptr) << file.name();
      if (built && file.package().starts_with("kimberlite.")) files_.push_back(built);
    }
  }
  const std::vector<const google::protobuf::FileDescriptor*>& files() const { return files_; }

 private:
  DescriptorPool pool_;
  std::vector<const google::protobuf::FileDescriptor*> files_;
};

template <typename Descriptor>
bool HasComment(const Descriptor& descriptor) {
  google::protobuf::SourceLocation location;
  return descriptor.GetSourceLocation(&location) && !location.leading_comments.empty();
}

TEST(Protos, EveryRpcNamesWhoMayCallIt) {
  int rpcs = 0;
  const FileDescriptorSet set = ReadSet(KIMBERLITE_PROTOSET);
  for (const auto& file : set.file()) {
    for (const auto& service : file.service()) {
      for (const auto& method : service.method()) {
        ++rpcs;
        EXPECT_GT(method.options().GetExtension(kimberlite::rpc::v1::access).roles_size(), 0)
            << service.name() << "." << method.name();
      }
    }
  }
  EXPECT_GT(rpcs, 20);
}

TEST(Protos, EachRpcHasItsOwnRequestAndResponse) {
  const Protos protos(KIMBERLITE_PROTOSET);
  for (const auto* file : protos.files()) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto* method = file->service(s)->method(m);
        EXPECT_EQ(method->input_type()->name(), method->name() + "Request");
        EXPECT_EQ(method->output_type()->name(), method->name() + "Response");
        EXPECT_EQ(method->input_type()->file(), file) << "libs/rpc looks for the method beside its request";
      }
    }
  }
}

TEST(Protos, EnumsBeginWithUnspecified) {
  const Protos protos(KIMBERLITE_PROTOSET);
  for (const auto* file : protos.files()) {
    for (int e = 0; e < file->enum_type_count(); ++e) {
      EXPECT_TRUE(file->enum_type(e)->value(0)->name().ends_with("_UNSPECIFIED")) << file->enum_type(e)->full_name();
    }
  }
}

TEST(Protos, FilesLieWhereTheirPackageSays) {
  const Protos protos(KIMBERLITE_PROTOSET);
  for (const auto* file : protos.files()) {
    std::string folder = file->package();
    for (char& c : folder) c = c == '.' ? '/' : c;
    EXPECT_EQ(file->name().substr(0, file->name().rfind('/')), folder);
  }
}

// What a program of the baseline relies on: numbers, types and names of fields, values of enums, methods.
std::map<std::string, std::string> Promises(const Protos& protos) {
  std::map<std::string, std::string> promises;
  const std::function<void(const google::protobuf::Descriptor&)> add =
      [&](const google::protobuf::Descriptor& message) {
        for (int i = 0; i < message.field_count(); ++i) {
          const FieldDescriptor& field = *message.field(i);
          std::string type = field.type_name();
          if (field.message_type()) type = field.message_type()->full_name();
          if (field.enum_type()) type = field.enum_type()->full_name();
          promises[message.full_name() + "#" + std::to_string(field.number())] =
              field.name() + " " + type + (field.is_repeated() ? "[]" : "");
        }
        for (int i = 0; i < message.nested_type_count(); ++i) add(*message.nested_type(i));
      };
  for (const auto* file : protos.files()) {
    for (int i = 0; i < file->message_type_count(); ++i) add(*file->message_type(i));
    for (int i = 0; i < file->enum_type_count(); ++i) {
      for (int v = 0; v < file->enum_type(i)->value_count(); ++v) {
        const auto* value = file->enum_type(i)->value(v);
        promises[file->enum_type(i)->full_name() + "#" + std::to_string(value->number())] = value->name();
      }
    }
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto* method = file->service(s)->method(m);
        promises[method->full_name()] = method->input_type()->full_name() + " -> " + method->output_type()->full_name();
      }
    }
  }
  return promises;
}

TEST(Protos, NothingOfTheBaselineIsGoneOrMeansSomethingElse) {
  const auto before = Promises(Protos(KIMBERLITE_PROTO_BASELINE));
  const auto now = Promises(Protos(KIMBERLITE_PROTOSET));
  ASSERT_GT(before.size(), 100u);
  for (const auto& [what, meaning] : before) {
    const auto found = now.find(what);
    EXPECT_TRUE(found != now.end() && found->second == meaning)
        << what << " was \"" << meaning << "\" and is \"" << (found == now.end() ? "gone" : found->second)
        << "\": reserve numbers instead of reusing them, and add a new version of the package for what must change";
  }
}

TEST(Protos, EveryRpcAndTopLevelMessageThatIsNoAnswerIsExplained) {
  const Protos protos(KIMBERLITE_PROTOSET);
  for (const auto* file : protos.files()) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        EXPECT_TRUE(HasComment(*file->service(s)->method(m))) << file->service(s)->method(m)->full_name();
      }
    }
    for (int i = 0; i < file->message_type_count(); ++i) {
      const auto* message = file->message_type(i);
      const bool of_rpc = message->name().ends_with("Request") || message->name().ends_with("Response");
      EXPECT_TRUE(of_rpc || HasComment(*message)) << message->full_name();
    }
  }
}

}  // namespace
