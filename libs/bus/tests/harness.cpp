#include "libs/bus/tests/harness.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "libs/base/id.h"

namespace kimberlite::bus {

void Seen::Add(const Event& event, const Position& position) {
  const std::lock_guard lock(mutex_);
  items_.push_back({event, position});
  changed_.notify_all();
}

Handler Seen::Taking() {
  return [this](const Event& event, const Position& position) -> Result<void> {
    Add(event, position);
    return {};
  };
}

std::vector<Seen::Item> Seen::items() const {
  const std::lock_guard lock(mutex_);
  return items_;
}

std::vector<std::string> Seen::ids() const {
  std::vector<std::string> ids;
  for (const Item& item : items()) ids.push_back(item.event.id);
  return ids;
}

std::size_t Seen::Count(const std::string& id) const { return static_cast<std::size_t>(std::ranges::count(ids(), id)); }

bool Seen::WaitFor(const std::function<bool(const std::vector<Item>&)>& condition) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return condition(items_); });
}

bool Seen::WaitForCount(std::size_t count) const {
  return WaitFor([&](const std::vector<Item>& items) { return items.size() >= count; });
}

bool Seen::WaitForAll(const std::vector<Event>& events) const {
  return WaitFor([&](const std::vector<Item>& items) {
    return std::ranges::all_of(events, [&](const Event& event) {
      return std::ranges::any_of(items, [&](const Item& item) { return item.event.id == event.id; });
    });
  });
}

bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

Event MakeEvent(const std::string& topic, const std::string& key, std::int64_t sequence, std::string payload) {
  return {.topic = topic,
          .key = key,
          .id = NewUuid(),
          .type = "kimberlite.test.v1.Happened",
          .source = "test",
          .time = SystemClock().Now(),
          .sequence = sequence,
          .payload = std::move(payload)};
}

std::vector<Event> MakeEvents(const std::string& topic, int events, int keys) {
  std::vector<Event> made;
  for (int i = 0; i < events; ++i) made.push_back(MakeEvent(topic, "key-" + std::to_string(i % keys), i / keys + 1));
  return made;
}

HelperProcess::HelperProcess(const std::vector<std::string>& arguments) {
  int pipes[2];
  if (pipe(pipes) != 0) std::abort();
  std::vector<std::string> words = {BUS_TEST_HELPER};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  process_ = fork();
  if (process_ < 0) std::abort();
  if (process_ == 0) {
    dup2(pipes[1], STDOUT_FILENO);
    close(pipes[0]);
    close(pipes[1]);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(pipes[1]);
  output_ = pipes[0];
}

HelperProcess::~HelperProcess() {
  Kill();
  close(output_);
}

std::optional<std::string> HelperProcess::ReadLine() {
  while (true) {
    if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    pollfd readable = {output_, POLLIN, 0};
    if (poll(&readable, 1, std::chrono::milliseconds(kPatience).count()) <= 0) return std::nullopt;
    char bytes[4096];
    const ssize_t count = read(output_, bytes, sizeof bytes);
    if (count <= 0) return std::nullopt;
    buffer_.append(bytes, static_cast<std::size_t>(count));
  }
}

void HelperProcess::Kill() {
  if (process_ < 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

int HelperProcess::WaitForEnd() {
  int status = 0;
  if (!Eventually([&] { return waitpid(process_, &status, WNOHANG) == process_; })) return -1;
  process_ = -1;
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace kimberlite::bus
