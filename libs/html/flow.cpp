#include "libs/html/flow.h"

#include <algorithm>
#include <utility>

#include "libs/html/values.h"

namespace kimberlite::html {
namespace {

void FoldSpace(std::string& text, bool after_space) {
  std::string folded;
  folded.reserve(text.size());
  for (const char c : text) {
    if (!IsSpace(c)) {
      folded += c;
      after_space = false;
    } else if (!after_space) {
      folded += ' ';
      after_space = true;
    }
  }
  text = std::move(folded);
}

// Drops white space, <br> and, when nothing else is left, no-break spaces from the end.
void TrimEnd(std::vector<Leaf>& leaves) {
  while (!leaves.empty()) {
    Leaf& last = leaves.back();
    if (last.kind == Leaf::Kind::kImage) return;
    if (last.kind == Leaf::Kind::kText) {
      while (!last.text.empty() && IsSpace(last.text.back())) last.text.pop_back();
      if (!last.text.empty()) break;
    }
    leaves.pop_back();
  }
  const bool blank = std::all_of(leaves.begin(), leaves.end(), [](const Leaf& leaf) {
    return leaf.kind != Leaf::Kind::kImage && IsBlank(leaf.text);
  });
  if (blank) leaves.clear();
}

// Folds white space, drops it and <br> at the ends, and parts a run at two <br> in a row, unless it must stay one line.
void SplitRun(Block& run, bool one_line, std::vector<Block>& finished) {
  Block part{.kind = run.kind, .attributes = run.attributes};
  int breaks = 0;
  const auto end_part = [&] {
    TrimEnd(part.leaves);
    if (!part.leaves.empty()) finished.push_back(std::move(part));
    part = Block{.kind = run.kind, .attributes = run.attributes};
  };
  for (Leaf& leaf : run.leaves) {
    if (leaf.kind == Leaf::Kind::kBreak) {
      if (breaks == 0) TrimEnd(part.leaves);
      if (++breaks == 2 && !one_line) end_part();
      if (breaks == 1 && !part.leaves.empty()) part.leaves.push_back(std::move(leaf));
      continue;
    }
    if (leaf.kind == Leaf::Kind::kText) {
      const bool at_start = part.leaves.empty() || part.leaves.back().kind == Leaf::Kind::kBreak;
      const bool after_space =
          !at_start && part.leaves.back().kind == Leaf::Kind::kText && part.leaves.back().text.back() == ' ';
      FoldSpace(leaf.text, at_start || after_space);
      if (leaf.text.empty() || (at_start && IsBlank(leaf.text))) continue;
      if (leaf.text != " ") breaks = 0;
      if (!part.leaves.empty() && part.leaves.back().kind == Leaf::Kind::kText &&
          part.leaves.back().format == leaf.format) {
        part.leaves.back().text += leaf.text;
        continue;
      }
    } else {
      breaks = 0;
    }
    part.leaves.push_back(std::move(leaf));
  }
  end_part();
}

// In <pre> white space counts, but a first line break does not: the parser drops one each time.
void TrimPreformatted(Block& run, std::vector<Block>& finished) {
  std::vector<Leaf> leaves;
  for (Leaf& leaf : run.leaves) {
    if (leaf.kind == Leaf::Kind::kBreak) leaf = {.text = "\n", .format = leaf.format};
    if (leaves.empty() && leaf.kind == Leaf::Kind::kText) {
      if (std::all_of(leaf.text.begin(), leaf.text.end(), IsSpace)) continue;
      leaf.text.erase(0, leaf.text.find_first_not_of('\n'));
    }
    if (!leaves.empty() && leaf.kind == Leaf::Kind::kText && leaves.back().kind == Leaf::Kind::kText &&
        leaves.back().format == leaf.format) {
      leaves.back().text += leaf.text;
    } else {
      leaves.push_back(std::move(leaf));
    }
  }
  TrimEnd(leaves);
  if (!leaves.empty()) finished.push_back({.kind = run.kind, .leaves = std::move(leaves)});
}

// Two bare runs in a row would flow into one another.
void PartBareRuns(std::vector<Block>& blocks) {
  bool after_bare = false;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const bool bare = blocks[i].kind == Block::Kind::kBare;
    if (bare && after_bare) blocks[i - 1].kind = blocks[i].kind = Block::Kind::kParagraph;
    after_bare = bare;
  }
}

void MoveCaptionToTheEnd(std::vector<Block>& blocks) {
  const auto caption =
      std::find_if(blocks.begin(), blocks.end(), [](const Block& block) { return block.tag == "figcaption"; });
  if (caption != blocks.end() && caption != blocks.begin()) std::rotate(caption, caption + 1, blocks.end());
}

}  // namespace

void EndRun(Flow& flow) {
  if (flow.mode == Flow::Mode::kLine) {
    flow.gap = true;
  } else {
    flow.run_open = false;
  }
}

void AddLeaf(Flow& flow, Leaf leaf) {
  if (!flow.run_open) {
    const bool paragraph = flow.in_paragraph || flow.mode == Flow::Mode::kParagraphs || !flow.run_attributes.empty();
    flow.blocks.push_back(
        {.kind = paragraph && flow.mode != Flow::Mode::kLine ? Block::Kind::kParagraph : Block::Kind::kBare,
         .attributes = flow.run_attributes});
    flow.run_open = true;
  } else if (flow.gap) {
    flow.blocks.back().leaves.push_back({.text = flow.preformatted ? "\n" : " "});
  }
  flow.gap = false;
  flow.blocks.back().leaves.push_back(std::move(leaf));
}

void AddText(Flow& flow, std::string_view text, const Format* format) {
  const bool only_space = std::all_of(text.begin(), text.end(), IsSpace);
  if (only_space && !flow.run_open) return;
  if (only_space && flow.gap && !flow.preformatted) return;
  AddLeaf(flow, {.text = DropControls(text), .format = format});
}

std::vector<Block> Finish(Flow& flow) {
  std::vector<Block> finished;
  for (Block& block : flow.blocks) {
    if (block.kind == Block::Kind::kElement) {
      finished.push_back(std::move(block));
    } else if (flow.preformatted) {
      TrimPreformatted(block, finished);
    } else {
      SplitRun(block, flow.mode == Flow::Mode::kLine, finished);
    }
  }
  if (flow.mode == Flow::Mode::kLoose) PartBareRuns(finished);
  MoveCaptionToTheEnd(finished);
  return finished;
}

}  // namespace kimberlite::html
