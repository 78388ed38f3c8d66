#include "libs/http/server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "libs/base/text.h"
#include "libs/base/time.h"
#include "libs/base/worker_pool.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::empty_body>;

// Beast's string_view differs between Boost versions.
std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

std::string_view Reason(int status) {
  const auto reason = beast::http::obsolete_reason(static_cast<beast::http::status>(status));
  return View(reason);
}

Response Plain(int status, std::string text) {
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
          std::make_shared<const std::string>(std::move(text) + "\n")};
}

// A request as the handler sees it, or the answer that it gets at once and after which the connection closes.
std::expected<Request, Response> ReadRequest(const Parser& parser) {
  const auto& message = parser.get();
  Request request;
  request.method = std::string(View(message.method_string()));
  request.target = std::string(View(message.target()));
  int hosts = 0, lengths = 0, codings = 0;
  std::string_view length;
  for (const auto& field : message) {
    std::string name(View(field.name_string()));
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    hosts += name == "host";
    codings += name == "transfer-encoding";
    if (name == "content-length") {
      ++lengths;
      length = View(field.value());
    }
    request.headers.emplace_back(std::move(name), std::string(View(field.value())));
  }
  // RFC 9112: section 3.2 for Host, 6.3 for framing.
  if (hosts > 1 || (hosts == 0 && message.version() >= 11)) {
    return std::unexpected(Plain(400, "A request names exactly one Host."));
  }
  if (codings > 0 && lengths > 0) {
    return std::unexpected(Plain(400, "Content-Length and Transfer-Encoding exclude each other."));
  }
  if (lengths > 1) return std::unexpected(Plain(400, "There is more than one Content-Length."));
  if (codings > 0 || (lengths == 1 && length != "0")) {
    return std::unexpected(Plain(413, "Requests with a body are not taken here."));
  }
  // Absolute-form is for proxies but must be understood (section 3.2.2).
  if (request.target.starts_with("http://") || request.target.starts_with("https://")) {
    const std::size_t slash = request.target.find('/', request.target.find("//") + 2);
    request.target = slash == std::string::npos ? "/" : request.target.substr(slash);
  }
  if (!request.target.starts_with('/'))
    return std::unexpected(Plain(400, "The request target must begin with a slash."));
  if (request.method != "GET" && request.method != "HEAD") {
    Response response = Plain(405, "Only GET and HEAD are answered here.");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return std::unexpected(std::move(response));
  }
  return request;
}

std::string Head(const Response& response, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += Reason(response.status);
  head += "\r\nDate: " + FormatHttpDate(SystemClock().Now());
  for (const auto& [name, value] : response.headers) {
    head += "\r\n" + name + ": ";
    // A line break in a value would begin a header of its own.
    for (const char c : value) {
      if (c != '\r' && c != '\n' && c != '\0') head += c;
    }
  }
  // A 304 has no body of its own; its Content-Length would be that of the 200 (RFC 9110 section 8.6).
  if (response.status != 304) {
    head += "\r\nContent-Length: " + std::to_string(response.body ? response.body->size() : 0);
  }
  if (!keep_alive) head += "\r\nConnection: close";
  return head + "\r\n\r\n";
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

struct Server::State : std::enable_shared_from_this<Server::State> {
  struct Session {
    explicit Session(tcp::socket socket) : stream(std::move(socket)) {}
    beast::tcp_stream stream;
    beast::flat_buffer buffer;
    bool answering = false;  // on the stream's strand
  };

  Options options;
  Handler handler;
  asio::io_context io;
  tcp::acceptor acceptor{io};
  int bound_port = 0;
  std::unique_ptr<WorkerPool> workers;
  std::vector<std::jthread> threads;
  std::atomic<bool> stopping = false;
  std::stop_source abandon;  // what is not answered by now will not be

  std::mutex mutex;
  std::condition_variable gone;
  std::set<std::shared_ptr<Session>> sessions;

  asio::awaitable<void> Accept() {
    while (!stopping) {
      ErrorCode error;
      tcp::socket socket =
          co_await acceptor.async_accept(asio::make_strand(io), asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted || stopping) co_return;
      if (error) {
        // Out of descriptors, mostly: connections that end free some.
        telemetry::Warning("cannot accept a connection", {{"error", error.message()}});
        asio::steady_timer pause(io, std::chrono::milliseconds(50));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      socket.set_option(tcp::no_delay(true), error);
      auto session = std::make_shared<Session>(std::move(socket));
      {
        const std::lock_guard lock(mutex);
        if (static_cast<int>(sessions.size()) >= options.max_connections) continue;  // closes it
        sessions.insert(session);
      }
      asio::co_spawn(session->stream.get_executor(), Serve(session),
                     [self = shared_from_this(), session](std::exception_ptr) {
                       const std::lock_guard lock(self->mutex);
                       self->sessions.erase(session);
                       self->gone.notify_all();
                     });
    }
  }

  // Runs the handler on a worker and comes back to the connection's strand.
  template <typename Token>
  auto Handle(std::shared_ptr<const Request> request, Token&& token) {
    return asio::async_initiate<Token, void(Response)>(
        [this, request = std::move(request)](auto completion) {
          auto shared = std::make_shared<decltype(completion)>(std::move(completion));
          const auto executor = asio::get_associated_executor(*shared);
          const bool taken = workers->Submit([this, request, shared, executor] {
            Response response;
            try {
              response =
                  abandon.stop_requested() ? Plain(503, "This server is going away; try again.") : handler(*request);
            } catch (const std::exception& exception) {
              telemetry::LogError("http handler failed", {{"target", request->target}, {"error", exception.what()}});
              response = Plain(500, "Something went wrong here; try again in a moment.");
            }
            asio::post(executor,
                       [shared, response = std::move(response)]() mutable { (*shared)(std::move(response)); });
          });
          if (!taken) {
            Response busy = Plain(503, "Too many requests at once; try again in a moment.");
            busy.headers.emplace_back("Retry-After", "1");
            asio::post(executor, [shared, busy = std::move(busy)]() mutable { (*shared)(std::move(busy)); });
          }
        },
        token);
  }

  asio::awaitable<bool> Write(Session& session, const Response& response, bool with_body, bool keep_alive) {
    const std::string head = Head(response, keep_alive);
    // Head and beginning at once; a long body in pieces, each of which may take its time.
    constexpr std::size_t kPiece = 64 * 1024;
    const std::string_view body = with_body && response.body ? std::string_view(*response.body) : std::string_view();
    std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body.substr(0, kPiece))};
    ErrorCode error;
    session.stream.expires_after(options.header_timeout);
    co_await asio::async_write(session.stream, buffers, asio::redirect_error(asio::use_awaitable, error));
    for (std::size_t sent = kPiece; !error && sent < body.size(); sent += kPiece) {
      session.stream.expires_after(options.header_timeout);
      co_await asio::async_write(session.stream, asio::buffer(body.substr(sent, kPiece)),
                                 asio::redirect_error(asio::use_awaitable, error));
    }
    co_return !error;
  }

  asio::awaitable<void> Serve(std::shared_ptr<Session> session) {
    beast::tcp_stream& stream = session->stream;
    bool first = true;
    while (!stopping) {
      Parser parser;
      parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
      ErrorCode error;
      if (!first && session->buffer.size() == 0) {
        // Idle: wait for the first byte with the longer time-out.
        stream.expires_after(options.idle_timeout);
        const std::size_t read = co_await stream.async_read_some(session->buffer.prepare(4096),
                                                                 asio::redirect_error(asio::use_awaitable, error));
        if (error || stopping) break;
        session->buffer.commit(read);
      }
      first = false;
      stream.expires_after(options.header_timeout);
      co_await beast::http::async_read_header(stream, session->buffer, parser,
                                              asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        if (error == beast::http::error::header_limit) {
          co_await Write(*session, Plain(431, "The request's header is too large."), true, false);
        } else if (error.category() == beast::http::make_error_code(beast::http::error::end_of_stream).category() &&
                   error != beast::http::error::end_of_stream && error != beast::http::error::partial_message) {
          co_await Write(*session, Plain(400, "This is not a request of HTTP/1.1."), true, false);
        }
        break;
      }
      session->answering = true;
      auto request = ReadRequest(parser);
      bool keep_alive = request.has_value() && parser.get().keep_alive();
      const bool head_only = parser.get().method() == beast::http::verb::head;
      Response response;
      if (request) {
        stream.expires_never();
        request->stop = abandon.get_token();
        response = co_await Handle(std::make_shared<const Request>(std::move(*request)), asio::use_awaitable);
      } else {
        response = std::move(request.error());
      }
      keep_alive = keep_alive && !stopping;
      const bool written = co_await Write(*session, response, !head_only, keep_alive);
      session->answering = false;
      if (!written || !keep_alive) break;
    }
    ErrorCode ignored;  // the peer may be gone already
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }
};

Server::Server(Options options, Handler handler) : state_(std::make_shared<State>()) {
  state_->options = std::move(options);
  state_->handler = std::move(handler);
}

Server::~Server() { Stop(); }

Result<void> Server::Start() {
  State& state = *state_;
  ErrorCode error;
  const auto address = asio::ip::make_address(state.options.address, error);
  if (error) return Fail(Code::kInvalidArgument, "\"" + state.options.address + "\" is not an IP address");
  const tcp::endpoint endpoint(address, static_cast<unsigned short>(state.options.port));
  state.acceptor.open(endpoint.protocol(), error);
  if (!error) state.acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) state.acceptor.bind(endpoint, error);
  if (!error) state.acceptor.listen(1024, error);
  if (error) {
    return Fail(Code::kUnavailable, "cannot listen on " + state.options.address + ":" +
                                        std::to_string(state.options.port) + ": " + error.message());
  }
  state.bound_port = state.acceptor.local_endpoint().port();
  state.workers = std::make_unique<WorkerPool>(state.options.worker_threads, state.options.queue);
  asio::co_spawn(state.io, state.Accept(), asio::detached);
  for (int i = 0; i < state.options.io_threads; ++i) {
    state.threads.emplace_back([&state] { state.io.run(); });
  }
  return {};
}

int Server::port() const { return state_->bound_port; }

void Server::Stop(std::chrono::milliseconds grace) {
  State& state = *state_;
  if (state.threads.empty()) return;
  state.stopping = true;
  asio::post(state.io, [&state] {
    ErrorCode ignored;  // it may never have been opened
    state.acceptor.close(ignored);
  });
  {
    std::unique_lock lock(state.mutex);
    for (const auto& session : state.sessions) {
      asio::post(session->stream.get_executor(), [session] {
        if (!session->answering) session->stream.cancel();
      });
    }
    state.gone.wait_for(lock, grace, [&] { return state.sessions.empty(); });
    for (const auto& session : state.sessions) {
      asio::post(session->stream.get_executor(), [session] { session->stream.cancel(); });
    }
  }
  state.abandon.request_stop();
  state.workers.reset();
  state.io.stop();
  state.threads.clear();
}

}  // namespace kimberlite::http
