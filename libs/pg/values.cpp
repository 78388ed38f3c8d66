// Text forms of parameters and results.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "libs/pg/connection.h"

namespace kimberlite::pg {
namespace {

[[noreturn]] void Broken(std::string_view column, const char* why) {
  std::fprintf(stderr, "pg: column %.*s %s\n", static_cast<int>(column.size()), column.data(), why);
  std::abort();
}

template <typename T>
T Number(std::string_view text, std::string_view column) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) Broken(column, "is not a number");
  return value;
}

// "2026-11-24 09:30:00.25+00": ISO style, which the server speaks with TimeZone=UTC.
Time ReadInstant(std::string_view text, std::string_view column) {
  std::string iso(text);
  if (iso.ends_with("+00")) iso += ":00";
  const auto time = ParseRfc3339(iso);
  if (!time) Broken(column, "is not a time");
  return *time;
}

// The elements of an array literal: {a,"b c","d\"e"}.
std::vector<std::string> ReadArray(std::string_view text, std::string_view column) {
  std::vector<std::string> elements;
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') Broken(column, "is not an array");
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    std::string element;
    std::size_t at = 0;
    if (text[0] == '"') {
      for (at = 1; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
        element += text[at];
      }
      ++at;
      elements.push_back(std::move(element));
    } else {
      at = std::min(text.find(','), text.size());
      if (text.substr(0, at) != "NULL") elements.emplace_back(text.substr(0, at));
    }
    text.remove_prefix(std::min(at + 1, text.size()));
  }
  return elements;
}

}  // namespace

Params& Params::Add(std::string_view value) {
  values_.emplace_back(value);
  return *this;
}
Params& Params::Add(std::int64_t value) {
  values_.emplace_back(std::to_string(value));
  return *this;
}
Params& Params::Add(bool value) {
  values_.emplace_back(value ? "t" : "f");
  return *this;
}
Params& Params::Add(double value) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  values_.emplace_back(std::string(text, error == std::errc() ? end : text));
  return *this;
}
Params& Params::Add(Time value) {
  values_.emplace_back(FormatRfc3339(value));
  return *this;
}
Params& Params::Add(std::nullopt_t) {
  values_.emplace_back(std::nullopt);
  return *this;
}
Params& Params::Add(const std::vector<std::string>& values) {
  std::string array = "{";
  for (const std::string& value : values) {
    if (array.size() > 1) array += ',';
    array += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  values_.emplace_back(array + "}");
  return *this;
}
Params& Params::Add(const std::vector<std::int64_t>& values) {
  std::string array = "{";
  for (const std::int64_t value : values) {
    if (array.size() > 1) array += ',';
    array += std::to_string(value);
  }
  values_.emplace_back(array + "}");
  return *this;
}
Params& Params::AddBytes(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\\x";
  text.reserve(2 + bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  values_.emplace_back(std::move(text));
  return *this;
}

Rows::Rows(std::shared_ptr<const ResultHandle> handle) : handle_(std::move(handle)) {
  size_ = PQntuples(handle_->result);
  const std::string_view affected = PQcmdTuples(handle_->result);
  if (!affected.empty()) std::from_chars(affected.data(), affected.data() + affected.size(), affected_);
}

int Row::Column(std::string_view column) const {
  const int fields = PQnfields(handle_->result);
  for (int i = 0; i < fields; ++i) {
    if (column == PQfname(handle_->result, i)) return i;
  }
  Broken(column, "is not in the statement");
}

bool Row::IsNull(std::string_view column) const { return PQgetisnull(handle_->result, index_, Column(column)) != 0; }

std::string_view Row::Text(std::string_view column) const {
  const int field = Column(column);
  return {PQgetvalue(handle_->result, index_, field),
          static_cast<std::size_t>(PQgetlength(handle_->result, index_, field))};
}

std::int64_t Row::Int(std::string_view column) const { return Number<std::int64_t>(Text(column), column); }
double Row::Double(std::string_view column) const { return Number<double>(Text(column), column); }
bool Row::Bool(std::string_view column) const { return Text(column) == "t"; }
Time Row::Instant(std::string_view column) const { return ReadInstant(Text(column), column); }

std::optional<Time> Row::OptionalInstant(std::string_view column) const {
  if (IsNull(column)) return std::nullopt;
  return Instant(column);
}

std::string Row::Bytes(std::string_view column) const {
  const std::string_view text = Text(column);
  if (text.empty()) return {};
  if (!text.starts_with("\\x")) Broken(column, "is not bytea in hex");
  const auto digit = [&](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    Broken(column, "is not bytea in hex");
  };
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  return bytes;
}

std::vector<std::string> Row::Strings(std::string_view column) const {
  if (IsNull(column)) return {};
  return ReadArray(Text(column), column);
}

std::vector<std::int64_t> Row::Ints(std::string_view column) const {
  std::vector<std::int64_t> values;
  for (const std::string& element : Strings(column)) values.push_back(Number<std::int64_t>(element, column));
  return values;
}

}  // namespace kimberlite::pg
