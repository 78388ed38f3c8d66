#include "services/ingest/core/feed_date.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/text.h"
#include "libs/i18n/dates.h"
#include "libs/i18n/words.h"
#include "services/ingest/core/date_words.h"

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

// Walks over the tokens; every Take… consumes on success only.
class Reader {
 public:
  explicit Reader(std::string_view text) : tokens_(Tokenize(text)) {}

  bool AtEnd() const { return at_ == tokens_.size(); }
  const Token* Peek(std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? &tokens_[at_ + ahead] : nullptr;
  }
  void Skip(std::size_t count = 1) { at_ = std::min(at_ + count, tokens_.size()); }

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
  // Whether "am" or "pm" is still to come.
  bool HasHalfOfDay() const {
    for (std::size_t i = at_; i < tokens_.size(); ++i) {
      const std::string word = i18n::Fold(tokens_[i].text);
      if (word == "am" || word == "pm") return true;
    }
    return false;
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

// What a word says of the half of the day: 0 the first, 12 the second, -1 nothing.
int HalfOfDay(std::string_view word) {
  if (word == "am" || word == "오전" || word == "上午" || word == "午前" || word == "凌晨" || word == "早上") return 0;
  if (word == "pm" || word == "오후" || word == "下午" || word == "午後" || word == "晚上") return 12;
  return -1;
}

// "am", "p.m.".
int TakeHalfOfDay(Reader& reader) {
  const std::string word = reader.Word();
  if (const int half = HalfOfDay(word); half >= 0) {
    reader.Skip();
    return half;
  }
  const bool letter = word == "a" || word == "p";
  if (letter && reader.Peek(1) && reader.Peek(1)->Is('.') && reader.Peek(2) &&
      i18n::Fold(reader.Peek(2)->text) == "m") {
    reader.Skip(3);
    reader.TakeSign('.');
    return word == "a" ? 0 : 12;
  }
  return -1;
}

// Whether a clock begins here: 18:30, 18h30, 18.30 where `dotted`, 18时30分.
bool IsClock(const Reader& reader, bool dotted) {
  const Token* hour = reader.Peek();
  const Token* separator = reader.Peek(1);
  if (!hour || hour->kind != Token::kNumber || hour->text.size() > 2 || !separator) return false;
  if (separator->Is(':') || (dotted && separator->Is('.')))
    return reader.Peek(2) && reader.Peek(2)->kind == Token::kNumber;
  if (separator->kind != Token::kWord) return false;
  const std::string_view word = separator->text;
  return word == "h" || word == "H" || word == "시" || word.starts_with("时") || word.starts_with("時") ||
         word.starts_with("点");
}

void ReadFraction(Reader& reader, Fields& fields) {
  const bool mark = reader.Peek() && (reader.Peek()->Is('.') || reader.Peek()->Is(','));
  const Token* number = reader.Peek(1);
  if (!mark || !number || number->kind != Token::kNumber || number->after_space) return;
  std::string digits(number->text.substr(0, 6));
  digits.resize(6, '0');
  fields.micros = std::stoi(digits);
  reader.Skip(2);
}

// hh:mm, hh:mm:ss, hh:mm:ss.fff, hh.mm, hh h mm, hh时mm分, with "am" or "pm" before or after.
bool ReadClock(Reader& reader, Fields& fields, bool dotted = false) {
  int half = TakeHalfOfDay(reader);
  if (!IsClock(reader, dotted) || !reader.TakeNumber(2, fields.hour)) return false;
  const char separator = reader.Peek()->text[0];
  reader.Skip();
  const bool read = reader.TakeNumber(2, fields.minute);
  if (!read && (separator == ':' || separator == '.')) return false;
  if ((separator == ':' || separator == '.') && reader.TakeSign(separator)) {
    if (!reader.TakeNumber(2, fields.second)) return false;
    ReadFraction(reader, fields);
  }
  if (half < 0) half = TakeHalfOfDay(reader);
  if (half >= 0 && fields.hour <= 12) fields.hour = fields.hour % 12 + half;
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
    if (const std::string word = reader.Word(); !word.empty() && !fields.offset) fields.offset = OffsetOfZone(word);
    reader.Skip();
  }
}

void SetDate(Fields& fields, std::chrono::year_month_day date) {
  fields.year = static_cast<int>(date.year());
  fields.month = static_cast<unsigned>(date.month());
  fields.day = static_cast<unsigned>(date.day());
}

// The day of a year's number, 1 to 366.
bool SetOrdinal(Fields& fields, int day) {
  using namespace std::chrono;
  const year y(fields.year);
  if (day < 1 || day > (y.is_leap() ? 366 : 365)) return false;
  SetDate(fields, sys_days(y / January / 1) + days(day - 1));
  return true;
}

// ISO 8601's week of a year, of which the first holds the year's first Thursday, and its day, Monday the first.
bool SetWeek(Fields& fields, int week, int day) {
  using namespace std::chrono;
  if (week < 1 || week > 53 || day < 1 || day > 7) return false;
  const sys_days fourth = sys_days(year(fields.year) / January / 4);
  const sys_days monday = fourth - days(weekday(fourth).iso_encoding() - 1);
  SetDate(fields, monday + weeks(week - 1) + days(day - 1));
  return true;
}

// Whether "-W48-2", "W482" or "W48" stands behind the year.
bool IsWeek(const Reader& reader) {
  const std::size_t skip = reader.Peek() && reader.Peek()->Is('-') ? 1 : 0;
  const Token* mark = reader.Peek(skip);
  const Token* number = reader.Peek(skip + 1);
  return mark && mark->kind == Token::kWord && (mark->text == "W" || mark->text == "w") && number &&
         number->kind == Token::kNumber && (number->text.size() == 2 || number->text.size() == 3);
}

bool ReadWeek(Reader& reader, Fields& fields) {
  reader.TakeSign('-');
  const Token& number = *reader.Peek(1);
  reader.Skip(2);
  const bool with_day = number.text.size() == 3;
  int day = with_day ? number.Number() % 10 : 1;
  if (!with_day && reader.TakeSign('-') && !reader.TakeNumber(1, day)) return false;
  return SetWeek(fields, with_day ? number.Number() / 10 : number.Number(), day);
}

// Behind the year: "-11-24", "-11", "-328", "-W48-2", or nothing. `whole`: the day was named.
bool ReadIsoDay(Reader& reader, Fields& fields, bool& whole) {
  int month = 1;
  int day = 1;
  whole = true;
  if (IsWeek(reader)) return ReadWeek(reader, fields);
  const Token* second = reader.Peek(1);
  if (reader.Peek() && reader.Peek()->Is('-') && second && second->kind == Token::kNumber && second->text.size() == 3) {
    reader.Skip(2);
    return SetOrdinal(fields, second->Number());
  }
  whole = false;
  for (const char separator : {'-', '/', '.'}) {
    if (!reader.TakeSign(separator)) continue;
    if (!reader.TakeNumber(2, month)) return false;
    whole = reader.TakeSign(separator) && reader.TakeNumber(2, day);
    break;
  }
  fields.month = static_cast<unsigned>(month);
  fields.day = static_cast<unsigned>(day);
  return whole || reader.AtEnd();
}

// 093000, 0930, 09 behind a date.
bool ReadCompactClock(Reader& reader, Fields& fields) {
  const Token* clock = reader.Peek();
  if (!clock || clock->kind != Token::kNumber) return false;
  const std::size_t digits = clock->text.size();
  if (digits != 2 && digits != 4 && digits != 6) return false;
  const int value = clock->Number() * (digits == 2 ? 10'000 : digits == 4 ? 100 : 1);
  fields.hour = value / 10'000, fields.minute = value / 100 % 100, fields.second = value % 100;
  reader.Skip();
  if (digits == 6) ReadFraction(reader, fields);
  return true;
}

// 2026-11-24, 2026-11, 2026, 20261124, 2026/11/24, 2026-328, 2026-W48-2, with T or a space before the time.
bool ReadIso(Reader& reader, Fields& fields) {
  const Token* first = reader.Peek();
  if (!first || first->kind != Token::kNumber) return false;
  bool whole = true;
  const int value = first->Number();
  switch (first->text.size()) {
    case 8:
      fields.year = value / 10000, fields.month = value / 100 % 100, fields.day = value % 100;
      reader.Skip();
      break;
    case 7:
      fields.year = value / 1000;
      reader.Skip();
      if (!SetOrdinal(fields, value % 1000)) return false;
      break;
    case 4:
      fields.year = value;
      reader.Skip();
      if (!ReadIsoDay(reader, fields, whole)) return false;
      break;
    default: return false;
  }
  if (!whole || reader.AtEnd()) return true;
  if (reader.Word() == "t") reader.Skip();
  reader.TakeSign(',');
  if (!ReadClock(reader, fields) && !ReadCompactClock(reader, fields)) return reader.AtEnd();
  ReadZone(reader, fields);
  return true;
}

// Seconds or milliseconds since 1970.
std::optional<Time> ReadEpoch(std::string_view text) {
  if (text.starts_with('@')) text.remove_prefix(1);
  const std::string_view digits = text.substr(0, text.find('.'));
  if ((digits.size() != 10 && digits.size() != 13) || !std::ranges::all_of(digits, IsDigit)) return std::nullopt;
  const std::int64_t value = std::stoll(std::string(digits));
  return Time(std::chrono::seconds(digits.size() == 13 ? value / 1000 : value));
}

// 2026年11月24日 18:30, 2026년 11월 24일 오후 6:30.
bool ReadEastAsian(Reader& reader, Fields& fields) {
  const auto unit = [&](std::string_view chinese, std::string_view korean) {
    const Token* token = reader.Peek();
    if (!token || token->kind != Token::kWord || !(token->text.starts_with(chinese) || token->text.starts_with(korean)))
      return false;
    reader.Skip();
    return true;
  };
  int month = 0;
  int day = 0;
  if (!reader.TakeNumber(4, fields.year, 4) || !unit("年", "년") || !reader.TakeNumber(2, month) || !unit("月", "월") ||
      !reader.TakeNumber(2, day) || !(unit("日", "일") || unit("号", "號")))
    return false;
  fields.month = static_cast<unsigned>(month);
  fields.day = static_cast<unsigned>(day);
  // A day of the week may follow.
  while (!reader.AtEnd() && !IsClock(reader, false) && HalfOfDay(reader.Word()) < 0) reader.Skip();
  if (!reader.AtEnd() && !ReadClock(reader, fields)) return false;
  ReadZone(reader, fields);
  return true;
}

// 24.11.2026 18:30, 24/11/2026, 24-11-2026: day first, but where that is no date, and with the Americans, who write
// slashes and "AM".
bool ReadFigures(Reader& reader, Fields& fields) {
  int first = 0;
  int second = 0;
  const Token* separator = reader.Peek(1);
  if (!separator || separator->kind != Token::kSign || !std::string_view("./-").contains(separator->text[0]))
    return false;
  const char sign = separator->text[0];
  if (!reader.TakeNumber(2, first) || !reader.TakeSign(sign) || !reader.TakeNumber(2, second) ||
      !reader.TakeSign(sign) || !reader.Peek())
    return false;
  const std::size_t digits = reader.Peek()->text.size();
  if ((digits != 4 && digits != 2) || !reader.TakeNumber(4, fields.year)) return false;
  fields.year = FullYear(fields.year, digits);
  reader.TakeSign(',');
  bool american = false;
  if (!reader.AtEnd()) {
    american = sign == '/' && reader.HasHalfOfDay();
    if (!ReadClock(reader, fields, true)) return false;
  }
  if ((american && first <= 12) || second > 12) std::swap(first, second);
  fields.day = static_cast<unsigned>(first);
  fields.month = static_cast<unsigned>(second);
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
      if (!clock && IsClock(reader, day && year)) {
        if (!ReadClock(reader, fields, true)) return false;
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
      // A day's name may look like a month's ("mar" is Tuesday in four languages); the month stands behind it.
      if (month != 0 && (fields.month == 0 || !clock)) {
        fields.month = month;
      } else if (clock && !fields.offset) {
        fields.offset = OffsetOfZone(word);
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

// An instant, if it is in the years that count.
std::optional<Time> ToTime(Time time) {
  using namespace std::chrono;
  const int year = static_cast<int>(year_month_day(floor<days>(time)).year());
  return year >= 1900 && year <= 2200 ? std::optional(time) : std::nullopt;
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
  if (const auto epoch = ReadEpoch(text)) return ToTime(*epoch);
  for (const auto read : {&ReadIso, &ReadEastAsian, &ReadFigures, &ReadWorded}) {
    Reader reader(text);
    Fields fields;
    if (read(reader, fields)) return ToTime(fields, zone);
  }
  return std::nullopt;
}

}  // namespace kimberlite::ingest
