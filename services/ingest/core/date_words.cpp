#include "services/ingest/core/date_words.h"

#include <algorithm>

namespace kimberlite::ingest {
namespace {

struct Month {
  std::string_view beginning;
  unsigned number;
  bool whole = false;  // the word is this and no more
};

constexpr Month kMonths[] = {
    {"ene", 1},    {"gen", 1},   {"ian", 1},     {"jaen", 1},     {"jan", 1},      {"janv", 1},    {"jän", 1},
    {"led", 1},    {"oca", 1},   {"sty", 1},     {"tammi", 1},    {"ιαν", 1},      {"студ", 1},    {"січ", 1},
    {"тохс", 1},   {"янв", 1},   {"يناير", 1},   {"feb", 2},      {"fev", 2},      {"fév", 2},     {"févr", 2},
    {"helmi", 2},  {"lut", 2},   {"úno", 2},     {"únor", 2},     {"şub", 2},      {"φεβ", 2},     {"лют", 2},
    {"олун", 2},   {"фев", 2},   {"فبراير", 2},  {"bře", 3},      {"maa", 3},      {"maalis", 3},  {"maer", 3},
    {"mar", 3},    {"mrt", 3},   {"már", 3},     {"mär", 3},      {"μάρ", 3},      {"μαρ", 3},     {"бер", 3},
    {"кулун", 3},  {"мар", 3},   {"сак", 3},     {"مارس", 3},     {"abr", 4},      {"apr", 4},     {"avr", 4},
    {"dub", 4},    {"huhti", 4}, {"kwi", 4},     {"nis", 4},      {"ápr", 4},      {"απρ", 4},     {"апр", 4},
    {"кві", 4},    {"квіт", 4},  {"крас", 4},    {"муус", 4},     {"أبريل", 4},    {"ابريل", 4},   {"kvě", 5},
    {"mag", 5},    {"mai", 5},   {"maj", 5},     {"may", 5},      {"mei", 5},      {"máj", 5},     {"touko", 5},
    {"μάι", 5},    {"μαΐ", 5},   {"μαι", 5},     {"μαϊ", 5},      {"май", 5},      {"мая", 5},     {"тра", 5},
    {"трав", 5},   {"ыам", 5},   {"أيار", 5},    {"ايار", 5},     {"مايو", 5},     {"cze", 6},     {"giu", 6},
    {"haz", 6},    {"iun", 6},   {"juin", 6},    {"jun", 6},      {"jún", 6},      {"kesä", 6},    {"červen", 6},
    {"červn", 6},  {"ιουν", 6},  {"ιούν", 6},    {"бэс", 6},      {"июн", 6},      {"черв", 6},    {"чэрв", 6},
    {"حزيران", 6}, {"يونيو", 6}, {"heinä", 7},   {"iul", 7},      {"juil", 7},     {"jul", 7},     {"júl", 7},
    {"lip", 7},    {"lug", 7},   {"tem", 7},     {"července", 7}, {"červenec", 7}, {"ιουλ", 7},    {"ιούλ", 7},
    {"июл", 7},    {"лип", 7},   {"ліп", 7},     {"от", 7, true}, {"تموز", 7},     {"يوليو", 7},   {"ago", 8},
    {"aout", 8},   {"août", 8},  {"aug", 8},     {"ağu", 8},      {"elo", 8},      {"sie", 8},     {"srp", 8},
    {"αυγ", 8},    {"αύγ", 8},   {"авг", 8},     {"атыр", 8},     {"жні", 8},      {"сер", 8},     {"серп", 8},
    {"أغسطس", 8},  {"اغسطس", 8}, {"eyl", 9},     {"sep", 9},      {"set", 9},      {"syys", 9},    {"szep", 9},
    {"wrz", 9},    {"zář", 9},   {"σεπ", 9},     {"бал", 9},      {"вер", 9},      {"верес", 9},   {"сен", 9},
    {"أيلول", 9},  {"ايلول", 9}, {"سبتمبر", 9},  {"eki", 10},     {"loka", 10},    {"oct", 10},    {"okt", 10},
    {"ott", 10},   {"out", 10},  {"paz", 10},    {"paź", 10},     {"říj", 10},     {"οκτ", 10},    {"алт", 10},
    {"алтын", 10}, {"жов", 10},  {"жовт", 10},   {"каст", 10},    {"окт", 10},     {"أكتوبر", 10}, {"اكتوبر", 10},
    {"kas", 11},   {"lis", 11},  {"listop", 11}, {"marras", 11},  {"noi", 11},     {"nov", 11},    {"νοέ", 11},
    {"νοε", 11},   {"лист", 11}, {"листоп", 11}, {"ліст", 11},    {"ноя", 11},     {"сэт", 11},    {"نوفمبر", 11},
    {"ara", 12},   {"dec", 12},  {"des", 12},    {"dez", 12},     {"dic", 12},     {"déc", 12},    {"gru", 12},
    {"joulu", 12}, {"pro", 12},  {"δεκ", 12},    {"ахс", 12},     {"ахсын", 12},   {"гру", 12},    {"груд", 12},
    {"дек", 12},   {"снеж", 12}, {"ديسمبر", 12}};

struct Zone {
  std::string_view name;
  int minutes;
};

constexpr Zone kZones[] = {
    {"a", -60},     {"acdt", 630},  {"acst", 570}, {"adt", -180},  {"aedt", 660},  {"aest", 600},  {"aft", 270},
    {"akdt", -480}, {"akst", -540}, {"almt", 300}, {"amt", 240},   {"anat", 720},  {"art", -180},  {"ast", -240},
    {"awst", 480},  {"azot", -60},  {"azt", 240},  {"b", -120},    {"brst", -120}, {"brt", -180},  {"bst", 60},
    {"c", -180},    {"cat", 120},   {"cdt", -300}, {"cest", 120},  {"cet", 60},    {"clst", -180}, {"clt", -240},
    {"cot", -300},  {"cst", -360},  {"ct", -360},  {"d", -240},    {"e", -300},    {"eat", 180},   {"edt", -240},
    {"eest", 180},  {"eet", 120},   {"est", -300}, {"et", -300},   {"f", -360},    {"g", -420},    {"get", 240},
    {"gmt", 0},     {"gst", 240},   {"h", -480},   {"hast", -600}, {"hkt", 480},   {"hst", -600},  {"i", -540},
    {"ict", 420},   {"irkt", 480},  {"irst", 210}, {"ist", 330},   {"jst", 540},   {"k", -600},    {"kgt", 360},
    {"krat", 420},  {"kst", 540},   {"l", -660},   {"m", -720},    {"magt", 660},  {"mdt", -360},  {"mest", 120},
    {"mesz", 120},  {"met", 60},    {"mez", 60},   {"mmt", 390},   {"msd", 240},   {"msk", 180},   {"mst", -420},
    {"mt", -420},   {"myt", 480},   {"n", 60},     {"ndt", -150},  {"novt", 420},  {"npt", 345},   {"nst", -210},
    {"nzdt", 780},  {"nzst", 720},  {"o", 120},    {"omst", 360},  {"p", 180},     {"pdt", -420},  {"pet", -300},
    {"pett", 720},  {"pht", 480},   {"pkt", 300},  {"pst", -480},  {"pt", -480},   {"q", 240},     {"r", 300},
    {"s", 360},     {"sakt", 660},  {"samt", 240}, {"sast", 120},  {"sgt", 480},   {"sret", 660},  {"t", 420},
    {"tjt", 300},   {"trt", 180},   {"u", 480},    {"uct", 0},     {"ulat", 480},  {"ut", 0},      {"utc", 0},
    {"uyt", -180},  {"uzt", 300},   {"v", 540},    {"vet", -240},  {"vlat", 600},  {"w", 600},     {"wat", 60},
    {"west", 60},   {"wet", 0},     {"wib", 420},  {"wit", 540},   {"wita", 480},  {"x", 660},     {"y", 720},
    {"yakt", 540},  {"yekt", 300},  {"z", 0},      {"zulu", 0},    {"мск", 180}};

}  // namespace

unsigned MonthOf(std::string_view word) {
  const Month* best = nullptr;
  for (const Month& month : kMonths) {
    const bool fits = month.whole ? word == month.beginning : word.starts_with(month.beginning);
    if (fits && (!best || month.beginning.size() > best->beginning.size())) best = &month;
  }
  return best ? best->number : 0;
}

std::optional<std::chrono::minutes> OffsetOfZone(std::string_view word) {
  const auto* found = std::ranges::find(kZones, word, &Zone::name);
  return found == std::end(kZones) ? std::nullopt : std::optional(std::chrono::minutes(found->minutes));
}

}  // namespace kimberlite::ingest
