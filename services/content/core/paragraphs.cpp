#include "services/content/core/paragraphs.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "libs/base/id.h"

namespace kimberlite::content {
namespace {

constexpr std::size_t kMostComparisons = 1'000'000;

bool IsVoid(std::string_view tag) { return tag == "hr" || tag == "br" || tag == "img"; }

// 63 bits of its SHA-256.
std::int64_t HashOf(std::string_view block) {
  const std::string digest = Sha256Hex(block);
  std::uint64_t hash = 0;
  std::from_chars(digest.data(), digest.data() + 16, hash, 16);
  return static_cast<std::int64_t>(hash >> 1);
}

// Pairs of equal hashes, in order: a longest common subsequence of the two ranges.
void PairEqual(const std::vector<Paragraph>& before, std::size_t old_begin, std::size_t old_end,
               std::vector<Paragraph>& after, std::size_t begin, std::size_t end) {
  const std::size_t rows = old_end - old_begin;
  const std::size_t columns = end - begin;
  if (rows == 0 || columns == 0 || rows > kMostComparisons / columns) return;
  std::vector<std::uint32_t> longest((rows + 1) * (columns + 1), 0);
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return longest[i * (columns + 1) + j]; };
  for (std::size_t i = rows; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      const bool equal = before[old_begin + i].hash == after[begin + j].hash;
      at(i, j) = equal ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
    }
  }
  for (std::size_t i = 0, j = 0; i < rows && j < columns;) {
    if (before[old_begin + i].hash == after[begin + j].hash) {
      after[begin + j++].id = before[old_begin + i++].id;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      ++i;
    } else {
      ++j;
    }
  }
}

// Gives what has no id yet those of the old ones that stood between the same neighbours, then new ones.
void Fill(const std::vector<Paragraph>& before, std::vector<Paragraph>& after, std::int64_t last_id) {
  std::set<std::int64_t> kept;
  for (const Paragraph& paragraph : after) {
    if (paragraph.id != 0) kept.insert(paragraph.id);
  }
  for (const Paragraph& paragraph : before) last_id = std::max(last_id, paragraph.id);
  std::size_t old = 0;
  for (Paragraph& paragraph : after) {
    if (paragraph.id != 0) {
      while (before[old].id != paragraph.id) ++old;
      ++old;
    } else if (old < before.size() && !kept.contains(before[old].id)) {
      paragraph.id = before[old++].id;
    } else {
      paragraph.id = ++last_id;
    }
  }
}

}  // namespace

std::vector<std::string_view> Blocks(std::string_view body_html) {
  std::vector<std::string_view> blocks;
  std::size_t begin = 0;
  int depth = 0;
  std::size_t i = 0;
  // In a clean body "<" and ">" stand for tags alone.
  while ((i = body_html.find('<', i)) != std::string_view::npos) {
    const std::size_t end = std::min(body_html.find('>', i), body_html.size() - 1);
    const bool closing = i + 1 < body_html.size() && body_html[i + 1] == '/';
    std::string_view tag = body_html.substr(i + 1, end - i - 1);
    tag = tag.substr(0, tag.find(' '));
    if (closing) {
      --depth;
    } else if (!IsVoid(tag)) {
      ++depth;
    }
    i = end + 1;
    if (depth > 0) continue;
    depth = 0;
    blocks.push_back(body_html.substr(begin, i - begin));
    begin = i;
  }
  if (begin < body_html.size()) blocks.push_back(body_html.substr(begin));
  return blocks;
}

std::vector<Paragraph> Align(const std::vector<Paragraph>& before, std::string_view body_html, std::int64_t last_id) {
  std::vector<Paragraph> after;
  for (const std::string_view block : Blocks(body_html)) after.push_back({0, HashOf(block)});
  std::size_t head = 0;
  while (head < std::min(before.size(), after.size()) && before[head].hash == after[head].hash) {
    after[head].id = before[head].id;
    ++head;
  }
  std::size_t tail = 0;
  while (tail < std::min(before.size(), after.size()) - head &&
         before[before.size() - 1 - tail].hash == after[after.size() - 1 - tail].hash) {
    after[after.size() - 1 - tail].id = before[before.size() - 1 - tail].id;
    ++tail;
  }
  PairEqual(before, head, before.size() - tail, after, head, after.size() - tail);
  Fill(before, after, last_id);
  return after;
}

std::vector<std::int64_t> Behind(const std::vector<Paragraph>& original, const std::vector<Paragraph>& followed) {
  std::map<std::int64_t, std::int64_t> known;  // id to hash
  for (const Paragraph& paragraph : followed) known.emplace(paragraph.id, paragraph.hash);
  std::vector<std::int64_t> behind;
  for (const Paragraph& paragraph : original) {
    const auto found = known.find(paragraph.id);
    if (found == known.end() || found->second != paragraph.hash) behind.push_back(paragraph.id);
    if (found != known.end()) known.erase(found);
  }
  for (const Paragraph& paragraph : followed) {
    if (known.contains(paragraph.id)) behind.push_back(paragraph.id);
  }
  return behind;
}

std::vector<Paragraph> Follow(const std::vector<Paragraph>& original, const std::vector<Paragraph>& followed,
                              const std::vector<std::int64_t>& ids) {
  const std::set<std::int64_t> done(ids.begin(), ids.end());
  std::map<std::int64_t, std::int64_t> known;
  for (const Paragraph& paragraph : followed) {
    if (!done.contains(paragraph.id)) known.emplace(paragraph.id, paragraph.hash);
  }
  std::vector<Paragraph> result;
  for (const Paragraph& paragraph : original) {
    if (done.contains(paragraph.id)) {
      result.push_back(paragraph);
    } else if (const auto found = known.find(paragraph.id); found != known.end()) {
      result.push_back({found->first, found->second});
      known.erase(found);
    }
  }
  // Those that were removed and not yet dealt with.
  for (const Paragraph& paragraph : followed) {
    if (known.contains(paragraph.id)) result.push_back(paragraph);
  }
  return result;
}

}  // namespace kimberlite::content
