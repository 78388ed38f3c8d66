#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "services/rendering/core/template.h"

namespace kimberlite::rendering {

// Finds message.key in every catalog, checks that the patterns and the template name the same arguments and that each
// text holds each of them exactly once, and fills `dynamic` and `pieces`. Errors are sentences without file and line of
// the template.
Result<void> ResolveMessage(Message& message, const std::vector<i18n::Catalog>& catalogs);

// The text with the given numbers (one per argument; those of other kinds are ignored).
std::vector<Message::Piece> FormatMessage(const Message& message, const i18n::Catalog& catalog,
                                          std::span<const std::int64_t> numbers);

}  // namespace kimberlite::rendering
