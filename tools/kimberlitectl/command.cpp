#include "tools/kimberlitectl/command.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/rendering/v1/rendering_service.pb.h"
#include "libs/base/id.h"
#include "libs/base/text.h"
#include "tools/kimberlitectl/text.h"

namespace kimberlite::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using SteadyClock = std::chrono::steady_clock;

bool IsGiven(const Command& command, std::string_view field) {
  for (const GivenFlag& given : command.given) {
    if (given.flag.path.back()->name() == field) return true;
  }
  return false;
}

bool IsUnset(const Message& message, const Path& path) {
  const Message* at = &message;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (path[i]->is_repeated() || !at->GetReflection()->HasField(*at, path[i])) return true;
    at = &at->GetReflection()->GetMessage(*at, path[i]);
  }
  return path.back()->is_repeated() ? at->GetReflection()->FieldSize(*at, path.back()) == 0
                                    : !at->GetReflection()->HasField(*at, path.back());
}

Result<void> ApplyAll(const Command& command, const ReadFile& read_file, Message& request) {
  for (const GivenFlag& given : command.given) {
    KIMBERLITE_RETURN_IF_ERROR(Apply(given.flag, given.values, read_file, request));
  }
  return {};
}

// A change of words needs to say of which language.
Result<void> CheckElement(const Command& command) {
  if (command.verb->shape.element.empty() || !command.json.empty() || IsGiven(command, "language_code")) return {};
  for (const GivenFlag& given : command.given) {
    if (given.flag.in_element)
      return InvalidField("--" + given.flag.name, "needs --language to say of which translation");
  }
  return {};
}

Result<void> ReadVersion(const Command& command, content::v1::UpdateArticleRequest& request, Caller& caller,
                         std::ostream& err) {
  if (!IsGiven(command, "language_code") || IsGiven(command, "expected_version")) return {};
  auto& change = *request.mutable_translations(0);
  content::v1::GetArticleRequest get;
  get.set_article_id(request.article_id());
  KIMBERLITE_ASSIGN_OR_RETURN(const auto current, caller.Call<content::v1::GetArticleResponse>(get));
  for (const auto& translation : current.article().translations()) {
    if (translation.language_code() == change.language_code()) change.set_expected_version(translation.version());
  }
  if (change.expected_version() == 0) {
    err << "note: article " << request.article_id() << " has no translation " << change.language_code()
        << " yet: adding it\n";
  } else {
    err << "note: no --expected-version: changing version " << change.expected_version() << " of "
        << change.language_code() << ", read just now\n";
  }
  return {};
}

Result<void> FillSite(const Command& command, const ReadFile& read_file, content::v1::UpdateSiteRequest& request,
                      Caller& caller) {
  if (!command.json.empty()) return {};
  KIMBERLITE_ASSIGN_OR_RETURN(auto current, ReadSite(caller));
  request.Clear();
  *request.mutable_site() = std::move(current);
  request.set_expected_sequence(request.site().sequence());
  request.mutable_site()->clear_sequence();
  request.mutable_site()->clear_sources();
  return ApplyAll(command, read_file, request);
}

Result<void> ReadSequence(rendering::v1::WaitVisibleRequest& request, Caller& caller) {
  if (request.sequence() != 0 || !request.language_code().empty()) return {};
  content::v1::GetArticleRequest get;
  get.set_article_id(request.article_id());
  KIMBERLITE_ASSIGN_OR_RETURN(const auto current, caller.Call<content::v1::GetArticleResponse>(get));
  request.set_sequence(current.article().sequence());
  return {};
}

Result<void> Prepare(const Command& command, const ReadFile& read_file, Message& request, Caller& caller,
                     std::ostream& err) {
  switch (command.verb->extra) {
    case Extra::kReadVersion:
      return ReadVersion(command, dynamic_cast<content::v1::UpdateArticleRequest&>(request), caller, err);
    case Extra::kReadSite:
      return FillSite(command, read_file, dynamic_cast<content::v1::UpdateSiteRequest&>(request), caller);
    case Extra::kReadSequence: return ReadSequence(dynamic_cast<rendering::v1::WaitVisibleRequest&>(request), caller);
    case Extra::kNone:
    case Extra::kChunks:
    case Extra::kAllSwitch:
    case Extra::kAllPages: return {};
  }
  return {};
}

// Waits for the article of an answer; the milliseconds since `acknowledged`.
Result<double> WaitVisible(const Message& response, Caller& caller, SteadyClock::time_point acknowledged) {
  const auto* field = response.GetDescriptor()->FindFieldByName("article");
  const auto& article =
      dynamic_cast<const content::v1::Article&>(response.GetReflection()->GetMessage(response, field));
  rendering::v1::WaitVisibleRequest wait;
  wait.set_article_id(article.article_id());
  wait.set_sequence(article.sequence());
  auto visible = caller.Call<rendering::v1::WaitVisibleResponse>(wait);
  if (!visible) {
    return Fail(visible.error().code(),
                fmt::format("article {} was written (sequence {}), but it is not known to be visible: {}",
                            article.article_id(), article.sequence(), visible.error().message()));
  }
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - acknowledged).count();
}

// The bytes at a path such as "media.data".
std::string Document(const Message& response, const std::string& path) {
  const Path fields = PathOf(*response.GetDescriptor(), path);
  const Message* at = &response;
  for (std::size_t i = 0; i + 1 < fields.size(); ++i) at = &at->GetReflection()->GetMessage(*at, fields[i]);
  return at->GetReflection()->GetString(*at, fields.back());
}

Result<void> Save(const std::string& name, const std::string& bytes) {
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return Fail(Code::kInvalidArgument, "--save: cannot write " + name);
  return {};
}

// What --json names or holds.
Result<std::string> ReadJson(const Command& command, const ReadFile& read_file) {
  if (command.json.empty() || command.json.starts_with('{')) return command.json;
  auto read = read_file(command.json);
  if (!read) return InvalidField("--json", read.error().message());
  return read;
}

// Sends a file in parts.
Result<void> Upload(const Command& command, const content::v1::UploadMediaRequest& whole, Caller& caller,
                    std::ostream& out) {
  constexpr std::size_t kChunk = 1 << 20;
  content::v1::UploadMediaRequest part;
  content::v1::UploadMediaResponse response;
  std::string_view rest = whole.chunk();
  bool begun = false;
  KIMBERLITE_RETURN_IF_ERROR(caller.CallClientStream(
      *command.method, part,
      [&]() -> Result<bool> {
        part.Clear();
        if (!begun) {
          begun = true;
          part.mutable_info()->set_sha256(Sha256Hex(whole.chunk()));
          return true;
        }
        if (rest.empty()) return false;
        part.set_chunk(std::string(rest.substr(0, kChunk)));
        rest.remove_prefix(part.chunk().size());
        return true;
      },
      response));
  out << (command.output_json ? RenderJson(response) : RenderText(response, command.verb->columns));
  return {};
}

// The answers of a call that stays open, each shown as it comes.
Result<void> ExecuteStream(const Command& command, Message& request, const ReadFile& read_file, Caller& caller,
                           std::ostream& out) {
  if (command.verb->extra == Extra::kChunks)
    return Upload(command, dynamic_cast<content::v1::UploadMediaRequest&>(request), caller, out);
  std::string lines;
  if (command.method->client_streaming()) {
    KIMBERLITE_ASSIGN_OR_RETURN(lines, ReadJson(command, read_file));
  }
  return CallAndPrint(caller, *command.method, request, lines, [&](const Message& response) -> Result<void> {
    out << (command.output_json ? RenderJsonLine(response) : RenderText(response, command.verb->columns));
    if (!out.flush()) return Fail(Code::kCancelled, "standard output cannot be written");
    return {};
  });
}

// One answer after another, each a line, until there is no further page.
Result<void> ExecutePages(const Command& command, Message& request, Caller& caller, std::ostream& out) {
  const auto* token = request.GetDescriptor()->FindFieldByName("page_token");
  const auto* next = command.method->output_type()->FindFieldByName("next_page_token");
  const std::unique_ptr<Message> response(
      MessageFactory::generated_factory()->GetPrototype(command.method->output_type())->New());
  while (true) {
    KIMBERLITE_RETURN_IF_ERROR(caller.Call(*command.method, request, *response));
    out << (command.output_json ? RenderJsonLine(*response) : RenderText(*response, command.verb->columns));
    if (!out.flush()) return Fail(Code::kCancelled, "standard output cannot be written");
    const std::string at = response->GetReflection()->GetString(*response, next);
    if (at.empty()) return {};
    request.GetReflection()->SetString(&request, token, at);
  }
}

}  // namespace

Result<void> CallAndPrint(Caller& caller, const google::protobuf::MethodDescriptor& method, Message& request,
                          const std::string& lines, const std::function<Result<void>(const Message&)>& print) {
  const std::unique_ptr<Message> response(
      MessageFactory::generated_factory()->GetPrototype(method.output_type())->New());
  if (method.server_streaming()) {
    return caller.CallServerStream(method, request, *response, [&] { return print(*response); });
  }
  if (!method.client_streaming()) {
    KIMBERLITE_RETURN_IF_ERROR(caller.Call(method, request, *response));
    return print(*response);
  }
  const std::unique_ptr<Message> sent(request.New());
  std::istringstream rest(lines);
  int number = 0;
  KIMBERLITE_RETURN_IF_ERROR(caller.CallClientStream(
      method, *sent,
      [&]() -> Result<bool> {
        std::string line;
        do {
          if (!std::getline(rest, line)) return false;
          ++number;
        } while (TrimAscii(line).empty());
        sent->CopyFrom(request);
        if (auto merged = MergeJson(line, *sent); !merged) {
          return Fail(Code::kInvalidArgument, fmt::format("line {}: {}", number, merged.error().message()));
        }
        return true;
      },
      *response));
  return print(*response);
}

Result<content::v1::Site> ReadSite(Caller& caller) {
  auto current = caller.Call<content::v1::GetSiteResponse>(content::v1::GetSiteRequest());
  if (current) return std::move(*current->mutable_site());
  const Code code = current.error().code();
  if (code == Code::kNotFound || code == Code::kFailedPrecondition) return content::v1::Site();
  return Fail(std::move(current).error());
}

Result<std::unique_ptr<Message>> BuildRequest(const Command& command, const ReadFile& read_file) {
  std::unique_ptr<Message> request(
      MessageFactory::generated_factory()->GetPrototype(command.method->input_type())->New());
  if (!command.json.empty() && !command.method->client_streaming()) {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string text, ReadJson(command, read_file));
    if (auto merged = MergeJson(text, *request); !merged) return InvalidField("--json", merged.error().message());
  }
  KIMBERLITE_RETURN_IF_ERROR(CheckElement(command));
  KIMBERLITE_RETURN_IF_ERROR(ApplyAll(command, read_file, *request));
  for (const Positional& positional : command.verb->positionals) {
    if (positional.required && IsUnset(*request, PathOf(*command.method->input_type(), positional.path))) {
      return Fail(Code::kInvalidArgument, positional.name + " is missing");
    }
  }
  if (command.verb->extra == Extra::kAllSwitch) {
    const bool one = !IsUnset(*request, PathOf(*command.method->input_type(), command.verb->positionals[0].path));
    if (one == command.all) {
      return Fail(Code::kInvalidArgument, "say either " + command.verb->positionals[0].name + " or --all");
    }
  }
  return request;
}

Result<void> Execute(const Command& command, Message& request, const ReadFile& read_file, Caller& caller,
                     std::ostream& out, std::ostream& err) {
  KIMBERLITE_RETURN_IF_ERROR(Prepare(command, read_file, request, caller, err));
  if (command.method->server_streaming() || command.method->client_streaming()) {
    return ExecuteStream(command, request, read_file, caller, out);
  }
  if (command.verb->extra == Extra::kAllPages) return ExecutePages(command, request, caller, out);
  std::unique_ptr<Message> response(
      MessageFactory::generated_factory()->GetPrototype(command.method->output_type())->New());
  KIMBERLITE_RETURN_IF_ERROR(caller.Call(*command.method, request, *response));
  const auto acknowledged = SteadyClock::now();
  double visible_ms = 0;
  if (command.wait_visible) {
    KIMBERLITE_ASSIGN_OR_RETURN(visible_ms, WaitVisible(*response, caller, acknowledged));
  }
  const Verb& verb = *command.verb;
  if (!command.save.empty()) KIMBERLITE_RETURN_IF_ERROR(Save(command.save, Document(*response, verb.document)));
  if (command.output_json) {
    std::string json = RenderJson(*response);
    if (command.wait_visible) {
      auto document = nlohmann::ordered_json::parse(json);
      document["visible_after_ms"] = visible_ms;
      json = document.dump(1) + "\n";
    }
    out << json;
  } else if (!command.save.empty()) {
    out << fmt::format("saved {} bytes to {}\n", Document(*response, verb.document).size(), command.save);
  } else if (verb.print_document) {
    out << Document(*response, verb.document);
  } else {
    out << RenderText(*response, verb.columns);
    if (command.wait_visible) out << fmt::format("visible after {:.1f} ms\n", visible_ms);
  }
  return {};
}

}  // namespace kimberlite::ctl
