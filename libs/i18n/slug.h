#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kimberlite::i18n {

// The last part of a URL for a headline: words of [a-z0-9] joined by hyphens, at most `max` bytes, cut between words
// (inside a word only when the first alone is longer). Letters are written in Latin by the language's own rules where
// we have them (Sakha "дь" → "dy" but Russian "дь" → "d"; German "ä" → "ae") and by ICU's otherwise. Han is read as
// Mandarin, in Japanese texts too; Arabic and Hebrew come out without the vowels that they do not write. The result is
// stored with the article and never computed again: a newer ICU may write another one. Empty only when nothing in the
// text is a letter or digit that can be transliterated ("🦌 — !"). Reads at most the first 16 × max bytes. Safe for any
// thread.
std::string Slugify(std::string_view text, std::string_view language, std::size_t max = 80);

}  // namespace kimberlite::i18n
