#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "services/ingest/core/recognise.h"
#include "services/ingest/core/source.h"

namespace kimberlite::ingest {

// As kimberlite.ingest.v1.PushedItem.
struct PushedItem {
  std::string external_id;
  std::string headline;
  std::string summary;
  std::string body_html;
  std::string link;
  std::string language_code;
  std::vector<std::string> authors;
  std::vector<std::string> categories;
  std::optional<Time> published_time;
  std::string credit_name;
  std::string credit_url;
};

// The item as it is taken. Unlike what feeds bring, nothing is cut to fit or passed over: what breaks the proto's rules
// is INVALID_ARGUMENT, or RESOURCE_EXHAUSTED where it is too long, and names the field.
Result<RecognisedItem> RecognisePushed(const PushedItem& item, const Source& source);

// A caller's key: at most 200 printable ASCII characters without spaces, or empty.
Result<void> CheckIdempotencyKey(const std::string& key);

}  // namespace kimberlite::ingest
