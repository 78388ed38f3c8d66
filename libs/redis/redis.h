#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

// Redis through hiredis.
namespace kimberlite::redis {

struct Reply {
  enum class Kind { kNil, kInteger, kText, kArray };
  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;             // bulk and status replies; any bytes
  std::vector<Reply> elements;  // arrays

  bool nil() const { return kind == Kind::kNil; }
};

// A script, run by its digest and sent whole when the server does not know it.
class Script {
 public:
  explicit Script(std::string source);
  const std::string& source() const { return source_; }
  const std::string& sha1() const { return sha1_; }

 private:
  std::string source_;
  std::string sha1_;
};

// A pool of connections to one server. Safe for any thread.
class Client {
 public:
  struct Options {
    std::string url;  // "unix:/path" or "redis://host[:port]"
    int connections = 16;
    int timeout_ms = 1'000;  // for connecting, and for each command
  };
  explicit Client(Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // UNAVAILABLE when the server cannot be reached or does not answer in time: the command may have been carried out.
  // The connection is then closed, since a late reply would answer the next command. INTERNAL: the server refused.
  Result<Reply> Command(std::span<const std::string_view> arguments);
  Result<Reply> Command(std::initializer_list<std::string_view> arguments) {
    return Command(std::span(arguments.begin(), arguments.size()));
  }
  Result<Reply> Run(const Script& script, std::span<const std::string> keys, std::span<const std::string> arguments);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kimberlite::redis
