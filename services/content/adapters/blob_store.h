#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"

namespace kimberlite::content {

// Bytes by their digest, kept outside of the rows that know them. Ids are 64 hex digits, "." and an extension. Safe for
// any thread and process.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Durable when it returns. Of a blob that is there, only the time at which it was last put moves.
  virtual Result<void> Put(const std::string& id, std::string_view bytes) = 0;
  // NOT_FOUND when it is not there.
  virtual Result<std::string> Get(const std::string& id) = 0;
  virtual Result<bool> Has(const std::string& id) = 0;
  virtual Result<void> Remove(const std::string& id) = 0;
  // Blobs whose id begins with two hex digits and that were last put before a time.
  virtual Result<std::vector<std::string>> ListOld(const std::string& prefix, Time before) = 0;
};

// Files <directory>/<first two digits>/<id>: written aside, flushed, renamed, and the folder flushed. The directory may
// be a volume that several machines share.
class DirectoryBlobStore final : public BlobStore {
 public:
  // before: where bytes were kept until there was a directory; asked for what is not here. May be null.
  explicit DirectoryBlobStore(std::filesystem::path directory, BlobStore* before = nullptr)
      : directory_(std::move(directory)), before_(before) {}
  // Creates the directory; FAILED_PRECONDITION when it cannot be written.
  Result<void> Open();

  Result<void> Put(const std::string& id, std::string_view bytes) override;
  Result<std::string> Get(const std::string& id) override;
  Result<bool> Has(const std::string& id) override;
  Result<void> Remove(const std::string& id) override;
  // Takes away what was left half written, too.
  Result<std::vector<std::string>> ListOld(const std::string& prefix, Time before) override;

 private:
  std::filesystem::path PathOf(const std::string& id) const { return directory_ / id.substr(0, 2) / id; }
  std::filesystem::path directory_;
  BlobStore* before_;
};

// Rows of content.blobs.
class PgBlobStore final : public BlobStore {
 public:
  PgBlobStore(pg::Pool& pool, const Clock& clock) : pool_(pool), clock_(clock) {}

  Result<void> Put(const std::string& id, std::string_view bytes) override;
  Result<std::string> Get(const std::string& id) override;
  Result<bool> Has(const std::string& id) override;
  Result<void> Remove(const std::string& id) override;
  Result<std::vector<std::string>> ListOld(const std::string& prefix, Time before) override;

 private:
  pg::Pool& pool_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
