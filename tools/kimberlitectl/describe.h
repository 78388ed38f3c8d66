#pragma once

#include <string>
#include <string_view>

#include "libs/base/error.h"
#include "tools/kimberlitectl/catalog.h"

namespace kimberlite::ctl {

// Every RPC with its command, who may call it, and what it does: a table, or a JSON array.
std::string MethodsText(const Comments& comments);
std::string MethodsJson(const Comments& comments);

// An RPC, message or enum with the comments of its proto, and the messages inside it.
Result<std::string> Describe(std::string_view name, const Comments& comments);

}  // namespace kimberlite::ctl
