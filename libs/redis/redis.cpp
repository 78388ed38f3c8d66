#include "libs/redis/redis.h"

#include <hiredis/hiredis.h>
#include <openssl/evp.h>

#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <mutex>

namespace kimberlite::redis {
namespace {

struct Closer {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Connection = std::unique_ptr<redisContext, Closer>;

struct ReplyFreer {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

Reply Convert(const redisReply& raw) {
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::kInteger;
      reply.integer = raw.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::kText;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::kArray;
      reply.elements.reserve(raw.elements);
      for (std::size_t i = 0; i < raw.elements; ++i) reply.elements.push_back(Convert(*raw.element[i]));
      break;
    default: break;
  }
  return reply;
}

std::string Sha1Hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1) std::abort();
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace

Script::Script(std::string source) : source_(std::move(source)), sha1_(Sha1Hex(source_)) {}

struct Client::State {
  Options options;
  std::mutex mutex;
  std::condition_variable freed;
  std::vector<Connection> idle;
  int in_use = 0;

  Result<Connection> Open() {
    const timeval timeout = {options.timeout_ms / 1000, (options.timeout_ms % 1000) * 1000};
    Connection connection;
    const std::string_view url = options.url;
    if (url.starts_with("unix:")) {
      connection.reset(redisConnectUnixWithTimeout(options.url.c_str() + 5, timeout));
    } else if (url.starts_with("redis://")) {
      std::string host(url.substr(8));
      int port = 6379;
      if (const std::size_t colon = host.rfind(':'); colon != std::string::npos) {
        std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
        host.resize(colon);
      }
      connection.reset(redisConnectWithTimeout(host.c_str(), port, timeout));
    } else {
      return Fail(Code::kInvalidArgument,
                  "a Redis URL is unix:/path or redis://host:port, not \"" + options.url + "\"");
    }
    if (!connection || connection->err) {
      return Fail(Code::kUnavailable, "cannot connect to Redis at " + options.url + ": " +
                                          (connection ? connection->errstr : "out of memory"));
    }
    redisSetTimeout(connection.get(), timeout);
    return connection;
  }

  Result<Connection> Acquire() {
    {
      std::unique_lock lock(mutex);
      if (!freed.wait_for(lock, std::chrono::milliseconds(options.timeout_ms),
                          [&] { return in_use < options.connections; })) {
        return Fail(Code::kUnavailable, "all connections to Redis are busy");
      }
      ++in_use;
      if (!idle.empty()) {
        Connection connection = std::move(idle.back());
        idle.pop_back();
        return connection;
      }
    }
    auto opened = Open();
    if (!opened) Release(nullptr);
    return opened;
  }

  void Release(Connection connection) {
    const std::lock_guard lock(mutex);
    --in_use;
    if (connection) {
      idle.push_back(std::move(connection));
    } else {
      // The others are probably dead as well: a restarted server has none of them.
      idle.clear();
    }
    freed.notify_one();
  }
};

Client::Client(Options options) : state_(std::make_unique<State>()) { state_->options = std::move(options); }
Client::~Client() = default;

Result<Reply> Client::Command(std::span<const std::string_view> arguments) {
  std::vector<const char*> values;
  std::vector<std::size_t> lengths;
  values.reserve(arguments.size());
  lengths.reserve(arguments.size());
  for (const std::string_view argument : arguments) {
    values.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  KIMBERLITE_ASSIGN_OR_RETURN(Connection connection, state_->Acquire());
  const std::unique_ptr<redisReply, ReplyFreer> raw(static_cast<redisReply*>(
      redisCommandArgv(connection.get(), static_cast<int>(values.size()), values.data(), lengths.data())));
  if (!raw) {
    Error error(Code::kUnavailable, std::string("Redis did not answer: ") + connection->errstr);
    state_->Release(nullptr);
    return Fail(std::move(error));
  }
  state_->Release(std::move(connection));
  if (raw->type == REDIS_REPLY_ERROR) {
    const std::string text(raw->str, raw->len);
    // Loading its data set, or out of memory: another time it may do.
    const bool passing = text.starts_with("LOADING") || text.starts_with("OOM") || text.starts_with("BUSY");
    return Fail(passing ? Code::kUnavailable : Code::kInternal, "Redis: " + text);
  }
  return Convert(*raw);
}

Result<Reply> Client::Run(const Script& script, std::span<const std::string> keys,
                          std::span<const std::string> arguments) {
  const std::string key_count = std::to_string(keys.size());
  std::vector<std::string_view> command = {"EVALSHA", script.sha1(), key_count};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto reply = Command(command);
  if (reply || reply.error().message().find("NOSCRIPT") == std::string::npos) return reply;
  command[0] = "EVAL";
  command[1] = script.source();
  return Command(command);
}

}  // namespace kimberlite::redis
