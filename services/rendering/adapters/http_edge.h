#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "libs/http/server.h"
#include "services/rendering/adapters/page_builder.h"
#include "services/rendering/adapters/page_coding.h"
#include "services/rendering/core/edge.h"
#include "services/rendering/core/memory_cache.h"

namespace kimberlite::rendering {

// Readers' requests answered by HTTP: routes, codings, conditions, ranges. Safe for any thread.
class HttpEdge {
 public:
  // `is_current` as in Edge::Parts.
  HttpEdge(Edge& edge, const MemoryCache& memory, PageBuilder& builder, HeadOptions heads,
           std::function<bool()> is_current);

  // On an I/O thread: a page in memory under exactly this path. Does not block.
  bool AnswerAtOnce(const http::RequestHead& head, http::Prepared& answer);
  // On a worker: everything else.
  void Answer(http::Request request, http::Responder respond);

 private:
  struct Pending {
    http::Request request;
    http::Responder respond;
  };
  void Finish(Pending& pending, const Route& route, const Result<EdgeAnswer>& answer);
  void Send(Pending& pending, const std::shared_ptr<const KeptPage>& page, CacheOutcome outcome, std::string_view more);
  std::shared_ptr<const KeptPage> ErrorPage(const Route& route, int status);
  bool IsCurrent();

  Edge& edge_;
  const MemoryCache& memory_;
  PageBuilder& builder_;
  const HeadOptions heads_;
  const std::function<bool()> is_current_;
  // Until then is_current_ need not be asked again; steady clock, nanoseconds.
  std::atomic<std::int64_t> current_until_ = 0;

  // Many wait for the same page and fail together: its error page is made once a second.
  struct MadeError {
    std::chrono::steady_clock::time_point until;
    std::shared_ptr<const KeptPage> page;
  };
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, MadeError> errors_;
};

}  // namespace kimberlite::rendering
