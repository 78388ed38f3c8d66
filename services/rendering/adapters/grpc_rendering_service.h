#pragma once

#include "libs/rpc/rpc.h"
#include "services/rendering/adapters/bus_invalidator.h"
#include "services/rendering/adapters/redis_page_store.h"

namespace kimberlite::rendering {

// Answers RenderingService.
void RegisterRenderingService(rpc::Server& server, BusInvalidator& invalidator, RedisPageStore& store,
                              MemoryCache& memory);

}  // namespace kimberlite::rendering
