#include "services/rendering/core/theme_keeper.h"

#include <map>
#include <system_error>

namespace kimberlite::rendering {

ThemeKeeper::ThemeKeeper(std::filesystem::path directory, std::string default_language, const Clock& clock)
    : directory_(std::move(directory)), default_language_(std::move(default_language)), clock_(clock) {}

Result<void> ThemeKeeper::Start() {
  const auto taken = Reload();
  if (!taken) return std::unexpected(taken.error());
  return {};
}

std::shared_ptr<const Theme> ThemeKeeper::Current() const {
  const std::lock_guard lock(mutex_);
  return status_.theme;
}

ThemeKeeper::Status ThemeKeeper::GetStatus() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

Result<bool> ThemeKeeper::Reload() {
  const std::lock_guard lock(loading_);
  return Take(Fingerprint());
}

Result<bool> ThemeKeeper::Look() {
  const std::lock_guard lock(loading_);
  std::string now = Fingerprint();
  const bool settled = now == last_look_;
  last_look_ = now;
  if (!settled || now == fingerprint_) return false;
  return Take(std::move(now));
}

// Names, sizes and times of the files: cheap, and different after any change that a program makes.
std::string ThemeKeeper::Fingerprint() const {
  std::map<std::string, std::string> files;
  std::error_code failure;
  const auto root = std::filesystem::canonical(directory_, failure);
  for (std::filesystem::recursive_directory_iterator entry(root, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (!entry->is_regular_file(failure)) continue;
    files[entry->path()] = std::to_string(entry->file_size(failure)) + " " +
                           std::to_string(entry->last_write_time(failure).time_since_epoch().count());
  }
  std::string all = failure ? failure.message() : "";
  for (const auto& [name, facts] : files) all += name + " " + facts + "\n";
  return all;
}

Result<bool> ThemeKeeper::Take(std::string fingerprint) {
  fingerprint_ = std::move(fingerprint);
  auto theme = Theme::Load(directory_, default_language_);
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    if (!theme) {
      status_.refusal = {theme.error().message(), clock_.Now()};
      return std::unexpected(theme.error());
    }
    status_.refusal = {};
    changed = !status_.theme || status_.theme->version() != (*theme)->version();
    if (changed) {
      status_.theme = *theme;
      status_.loaded_time = clock_.Now();
    }
  }
  if (changed && taken_) taken_(**theme);
  return changed;
}

}  // namespace kimberlite::rendering
