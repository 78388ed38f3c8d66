#pragma once

#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/langid/model.h"

namespace kimberlite::langid {

struct Example {
  std::string text;
  int language = 0;  // a column of the model
  std::string source;
};

// Prints the table of aims and what the model reaches on texts that it was not trained on. `news` is a folder with
// tags-ru and tags-en, or empty. False when an aim is missed.
Result<bool> Measure(const Model& model, const std::vector<Example>& held, const std::string& news, bool show_errors);

}  // namespace kimberlite::langid
