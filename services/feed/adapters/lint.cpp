#include "services/feed/adapters/lint.h"

#include <libxml/parser.h>

#include <nlohmann/json.hpp>

#include "libs/telemetry/telemetry.h"

namespace kimberlite::feed {
namespace {

void Quiet(void*, const char*, ...) {}

// Where the document is no well-formed XML; empty when it is.
std::string XmlFlaw(std::string_view document) {
  xmlSAXHandler handler = {};  // nothing is kept: only whether it parses
  handler.initialized = XML_SAX2_MAGIC;
  handler.error = Quiet;
  handler.warning = Quiet;
  xmlParserCtxt* context =
      xmlCreatePushParserCtxt(&handler, nullptr, document.data(), static_cast<int>(document.size()), "feed.xml");
  if (!context) return "no memory to check it";
  xmlParseChunk(context, nullptr, 0, 1);
  std::string flaw;
  if (!context->wellFormed) {
    flaw = "is not well-formed XML: ";
    flaw += context->lastError.message ? context->lastError.message : "unknown";
    flaw += " at line " + std::to_string(context->lastError.line);
  }
  if (context->myDoc) xmlFreeDoc(context->myDoc);
  xmlFreeParserCtxt(context);
  return flaw;
}

Result<void> Refuse(std::string_view name, const std::string& flaw) {
  telemetry::Metrics::Counter("kimberlite_feed_documents_refused_total", "Documents that broke a rule of their format")
      .Add();
  telemetry::LogError("feed document refused", {{"document", name}, {"flaw", flaw}});
  return Fail(Code::kInternal, "the document " + std::string(name) + " was refused: " + flaw);
}

}  // namespace

Result<void> LintXml(std::string_view name, std::string_view document) {
  if (const std::string flaw = XmlFlaw(document); !flaw.empty()) return Refuse(name, flaw);
  return {};
}

Result<void> Lint(const FeedDocument& feed, v1::FeedFormat format, std::string_view document) {
  if (const std::string flaw = Flaw(feed); !flaw.empty()) return Refuse(feed.self_url, flaw);
  if (format != v1::FEED_FORMAT_JSON) return LintXml(feed.self_url, document);
  if (!nlohmann::json::accept(document)) return Refuse(feed.self_url, "is not well-formed JSON");
  return {};
}

}  // namespace kimberlite::feed
