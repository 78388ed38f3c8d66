#pragma once

#include <cstdio>
#include <cstdlib>

// Ends the program where a property does not hold; fuzzers take that for a finding.
inline void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}
