#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "libs/http/request_head.h"

namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

bool Within(std::string_view part, const std::string& whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

// Whatever comes: nothing is read outside of the bytes, what is taken is unambiguous, and the same bytes give the same
// answer however they are cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kimberlite::http;
  constexpr std::size_t kMaxBytes = 4096;
  const std::string original(reinterpret_cast<const char*>(data), size);

  std::string bytes = original;
  RequestHead head;
  std::size_t scanned = 0;
  const HeadResult whole = ReadHead(bytes.data(), bytes.size(), kMaxBytes, scanned, head);
  Require(whole.size <= size && whole.size <= kMaxBytes, "the size of a head");
  Require(whole.size == 0 || whole.refusal.status == 0, "taken or refused");
  if (whole.size > 0) {
    Require(head.target.starts_with('/') && head.target.find_first_of("\r\n \t#") == std::string_view::npos, "target");
    Require(head.method == (head.is_head ? "HEAD" : "GET"), "method");
    Require((head.target == "/" || Within(head.target, bytes)) && Within(head.method, bytes), "bounds");
    int hosts = 0;
    for (std::size_t i = 0; i < head.field_count; ++i) {
      const Field& field = head.fields[i];
      Require(Within(field.name, bytes) && Within(field.value, bytes) && !field.name.empty(), "bounds of a field");
      Require(field.name.find_first_of(" \t:\r\nABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos, "name");
      for (const char c : field.value) {
        Require((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t', "value");
      }
      hosts += field.name == "host";
      Require(field.name != "transfer-encoding", "a body");
    }
    Require(hosts <= 1, "hosts");
  }

  // The same in two pieces.
  std::string pieces = original;
  std::size_t scanned_pieces = 0;
  RequestHead again;
  const std::size_t cut = size == 0 ? 0 : data[size / 2] % (size + 1);
  HeadResult result = ReadHead(pieces.data(), cut, kMaxBytes, scanned_pieces, again);
  if (result.size == 0 && result.refusal.status == 0) {
    result = ReadHead(pieces.data(), pieces.size(), kMaxBytes, scanned_pieces, again);
  }
  Require(result.size == whole.size, "the same however it is cut");
  // What is refused may be refused earlier, for what is wrong first.
  Require((result.refusal.status != 0) == (whole.refusal.status != 0), "refused however it is cut");
  return 0;
}
