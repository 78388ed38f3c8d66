#include "libs/telemetry/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cmath>

#include "libs/base/text.h"
#include "libs/base/time.h"

namespace kimberlite::telemetry {
namespace {

struct Logging {
  std::string service;
  std::atomic<Level> level = Level::kInfo;
  std::shared_ptr<spdlog::logger> logger = [] {
    auto created = std::make_shared<spdlog::logger>("kimberlite", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("%v");
    created->set_level(spdlog::level::trace);
    created->flush_on(spdlog::level::trace);
    return created;
  }();
};

// Logs and metrics belong to the process, as stderr does.
Logging& TheLogging() {
  static Logging& logging = *new Logging;
  return logging;
}

prometheus::Registry& TheRegistry() {
  static prometheus::Registry& registry = *new prometheus::Registry(prometheus::Registry::InsertBehavior::Merge);
  return registry;
}

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  const bool valid = IsValidUtf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f || (!valid && byte >= 0x80)) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

constexpr std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarning: return "warning";
    case Level::kError: return "error";
  }
  return "info";
}

}  // namespace

Result<Level> ParseLevel(std::string_view name) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    if (name == LevelName(level)) return level;
  }
  return Fail(Code::kInvalidArgument, "must be debug, info, warning or error");
}

void InitLogging(std::string_view service, Level level) {
  TheLogging().service = service;
  TheLogging().level = level;
}

void Log(Level level, std::string_view message, std::initializer_list<Field> fields) {
  Logging& logging = TheLogging();
  if (level < logging.level) return;
  std::string line = "{\"time\":\"" + FormatRfc3339(SystemClock().Now()) + "\",\"level\":\"";
  line += LevelName(level);
  line += '"';
  if (!logging.service.empty()) {
    line += ",\"service\":";
    AppendJsonString(line, logging.service);
  }
  line += ",\"message\":";
  AppendJsonString(line, message);
  for (const Field& field : fields) {
    line += ',';
    AppendJsonString(line, field.key);
    line += ':';
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      AppendJsonString(line, *text);
    } else if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
      line += std::to_string(*whole);
    } else if (const auto* real = std::get_if<double>(&field.value)) {
      line += std::isfinite(*real) ? fmt::format("{:.6g}", *real) : "null";
    } else {
      line += std::get<bool>(field.value) ? "true" : "false";
    }
  }
  line += '}';
  logging.logger->info("{}", line);
}

void Counter::Add(double amount) const { static_cast<prometheus::Counter*>(impl_)->Increment(amount); }
void Gauge::Set(double value) const { static_cast<prometheus::Gauge*>(impl_)->Set(value); }
void Gauge::Add(double amount) const { static_cast<prometheus::Gauge*>(impl_)->Increment(amount); }
void Histogram::Observe(double value) const { static_cast<prometheus::Histogram*>(impl_)->Observe(value); }

Counter Metrics::Counter(const std::string& name, const std::string& help, const Labels& labels) {
  return telemetry::Counter(&prometheus::BuildCounter().Name(name).Help(help).Register(TheRegistry()).Add(labels));
}
Gauge Metrics::Gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return telemetry::Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(TheRegistry()).Add(labels));
}
Histogram Metrics::Seconds(const std::string& name, const std::string& help, const Labels& labels) {
  static const prometheus::Histogram::BucketBoundaries kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                                   0.15,   0.25,  0.5,    1,     2.5,  5,     10};
  return telemetry::Histogram(
      &prometheus::BuildHistogram().Name(name).Help(help).Register(TheRegistry()).Add(labels, kBuckets));
}

std::string Metrics::Scrape() { return prometheus::TextSerializer().Serialize(TheRegistry().Collect()); }

}  // namespace kimberlite::telemetry
