#include "services/ingest/core/feed_date.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/text.h"
#include "libs/i18n/dates.h"
#include "libs/i18n/words.h"

namespace kimberlite::ingest {
namespace {

using std::chrono::minutes;

// Wall-clock time and, where the text says it, the zone's offset.
struct Fields {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
  std::optional<minutes> offset;
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A run of digits, of letters of any script, or one other character.
struct Token {
  enum Kind { kNumber, kWord, kSign } kind;
  std::string_view text;
  bool after_space;  // white space stood before it

  int Number() const {
    int value = 0;
    for (const char c : text.substr(0, 9)) value = value * 10 + (c - '0');
    return value;
  }
  bool Is(char c) const { return kind == kSign && text[0] == c; }
};

std::vector<Token> Tokenize(std::string_view text) {
  const auto kind_of = [](char c) {
    if (IsDigit(c)) return Token::kNumber;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    return letter ? Token::kWord : Token::kSign;
  };
  std::vector<Token> tokens;
  bool space = false;
  for (std::size_t i = 0; i < text.size();) {
    if (std::string_view(" \t\r\n").contains(text[i])) {
      space = true;
      ++i;
      continue;
    }
    const Token::Kind kind = kind_of(text[i]);
    std::size_t end = i + 1;
    while (kind != Token::kSign && end < text.size() && kind_of(text[end]) == kind) ++end;
    tokens.push_back({kind, text.substr(i, end - i), space});
    space = false;
    i = end;
  }
  return tokens;
}

// By the first letters, so that "Sept", "September", "сентября" and "сен" are one.
unsigned MonthOf(const std::string& word) {
  static constexpr std::pair<std::string_view, unsigned> kMonths[] = {
      {"jan", 1},  {"feb", 2},  {"mar", 3},  {"apr", 4}, {"may", 5},  {"jun", 6},  {"jul", 7}, {"aug", 8}, {"sep", 9},
      {"oct", 10}, {"nov", 11}, {"dec", 12}, {"янв", 1}, {"фев", 2},  {"мар", 3},  {"апр", 4}, {"мая", 5}, {"май", 5},
      {"июн", 6},  {"июл", 7},  {"авг", 8},  {"сен", 9}, {"окт", 10}, {"ноя", 11}, {"дек", 12}};
  for (const auto& [name, month] : kMonths) {
    if (word.starts_with(name)) return month;
  }
  return 0;
}

// RFC 5322 section 4.3 gives the American names; the others are what feeds of our part of the world write.
std::optional<minutes> OffsetOfName(const std::string& word) {
  static constexpr std::pair<std::string_view, int> kHours[] = {
      {"gmt", 0},  {"ut", 0},   {"utc", 0},   {"z", 0},     {"wet", 0},   {"est", -5},  {"edt", -4},
      {"cst", -6}, {"cdt", -5}, {"mst", -7},  {"mdt", -6},  {"pst", -8},  {"pdt", -7},  {"cet", 1},
      {"cest", 2}, {"met", 1},  {"mest", 2},  {"bst", 1},   {"eet", 2},   {"eest", 3},  {"msk", 3},
      {"мск", 3},  {"msd", 4},  {"yekt", 5},  {"omst", 6},  {"krat", 7},  {"irkt", 8},  {"yakt", 9},
      {"jst", 9},  {"kst", 9},  {"vlat", 10}, {"aest", 10}, {"aedt", 11}, {"magt", 11}, {"pett", 12}};
  for (const auto& [name, hours] : kHours) {
    if (word == name) return minutes(hours * 60);
  }
  return std::nullopt;
}

// Walks over the tokens; every Take… consumes on success only.
class Reader {
 public:
  explicit Reader(std::string_view text) : tokens_(Tokenize(text)) {}

  bool AtEnd() const { return at_ == tokens_.size(); }
  const Token* Peek(std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? &tokens_[at_ + ahead] : nullptr;
  }
  void Skip(std::size_t count = 1) { at_ += count; }

  bool TakeSign(char c) {
    if (!Peek() || !Peek()->Is(c)) return false;
    ++at_;
    return true;
  }
  bool TakeNumber(std::size_t max_digits, int& value, std::size_t min_digits = 1) {
    if (!Peek() || Peek()->kind != Token::kNumber || Peek()->text.size() > max_digits ||
        Peek()->text.size() < min_digits)
      return false;
    value = Peek()->Number();
    ++at_;
    return true;
  }
  std::string Word() const { return Peek() && Peek()->kind == Token::kWord ? i18n::Fold(Peek()->text) : std::string(); }

 private:
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

int FullYear(int year, std::size_t digits) {
  if (digits > 2) return year;
  return year < 50 ? 2000 + year : 1900 + year;
}

// hh:mm, hh:mm:ss, hh:mm:ss.fff, with "am" or "pm".
bool ReadClock(Reader& reader, Fields& fields) {
  if (!reader.Peek() || reader.Peek()->kind != Token::kNumber || !reader.Peek(1)) return false;
  const char separator = reader.Peek(1)->text[0];
  if (separator != ':' || !reader.TakeNumber(2, fields.hour) || !reader.TakeSign(':') ||
      !reader.TakeNumber(2, fields.minute))
    return false;
  if (reader.TakeSign(':')) {
    if (!reader.TakeNumber(2, fields.second)) return false;
    if (reader.Peek() && (reader.Peek()->Is('.') || reader.Peek()->Is(',')) && reader.Peek(1) &&
        reader.Peek(1)->kind == Token::kNumber && !reader.Peek(1)->after_space) {
      std::string digits(reader.Peek(1)->text.substr(0, 6));
      digits.resize(6, '0');
      fields.micros = std::stoi(digits);
      reader.Skip(2);
    }
  }
  const std::string word = reader.Word();
  if (word == "am" || word == "pm") {
    reader.Skip();
    if (fields.hour > 12) return true;
    fields.hour = fields.hour % 12 + (word == "pm" ? 12 : 0);
  }
  return true;
}

// +hhmm, +hh:mm, +hh, +h after "GMT" or "UTC" or alone.
bool ReadOffset(Reader& reader, Fields& fields) {
  const Token* sign = reader.Peek();
  if (!sign || !(sign->Is('+') || sign->Is('-') || sign->text == "−") || !reader.Peek(1) ||
      reader.Peek(1)->kind != Token::kNumber)
    return false;
  const int direction = sign->Is('+') ? 1 : -1;
  const Token& number = *reader.Peek(1);
  int hours = 0;
  int mins = 0;
  if (number.text.size() >= 3 && number.text.size() <= 4) {
    hours = number.Number() / 100;
    mins = number.Number() % 100;
    reader.Skip(2);
  } else if (number.text.size() <= 2) {
    hours = number.Number();
    reader.Skip(2);
    if (reader.TakeSign(':') && !reader.TakeNumber(2, mins)) return false;
  } else {
    return false;
  }
  if (hours > 15 || mins > 59) return false;
  fields.offset = minutes(direction * (hours * 60 + mins));
  return true;
}

// The zone; an offset in figures outweighs a name. What is not understood counts as missing.
void ReadZone(Reader& reader, Fields& fields) {
  while (!reader.AtEnd()) {
    if (ReadOffset(reader, fields)) return;
    if (const std::string word = reader.Word(); !word.empty() && !fields.offset) fields.offset = OffsetOfName(word);
    reader.Skip();
  }
}

// 2026-11-24, 2026-11, 2026, 20261124, 2026/11/24, with T or a space before the time.
bool ReadIso(Reader& reader, Fields& fields) {
  const Token* first = reader.Peek();
  if (!first || first->kind != Token::kNumber) return false;
  int month = 1;
  int day = 1;
  bool whole = true;
  if (first->text.size() == 8) {
    const int value = first->Number();
    fields.year = value / 10000, month = value / 100 % 100, day = value % 100;
    reader.Skip();
  } else if (first->text.size() == 4) {
    reader.TakeNumber(4, fields.year);
    whole = false;
    for (const char separator : {'-', '/', '.'}) {
      if (!reader.TakeSign(separator)) continue;
      if (!reader.TakeNumber(2, month)) return false;
      whole = reader.TakeSign(separator) && reader.TakeNumber(2, day);
      break;
    }
    if (!whole && !reader.AtEnd()) return false;
  } else {
    return false;
  }
  fields.month = static_cast<unsigned>(month);
  fields.day = static_cast<unsigned>(day);
  if (!whole || reader.AtEnd()) return true;
  if (reader.Word() == "t") reader.Skip();
  reader.TakeSign(',');
  if (!ReadClock(reader, fields)) {
    const Token* clock = reader.Peek();  // 093000
    if (!clock || clock->kind != Token::kNumber || (clock->text.size() != 6 && clock->text.size() != 4))
      return reader.AtEnd();
    const int value = clock->text.size() == 6 ? clock->Number() : clock->Number() * 100;
    fields.hour = value / 10000, fields.minute = value / 100 % 100, fields.second = value % 100;
    reader.Skip();
  }
  ReadZone(reader, fields);
  return true;
}

// 24.11.2026 18:30; day first, as everyone writes who writes dots.
bool ReadDotted(Reader& reader, Fields& fields) {
  int day = 0;
  int month = 0;
  if (!reader.TakeNumber(2, day) || !reader.TakeSign('.') || !reader.TakeNumber(2, month) || !reader.TakeSign('.') ||
      !reader.Peek())
    return false;
  const std::size_t digits = reader.Peek()->text.size();
  if ((digits != 4 && digits != 2) || !reader.TakeNumber(4, fields.year)) return false;
  fields.year = FullYear(fields.year, digits);
  fields.month = static_cast<unsigned>(month);
  fields.day = static_cast<unsigned>(day);
  reader.TakeSign(',');
  if (!reader.AtEnd() && !ReadClock(reader, fields)) return false;
  ReadZone(reader, fields);
  return true;
}

// Dates with the month in words, in any order: "Tue, 24 Nov 2026 09:30:00 GMT", "Nov 24, 2026 9:30 PM",
// "Tue Nov 24 09:30:00 2026", "вторник, 24 ноября 2026 г., 18:30".
bool ReadWorded(Reader& reader, Fields& fields) {
  std::optional<int> day;
  std::optional<int> year;
  bool clock = false;
  while (!reader.AtEnd()) {
    const Token& token = *reader.Peek();
    if (token.kind == Token::kNumber) {
      if (!clock && reader.Peek(1) && reader.Peek(1)->Is(':')) {
        if (!ReadClock(reader, fields)) return false;
        clock = true;
        continue;
      }
      const std::size_t digits = token.text.size();
      if (digits <= 2 && !day) {
        day = token.Number();
      } else if ((digits == 4 || digits == 2) && !year) {
        year = FullYear(token.Number(), digits);
      } else {
        return false;
      }
      reader.Skip();
      continue;
    }
    if (token.kind == Token::kWord) {
      const std::string word = reader.Word();
      const unsigned month = MonthOf(word);
      if (fields.month == 0 && month != 0) {
        fields.month = month;
      } else if (clock && !fields.offset) {
        fields.offset = OffsetOfName(word);
      }
      reader.Skip();
      continue;
    }
    if (clock && ReadOffset(reader, fields)) continue;
    reader.Skip();
  }
  if (!day || !year || fields.month == 0) return false;
  fields.day = static_cast<unsigned>(*day);
  fields.year = *year;
  return true;
}

// How far the zone is ahead of UTC at an instant.
minutes OffsetAt(Time time, std::string_view zone) {
  const std::string text = i18n::FormatIsoWithOffset(time, zone.empty() ? "UTC" : zone);
  const std::size_t sign = text.size() < 6 ? std::string::npos : text.size() - 6;
  if (sign == std::string::npos || (text[sign] != '+' && text[sign] != '-')) return minutes(0);  // "Z"
  const int offset = std::stoi(text.substr(sign + 1, 2)) * 60 + std::stoi(text.substr(sign + 4, 2));
  return minutes(text[sign] == '-' ? -offset : offset);
}

std::optional<Time> ToTime(const Fields& fields, std::string_view zone) {
  using namespace std::chrono;
  const year_month_day date{year(fields.year), month(fields.month), day(fields.day)};
  if (!date.ok() || fields.year < 1900 || fields.year > 2200) return std::nullopt;
  // 24:00 is the end of the day, second 60 a leap second.
  if (fields.hour > 24 || fields.minute > 59 || fields.second > 60) return std::nullopt;
  const Time wall = Time(sys_days(date)) + hours(fields.hour) + minutes(fields.minute) + seconds(fields.second) +
                    microseconds(fields.micros);
  if (fields.offset) return wall - *fields.offset;
  // The offset depends on the instant and the instant on the offset; twice is enough but in the hour of a change, where
  // either answer is right.
  const Time guess = wall - OffsetAt(wall, zone);
  return wall - OffsetAt(guess, zone);
}

}  // namespace

std::optional<Time> ParseFeedDate(std::string_view text, std::string_view zone) {
  text = TrimAscii(text).substr(0, 100);
  if (text.empty()) return std::nullopt;
  for (const auto read : {&ReadIso, &ReadDotted, &ReadWorded}) {
    Reader reader(text);
    Fields fields;
    if (read(reader, fields)) return ToTime(fields, zone);
  }
  return std::nullopt;
}

}  // namespace kimberlite::ingest
