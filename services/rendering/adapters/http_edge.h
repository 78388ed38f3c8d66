#pragma once

#include <string>

#include "libs/http/server.h"
#include "services/rendering/adapters/page_builder.h"
#include "services/rendering/core/edge.h"

namespace kimberlite::rendering {

// Readers' requests answered by HTTP: routes, codings, conditions, headers.
class HttpEdge {
 public:
  HttpEdge(Edge& edge, PageBuilder& builder);

  http::Response Answer(const http::Request& request);

 private:
  http::Response Respond(const http::Request& request, const Route& route, const StoredPage& page,
                         CacheOutcome outcome) const;

  Edge& edge_;
  PageBuilder& builder_;
  const std::string content_security_policy_;
};

}  // namespace kimberlite::rendering
