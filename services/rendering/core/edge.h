#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "libs/base/context.h"
#include "libs/base/error.h"
#include "services/rendering/core/page.h"
#include "services/rendering/core/route.h"

namespace kimberlite::rendering {

// What a fill saw before it read its inputs; compared when it writes.
struct FillTicket {
  std::string epoch;  // of the whole cache: a new one makes everything before it unreachable
  std::string clock;  // of invalidations
  std::string nonce;  // of the page that was there, empty for none
  std::string begun;  // seconds, by the store's clock
};

// Where pages are kept, with the rules that make them fresh.
class PageStore {
 public:
  virtual ~PageStore() = default;
  virtual Result<std::optional<StoredPage>> Get(const std::string& key, Coding coding) = 0;
  virtual Result<FillTicket> BeginFill(const std::string& key) = 0;
  // Keeps the page unless something that it depends on was touched since the ticket, another fill of the key was kept
  // since, or the ticket is too old. Answers whether it was kept.
  virtual Result<bool> CommitFill(const std::string& key, const FillTicket& ticket, const Page& page,
                                  Time rendered_time) = 0;
};

// How a page reached its reader, for Cache-Status (RFC 9211).
enum class CacheOutcome : std::uint8_t { kHit, kMissStored, kMissNotStored, kBypass };

struct EdgeAnswer {
  std::optional<StoredPage> kept;     // from the store, in the coding asked for; or else
  std::shared_ptr<const Page> fresh;  // made just now
  Time rendered_time{};
  CacheOutcome outcome = CacheOutcome::kHit;
};

// Serves pages from the store and fills it: one fill per key at a time, whoever asks, and none that is older than what
// readers have been promised. Safe for any thread; blocks.
class Edge {
 public:
  // `make` builds the page of a route from its sources as they are now.
  using MakePage = std::function<Result<Page>(const Context&, const Route&)>;

  Edge(PageStore& store, MakePage make, const Clock& clock);

  // An error only where there is neither a kept page nor sources to make one from.
  Result<EdgeAnswer> Get(const Context& context, const Route& route, Coding coding);

 private:
  struct Flight {
    bool done = false;
    Result<EdgeAnswer> outcome = Fail(Code::kInternal, "not finished");
  };
  std::shared_ptr<Flight> Fill(const Context& context, const Route& route, const std::string& key);
  Result<EdgeAnswer> Make(const Context& context, const Route& route, const std::string& key, const Flight* flight);
  void Close(const std::string& key, const Flight* flight);

  PageStore& store_;
  const MakePage make_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable landed_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
};

}  // namespace kimberlite::rendering
