#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

namespace kimberlite {

// What goes with every outbound call: how long it may take, who may stop it, and the trace it belongs to.
struct Context {
  // Absent: the callee's default applies. Never unlimited.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::stop_token stop;
  // W3C Trace Context "traceparent"; empty: a new trace begins.
  std::string traceparent;

  static Context WithTimeout(std::chrono::milliseconds timeout) {
    return Context{std::chrono::steady_clock::now() + timeout, {}, {}};
  }

  // Time left, at least zero; `fallback` when there is no deadline.
  std::chrono::milliseconds Remaining(std::chrono::milliseconds fallback) const {
    if (!deadline) return fallback;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
    return left.count() < 0 ? std::chrono::milliseconds(0) : left;
  }
};

}  // namespace kimberlite
