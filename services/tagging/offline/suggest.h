#pragma once

#include <ostream>
#include <string_view>
#include <vector>

namespace kimberlite::tagging {

// kimberlite-tagging suggest [--vocabulary FILE] [--train FILE] [--limit N] [FILE …]: which tags articles should carry,
// line by line, no services needed. All files are JSON lines, gzip or not; "-" or none is standard input.
//
// Articles: {"id","language","title","summary","content"}; without "language" it is found out. Training lines carry
// "tags" as well (names or concepts) and are in the order of time.
// Vocabulary: {"concept","label","language","aliases":[…]}, or with names in several languages
// {"concept","labels":{"en":["Belgium",…],…}}, or as `kimberlitectl concept` writes them ("key", "labels":[{…}]).
// "kind" (person, organisation, place, topic, event) may be given: names of the first three are found with a capital
// only. Without a vocabulary the tags of the training lines are the vocabulary.
//
// Answers: {"id","suggestions":[{"concept","label","score","chosen","evidence":[…]}]}, best first, at most N (30).
// "score" is the probability that an editor would give the tag, "chosen" what would be applied. Evidence:
// {"kind":"exact"|"inflected"|"part","field","begin_byte","end_byte","text"},
// {"kind":"articles_like_this","share","ids"},
// {"kind":"words","score"}.
//
// Returns the exit code: 0, 1 when something could not be read or written, 2 for bad arguments.
int RunSuggest(const std::vector<std::string_view>& arguments, std::ostream& out);

}  // namespace kimberlite::tagging
