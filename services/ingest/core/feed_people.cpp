#include "services/ingest/core/feed_people.h"

#include <algorithm>
#include <charconv>

#include "libs/base/text.h"
#include "services/ingest/core/feed_markup.h"
#include "services/ingest/core/plain_line.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

constexpr std::size_t kMaxEach = 200;

}  // namespace

FeedPerson PersonOf(std::string_view line) {
  FeedPerson person;
  const std::size_t at = line.find('@');
  constexpr std::string_view kEdges = " ()<>[],;\"";
  const std::size_t before =
      at == std::string_view::npos || at == 0 ? std::string_view::npos : line.find_last_of(kEdges, at);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t end = at == std::string_view::npos ? 0 : std::min(line.find_first_of(kEdges, at), line.size());
  // "@name" and "name@" are no addresses.
  if (at == std::string_view::npos || at == begin || at + 1 >= end) {
    person.name = line;
    return person;
  }
  person.email = line.substr(begin, end - begin);
  if (person.email.starts_with("mailto:")) person.email.erase(0, 7);
  std::string_view rest = begin == 0 ? line.substr(end) : line.substr(0, begin);
  if (TrimAscii(rest).size() <= 1) rest = line.substr(end);
  while (!rest.empty() && kEdges.contains(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && kEdges.contains(rest.back())) rest.remove_suffix(1);
  person.name = rest;
  if (person.name.starts_with("mailto:")) person.name.clear();
  return person;
}

FeedPerson PersonIn(const XmlNode& node) {
  const std::string line = PlainOf(node);
  const std::size_t at = line.find('@');
  const std::size_t open = at == std::string::npos ? at : line.rfind('<', at);
  const bool address = open != std::string::npos && line.find_first_of(" >/=", open) > at;
  return PersonOf(address ? line : PlainLineOfHtml(line));
}

FeedPerson AtomPersonOf(const XmlNode& node) {
  FeedPerson person;
  for (const XmlNode& child : node.children()) {
    if (child.name == "name") person.name = PlainOf(child);
    if (child.name == "email") person.email = PlainOf(child);
    if (child.name == "uri" || child.name == "url" || child.name == "homepage")
      person.uri = AbsoluteUrl(child.base, child.Text());
  }
  if (person.name.empty() && !node.HasElements()) return PersonOf(PlainOf(node));
  return person;
}

void AddPerson(std::vector<FeedPerson>& people, FeedPerson person) {
  if ((person.name.empty() && person.email.empty() && person.uri.empty()) || people.size() == kMaxEach) return;
  const auto known = std::ranges::find_if(people, [&](const FeedPerson& other) {
    return !person.name.empty()    ? other.name == person.name
           : !person.email.empty() ? other.email == person.email
                                   : other.uri == person.uri;
  });
  if (known == people.end()) {
    people.push_back(std::move(person));
    return;
  }
  if (known->email.empty()) known->email = std::move(person.email);
  if (known->uri.empty()) known->uri = std::move(person.uri);
}

void AddCategory(std::vector<FeedCategory>& categories, FeedCategory category) {
  if ((category.term.empty() && category.label.empty()) || categories.size() == kMaxEach) return;
  if (category.term.empty()) category.term = category.label;
  const auto same = [&](const FeedCategory& other) {
    return other.term == category.term && other.scheme == category.scheme;
  };
  if (std::ranges::none_of(categories, same)) categories.push_back(std::move(category));
}

void AddEnclosure(std::vector<FeedEnclosure>& enclosures, const XmlNode& node, std::string_view url_attribute,
                  std::string_view size_attribute) {
  FeedEnclosure enclosure;
  enclosure.url = AbsoluteUrl(node.base, node.Attribute(url_attribute));
  if (enclosure.url.empty() || enclosures.size() == kMaxEach) return;
  enclosure.type = PlainLine(node.Attribute("type"));
  const std::string_view size = TrimAscii(node.Attribute(size_attribute));
  std::from_chars(size.data(), size.data() + size.size(), enclosure.length);
  enclosure.length = std::max<std::int64_t>(enclosure.length, 0);
  const auto same = [&](const FeedEnclosure& other) { return other.url == enclosure.url; };
  const auto known = std::ranges::find_if(enclosures, same);
  if (known == enclosures.end()) {
    enclosures.push_back(std::move(enclosure));
    return;
  }
  // The same file, said again by another vocabulary.
  if (known->type.empty()) known->type = std::move(enclosure.type);
  if (known->length == 0) known->length = enclosure.length;
}

}  // namespace kimberlite::ingest
