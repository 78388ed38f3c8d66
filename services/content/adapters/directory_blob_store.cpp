#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "libs/base/id.h"
#include "services/content/adapters/blob_store.h"

namespace kimberlite::content {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHalfWritten = ".part-";

std::unexpected<Error> Trouble(const std::string& what, const fs::path& path) {
  const int error = errno;
  const Code code = error == ENOSPC || error == EDQUOT ? Code::kResourceExhausted : Code::kUnavailable;
  return Fail(code, "cannot " + what + " " + path.string() + ": " + std::strerror(error));
}

class File {
 public:
  File(const fs::path& path, int flags) : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<void> WriteAll(const File& file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Trouble("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) return Trouble("flush", path);
  return {};
}

Result<void> FlushFolder(const fs::path& folder) {
  const File file(folder, O_RDONLY | O_DIRECTORY);
  if (file.get() < 0 || ::fsync(file.get()) != 0) return Trouble("flush", folder);
  return {};
}

}  // namespace

Result<void> DirectoryBlobStore::Open() {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (::access(directory_.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Fail(Code::kFailedPrecondition,
                "KIMBERLITE_CONTENT_BLOB_DIR: " + directory_.string() + " cannot be written: " + std::strerror(errno));
  }
  return {};
}

Result<void> DirectoryBlobStore::Put(const std::string& id, std::string_view bytes) {
  const fs::path path = PathOf(id);
  // The digest in its name says that it is whole: nothing else is ever renamed to it.
  if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0) return {};
  std::error_code error;
  if (fs::create_directory(path.parent_path(), error)) KIMBERLITE_RETURN_IF_ERROR(FlushFolder(directory_));
  const fs::path aside = path.parent_path() / (std::string(kHalfWritten) + RandomHex(16));
  Result<void> written;
  {
    const File file(aside, O_WRONLY | O_CREAT | O_EXCL);
    if (file.get() < 0) return Trouble("create", aside);
    written = WriteAll(file, bytes, aside);
  }
  if (written && ::rename(aside.c_str(), path.c_str()) != 0) written = Trouble("rename to", path);
  if (!written) {
    ::unlink(aside.c_str());
    return written;
  }
  return FlushFolder(path.parent_path());
}

Result<std::string> DirectoryBlobStore::Get(const std::string& id) {
  std::ifstream file(PathOf(id), std::ios::binary);
  if (!file && before_ != nullptr) return before_->Get(id);
  if (!file) return Fail(Code::kNotFound, "the bytes of " + id + " are not in " + directory_.string());
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return Trouble("read", PathOf(id));
  return bytes;
}

Result<bool> DirectoryBlobStore::Has(const std::string& id) {
  struct stat status{};
  if (::stat(PathOf(id).c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return Trouble("look at", PathOf(id));
}

Result<void> DirectoryBlobStore::Remove(const std::string& id) {
  if (::unlink(PathOf(id).c_str()) != 0 && errno != ENOENT) return Trouble("remove", PathOf(id));
  return {};
}

Result<std::vector<std::string>> DirectoryBlobStore::ListOld(const std::string& prefix, Time before) {
  std::vector<std::string> ids;
  std::error_code error;
  for (fs::directory_iterator entry(directory_ / prefix, error), end; !error && entry != end; entry.increment(error)) {
    struct stat status{};
    // Gone meanwhile.
    if (::stat(entry->path().c_str(), &status) != 0) continue;
    if (Time(std::chrono::seconds(status.st_mtim.tv_sec)) >= before) continue;
    const std::string name = entry->path().filename();
    if (name.starts_with(kHalfWritten)) {
      ::unlink(entry->path().c_str());
    } else {
      ids.push_back(name);
    }
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return Fail(Code::kUnavailable, "cannot list " + (directory_ / prefix).string() + ": " + error.message());
  return ids;
}

}  // namespace kimberlite::content
