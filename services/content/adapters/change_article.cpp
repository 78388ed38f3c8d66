#include "services/content/adapters/change_article.h"

#include "services/content/core/rules.h"

namespace kimberlite::content {

Result<void> NamingSection(const Result<void>& written, const std::string& section_id) {
  if (written || written.error().code() != Code::kFailedPrecondition ||
      written.error().message().find("articles_section_id_fkey") == std::string::npos) {
    return written;
  }
  return Fail(Error::Field(Code::kNotFound, "section_id", "section " + Quoted(section_id) + " does not exist"));
}

}  // namespace kimberlite::content
