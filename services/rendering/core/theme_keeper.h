#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "services/rendering/core/theme.h"

namespace kimberlite::rendering {

// Holds the theme in use and takes a new one when its directory changes: all at once, and only one that loads. Any
// thread.
class ThemeKeeper {
 public:
  // What was found and not taken.
  struct Refusal {
    std::string why;  // with file and line; empty: nothing was refused since the theme in use was taken
    Time time{};
  };
  struct Status {
    std::shared_ptr<const Theme> theme;
    Time loaded_time{};
    Refusal refusal;
  };

  ThemeKeeper(std::filesystem::path directory, std::string default_language, const Clock& clock);

  // Loads the first theme: an error when there is none to begin with.
  Result<void> Start();

  // `taken` is told of each theme that takes the place of another, after Current() gives it. Set before any thread
  // calls Look or Reload.
  void OnChange(std::function<void(const Theme&)> taken) { taken_ = std::move(taken); }

  std::shared_ptr<const Theme> Current() const;
  Status GetStatus() const;

  // Loads what the directory holds now. Answers whether another theme was taken; what does not load changes nothing and
  // is remembered.
  Result<bool> Reload();

  // For a watch that calls it every second or so: reloads when files changed since they were last loaded or refused,
  // and have stayed as they are since the look before, so that a copy under way is not taken for a theme. A change of
  // what a link leads to counts. Answers as Reload; false while nothing changed.
  Result<bool> Look();

 private:
  std::string Fingerprint() const;
  Result<bool> Take(std::string fingerprint);

  const std::filesystem::path directory_;
  const std::string default_language_;
  const Clock& clock_;
  std::function<void(const Theme&)> taken_;
  std::mutex loading_;        // one at a time
  std::string fingerprint_;   // of what was last loaded or refused
  std::string last_look_;     // guarded by loading_, as fingerprint_ is
  mutable std::mutex mutex_;  // of what follows
  Status status_;
};

}  // namespace kimberlite::rendering
