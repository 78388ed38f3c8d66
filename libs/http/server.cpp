#include "libs/http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "libs/base/worker_pool.h"
#include "libs/http/loop.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::http {
namespace {

std::string_view Reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "";  // a reason may be empty (RFC 9112 section 4)
  }
}

Response Plain(int status, const char* text) {
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
          std::make_shared<const std::string>(std::string(text) + "\n")};
}

// A head and its body, kept together.
struct Whole {
  std::string head;
  std::shared_ptr<const std::string> body;
};

// The address in both families' form, or an error.
Result<std::pair<sockaddr_storage, socklen_t>> ParseAddress(const std::string& text, int port) {
  sockaddr_storage storage{};
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(port));
    return std::pair{storage, socklen_t{sizeof *v4}};
  }
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    return std::pair{storage, socklen_t{sizeof *v6}};
  }
  return Fail(Code::kInvalidArgument, "\"" + text + "\" is not an IP address");
}

Result<Descriptor> Listen(const std::string& address, int port, bool shared) {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto parsed, ParseAddress(address, port));
  Descriptor socket(::socket(parsed.first.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  const bool listening = socket.valid() && setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                         (!shared || setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
                         bind(socket.get(), reinterpret_cast<const sockaddr*>(&parsed.first), parsed.second) == 0 &&
                         listen(socket.get(), 4096) == 0;
  if (listening) return socket;
  return Fail(Code::kUnavailable,
              "cannot listen on " + address + ":" + std::to_string(port) + ": " + std::strerror(errno));
}

int PortOf(const Descriptor& socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
                                           : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::string_view Request::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view Request::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

namespace {

std::string HeadLines(int status, const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " ";
  head += Reason(status);
  head += "\r\n";
  for (const auto& [name, value] : headers) {
    head += name + ": ";
    // A line break in a value would begin a header of its own.
    for (const char c : value) {
      if (c != '\r' && c != '\n' && c != '\0') head += c;
    }
    head += "\r\n";
  }
  return head;
}

}  // namespace

std::string MakeHead(int status, const std::vector<std::pair<std::string, std::string>>& headers,
                     std::size_t content_length) {
  std::string head = HeadLines(status, headers);
  if (status != 304) head += "Content-Length: " + std::to_string(content_length) + "\r\n";
  return head;
}

std::string MakeStreamHead(const std::vector<std::pair<std::string, std::string>>& headers) {
  return HeadLines(200, headers) + "Connection: close\r\n";
}

Responder::~Responder() {
  if (send_) (*this)(Plain(500, "Something went wrong here; try again in a moment."));
}

Responder& Responder::operator=(Responder&& other) noexcept {
  std::swap(send_, other.send_);
  return *this;
}

void Responder::operator()(Prepared answer) { std::exchange(send_, nullptr)(std::move(answer)); }

void Responder::operator()(const Response& response) {
  auto whole = std::make_shared<Whole>();
  whole->body = response.body;
  whole->head = MakeHead(response.status, response.headers, response.body ? response.body->size() : 0);
  Prepared answer{.head = whole->head};
  if (whole->body) answer.body = *whole->body;
  answer.owner = std::move(whole);
  (*this)(std::move(answer));
}

struct Server::State {
  LoopContext context;
  Handlers handlers;
  int bound_port = 0;
  std::unique_ptr<WorkerPool> workers;
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::jthread> threads;
  std::stop_source abandon;  // what is not answered by now will not be

  void Dispatch(Request request, Responder responder) {
    request.stop = abandon.get_token();
    struct Task {
      Request request;
      Responder responder;
    };
    auto task = std::make_shared<Task>(std::move(request), std::move(responder));
    const bool taken = workers->Submit([this, task] {
      if (abandon.stop_requested()) return task->responder(Plain(503, "This server is going away; try again."));
      const std::string target = task->request.target;
      try {
        handlers.handler(std::move(task->request), std::move(task->responder));
      } catch (const std::exception& exception) {
        // The responder, gone by now, has answered 500.
        telemetry::LogError("http handler failed", {{"target", target}, {"error", exception.what()}});
      }
    });
    if (!taken) {
      Response busy = Plain(503, "Too many requests at once; try again in a moment.");
      busy.headers.emplace_back("Retry-After", "1");
      task->responder(busy);
    }
  }
};

Server::Server(Options options, Handler handler)
    : Server(std::move(options), Handlers{{}, [handler = std::move(handler)](Request request, Responder respond) {
                                            respond(handler(request));
                                          }}) {}

Server::Server(Options options, Handlers handlers) : state_(std::make_unique<State>()) {
  state_->context.options = std::move(options);
  state_->context.at_once = handlers.at_once;
  state_->context.dispatch = [state = state_.get()](Request request, Responder responder) {
    state->Dispatch(std::move(request), std::move(responder));
  };
  state_->handlers = std::move(handlers);
}

Server::~Server() { Stop(); }

Result<void> Server::Start() {
  State& state = *state_;
  const Options& options = state.context.options;
  // Alone first: a port that others share already is taken.
  KIMBERLITE_ASSIGN_OR_RETURN(Descriptor first, Listen(options.address, options.port, false));
  state.bound_port = PortOf(first);
  std::vector<Descriptor> listeners;
  if (options.io_threads > 1) {
    first.Close();
    for (int i = 0; i < options.io_threads; ++i) {
      KIMBERLITE_ASSIGN_OR_RETURN(Descriptor listener, Listen(options.address, state.bound_port, true));
      listeners.push_back(std::move(listener));
    }
  } else {
    listeners.push_back(std::move(first));
  }
  state.workers = std::make_unique<WorkerPool>(options.worker_threads, options.queue);
  for (Descriptor& listener : listeners) {
    state.loops.push_back(std::make_unique<Loop>(state.context, std::move(listener)));
  }
  for (const auto& loop : state.loops) {
    state.threads.emplace_back([loop = loop.get()] { loop->Run(); });
  }
  return {};
}

int Server::port() const { return state_->bound_port; }

void Server::Stop(std::chrono::milliseconds grace) {
  State& state = *state_;
  if (state.threads.empty()) return;
  for (const auto& loop : state.loops) loop->Drain();
  {
    std::unique_lock lock(state.context.mutex);
    state.context.empty.wait_for(lock, grace, [&] { return state.context.connections == 0; });
  }
  state.abandon.request_stop();
  state.workers.reset();
  for (const auto& loop : state.loops) loop->Finish();
  state.threads.clear();
  state.loops.clear();
}

}  // namespace kimberlite::http
