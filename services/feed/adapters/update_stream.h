#pragma once

#include "kimberlite/feed/v1/feed_service.pb.h"
#include "libs/rpc/rpc.h"
#include "services/feed/adapters/sources.h"

namespace kimberlite::feed {

// The live stream: content's log of changes, told as what happens to lists. Nothing is kept here, so a cursor is good
// on every replica and after every restart. Safe for any thread; blocks as long as the stream is open.
class UpdateStream {
 public:
  explicit UpdateStream(const Sources& sources) : sources_(sources) {}

  // Goes on while content is away for a while: the stream only pauses. Ends when the caller goes, or with content's
  // refusal of the cursor.
  Result<void> Run(const rpc::Call& call, const v1::StreamUpdatesRequest& request,
                   rpc::StreamWriter<v1::StreamUpdatesResponse>& writer) const;

 private:
  const Sources& sources_;
};

}  // namespace kimberlite::feed
