#pragma once

#include <atomic>
#include <chrono>
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
  // Of the site's settings: what this or another replica has applied to the store. A page must not be made of older
  // ones.
  std::int64_t site_sequence = 0;
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
// kStale: the bus was not heard and the sources did not answer, so the page may be older than the newsroom's last word.
enum class CacheOutcome : std::uint8_t { kHit, kMissStored, kMissNotStored, kBypass, kStale };

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
  // `make` builds the page of a route from its sources as they are now, with site settings of at least this sequence.
  using MakePage = std::function<Result<Page>(const Context&, const Route&, std::int64_t min_site_sequence)>;

  // `is_current` tells whether changes have been heard of until now; where they have not, what is kept is made anew
  // before it is served, and served as it is only when that fails.
  using IsCurrent = std::function<bool()>;

  Edge(PageStore& store, MakePage make, IsCurrent is_current, const Clock& clock);

  // An error only where there is neither a kept page nor sources to make one from.
  Result<EdgeAnswer> Get(const Context& context, const Route& route, Coding coding);

 private:
  struct Flight {
    bool done = false;
    bool fenced = false;
    Result<EdgeAnswer> outcome = Fail(Code::kInternal, "not finished");
  };
  Result<EdgeAnswer> Fill(const Context& context, const Route& route, const std::string& key);
  void Fly(const Context& context, const Route& route, const std::string& key, Flight& flight);
  Result<EdgeAnswer> Make(const Context& context, const Route& route, const std::string& key, Flight* flight);
  void Close(const std::string& key, const Flight* flight);

  PageStore& store_;
  const MakePage make_;
  const IsCurrent is_current_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable landed_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  // Until then the sources are taken to be down: readers do not wait for each to fail again.
  std::atomic<std::chrono::steady_clock::time_point> sources_down_until_{std::chrono::steady_clock::time_point()};
};

}  // namespace kimberlite::rendering
