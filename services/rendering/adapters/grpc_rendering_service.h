#pragma once

#include "libs/rpc/rpc.h"
#include "services/rendering/adapters/auditor.h"
#include "services/rendering/adapters/redis_page_store.h"
#include "services/rendering/adapters/visibility.h"

namespace kimberlite::rendering {

// Answers RenderingService.
void RegisterRenderingService(rpc::Server& server, Visibility& visibility, RedisPageStore& store, Auditor& auditor);

}  // namespace kimberlite::rendering
