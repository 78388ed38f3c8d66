#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "libs/base/error.h"

// Logs and metrics. Logs go to stderr, a JSON object a line: time, level, service, message and the fields given.
namespace kimberlite::telemetry {

enum class Level { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" or "error".
Result<Level> ParseLevel(std::string_view name);

// Once at the start of a program. Before it, logs name no service and level info applies.
void InitLogging(std::string_view service, Level level);

struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  Field(std::string_view key, std::string_view value) : key(key), value(value) {}
  Field(std::string_view key, const std::string& value) : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, const char* value) : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, std::int64_t value) : key(key), value(value) {}
  Field(std::string_view key, int value) : key(key), value(static_cast<std::int64_t>(value)) {}
  Field(std::string_view key, std::size_t value) : key(key), value(static_cast<std::int64_t>(value)) {}
  Field(std::string_view key, double value) : key(key), value(value) {}
  Field(std::string_view key, bool value) : key(key), value(value) {}
};

// Safe for any thread. The message is constant text; what varies goes into fields: article_id, sequence, event_id,
// topic, traceparent, error, ….
void Log(Level level, std::string_view message, std::initializer_list<Field> fields = {});
inline void Debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  Log(Level::kDebug, message, fields);
}
inline void Info(std::string_view message, std::initializer_list<Field> fields = {}) {
  Log(Level::kInfo, message, fields);
}
inline void Warning(std::string_view message, std::initializer_list<Field> fields = {}) {
  Log(Level::kWarning, message, fields);
}
inline void LogError(std::string_view message, std::initializer_list<Field> fields = {}) {
  Log(Level::kError, message, fields);
}

using Labels = std::map<std::string, std::string>;

// Handles are cheap to copy, safe for any thread, and live as long as the program.
class Counter {
 public:
  void Add(double amount = 1) const;

 private:
  friend class Metrics;
  explicit Counter(void* impl) : impl_(impl) {}
  void* impl_;
};

class Gauge {
 public:
  void Set(double value) const;
  void Add(double amount) const;

 private:
  friend class Metrics;
  explicit Gauge(void* impl) : impl_(impl) {}
  void* impl_;
};

class Histogram {
 public:
  void Observe(double value) const;

 private:
  friend class Metrics;
  explicit Histogram(void* impl) : impl_(impl) {}
  void* impl_;
};

// The metrics of one process, in Prometheus' sense. One for the process, since it is the process that is scraped:
// names are kimberlite_<subject>_<unit>[_total], labels have few values (a topic, a method; never an id).
class Metrics {
 public:
  static telemetry::Counter Counter(const std::string& name, const std::string& help, const Labels& labels = {});
  static telemetry::Gauge Gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // Buckets for seconds: 0.5 ms to 10 s.
  static telemetry::Histogram Seconds(const std::string& name, const std::string& help, const Labels& labels = {});
  // Everything in Prometheus' text format 0.0.4.
  static std::string Scrape();
};

}  // namespace kimberlite::telemetry
