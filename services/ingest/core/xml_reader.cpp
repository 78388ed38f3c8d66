#include "services/ingest/core/xml_reader.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "libs/base/text.h"
#include "services/ingest/core/url.h"
#include "services/ingest/core/xml_scanner.h"
#include "services/ingest/core/xml_space.h"

namespace kimberlite::ingest {
namespace {

constexpr std::size_t kMaxDepth = 100;
constexpr int kMaxNodes = 20'000;  // of one item, or of the feed without its items
constexpr std::size_t kMaxNamespaces =
    128;  // declared by the elements that are open; each name is looked for among them
constexpr std::size_t kItemMemory = 64 * 1024;

bool HasUpper(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameNoCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return Lower(x) == Lower(y); });
}

bool IsBlank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
}

// Characters that XML forbids, and line ends that it has as "\n": eight bytes at a time, since nearly none have any.
bool NeedsMending(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if (((word - kOnes * 0x20) & ~word & kHighs) == 0) continue;
    if (std::ranges::any_of(text.substr(at, 8), bad)) return true;
  }
  return std::ranges::any_of(text.substr(at), bad);
}

std::string Mend(std::string_view text, bool& forbidden) {
  std::string mended;
  mended.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') {
      mended += c;
    } else if (c == '\r') {
      if (i + 1 == text.size() || text[i + 1] != '\n') mended += '\n';
    } else {
      forbidden = true;
    }
  }
  return mended;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view url, const OnXmlItem* on_item, int max_nodes)
      : url_(url), on_item_(on_item), max_nodes_(max_nodes), text_(Prepare(text)), scanner_(text_) {}

  Result<XmlDocument> Run() {
    XmlToken token;
    while (!done_ && scanner_.Next(token)) {
      switch (token.kind) {
        case XmlToken::Kind::kText: Text(token.text, true); break;
        case XmlToken::Kind::kCData: Text(token.text, false); break;
        case XmlToken::Kind::kStart: StartTag(token); break;
        case XmlToken::Kind::kEnd: EndTag(token.text); break;
      }
    }
    if (!document_.root) return Fail(Code::kInvalidArgument, "it holds no element");
    if (!done_) Finish();
    Warn();
    return std::move(document_);
  }

 private:
  struct Open {
    XmlNode* node;
    std::string_view name;   // qualified, as written
    std::size_t namespaces;  // bound outside of it
  };
  struct Binding {
    std::string_view prefix;
    Space space;
  };

  std::string_view Prepare(std::string_view text) {
    document_.memory = std::make_unique<std::pmr::monotonic_buffer_resource>(4096);
    if (!NeedsMending(text)) return text;
    document_.mended = std::make_unique<std::string>(Mend(text, forbidden_));
    return *document_.mended;
  }

  // --- memory

  std::pmr::memory_resource& memory() { return item_depth_ > 0 ? item_memory_ : *document_.memory; }

  std::string_view Keep(std::string_view text) {
    if (text.empty()) return {};
    auto* copy = static_cast<char*>(memory().allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  std::string_view LowerCase(std::string_view text) {
    if (!HasUpper(text)) return text;
    const std::string_view lower = Keep(text);
    std::ranges::transform(lower, const_cast<char*>(lower.data()), Lower);
    return lower;
  }

  XmlNode* NewNode() { return new (memory().allocate(sizeof(XmlNode), alignof(XmlNode))) XmlNode; }

  // --- names

  Space SpaceOfName(std::string_view prefix, bool element) const {
    if (prefix.empty() && !element) return Space::kNone;  // attributes have no default namespace
    for (std::size_t i = bindings_.size(); i-- > 0;) {
      if (bindings_[i].prefix == prefix) return bindings_[i].space;
    }
    return prefix.empty() ? Space::kNone : SpaceOfPrefix(prefix);
  }

  static std::pair<std::string_view, std::string_view> SplitName(std::string_view name) {
    const std::size_t colon = name.find(':');
    if (colon == std::string_view::npos || colon + 1 == name.size()) return {{}, name};
    return {name.substr(0, colon), name.substr(colon + 1)};
  }

  std::string_view Value(std::string_view raw) {
    if (raw.find('&') == std::string_view::npos) return raw;
    scratch_.clear();
    if (const std::string_view problem = AppendXmlText(scratch_, raw); !problem.empty()) scanner_.Report(problem);
    return Keep(scratch_);
  }

  // False when there are too many.
  bool BindNamespaces(bool root) {
    for (const RawAttribute& attribute : scanner_.attributes()) {
      if (!attribute.name.starts_with("xmlns")) continue;
      const bool is_default = attribute.name.size() == 5;
      if (!is_default && attribute.name[5] != ':') continue;
      if (bindings_.size() == kMaxNamespaces) return false;
      Space space = SpaceOfUri(Value(attribute.value));
      // A feed of a vocabulary that nobody knows is read as one without.
      if (root && is_default && space == Space::kOther) space = Space::kNone;
      bindings_.push_back({is_default ? std::string_view() : attribute.name.substr(6), space});
    }
    return true;
  }

  // --- structure

  static bool HoldsItems(std::string_view parent, std::string_view item) {
    if (item == "entry") return parent == "feed" || parent == "channel";
    return parent == "channel" || parent == "rdf" || parent == "rss" || parent == "items";
  }

  // How many of the open elements are around an item that begins here; 0 when it is no item. Elements of the feed that
  // were never closed do not hide the items behind them.
  std::size_t DepthOfItem(const XmlNode& node) const {
    const bool item = node.name == "item" && (node.space == Space::kNone || node.space == Space::kRss);
    const bool entry = node.name == "entry" && (node.space == Space::kNone || node.space == Space::kAtom);
    if (!on_item_ || item_depth_ > 0 || !(item || entry)) return 0;
    for (std::size_t i = stack_.size(); i-- > 0;) {
      const XmlNode& open = *stack_[i].node;
      if (HoldsItems(open.name, node.name)) return i + 1;
      if (open.space != Space::kNone && open.space != Space::kRss && open.space != Space::kAtom) return 0;
    }
    return 0;
  }

  // An item that begins within another one, but for an Atom entry as another's content.
  bool BeginsNextItem(const XmlNode& node) const {
    if (item_depth_ == 0) return false;
    const XmlNode& item = *stack_[item_depth_ - 1].node;
    if (node.name != item.name || node.space != item.space) return false;
    return std::none_of(stack_.begin() + static_cast<std::ptrdiff_t>(item_depth_), stack_.end(),
                        [](const Open& open) { return open.node->Is(Space::kAtom, "content"); });
  }

  void StartTag(const XmlToken& token) {
    Flush();
    if (document_.root && stack_.empty()) {
      if (!AdoptRoot(token)) return;
    }
    std::size_t bound = bindings_.size();
    if (!BindNamespaces(stack_.empty())) {
      document_.truncated = true;
      document_.warnings.emplace_back("too many XML namespaces");
      done_ = true;
      return;
    }
    const auto [prefix, local] = SplitName(token.text);
    XmlNode node;
    node.space = SpaceOfName(prefix, true);
    node.name = LowerCase(local);
    if (node.space == Space::kNone && prefix.empty()) node.space = default_space_;
    if (BeginsNextItem(node)) {
      scanner_.Report("an item that is never closed");
      PopTo(item_depth_ - 1);
      if (done_) return;
      bound = bindings_.size();
      BindNamespaces(false);
      node.name = LowerCase(local);  // the item's memory is gone
    }
    const std::size_t around = DepthOfItem(node);
    if (around > 0 && around < stack_.size()) {
      scanner_.Report("an element that is never closed");
      PopTo(around);
      bound = bindings_.size();
      BindNamespaces(false);
    }
    if (skipped_ > 0 || stack_.size() >= kMaxDepth || (nodes_ >= max_nodes_ && around == 0)) {
      document_.truncated = true;
      bindings_.resize(bound);
      if (!token.empty) ++skipped_;
      return;
    }
    Push(node, token, bound, around > 0);
    if (token.empty) PopTo(stack_.size() - 1);
  }

  void Push(XmlNode node, const XmlToken& token, std::size_t bound, bool item) {
    if (item) {
      item_depth_ = stack_.size() + 1;
      feed_nodes_ = std::exchange(nodes_, 0);
      node.name = LowerCase(node.name);
    }
    ++nodes_;
    if (stack_.empty()) {
      node.base = Keep(url_);
      if (node.space == Space::kNone && (node.name == "feed" || node.name == "entry")) {
        default_space_ = node.space = Space::kAtom;
      }
    } else {
      node.base = stack_.back().node->base;
      node.language = stack_.back().node->language;
    }
    ReadAttributes(node);
    XmlNode* placed = NewNode();
    *placed = node;
    if (stack_.empty()) {
      document_.root = placed;
      root_ = placed;
    } else if (!item) {
      Append(*stack_.back().node, placed);
    }
    stack_.push_back({placed, token.text, bound});
    scanner_.set_open_element(token.text);
  }

  static void Append(XmlNode& parent, XmlNode* child) {
    (parent.last_child ? parent.last_child->next : parent.first_child) = child;
    parent.last_child = child;
  }

  void ReadAttributes(XmlNode& node) {
    const std::vector<RawAttribute>& raw = scanner_.attributes();
    if (raw.empty()) return;
    auto* attributes =
        static_cast<XmlAttribute*>(memory().allocate(raw.size() * sizeof(XmlAttribute), alignof(XmlAttribute)));
    std::size_t count = 0;
    for (const RawAttribute& attribute : raw) {
      const auto [prefix, local] = SplitName(attribute.name);
      if (prefix == "xmlns" || attribute.name == "xmlns") continue;
      const Space space = SpaceOfName(prefix, false);
      const std::string_view value = Value(attribute.value);
      new (&attributes[count++]) XmlAttribute{space, LowerCase(local), value};
      if (space != Space::kXml) continue;
      if (local == "lang") node.language = TrimAscii(value);
      if (local == "base") {
        if (const std::string base = AbsoluteUrl(node.base, value); !base.empty()) node.base = Keep(base);
      }
    }
    node.attributes = {attributes, count};
  }

  void EndTag(std::string_view name) {
    Flush();
    if (stack_.empty()) return;
    if (skipped_ > 0) {
      // Only the end of the item, or of what holds items, ends what is skipped at once.
      const std::size_t found = FindOpen(name);
      const std::size_t structure = item_depth_ > 0 ? item_depth_ : 1;
      if (found == 0 || found > structure) {
        --skipped_;
        return;
      }
      skipped_ = 0;
    }
    const std::size_t found = FindOpen(name);
    if (found == 0) {
      scanner_.Report("an end tag that nothing was opened for");
      return;
    }
    if (found != stack_.size()) scanner_.Report("an element that is never closed");
    PopTo(found - 1);
  }

  // How deep the innermost open element of the name stands; 0 when there is none.
  std::size_t FindOpen(std::string_view name) const {
    for (std::size_t i = stack_.size(); i-- > 0;) {
      if (stack_[i].name == name) return i + 1;
    }
    for (std::size_t i = stack_.size(); i-- > 0;) {
      if (SameNoCase(stack_[i].name, name)) return i + 1;
    }
    return 0;
  }

  void PopTo(std::size_t depth) {
    while (stack_.size() > depth) {
      const bool item = item_depth_ == stack_.size();
      if (item) HandOn(false);
      bindings_.resize(stack_.back().namespaces);
      stack_.pop_back();
      skipped_ = 0;
      if (item) EndItem();
      if (done_) return;
    }
    scanner_.set_open_element(stack_.empty() ? std::string_view() : stack_.back().name);
  }

  void HandOn(bool cut) {
    if ((*on_item_)(*root_, *stack_[item_depth_ - 1].node, cut)) return;
    document_.truncated = true;
    done_ = true;
  }

  void EndItem() {
    item_depth_ = 0;
    nodes_ = feed_nodes_;
    item_memory_.release();
  }

  // --- text

  void Text(std::string_view text, bool references) {
    if (stack_.empty()) {
      if (!IsBlank(text)) scanner_.Report("text outside of the document's element");
      return;
    }
    if (skipped_ > 0) return;
    if (references && text.find('&') == std::string_view::npos) references = false;
    if (!has_text_ && !references) {
      if (stack_.size() <= std::max<std::size_t>(item_depth_, 2) && IsBlank(text)) return;
      text_view_ = text;
      has_text_ = true;
      owned_ = false;
      return;
    }
    if (!has_text_) {
      text_buffer_.clear();
    } else if (!owned_) {
      text_buffer_ = text_view_;
    }
    has_text_ = owned_ = true;
    if (!references) {
      text_buffer_ += text;
    } else if (const std::string_view problem = AppendXmlText(text_buffer_, text); !problem.empty()) {
      scanner_.Report(problem);
    }
  }

  void Flush() {
    if (!has_text_) return;
    has_text_ = false;
    if (nodes_ >= max_nodes_) {
      document_.truncated = true;
      return;
    }
    ++nodes_;
    XmlNode* node = NewNode();
    node->text = owned_ ? Keep(text_buffer_) : text_view_;
    Append(*stack_.back().node, node);
  }

  // --- beginning and end

  // After the root: another one, where the first was junk in front of a feed. False: what follows is not read.
  bool AdoptRoot(const XmlToken& token) {
    if (!on_item_) return false;
    const auto is_feed = [](std::string_view name) {
      return name == "rss" || name == "rdf" || name == "feed" || name == "channel";
    };
    if (is_feed(root_->name) || root_->name == "html" || root_->name == "entry") {
      scanner_.Report("something after the end of the document");
      return false;
    }
    std::string name(SplitName(token.text).second);
    std::ranges::transform(name, name.begin(), Lower);
    scanner_.Report("something before the feed");
    return is_feed(name);
  }

  void Finish() {
    Flush();
    if (stack_.empty()) return;
    scanner_.Report("the document ends before its elements do");
    if (item_depth_ > 0) {
      DropHalfRead();
      HandOn(true);
    }
  }

  // What was half read may be wrong; only text that people read is better than nothing.
  void DropHalfRead() {
    constexpr std::string_view kText[] = {"title", "description", "summary", "content", "encoded", "body", "div"};
    if (stack_.size() <= item_depth_) return;
    XmlNode* child = stack_[item_depth_].node;
    const bool whole = std::ranges::find(kText, child->name) != std::end(kText);
    if (!whole) {
      child->name = "cut";
      child->space = Space::kOther;
    }
  }

  void Warn() {
    if (forbidden_) document_.warnings.emplace_back("the XML holds characters that XML forbids; they were dropped");
    if (scanner_.problem().empty()) return;
    const auto line = 1 + std::ranges::count(text_.substr(0, scanner_.problem_at()), '\n');
    document_.warnings.push_back("the XML is not well-formed: " + std::string(scanner_.problem()) + " in line " +
                                 std::to_string(line));
  }

  XmlDocument document_;
  XmlNode* root_ = nullptr;
  std::string_view url_;
  const OnXmlItem* on_item_;
  const int max_nodes_;
  bool forbidden_ = false;
  std::string_view text_;
  XmlScanner scanner_;

  std::vector<Open> stack_;
  std::vector<Binding> bindings_;
  std::size_t item_depth_ = 0;  // the size of the stack with the item on top; 0: in none
  int nodes_ = 0;
  int feed_nodes_ = 0;
  int skipped_ = 0;  // open elements within one that is left out
  bool done_ = false;
  Space default_space_ = Space::kNone;  // of elements without a namespace

  // Text that goes on in pieces: the first as a view, more than one in the buffer.
  bool has_text_ = false;
  bool owned_ = false;
  std::string_view text_view_;
  std::string text_buffer_;
  std::string scratch_;

  std::vector<std::byte> item_buffer_ = std::vector<std::byte>(kItemMemory);
  std::pmr::monotonic_buffer_resource item_memory_{item_buffer_.data(), item_buffer_.size()};
};

}  // namespace

Result<XmlDocument> ReadXml(std::string_view text, std::string_view url, const OnXmlItem& on_item) {
  return Reader(text, url, &on_item, kMaxNodes).Run();
}

Result<XmlDocument> ReadXmlTree(std::string_view text, std::string_view url, int max_nodes) {
  return Reader(text, url, nullptr, max_nodes).Run();
}

}  // namespace kimberlite::ingest
