#include "libs/runtime/runtime.h"

#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "libs/http/server.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::runtime {
namespace {

constexpr char kVersion[] = "0.1.0";

http::Response Text(int status, std::string text, const char* type = "text/plain; charset=utf-8") {
  return {status, {{"Content-Type", type}}, std::make_shared<const std::string>(std::move(text))};
}

// The state that the operations port shows.
struct Readiness {
  std::atomic<Service*> service = nullptr;  // null while starting and once stopping

  http::Response Answer(const http::Request& request) const {
    if (request.path() == "/metrics") {
      return Text(200, telemetry::Metrics::Scrape(), "text/plain; version=0.0.4; charset=utf-8");
    }
    if (request.path() == "/livez") return Text(200, "ok\n");
    if (request.path() == "/readyz") {
      Service* running = service;
      if (!running) return Text(503, "starting or stopping\n");
      const auto ready = running->Ready();
      return ready ? Text(200, "ok\n") : Text(503, ready.error().ToString() + "\n");
    }
    return Text(404, "try /metrics, /livez or /readyz\n");
  }
};

std::string Usage(const Program& program) {
  return "usage: " + program.name + " [migrate | --help | --print-config | --version]\n\n" + program.summary +
         "\n\n  migrate         apply the database migrations and exit\n"
         "  --print-config  show the settings in force, secrets hidden\n\n"
         "Settings come from the environment; NAME_FILE may name a file that holds the value of NAME.\n\n" +
         program.settings->Help();
}

int Serve(const Program& program) {
  // Readers' connections are descriptors: as many as the system allows, not the default of shells.
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  // Before any thread starts, so that all inherit it and only sigwait sees the signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  Readiness readiness;
  http::Server operations({.address = program.common->ops_address,
                           .port = program.common->ops_port,
                           .worker_threads = 2,
                           .max_connections = 64},
                          [&](const http::Request& request) { return readiness.Answer(request); });
  if (auto started = operations.Start(); !started) {
    telemetry::LogError("cannot open the operations port", {{"error", started.error().message()}});
    return 1;
  }
  const std::unique_ptr<Service> service = program.make_service();
  if (auto started = service->Start(); !started) {
    telemetry::LogError("cannot start", {{"error", started.error().ToString()}});
    return 1;
  }
  readiness.service = service.get();
  telemetry::Info("started", {{"version", kVersion}, {"ops_port", operations.port()}});

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  telemetry::Info("stopping", {{"signal", signal_number}});
  readiness.service = nullptr;
  service->Stop();
  operations.Stop();
  telemetry::Info("stopped");
  return 0;
}

}  // namespace

void CommonConfig::Bind(config::Table& table) {
  table.Text(&log_level,
             {.name = "KIMBERLITE_LOG_LEVEL", .help = "Least level that is logged: debug, info, warning or error."});
  table.Text(&ops_address, {.name = "KIMBERLITE_OPS_ADDRESS", .help = "IP address of /metrics, /livez and /readyz."});
  table.Int(&ops_port, {.name = "KIMBERLITE_OPS_PORT", .help = "Port of /metrics, /livez and /readyz."}, 0, 65535);
  table.Text(&grpc_address, {.name = "KIMBERLITE_GRPC_ADDRESS", .help = "IP address that gRPC listens on."});
  table.Int(&grpc_port, {.name = "KIMBERLITE_GRPC_PORT", .help = "Port that gRPC listens on."}, 0, 65535);
  table.Text(&rpc_tokens_file, {.name = "KIMBERLITE_RPC_TOKENS_FILE",
                                .help = "File of the tokens that callers may use: lines of name, roles, token.",
                                .required = true});
  table.Text(&postgres_url, {.name = "KIMBERLITE_POSTGRES_URL",
                             .help = postgres_required ? "PostgreSQL connection string or URI."
                                                       : "PostgreSQL connection string or URI, for the postgres bus.",
                             .required = postgres_required,
                             .secret = true});
  table.Text(&bus, {.name = "KIMBERLITE_BUS", .help = "Driver of the bus: postgres or kafka."});
  table.Text(&kafka_brokers,
             {.name = "KIMBERLITE_KAFKA_BROKERS", .help = "Kafka brokers as host:port,…; for the kafka bus."});
}

int Main(int argc, char** argv, const Program& program) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (argc > 2 || (!command.empty() && command != "migrate" && command != "--help" && command != "-h" &&
                   command != "--print-config" && command != "--version")) {
    std::fprintf(stderr, "%s: unknown arguments; see %s --help\n", program.name.c_str(), program.name.c_str());
    return 2;
  }
  if (command == "--help" || command == "-h") {
    std::fputs(Usage(program).c_str(), stdout);
    return 0;
  }
  if (command == "--version") {
    std::printf("%s %s\n", program.name.c_str(), kVersion);
    return 0;
  }
  auto level = telemetry::ParseLevel("info");
  auto read = program.settings->Read([](const char* name) -> const char* { return std::getenv(name); });
  if (read) {
    level = telemetry::ParseLevel(program.common->log_level);
    if (!level) read = Fail(Code::kInvalidArgument, "KIMBERLITE_LOG_LEVEL: " + level.error().message());
  }
  if (!read) {
    std::fprintf(stderr, "%s: %s\n", program.name.c_str(), read.error().message().c_str());
    return 2;
  }
  if (command == "--print-config") {
    std::fputs(program.settings->Print().c_str(), stdout);
    return 0;
  }
  telemetry::InitLogging(program.name, *level);
  if (command == "migrate") {
    if (auto migrated = program.migrate(); !migrated) {
      telemetry::LogError("cannot migrate", {{"error", migrated.error().ToString()}});
      return 1;
    }
    return 0;
  }
  return Serve(program);
}

}  // namespace kimberlite::runtime
