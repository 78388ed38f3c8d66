#pragma once

#include <string>
#include <vector>

#include "kimberlite/content/v1/events.pb.h"
#include "kimberlite/content/v1/site.pb.h"
#include "kimberlite/feed/v1/feed_service.pb.h"
#include "libs/base/error.h"

// What a change of an article means to those who follow lists.
namespace kimberlite::feed {

// The lists that a stream follows; sorted, without repetition. Empty: the whole site.
class UpdateFilter {
 public:
  // INVALID_ARGUMENT names the list that has no such form, or says that there are too many.
  static Result<UpdateFilter> Make(const google::protobuf::RepeatedPtrField<std::string>& list_keys);

  bool Follows(const std::string& list_key) const;
  // Tells one filter from another in a cursor.
  std::string Digest() const;

 private:
  std::vector<std::string> list_keys_;
};

// The updates of one change, in the order of the article's languages. The same change gives the same updates, whenever
// it is read: a cursor counts on it.
std::vector<v1::Update> UpdatesOf(const content::v1::ArticleChanged& change, const content::v1::Site& site,
                                  const UpdateFilter& filter);

// Where a stream stands: after `dealt_with` updates of the change that content's own cursor goes past.
struct UpdateCursor {
  std::string before;  // content's cursor before the change; empty at the start of a stream
  int dealt_with = 0;
};

// Opaque to callers, and checked: no other filter's and no made-up one is taken for a place in this stream.
std::string FormatCursor(const UpdateCursor& cursor, const UpdateFilter& filter);
Result<UpdateCursor> ParseCursor(const std::string& text, const UpdateFilter& filter);

}  // namespace kimberlite::feed
