#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "libs/base/context.h"
#include "libs/base/error.h"
#include "services/ingest/core/poll_policy.h"
#include "services/ingest/core/recognise.h"
#include "services/ingest/core/source.h"

// What polling needs of the world.
namespace kimberlite::ingest {

// What a server gave to ask by "has it changed since?". As it came in a FetchedDocument; in a lease and a result each
// is printable ASCII of up to 1 KiB, or empty.
struct Validators {
  std::string etag;
  std::string last_modified;
};

// A server's answer to a request for a feed.
struct FetchedDocument {
  int status = 0;
  std::string body;
  std::string content_type;
  std::string url;            // after redirects
  std::string permanent_url;  // where permanent redirects alone led; empty: nowhere
  Validators validators;
  std::optional<std::chrono::seconds> retry_after;
  std::optional<std::chrono::seconds> fresh_for;  // by Cache-Control or Expires
};

class FeedFetcher {
 public:
  virtual ~FeedFetcher() = default;
  // Errors as http::Fetcher's. Any HTTP status is an answer.
  virtual Result<FetchedDocument> Fetch(const Context& context, const std::string& url,
                                        const Validators& validators) = 0;
  // The status of a page, without its content.
  virtual Result<int> Probe(const Context& context, const std::string& url) = 0;
};

// The right to poll one source until `lease_until`, and what is known of it.
struct Lease {
  std::string token;
  Source source;
  Validators validators;
  int consecutive_failures = 0;
  // Of the polls before.
  std::optional<Time> last_success_time;  // absent: never read
  Rhythm rhythm;
  FeedHints hints;
  Moved moved;
  bool ids_churn = false;  // its items came under new ids too often
};

// How a poll ended, for the source's status.
struct PollResult {
  int http_status = 0;
  std::string error;                     // a sentence in UTF-8; empty when it went well
  std::optional<std::string> report;     // of the document, in UTF-8; absent when none was read
  std::optional<Validators> validators;  // to keep; absent: the old ones stay
  int seen = 0;
  int taken = 0;  // already counted by ItemStore; for the history
  std::chrono::milliseconds next_in{0};
  Time finished_time;              // by the service's clock, for what is said
  std::string why;                 // of next_in
  std::optional<Rhythm> rhythm;    // to keep; absent: the old one stays
  std::optional<FeedHints> hints;  // the same
  std::optional<Moved> moved;      // the same
  std::string new_feed_url;        // the source is polled there from now on; empty: as before
  std::string pause_reason;        // the source is paused, and that is said as an event; empty: it goes on
  bool spare_host = false;         // the host asked for fewer requests: no source of it is polled before next_in
};

// Leases. Safe for any thread; every method is one transaction.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;
  // Takes the lease of the source that has been due longest; nothing when none is due. No two callers get one source
  // until it is finished or the lease has run out.
  virtual Result<std::optional<Lease>> Claim() = 0;
  // The lease begins anew. ABORTED when it was lost.
  virtual Result<void> Renew(const Lease& lease) = 0;
  // Ends the poll. ABORTED when the lease was lost: then nothing is written.
  virtual Result<void> Finish(const Lease& lease, const PollResult& result) = 0;
  // Gives the lease back as if nothing had happened.
  virtual Result<void> Release(const Lease& lease) = 0;
  // How long nothing will be due, as things stand; nothing when there is no source to poll.
  virtual Result<std::optional<std::chrono::milliseconds>> UntilNextDue() = 0;
};

// What became of a document's items.
struct Taken {
  int fresh = 0;                                     // never seen before
  int changed = 0;                                   // seen before, and their content moved
  int renamed = 0;                                   // known under another id: the feed gives its items new ids
  int removed = 0;                                   // at their source
  std::vector<std::optional<Time>> fresh_published;  // when the fresh ones say that they were published
  int count() const { return fresh + changed; }
};

// As kimberlite.ingest.v1.RemovalReason.
enum class RemovalReason : std::uint8_t { kDeclared, kPageGone };

// An item that has left its feed while older ones stayed.
struct VanishedItem {
  std::string external_id;
  std::string link;
};

class ItemStore {
 public:
  virtual ~ItemStore() = default;
  // Takes in what is new or has changed, each with its event, the last of the list first (feeds begin with the newest).
  // `fetched` is when the document was: what a later one said stands. Renews the lease as it goes. ABORTED when the
  // lease was lost: what was taken before stays.
  virtual Result<Taken> Take(const Lease& lease, Time fetched, std::span<const RecognisedItem> items) = 0;
  // Those of the ids that are known and not yet removed are, each with its event. How many. ABORTED as Take.
  virtual Result<int> Remove(const Lease& lease, std::span<const std::string> external_ids, RemovalReason reason) = 0;
  // One whose page is to be looked at now, as the document no longer has it; nothing when there is none.
  virtual Result<std::optional<VanishedItem>> Vanished(const Lease& lease, std::span<const RecognisedItem> items) = 0;
  // What the look showed. How many times in a row, this one included, the page was gone.
  virtual Result<int> MarkChecked(const Lease& lease, const std::string& external_id, bool gone) = 0;
};

class DocumentStore {
 public:
  virtual ~DocumentStore() = default;
  // Keeps a document as it came, unless the source keeps none or it is the last one again.
  virtual Result<void> Keep(const Lease& lease, Time fetched, const FetchedDocument& document) = 0;
};

}  // namespace kimberlite::ingest
