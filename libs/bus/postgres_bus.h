#pragma once

#include <memory>

#include "libs/bus/bus.h"

namespace kimberlite::bus {

// The embedded driver: a log in PostgreSQL.
std::unique_ptr<Bus> NewPostgresBus(const Options& options);

}  // namespace kimberlite::bus
