#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/base/context.h"
#include "libs/base/error.h"
#include "services/rendering/core/memory_cache.h"
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
  std::string theme_version;  // that the page has to be made with
};

// Where pages are kept for all replicas, with the rules that make them fresh.
class PageStore {
 public:
  virtual ~PageStore() = default;
  // Null: not there.
  virtual Result<std::unique_ptr<KeptPage>> Get(const std::string& key) = 0;
  virtual Result<FillTicket> BeginFill(const std::string& key) = 0;
  // Keeps the page for so long unless something that it depends on was touched since the ticket, another fill of the
  // key was kept since, or the ticket is too old. Answers whether it was kept.
  virtual Result<bool> CommitFill(const std::string& key, const FillTicket& ticket, const KeptPage& page,
                                  std::chrono::seconds keep) = 0;
};

// How a page reached its reader, for Cache-Status (RFC 9211).
// kStale: it may be older than the newsroom's last word, since the sources did not answer.
enum class CacheOutcome : std::uint8_t { kHit, kMissStored, kMissNotStored, kBypass, kStale };

struct EdgeAnswer {
  std::shared_ptr<const KeptPage> page;
  CacheOutcome outcome = CacheOutcome::kHit;
  bool collapsed = false;  // made for somebody else who had asked already
};

// Serves pages from memory and the store and fills both: one fill per key at a time, whoever asks, and none that is
// older than what readers have been promised. Safe for any thread.
class Edge {
 public:
  struct Parts {
    // Builds the page of a route from its sources as they are now, with site settings of at least this sequence.
    std::function<Result<Page>(const Context&, const Route&, std::int64_t min_site_sequence)> make;
    // Puts a page into its codings.
    std::function<std::unique_ptr<KeptPage>(Page, Time rendered_time)> code;
    // Makes a page ready to be sent: its heads.
    std::function<void(KeptPage&)> prepare;
    // Whether changes have been heard of until now. Where they have not, what is kept is made anew before it is served,
    // and served as it is only when that fails.
    std::function<bool()> is_current;
  };
  struct Options {
    // How long after a page was touched, or changes were last heard of, it may still be served when the sources fail.
    std::chrono::seconds stale_if_error = std::chrono::hours(24);
  };
  using Answered = std::function<void(Result<EdgeAnswer>)>;

  Edge(PageStore& store, MemoryCache& memory, Parts parts, const Clock& clock, Options options);

  // Calls `answered` once: before it returns, or, where the page is being made for somebody else already, later and
  // from that thread. Blocks for what it does itself. `path` is what was asked for, without query. An error only where
  // there is neither a kept page nor sources to make one from.
  void Get(const Context& context, const Route& route, std::string_view path, Answered answered);

 private:
  struct Waiter {
    Context context;
    Answered answered;
  };
  // One making of a page, with those who wait for it.
  struct Flight {
    std::vector<Waiter> before;  // came before it began: whatever it brings is new enough for them
    std::vector<Waiter> joined;  // came before it was about to be kept: it is new enough if the keeping was fenced
    std::vector<Waiter> late;    // came while it was being kept: they look for themselves
    bool closed = false;         // about to be kept
    bool fenced = false;         // a store compared it with what was touched
  };
  struct Ask {
    const Route& route;
    const std::string& key;
    std::string_view path;
  };

  std::optional<EdgeAnswer> LookUp(const Ask& ask);
  std::optional<EdgeAnswer> LastVersion(const Ask& ask);
  void Lead(const Ask& ask, std::shared_ptr<Flight> flight);
  Result<EdgeAnswer> Fly(const Context& context, const Ask& ask, Flight& flight);
  Result<EdgeAnswer> Make(const Context& context, const Ask& ask, Flight* flight);
  bool HeardRecently();

  PageStore& store_;
  MemoryCache& memory_;
  const Parts parts_;
  const Clock& clock_;
  const Options options_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  // Until then the sources are taken to be down: readers do not wait for each to fail again.
  std::atomic<std::chrono::steady_clock::time_point> sources_down_until_{std::chrono::steady_clock::time_point()};
  // When changes were last known to be heard.
  std::atomic<std::chrono::steady_clock::time_point> heard_;
};

}  // namespace kimberlite::rendering
