#pragma once

#include <string>
#include <string_view>

namespace kimberlite::i18n {

// A folded Sakha word without the endings of case, possession and number, e.g. "куораттарга" (to towns) → "куорат". It
// strips at most one ending of each kind, never below three letters, and knows no dictionary: some stems are no words,
// which does not matter where both sides are stripped alike.
std::string StemSakha(std::string_view folded);

}  // namespace kimberlite::i18n
