#pragma once

#include <functional>
#include <memory>
#include <string>

#include "libs/base/error.h"
#include "libs/config/config.h"

// How a service starts, lives and ends; the same for all.
namespace kimberlite::runtime {

// What Main runs. Built by the service's App, whose members stand in the order in which they start.
class Service {
 public:
  virtual ~Service() = default;
  virtual Result<void> Start() = 0;
  // Whether it can do its work now; an error says what is missing. Asked by /readyz, so cheap.
  virtual Result<void> Ready() = 0;
  // Stop intake, drain, flush, close; at most 8 s.
  virtual void Stop() = 0;
};

// Settings that every service has.
struct CommonConfig {
  std::string log_level = "info";
  std::string ops_address = "127.0.0.1";
  int ops_port = 0;
  std::string grpc_address = "127.0.0.1";
  int grpc_port = 0;
  std::string rpc_tokens_file;
  std::string postgres_url;
  bool postgres_required = true;
  std::string bus = "postgres";
  std::string kafka_brokers = "127.0.0.1:9092";

  void Bind(config::Table& table);
};

struct Program {
  std::string name;     // "kimberlite-content"
  std::string summary;  // one sentence for --help
  config::Table* settings;
  const CommonConfig* common;
  std::function<Result<void>()> migrate;
  std::function<std::unique_ptr<Service>()> make_service;
};

// Runs `<name>`, `<name> migrate`, `<name> --help`, `<name> --print-config`. Serves /metrics, /livez and /readyz on the
// operations port before the service starts. On SIGTERM or SIGINT: not ready, stop, exit. Returns the exit code: 0,
// 1 when it could not start, 2 for a bad setting or argument (one line on stderr).
int Main(int argc, char** argv, const Program& program);

}  // namespace kimberlite::runtime
