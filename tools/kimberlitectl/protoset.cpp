#include "tools/kimberlitectl/protoset.h"

// The assembler copies the file, whose path the build gives; an array in source form would take seconds to compile.
asm(R"(
.section .rodata
.global kimberlite_protoset_begin
.global kimberlite_protoset_end
kimberlite_protoset_begin:
.incbin ")" KIMBERLITE_PROTOSET R"("
kimberlite_protoset_end:
.byte 0
.previous
)");

extern "C" const char kimberlite_protoset_begin[];
extern "C" const char kimberlite_protoset_end[];

namespace kimberlite::ctl {

std::string_view Protoset() {
  return {kimberlite_protoset_begin, static_cast<std::size_t>(kimberlite_protoset_end - kimberlite_protoset_begin)};
}

}  // namespace kimberlite::ctl
