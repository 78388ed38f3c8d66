#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kimberlite {

// A fixed number of threads with a bounded queue. Destroying it runs what is queued, then joins.
class WorkerPool {
 public:
  WorkerPool(int threads, std::size_t queue);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool is stopping; the task is then dropped.
  bool Submit(std::function<void()> task);

 private:
  void Work();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  const std::size_t queue_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace kimberlite
