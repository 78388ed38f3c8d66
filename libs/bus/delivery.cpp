#include "libs/bus/delivery.h"

#include <algorithm>

#include "libs/base/id.h"
#include "libs/base/text.h"
#include "libs/bus/metrics.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus {
namespace {

constexpr int kMaxAttempts = 5;

bool MayPass(Code code) {
  return code == Code::kInternal || code == Code::kAborted || code == Code::kResourceExhausted;
}

// An error as a header: short UTF-8 without NUL, whatever the handler wrote.
std::string HeaderText(const Error& error) {
  constexpr std::size_t kMaxBytes = 4096;
  std::string text = error.ToString();
  if (text.size() > kMaxBytes) {
    text.resize(kMaxBytes);
    // Not in the middle of a character.
    while (!text.empty() && (text.back() & 0xc0) == 0x80) text.pop_back();
    if (!text.empty() && (text.back() & 0x80) != 0) text.pop_back();
  }
  const bool valid = IsValidUtf8(text);
  std::ranges::replace_if(text, [&](char c) { return c == '\0' || (!valid && (c & 0x80) != 0); }, '?');
  return text;
}

}  // namespace

std::string DeadLetterTopic(std::string_view topic, std::string_view group) {
  return std::string(topic) + ".dlq." + std::string(group);
}

Result<void> CheckEvent(const Event& event) {
  const auto text = [](std::string_view value) { return IsValidUtf8(value) && value.find('\0') == value.npos; };
  if (event.topic.empty()) return InvalidField("topic", "must not be empty");
  if (event.key.empty()) return InvalidField("key", "must not be empty");
  if (event.id.empty()) return InvalidField("id", "must not be empty");
  if (event.type.empty()) return InvalidField("type", "must not be empty");
  std::size_t bytes = event.payload.size();
  for (const std::string* value :
       {&event.topic, &event.key, &event.id, &event.type, &event.source, &event.traceparent}) {
    if (!text(*value))
      return Fail(Code::kInvalidArgument, "the attributes of event " + event.id + " must be UTF-8 without NUL");
    bytes += value->size();
  }
  for (const auto& [name, value] : event.headers) {
    if (name.empty() || !text(name) || !text(value)) {
      return Fail(Code::kInvalidArgument, "the headers of event " + event.id + " must be named, and UTF-8 without NUL");
    }
    bytes += name.size() + value.size();
  }
  if (bytes > kMaxEventBytes) {
    return Fail(Code::kResourceExhausted, "event " + event.id + " of " + event.key + " has " + std::to_string(bytes) +
                                              " bytes, more than the " + std::to_string(kMaxEventBytes) +
                                              " that the bus takes");
  }
  return {};
}

std::chrono::milliseconds Backoff::Next() {
  const std::int64_t full = std::min<std::int64_t>(50ll << std::min(doublings_++, 10), 2000);
  return std::chrono::milliseconds(full -
                                   static_cast<std::int64_t>(RandomBits() % static_cast<std::uint64_t>(full / 4 + 1)));
}

bool Delivery::Later() {
  not_before_ = std::chrono::steady_clock::now() + backoff_.Next();
  return false;
}

bool Delivery::Try(const Event& event, const Position& position) {
  if (!verdict_) {
    ++attempts_;
    auto handled = policy_->handler(event, position);
    if (!handled) {
      Error& error = handled.error();
      const bool again =
          !policy_->set_aside || error.retryable() || (MayPass(error.code()) && attempts_ < kMaxAttempts);
      if (again) {
        telemetry::Warning("event not handled, will be tried again", {{"topic", position.topic},
                                                                      {"partition", position.partition},
                                                                      {"offset", position.offset},
                                                                      {"group", policy_->group},
                                                                      {"event_id", event.id},
                                                                      {"key", event.key},
                                                                      {"sequence", event.sequence},
                                                                      {"traceparent", event.traceparent},
                                                                      {"attempt", attempts_},
                                                                      {"error", error.ToString()}});
        return Later();
      }
      verdict_ = std::move(error);
    } else {
      metrics::Handled(position.topic, policy_->group);
    }
  }
  if (verdict_ && !SetAside(event, position)) return Later();
  attempts_ = 0;
  backoff_.Reset();
  verdict_.reset();
  not_before_ = {};
  return true;
}

bool Delivery::SetAside(const Event& event, const Position& position) {
  Event letter = event;
  letter.topic = DeadLetterTopic(position.topic, policy_->group);
  letter.headers["kimberlite_error"] = HeaderText(*verdict_);
  letter.headers["kimberlite_topic"] = position.topic;
  letter.headers["kimberlite_partition"] = std::to_string(position.partition);
  letter.headers["kimberlite_offset"] = std::to_string(position.offset);
  letter.headers["kimberlite_group"] = policy_->group;
  const std::initializer_list<telemetry::Field> fields = {
      {"topic", position.topic},    {"partition", position.partition},
      {"offset", position.offset},  {"group", policy_->group},
      {"event_id", event.id},       {"key", event.key},
      {"sequence", event.sequence}, {"traceparent", event.traceparent},
      {"attempts", attempts_},      {"error", letter.headers["kimberlite_error"]}};
  // Until the dead letter is durable the event must not be passed over.
  if (auto done = policy_->set_aside(letter); !done) {
    telemetry::LogError("dead letter not written, will be tried again", {{"topic", letter.topic},
                                                                         {"offset", position.offset},
                                                                         {"event_id", event.id},
                                                                         {"error", done.error().ToString()}});
    return false;
  }
  telemetry::LogError("event set aside as a dead letter", fields);
  metrics::DeadLetter(position.topic, policy_->group);
  return true;
}

}  // namespace kimberlite::bus
