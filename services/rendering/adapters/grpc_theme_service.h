#pragma once

#include "libs/rpc/rpc.h"
#include "services/rendering/core/theme_keeper.h"

namespace kimberlite::rendering {

// GetTheme and ReloadTheme.
void RegisterThemeService(rpc::Server& server, ThemeKeeper& themes);

}  // namespace kimberlite::rendering
