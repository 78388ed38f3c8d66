#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/html/document.h"

namespace kimberlite::html {

// Where blocks and runs are put.
struct Flow {
  enum class Mode : std::uint8_t {
    kParagraphs,  // every run becomes a <p>
    kLoose,       // a run stays bare unless it touches another
    kLine,        // one run; blocks are no more than gaps in it
  };
  Mode mode;
  std::vector<Block> blocks;
  bool preformatted = false;   // with kLine
  bool takes_caption = false;  // of a figure without one so far
  bool run_open = false;
  bool gap = false;           // kLine: a block began or ended since the last leaf
  bool in_paragraph = false;  // the next run is a <p> of its own
  std::string run_attributes;
};

// What is added next begins a new run.
void EndRun(Flow& flow);

void AddLeaf(Flow& flow, Leaf leaf);

// Adds decoded text; white space between blocks is no text.
void AddText(Flow& flow, std::string_view text, const Format* format);

// The blocks of the flow in the form in which they are written and would be read again: white space folded, empty runs
// gone.
std::vector<Block> Finish(Flow& flow);

}  // namespace kimberlite::html
