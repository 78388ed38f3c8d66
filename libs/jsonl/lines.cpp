#include "libs/jsonl/lines.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace kimberlite::jsonl {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 17;

struct CloseFile {
  void operator()(gzFile file) const { gzclose_r(file); }
};
using File = std::unique_ptr<gzFile_s, CloseFile>;

Result<File> Open(const std::string& path) {
  errno = 0;
  // gzopen reads files that are not gzip as they are.
  gzFile file = path == "-" ? gzdopen(0, "rb") : gzopen(path.c_str(), "rb");
  if (!file) {
    return Fail(Code::kNotFound, path + " cannot be read: " + std::strerror(errno == 0 ? ENOMEM : errno));
  }
  gzbuffer(file, kChunk);
  return File(file);
}

Error At(const std::string& path, std::size_t line, const Error& error) {
  return Error(error.code(), path + ":" + std::to_string(line) + ": " + error.message());
}

}  // namespace

Result<void> ForEachLine(const std::string& path, const std::function<Result<void>(std::string_view)>& read) {
  KIMBERLITE_ASSIGN_OR_RETURN(const File file, Open(path));
  std::string pending;
  std::size_t line = 0;
  const auto take = [&](std::string_view text) -> Result<void> {
    ++line;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (auto taken = read(text); !taken) return Fail(At(path, line, taken.error()));
    return {};
  };
  std::string chunk(kChunk, '\0');
  for (;;) {
    const int got = gzread(file.get(), chunk.data(), static_cast<unsigned>(chunk.size()));
    int status = Z_OK;
    const char* const why = gzerror(file.get(), &status);
    if (got < 0 || (got == 0 && status != Z_OK && status != Z_STREAM_END)) {
      return Fail(At(path, line + 1,
                     Error(Code::kDataLoss,
                           std::string("cannot be read on: ") + (status == Z_ERRNO ? std::strerror(errno) : why))));
    }
    if (got == 0) break;
    std::string_view rest(chunk.data(), static_cast<std::size_t>(got));
    for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
      if (pending.empty()) {
        KIMBERLITE_RETURN_IF_ERROR(take(rest.substr(0, end)));
      } else {
        pending.append(rest.substr(0, end));
        KIMBERLITE_RETURN_IF_ERROR(take(pending));
        pending.clear();
      }
    }
    pending.append(rest);
    if (pending.size() > kMaxLine) {
      return Fail(At(path, line + 1, Error(Code::kResourceExhausted, "a line must be at most 32 MiB")));
    }
  }
  if (!pending.empty()) return take(pending);
  return {};
}

Result<void> ForEachObject(const std::string& path, const std::function<Result<void>(const nlohmann::json&)>& read) {
  return ForEachLine(path, [&](std::string_view line) -> Result<void> {
    if (line.find_first_not_of(" \t") == std::string_view::npos) return {};
    nlohmann::json object;
    try {
      object = nlohmann::json::parse(line);
    } catch (const nlohmann::json::exception& error) {
      return Fail(Code::kInvalidArgument, std::string("is not JSON: ") + error.what());
    }
    if (!object.is_object()) return Fail(Code::kInvalidArgument, "must be a JSON object");
    return read(object);
  });
}

Result<std::string> StringOf(const nlohmann::json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) return InvalidField(member, "must be a string");
  return found->get<std::string>();
}

Result<std::vector<std::string>> StringsOf(const nlohmann::json& object, const char* member) {
  std::vector<std::string> strings;
  const auto found = object.find(member);
  if (found == object.end() || found->is_null()) return strings;
  if (found->is_string()) return std::vector<std::string>{found->get<std::string>()};
  if (!found->is_array()) return InvalidField(member, "must be a list of strings");
  for (const nlohmann::json& one : *found) {
    if (!one.is_string()) return InvalidField(member, "must be a list of strings");
    strings.push_back(one.get<std::string>());
  }
  return strings;
}

std::string LineOf(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace kimberlite::jsonl
