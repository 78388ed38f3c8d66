#include "tools/kimberlitectl/text.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>
#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "libs/base/text.h"

namespace kimberlite::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kCellColumns = 48;
constexpr std::size_t kValueColumns = 100;
// Too long for a cell, or made for machines.
constexpr std::array<std::string_view, 4> kNotInTables = {"body_html", "summary", "sort_key", "alt"};

// wcwidth() asks the thread's locale; this one knows Unicode and is part of glibc.
class UnicodeLocale {
 public:
  UnicodeLocale() {
    static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (unicode) previous_ = uselocale(unicode);
  }
  ~UnicodeLocale() {
    if (previous_) uselocale(previous_);
  }
  UnicodeLocale(const UnicodeLocale&) = delete;
  UnicodeLocale& operator=(const UnicodeLocale&) = delete;

 private:
  locale_t previous_ = nullptr;
};

// Takes one code point off the front; U+FFFD for a malformed byte.
char32_t Next(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  const std::string_view bytes = text.substr(0, length);
  if (!IsValidUtf8(bytes)) {
    text.remove_prefix(1);
    return 0xFFFD;
  }
  char32_t point = length == 1 ? first : first & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = (point << 6) | (static_cast<unsigned char>(bytes[i]) & 0x3F);
  text.remove_prefix(length);
  return point;
}

bool IsControl(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029 ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

bool IsRightToLeft(char32_t point) {
  return (point >= 0x590 && point <= 0x8FF) || (point >= 0xFB1D && point <= 0xFDFF) ||
         (point >= 0xFE70 && point <= 0xFEFF) || (point >= 0x10800 && point <= 0x10FFF) ||
         (point >= 0x1E800 && point <= 0x1EFFF);
}

std::size_t Width(char32_t point) {
  const int width = wcwidth(static_cast<wchar_t>(point));
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

// One line of characters that cannot steer a terminal.
std::string Clean(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t point = Next(text);
    if (IsControl(point)) {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else if (point == 0xFFFD) {
      line += "\uFFFD";
    } else {
      line += before.substr(0, before.size() - text.size());
    }
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

// Between isolates, so that the columns beside it keep their order in a terminal that reorders.
std::string Isolated(const std::string& cell) {
  std::string_view rest = cell;
  while (!rest.empty()) {
    if (IsRightToLeft(Next(rest))) return "\u2068" + cell + "\u2069";
  }
  return cell;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.-") == std::string_view::npos;
}

bool IsWellKnown(const google::protobuf::Descriptor& message) {
  return message.full_name() == "google.protobuf.Timestamp" || message.full_name() == "google.protobuf.Duration";
}

std::string WellKnownText(const Message& message) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) return "?";
  json = json.substr(1, json.size() - 2);  // without its quotes
  // People read times to the second.
  const auto fraction = json.find('.');
  if (json.ends_with('Z') && fraction != std::string::npos) json.replace(fraction, std::string::npos, "Z");
  return json;
}

std::string ScalarText(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = index >= 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(repeated ? reflection.GetRepeatedInt32(message, &field, index)
                                     : reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(repeated ? reflection.GetRepeatedInt64(message, &field, index)
                                     : reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(repeated ? reflection.GetRepeatedUInt32(message, &field, index)
                                     : reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(repeated ? reflection.GetRepeatedUInt64(message, &field, index)
                                     : reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return fmt::format("{:.6g}", repeated ? reflection.GetRepeatedDouble(message, &field, index)
                                            : reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return fmt::format("{:.6g}", repeated ? reflection.GetRepeatedFloat(message, &field, index)
                                            : reflection.GetFloat(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (repeated ? reflection.GetRepeatedBool(message, &field, index) : reflection.GetBool(message, &field))
                 ? "yes"
                 : "no";
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value =
          repeated ? reflection.GetRepeatedEnum(message, &field, index) : reflection.GetEnum(message, &field);
      return ShortEnumName(*value);
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string value =
          repeated ? reflection.GetRepeatedString(message, &field, index) : reflection.GetString(message, &field);
      return field.type() == FieldDescriptor::TYPE_BYTES ? std::to_string(value.size()) + " bytes" : value;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WellKnownText(repeated ? reflection.GetRepeatedMessage(message, &field, index)
                                    : reflection.GetMessage(message, &field));
  }
  return "";
}

bool IsPlain(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || IsWellKnown(*field.message_type());
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0 : reflection.HasField(message, &field);
}

// The first words of a nested message in a cell: its first texts.
std::string Gist(const Message& message) {
  std::vector<std::string> words;
  const auto& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count() && words.size() < 3; ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.is_repeated() || field.type() != FieldDescriptor::TYPE_STRING || !IsSet(message, field)) continue;
    words.push_back(ScalarText(message, field, -1));
  }
  return Join(words, " ");
}

std::string CellText(const Message& message, const FieldDescriptor& field) {
  if (!IsSet(message, field)) return "";
  if (!field.is_repeated())
    return IsPlain(field) ? ScalarText(message, field, -1) : Gist(message.GetReflection()->GetMessage(message, &field));
  std::vector<std::string> parts;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    parts.push_back(IsPlain(field) ? ScalarText(message, field, i)
                                   : Gist(message.GetReflection()->GetRepeatedMessage(message, &field, i)));
  }
  // The order of a map means nothing and changes from run to run.
  if (field.is_map()) std::sort(parts.begin(), parts.end());
  return Join(parts, ", ");
}

// A column of a table of messages: the way to a field through single messages.
using Path = std::vector<const FieldDescriptor*>;

void ColumnsOf(const google::protobuf::Descriptor& message, const Path& prefix, std::vector<Path>& columns) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    if (std::ranges::find(kNotInTables, field->name()) != kNotInTables.end()) continue;
    Path path = prefix;
    path.push_back(field);
    if (field->is_repeated() || IsPlain(*field)) {
      columns.push_back(std::move(path));
    } else if (path.size() < 3) {
      ColumnsOf(*field->message_type(), path, columns);
    }
  }
}

std::string PathText(const Message& message, const Path& path) {
  const Message* at = &message;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (!IsSet(*at, *path[i])) return "";
    at = &at->GetReflection()->GetMessage(*at, path[i]);
  }
  return CellText(*at, *path.back());
}

std::string TableOf(const Message& message, const FieldDescriptor& field, const std::vector<std::string>& wanted = {}) {
  std::vector<Path> columns;
  ColumnsOf(*field.message_type(), {}, columns);
  if (!wanted.empty()) {
    const auto place = [&](const Path& path) { return std::ranges::find(wanted, path.back()->name()); };
    std::erase_if(columns, [&](const Path& path) { return place(path) == wanted.end(); });
    std::ranges::stable_sort(columns, {}, place);
  }
  const int count = message.GetReflection()->FieldSize(message, &field);
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows(count);
  for (const Path& column : columns) {
    std::vector<std::string> cells;
    bool filled = false;
    for (int i = 0; i < count; ++i) {
      cells.push_back(
          Fit(PathText(message.GetReflection()->GetRepeatedMessage(message, &field, i), column), kCellColumns));
      filled = filled || !cells.back().empty();
    }
    if (!filled) continue;
    headers.push_back(column.back()->name());
    for (int i = 0; i < count; ++i) rows[i].push_back(std::move(cells[i]));
  }
  return Table(headers, rows);
}

std::string Indented(std::string_view text, std::size_t spaces) {
  std::string out;
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) out += std::string(spaces, ' ') + std::string(line) + "\n";
  }
  return out;
}

std::string RenderFields(const Message& message) {
  const auto& descriptor = *message.GetDescriptor();
  std::size_t width = 0;
  for (int i = 0; i < descriptor.field_count(); ++i) {
    if (IsSet(message, *descriptor.field(i))) width = std::max(width, descriptor.field(i)->name().size());
  }
  std::string out;
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (!IsSet(message, field)) continue;
    if (IsPlain(field) || field.is_map()) {
      out += fmt::format("{:<{}}  {}\n", field.name(), width, Isolated(Fit(CellText(message, field), kValueColumns)));
    } else if (field.is_repeated()) {
      out += field.name() + "\n" + Indented(TableOf(message, field), 2);
    } else {
      out += field.name() + "\n" + Indented(RenderFields(message.GetReflection()->GetMessage(message, &field)), 2);
    }
  }
  return out;
}

}  // namespace

std::size_t DisplayWidth(std::string_view text) {
  const UnicodeLocale locale;
  std::size_t width = 0;
  while (!text.empty()) width += Width(Next(text));
  return width;
}

std::string Fit(std::string_view text, std::size_t columns) {
  // What is far longer than the line need not be looked at.
  const std::string line = Clean(text.substr(0, columns * 16));
  if (DisplayWidth(line) <= columns && text.size() <= columns * 16) return line;
  const UnicodeLocale locale;
  std::string_view rest = line;
  std::size_t width = 0;
  std::string cut;
  while (!rest.empty()) {
    const std::string_view before = rest;
    width += Width(Next(rest));
    if (width > columns - 1) break;
    cut += before.substr(0, before.size() - rest.size());
  }
  return cut + "…";
}

std::string Table(const std::vector<std::string>& headers, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<bool> numeric;
  for (std::size_t column = 0; column < headers.size(); ++column) {
    std::size_t width = DisplayWidth(headers[column]);
    bool numbers = !rows.empty();
    for (const auto& row : rows) {
      width = std::max(width, DisplayWidth(row[column]));
      numbers = numbers && IsNumber(row[column]);
    }
    widths.push_back(width);
    numeric.push_back(numbers);
  }
  std::string out;
  const auto add = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::string space(widths[column] - DisplayWidth(row[column]), ' ');
      const std::string cell = Isolated(row[column]);
      if (column > 0) line += "  ";
      line += numeric[column] ? space + cell : cell + space;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add(headers);
  for (const auto& row : rows) add(row);
  return out;
}

std::string ShortEnumName(const google::protobuf::EnumValueDescriptor& value) {
  // FeedFormat → FEED_FORMAT_
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (c >= 'A' && c <= 'Z' && !prefix.empty()) prefix += '_';
    prefix += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  prefix += '_';
  std::string name = value.name().starts_with(prefix) ? value.name().substr(prefix.size()) : value.name();
  for (char& c : name) c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

std::string RenderText(const Message& message, const std::vector<std::string>& columns) {
  const auto& descriptor = *message.GetDescriptor();
  // Most answers hold one thing, whose name says nothing new.
  std::vector<const FieldDescriptor*> present;
  message.GetReflection()->ListFields(message, &present);
  if (present.size() == 1 && present[0]->number() == 1) {
    const FieldDescriptor& only = *present[0];
    if (!only.is_repeated() && !IsPlain(only) && IsSet(message, only)) {
      return RenderFields(message.GetReflection()->GetMessage(message, &only));
    }
  }
  if (descriptor.field_count() > 0) {
    const FieldDescriptor& first = *descriptor.field(0);
    if (first.is_repeated() && !IsPlain(first) && !first.is_map()) {
      // A list, perhaps with a cursor.
      if (!IsSet(message, first)) return "none\n";
      std::string list = TableOf(message, first, columns);
      if (const auto* token = descriptor.FindFieldByName("next_page_token"); token && IsSet(message, *token)) {
        list += "more: --page-token " + ScalarText(message, *token, -1) + "\n";
      }
      return list;
    }
  }
  const std::string out = RenderFields(message);
  if (!out.empty()) return out;
  return descriptor.field_count() == 0 ? "done\n" : "nothing there\n";
}

namespace {

std::string Json(const Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = indented;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) return "";
  if (!json.ends_with('\n')) json += '\n';
  return json;
}

}  // namespace

std::string RenderJson(const Message& message) { return Json(message, true); }

std::string RenderJsonLine(const Message& message) { return Json(message, false); }

std::string ErrorLine(const Error& error) {
  std::string text = error.message();
  for (const FieldViolation& violation : error.violations()) {
    if (text.find(violation.field) != std::string::npos && text.find(violation.rule) != std::string::npos) continue;
    text += (text.empty() ? "" : "; ") + violation.field + ": " + violation.rule;
  }
  return fmt::format("error: {}: {}", CodeName(error.code()),
                     Clean(text.empty() ? "the service gave no reason" : text));
}

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const std::string_view whole = text;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(end - text.data());
  const double scale = unit == "ms"                  ? 1
                       : unit == "s" || unit.empty() ? 1e3
                       : unit == "m"                 ? 6e4
                       : unit == "h"                 ? 3.6e6
                                                     : 0;
  if (error != std::errc() || scale == 0 || !(number >= 0) || number * scale > 1e12) {
    return Fail(Code::kInvalidArgument,
                "\"" + std::string(whole) + "\" is no duration; say for example 500ms, 10s or 5m");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(number * scale));
}

}  // namespace kimberlite::ctl
