#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/kimberlitectl/flags.h"

namespace kimberlite::ctl {

struct Positional {
  std::string name;  // "ARTICLE_ID"
  std::string path;  // "article_id"
  bool required = true;
};

// What a command does beyond filling a request and printing the answer.
enum class Extra {
  kNone,
  kReadVersion,   // without --expected-version, reads the translation's current one
  kReadSite,      // fills the request with the current settings first
  kReadSequence,  // without a sequence, waits for the article's current one
  kAllSwitch,     // an empty positional needs --all
  kAllPages,      // calls again with next_page_token until there is none, printing each answer
  kChunks,        // sends the file that was read into `chunk` in parts, its digest first
};

// One command: a noun and, for all but a few, a verb.
struct Verb {
  std::string noun;
  std::string verb = {};    // empty: the noun is the whole command
  std::string method = {};  // "content/CreateArticle"
  std::vector<Positional> positionals = {};
  Shape shape = {};
  Extra extra = Extra::kNone;
  bool wait_visible = false;              // takes --wait-visible; the answer holds an article
  std::string document = {};              // a field of bytes of the answer that --save writes to a file: "media.data"
  bool print_document = false;            // the readable form is the document itself
  std::vector<std::string> columns = {};  // of a list, see RenderText
  std::string help = {};                  // empty: the first sentence of the RPC's comment
  std::vector<std::string> examples = {};
};

// Every RPC of the public services has one.
std::span<const Verb> Verbs();

struct Noun {
  std::string name;
  std::string help;
};
std::span<const Noun> Nouns();

}  // namespace kimberlite::ctl
