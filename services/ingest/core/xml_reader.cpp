#include "services/ingest/core/xml_reader.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "libs/base/text.h"
#include "services/ingest/core/url.h"
#include "services/ingest/core/xml_repair.h"

namespace kimberlite::ingest {
namespace {

constexpr int kMaxDepth = 100;
constexpr int kMaxNodes = 20'000;    // of one item, or of the feed without its items
constexpr int kMaxNamespaces = 128;  // declared by the elements that are open; each name is looked for among them
constexpr int kMaxRestarts = 200;
constexpr std::size_t kMaxWarnings = 20;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Space SpaceOfUri(std::string_view uri) {
  // Written with https, in capitals, or without the last slash, it still means the same vocabulary.
  std::string name = Lower(TrimAscii(uri));
  if (name.starts_with("https://")) name.erase(4, 1);
  while (name.ends_with('/') || name.ends_with('#')) name.pop_back();
  static constexpr std::pair<std::string_view, Space> kUris[] = {
      {"http://www.w3.org/2005/atom", Space::kAtom},
      {"http://purl.org/atom/ns", Space::kAtom},
      {"http://purl.org/rss/1.0/modules/content", Space::kContent},
      {"http://purl.org/dc/elements/1.1", Space::kDc},
      {"http://purl.org/dc/elements/1.0", Space::kDc},
      {"http://purl.org/dc/terms", Space::kDcTerms},
      {"http://search.yahoo.com/mrss", Space::kMedia},
      {"http://www.itunes.com/dtds/podcast-1.0.dtd", Space::kItunes},
      {"http://rssnamespace.org/feedburner/ext/1.0", Space::kFeedburner},
      {"http://www.w3.org/1999/xhtml", Space::kXhtml},
      {"http://www.w3.org/xml/1998/namespace", Space::kXml},
      {"http://www.w3.org/1999/02/22-rdf-syntax-ns", Space::kRdf},
      {"http://purl.org/rss/1.0", Space::kRss},
      {"http://my.netscape.com/rdf/simple/0.9", Space::kRss},
      {"http://channel.netscape.com/rdf/simple/0.9", Space::kRss},
      {"http://purl.org/net/rss1.1", Space::kRss},
      {"http://backend.userland.com/rss", Space::kNone},
      {"http://backend.userland.com/rss2", Space::kNone},
      {"http://blogs.law.harvard.edu/tech/rss", Space::kNone},
      {"http://my.netscape.com/publish/formats/rss-0.91.dtd", Space::kNone},
  };
  for (const auto& [known, space] : kUris) {
    if (name == known) return space;
  }
  return Space::kOther;
}

Space SpaceOfPrefix(std::string_view prefix) {
  static constexpr std::pair<std::string_view, Space> kPrefixes[] = {
      {"atom", Space::kAtom},       {"atom10", Space::kAtom},
      {"content", Space::kContent}, {"dc", Space::kDc},
      {"dcterms", Space::kDcTerms}, {"media", Space::kMedia},
      {"itunes", Space::kItunes},   {"feedburner", Space::kFeedburner},
      {"xhtml", Space::kXhtml},     {"rdf", Space::kRdf},
      {"xml", Space::kXml},
  };
  for (const auto& [known, space] : kPrefixes) {
    if (prefix == known) return space;
  }
  return Space::kOther;
}

std::string_view View(const xmlChar* text) { return text ? reinterpret_cast<const char*>(text) : std::string_view(); }

Space SpaceOf(const xmlChar* prefix, const xmlChar* uri) {
  if (uri) return SpaceOfUri(View(uri));
  return prefix ? SpaceOfPrefix(View(prefix)) : Space::kNone;
}

// In a value libxml2 leaves an ampersand in this form for a later pass of its own.
std::string AttributeValue(const xmlChar* begin, const xmlChar* end) {
  constexpr std::string_view kAmpersand = "&#38;";
  std::string value(reinterpret_cast<const char*>(begin), static_cast<std::size_t>(end - begin));
  for (std::size_t at = value.find(kAmpersand); at != std::string::npos; at = value.find(kAmpersand, at + 1)) {
    value.replace(at, kAmpersand.size(), "&");
  }
  return value;
}

// Bytes that libxml2 asks for piece by piece: a prologue, then the rest of the document.
struct Input {
  std::string_view pieces[2];
  const bool* done;  // ends the input early: the way to stop the parser from within any of its callbacks

  static int Read(void* context, char* buffer, int length) {
    Input& input = *static_cast<Input*>(context);
    if (*input.done) return 0;
    std::size_t copied = 0;
    for (std::string_view& piece : input.pieces) {
      const std::size_t size = std::min(piece.size(), static_cast<std::size_t>(length) - copied);
      std::memcpy(buffer + copied, piece.data(), size);
      piece.remove_prefix(size);
      copied += size;
    }
    return static_cast<int>(copied);
  }
};

struct ContextCloser {
  void operator()(xmlParserCtxt* context) const { xmlFreeParserCtxt(context); }
};

class Reader {
 public:
  Reader(std::string_view text, std::string_view url, const OnXmlItem& on_item)
      : repaired_(RepairXml(text)), text_(repaired_.text), url_(url), on_item_(on_item) {}

  Result<XmlDocument> Run() {
    if (repaired_.repaired) Warn("the XML is not well-formed");
    std::size_t from = 0;
    for (int restarts = 0; ParseFrom(from); ++restarts) {
      const std::size_t next = NextItem();
      if (next == std::string_view::npos || restarts == kMaxRestarts) {
        document_.truncated = true;
        break;
      }
      // The open elements above the items stay open; what was half read of the broken item goes.
      while (stack_.size() > prologue_.size()) Pop();
      from = next;
    }
    if (!has_root_)
      return Fail(Code::kInvalidArgument, document_.warnings.empty() ? "is empty" : document_.warnings.back());
    while (!stack_.empty()) Pop();
    return std::move(document_);
  }

 private:
  // True when it ended with an error after which another item may follow.
  bool ParseFrom(std::size_t from) {
    std::string prologue;
    if (from != 0) {
      for (const std::string& tag : prologue_) prologue += tag;
    }
    replayed_ = from != 0 ? prologue_.size() : 0;
    input_begin_ = from;
    prologue_bytes_ = prologue.size();
    failed_ = done_ = false;
    namespaces_.clear();
    open_namespaces_ = 0;
    Input input{{prologue, text_.substr(from)}, &done_};
    xmlSAXHandler sax{};
    sax.initialized = XML_SAX2_MAGIC;
    sax.startElementNs = &OnStart;
    sax.endElementNs = &OnEnd;
    sax.characters = &OnText;
    sax.ignorableWhitespace = &OnText;
    sax.cdataBlock = &OnText;
    sax.serror = &OnError;
    const std::unique_ptr<xmlParserCtxt, ContextCloser> context(
        xmlCreateIOParserCtxt(&sax, this, &Input::Read, nullptr, &input, XML_CHAR_ENCODING_UTF8));
    if (!context) {
      Warn("out of memory");
      return false;
    }
    xmlCtxtUseOptions(context.get(), XML_PARSE_NONET);
    context_ = context.get();
    xmlParseDocument(context_);
    context_ = nullptr;
    // After the root's end nothing of the feed can follow.
    return failed_ && has_root_ && !stack_.empty();
  }

  // Where the parser stands in text_.
  std::size_t Offset() const {
    const long consumed = xmlByteConsumed(context_);
    const std::size_t at =
        consumed < static_cast<long>(prologue_bytes_) ? 0 : static_cast<std::size_t>(consumed) - prologue_bytes_;
    return std::min(input_begin_ + at, text_.size());
  }

  // Where the next item begins: after the tag of the broken one, or after the error.
  std::size_t NextItem() {
    if (item_tag_.empty()) {
      // Broken before the first item.
      item_tag_ = document_.root.name == "feed" ? "entry" : "item";
      prologue_ = open_tags_;
      prologue_.resize(std::min<std::size_t>(prologue_.size(), item_tag_ == "entry" ? 1 : 2));
    }
    std::size_t at = item_depth_ > 0 ? item_at_ : error_at_;
    while (true) {
      at = text_.find('<', at);
      if (at == std::string_view::npos) return at;
      const std::string_view rest = text_.substr(at);
      if (rest.starts_with("<![CDATA[")) {
        at = text_.find("]]>", at);
        if (at == std::string_view::npos) return at;
      } else if (rest.substr(1).starts_with(item_tag_) && rest.size() > item_tag_.size() + 1 &&
                 std::string_view(" \t\r\n>/").contains(rest[item_tag_.size() + 1])) {
        return at;
      }
      ++at;
    }
  }

  void Warn(std::string sentence) {
    if (document_.warnings.size() < kMaxWarnings) document_.warnings.push_back(std::move(sentence));
  }

  bool IsItem(const XmlNode& node) const {
    if (stack_.empty() || item_depth_ > 0) return false;
    const XmlNode& parent = *stack_.back();
    if (node.name == "item") {
      return (node.space == Space::kNone || node.space == Space::kRss) &&
             (parent.name == "channel" || parent.name == "RDF" || parent.name == "rss");
    }
    return node.Is(Space::kAtom, "entry") && parent.name == "feed";
  }

  void Start(XmlNode node, std::string qualified_name) {
    if (replayed_ > 0) {
      --replayed_;
      return;
    }
    if (skipped_ > 0 || static_cast<int>(stack_.size()) >= kMaxDepth || nodes_ >= kMaxNodes) {
      if (skipped_++ == 0) document_.truncated = true;
      return;
    }
    if (!has_root_) {
      has_root_ = true;
      node.base = url_;
      if (node.space == Space::kNone && node.name == "feed") default_space_ = Space::kAtom;
    } else if (stack_.empty()) {
      ++skipped_;
      return;
    }
    if (!stack_.empty()) {
      node.base = stack_.back()->base;
      if (node.language.empty()) node.language = stack_.back()->language;
    }
    for (const XmlAttribute& attribute : node.attributes) {
      if (attribute.space != Space::kXml || attribute.name != "base") continue;
      if (const std::string base = AbsoluteUrl(node.base, attribute.value); !base.empty()) node.base = base;
    }
    if (node.space == Space::kNone) node.space = default_space_;
    ++nodes_;
    if (IsItem(node)) {
      item_depth_ = stack_.size() + 1;
      item_at_ = Offset();
      item_tag_ = std::move(qualified_name);
      // Of the feed's tags only those that are open around items are needed to begin anew.
      prologue_ = open_tags_;
      feed_nodes_ = nodes_;
      nodes_ = 0;
    } else if (item_depth_ == 0) {
      const std::size_t end = Offset();
      const std::size_t begin = text_.rfind('<', end == text_.size() ? end - 1 : end);
      open_tags_.push_back(begin == std::string_view::npos ? "" : std::string(text_.substr(begin, end - begin)) + ">");
    }
    if (stack_.empty()) {
      document_.root = std::move(node);
      stack_.push_back(&document_.root);
    } else {
      stack_.back()->children.push_back(std::move(node));
      stack_.push_back(&stack_.back()->children.back());
    }
  }

  void End() {
    if (done_) return;
    if (skipped_ > 0) {
      --skipped_;
      return;
    }
    if (stack_.empty()) return;
    if (item_depth_ == stack_.size()) {
      const XmlNode item = std::move(*stack_.back());
      Pop();
      if (!on_item_(document_.root, item)) {
        document_.truncated = true;
        done_ = true;
      }
      return;
    }
    Pop();
  }

  // Closes the innermost element. An item is handed on, so it does not stay.
  void Pop() {
    const bool item = item_depth_ == stack_.size();
    if (item_depth_ == 0 && !open_tags_.empty()) open_tags_.pop_back();
    stack_.pop_back();
    skipped_ = 0;
    if (item) {
      stack_.back()->children.pop_back();
      item_depth_ = 0;
      nodes_ = feed_nodes_ - 1;
    }
  }

  void Text(std::string_view text) {
    if (done_ || skipped_ > 0 || stack_.empty() || replayed_ > 0) return;
    auto& children = stack_.back()->children;
    if (children.empty() || !children.back().name.empty()) {
      // Between the elements of the feed itself only white space stands.
      if (item_depth_ == 0 && TrimAscii(text).empty()) return;
      if (nodes_ >= kMaxNodes) return;
      ++nodes_;
      children.emplace_back();
    }
    children.back().text += text;
  }

  static void OnStart(void* user, const xmlChar* name, const xmlChar* prefix, const xmlChar* uri, int namespaces,
                      const xmlChar**, int count, int, const xmlChar** attributes) {
    Reader& reader = *static_cast<Reader*>(user);
    reader.namespaces_.push_back(namespaces);
    reader.open_namespaces_ += namespaces;
    if (reader.open_namespaces_ > kMaxNamespaces && !reader.done_) {
      reader.document_.truncated = reader.done_ = true;
      reader.Warn("too many XML namespaces");
    }
    if (reader.done_) return;
    XmlNode node;
    node.space = SpaceOf(prefix, uri);
    node.name = View(name);
    node.attributes.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i, attributes += 5) {
      const Space space = attributes[1] ? SpaceOf(attributes[1], attributes[2]) : Space::kNone;
      node.attributes.push_back(
          {space, std::string(View(attributes[0])), AttributeValue(attributes[3], attributes[4])});
      if (space == Space::kXml && node.attributes.back().name == "lang")
        node.language = TrimAscii(node.attributes.back().value);
    }
    std::string qualified = prefix ? std::string(View(prefix)) + ":" : std::string();
    qualified += View(name);
    reader.Start(std::move(node), std::move(qualified));
  }
  static void OnEnd(void* user, const xmlChar*, const xmlChar*, const xmlChar*) {
    Reader& reader = *static_cast<Reader*>(user);
    reader.open_namespaces_ -= reader.namespaces_.back();
    reader.namespaces_.pop_back();
    reader.End();
  }
  static void OnText(void* user, const xmlChar* text, int length) {
    static_cast<Reader*>(user)->Text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
  }
  // const in newer versions of libxml2 only.
#if LIBXML_VERSION >= 21200
  static void OnError(void* user, const xmlError* error) {
#else
  static void OnError(void* user, xmlError* error) {
#endif
    Reader& reader = *static_cast<Reader*>(user);
    if (!error || error->level != XML_ERR_FATAL || reader.done_) return;
    reader.failed_ = reader.done_ = true;
    reader.error_at_ = reader.Offset();
    std::string message = error->message ? std::string(TrimAscii(error->message)) : "XML error";
    reader.Warn("line " + std::to_string(error->line) + (reader.input_begin_ != 0 ? " after a restart: " : ": ") +
                message);
  }

  RepairedXml repaired_;
  std::string_view text_;
  std::string_view url_;
  const OnXmlItem& on_item_;
  XmlDocument document_;

  std::vector<XmlNode*> stack_;         // open elements, the root first
  std::vector<std::string> open_tags_;  // start tags of the open elements outside items
  std::size_t item_depth_ = 0;          // of the open item in stack_, from 1; 0: none is open
  int skipped_ = 0;                     // open elements beyond a limit
  int nodes_ = 0;                       // of the open item, or of the feed
  int feed_nodes_ = 0;
  std::vector<int> namespaces_;  // declared by each element that the parser has open
  int open_namespaces_ = 0;      // their sum
  bool has_root_ = false;
  Space default_space_ = Space::kNone;  // of elements without a namespace: Atom's when <feed> itself has none

  // For beginning anew after an error.
  xmlParserCtxt* context_ = nullptr;
  std::vector<std::string> prologue_;
  std::string item_tag_;     // qualified name of items
  std::size_t item_at_ = 0;  // end of the last item's start tag in text_
  std::size_t error_at_ = 0;
  std::size_t input_begin_ = 0;  // of this pass, in text_
  std::size_t prologue_bytes_ = 0;
  std::size_t replayed_ = 0;  // start tags of the prologue that are still to come
  bool failed_ = false;
  bool done_ = false;  // nothing more is taken from this pass
};

void AppendText(const XmlNode& node, std::string& text) {
  text += node.text;
  for (const XmlNode& child : node.children) AppendText(child, text);
}

}  // namespace

std::string_view XmlNode::Attribute(std::string_view wanted) const {
  for (const XmlAttribute& attribute : attributes) {
    if (attribute.space == Space::kNone && attribute.name == wanted) return attribute.value;
  }
  return {};
}

std::string XmlNode::Text() const {
  std::string text;
  AppendText(*this, text);
  return text;
}

bool XmlNode::HasElements() const {
  return std::ranges::any_of(children, [](const XmlNode& child) { return !child.name.empty(); });
}

Result<XmlDocument> ReadXml(std::string_view text, std::string_view url, const OnXmlItem& on_item) {
  static const bool initialised = (xmlInitParser(), true);
  (void)initialised;
  return Reader(text, url, on_item).Run();
}

}  // namespace kimberlite::ingest
