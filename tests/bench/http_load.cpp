// Readers: GETs over keep-alive connections, as fast as they are answered or at a fixed rate, and what came of them as
// one line of JSON. At a fixed rate the time of a request counts from when it was due, so that an answer that is late
// makes those behind it late as well.
//
//   http_load --port 8080 --paths FILE [--rate N] [--connections N] [--seconds S] [--header 'Name: value']… [--seed N]
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  int port = 8080;
  double rate = 0;
  int connections = 32;
  double seconds = 5;
  unsigned seed = 1;
  std::string headers;
  std::vector<std::string> paths;
};

struct Connection {
  int fd = -1;
  bool busy = false;
  Clock::time_point due;
  std::string in;
  std::size_t expected = 0;  // of the whole answer; 0: its head is not there yet
};

struct Totals {
  std::map<int, long> statuses;
  std::map<std::string, long> caches;
  std::vector<float> milliseconds;
  long bytes = 0;
  long broken = 0;
  long late = 0;  // found no free connection when they were due
};

[[noreturn]] void Usage(const char* problem) {
  std::fprintf(stderr, "http_load: %s\n", problem);
  std::exit(2);
}

Options ReadOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--port") {
      options.port = std::atoi(value);
    } else if (name == "--rate") {
      options.rate = std::atof(value);
    } else if (name == "--connections") {
      options.connections = std::atoi(value);
    } else if (name == "--seconds") {
      options.seconds = std::atof(value);
    } else if (name == "--seed") {
      options.seed = static_cast<unsigned>(std::atoi(value));
    } else if (name == "--header") {
      options.headers += std::string(value) + "\r\n";
    } else if (name == "--paths") {
      std::ifstream file(value);
      for (std::string line; std::getline(file, line);) {
        if (!line.empty()) options.paths.push_back(line);
      }
    } else {
      Usage("unknown option");
    }
  }
  if (options.paths.empty()) Usage("--paths FILE with a path a line is needed");
  return options;
}

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)), random_(options_.seed), epoll_(epoll_create1(0)) {
    connections_.resize(options_.connections);
    for (Connection& connection : connections_) {
      Connect(connection);
      free_.push_back(&connection);
    }
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event);
  }

  Totals Run() {
    const auto begin = Clock::now();
    const auto end =
        begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    long sent = 0;
    std::array<epoll_event, 256> events;
    while (true) {
      auto now = Clock::now();
      if (options_.rate > 0) {
        while (true) {
          const auto due = begin + std::chrono::nanoseconds(static_cast<long>(sent * 1e9 / options_.rate));
          if (due > now || due >= end) {
            if (due < end) Arm(due);
            break;
          }
          ++sent;
          if (free_.empty()) {
            ++totals_.late;
            waiting_.push_back(due);
          } else {
            Send(Take(), due);
          }
        }
      } else if (now < end) {
        while (!free_.empty()) Send(Take(), now);
      }
      const bool idle = waiting_.empty() && static_cast<int>(free_.size()) == options_.connections;
      if (now >= end && (idle || now >= end + std::chrono::seconds(10))) break;
      const int count = epoll_wait(epoll_, events.data(), events.size(), now >= end ? 50 : 1'000);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.ptr) {
          Read(*static_cast<Connection*>(events[i].data.ptr));
        } else {
          std::uint64_t expirations;
          [[maybe_unused]] const ssize_t taken = read(timer_, &expirations, sizeof expirations);
        }
      }
      while (!waiting_.empty() && !free_.empty()) {
        const auto due = waiting_.front();
        waiting_.pop_front();
        Send(Take(), due);
      }
    }
    totals_.broken += static_cast<long>(waiting_.size()) + options_.connections - static_cast<long>(free_.size());
    return std::move(totals_);
  }

 private:
  void Connect(Connection& connection) {
    if (connection.fd >= 0) close(connection.fd);
    connection.fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Usage("cannot connect");
    const int on = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    connection.in.clear();
    connection.expected = 0;
  }

  Connection& Take() {
    Connection& connection = *free_.back();
    free_.pop_back();
    return connection;
  }

  void Arm(Clock::time_point due) {
    const auto wait = std::max<long>(1, std::chrono::nanoseconds(due - Clock::now()).count());
    const itimerspec time{{}, {wait / 1'000'000'000, wait % 1'000'000'000}};
    timerfd_settime(timer_, 0, &time, nullptr);
  }

  void Send(Connection& connection, Clock::time_point due) {
    const std::string& path = options_.paths[random_() % options_.paths.size()];
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + options_.headers + "\r\n";
    connection.busy = true;
    connection.due = due;
    if (send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
      Break(connection);
    }
  }

  void Break(Connection& connection) {
    totals_.broken += connection.busy;
    if (connection.busy) free_.push_back(&connection);
    connection.busy = false;
    Connect(connection);
  }

  void Read(Connection& connection) {
    const ssize_t size = recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return Break(connection);
    totals_.bytes += size;
    connection.in.append(buffer_.data(), size);
    if (connection.expected == 0) {
      const std::size_t end = connection.in.find("\r\n\r\n");
      if (end == std::string::npos) return;
      const std::string_view head = std::string_view(connection.in).substr(0, end);
      connection.expected = end + 4 + std::strtoul(FieldOf(head, "Content-Length: ").c_str(), nullptr, 10);
    }
    if (connection.in.size() < connection.expected) return;
    const std::string_view head = std::string_view(connection.in).substr(0, connection.in.find("\r\n\r\n"));
    ++totals_.statuses[std::atoi(connection.in.c_str() + 9)];
    ++totals_.caches[FieldOf(head, "Cache-Status: ")];
    totals_.milliseconds.push_back(std::chrono::duration<float, std::milli>(Clock::now() - connection.due).count());
    const bool close = head.find("Connection: close") != std::string_view::npos;
    connection.in.clear();
    connection.expected = 0;
    connection.busy = false;
    free_.push_back(&connection);
    if (close) Connect(connection);
  }

  static std::string FieldOf(std::string_view head, std::string_view name) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) return "";
    const std::string_view rest = head.substr(at + name.size());
    return std::string(rest.substr(0, rest.find('\r')));
  }

  const Options options_;
  std::minstd_rand random_;
  const int epoll_;
  int timer_ = -1;
  std::vector<Connection> connections_;
  std::vector<Connection*> free_;
  std::deque<Clock::time_point> waiting_;
  std::array<char, 256 * 1024> buffer_;
  Totals totals_;
};

template <typename Map>
void PrintMap(const char* name, const Map& map) {
  std::printf("\"%s\": {", name);
  const char* comma = "";
  for (const auto& [key, count] : map) {
    if constexpr (std::is_same_v<std::decay_t<decltype(key)>, std::string>) {
      std::printf("%s\"%s\": %ld", comma, key.c_str(), count);
    } else {
      std::printf("%s\"%d\": %ld", comma, key, count);
    }
    comma = ", ";
  }
  std::printf("}, ");
}

}  // namespace

int main(int argc, char** argv) {
  Totals totals = Load(ReadOptions(argc, argv)).Run();
  auto& times = totals.milliseconds;
  std::ranges::sort(times);
  const auto quantile = [&](double q) {
    return times.empty() ? 0.0 : static_cast<double>(times[static_cast<std::size_t>(q * (times.size() - 1))]);
  };
  std::printf("{\"requests\": %zu, \"broken\": %ld, \"late\": %ld, \"bytes\": %ld, ", times.size(), totals.broken,
              totals.late, totals.bytes);
  PrintMap("statuses", totals.statuses);
  PrintMap("cache", totals.caches);
  std::printf("\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f}\n", quantile(0.5),
              quantile(0.99), quantile(0.999), quantile(1));
  return 0;
}
