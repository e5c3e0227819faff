// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "service/config/source_text.h"

namespace console_policy::config {
namespace {

// Whether the scalar at the start of `text`, if it is in quotes, has its closing one: yaml-cpp lets
// the end of the text close it.
bool quotes_closed(std::string_view text) {
  if (text.empty() || (text.front() != '\'' && text.front() != '"')) return true;
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || text.substr(i + 1, 1) != "'") return true;
      ++i;
    }
  }
  return false;
}

// Builds the tree from the parser's events. Events, not YAML::Node: they carry the place of every
// key and show anchors, aliases and repeated keys, which the node tree hides. The first fault
// stands; later events are passed over, because a handler can stop the parser only by throwing.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  const std::optional<Fault>& fault() const { return fault_; }
  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override { ++documents_; }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (!accept(mark, {}, anchor)) return;
    Node node;
    node.offset = offset_of_parent(mark);
    place(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(offset_of(mark), "aliases are not accepted; write the value out");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!accept(mark, tag, anchor)) return;
    if (!quotes_closed(text_.substr(std::min(offset_of(mark), text_.size())))) {
      return refuse(offset_of(mark), "not YAML: a quote that is not closed");
    }
    Node node;
    node.kind = tag == "?" ? NodeKind::plain : NodeKind::quoted;
    node.offset = offset_of(mark);
    node.text = value;
    place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, NodeKind::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, NodeKind::mapping);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or mapping that has not ended yet; in a mapping, the key whose value comes next.
  struct Open {
    Node node;
    std::optional<Member> awaiting_value;
  };

  static std::size_t offset_of(const YAML::Mark& mark) {
    return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
  }

  void refuse(std::size_t offset, std::string what) {
    if (!fault_) fault_ = Fault{offset, std::move(what)};
  }

  bool starts_with(const YAML::Mark& mark, std::string_view expected) const {
    return offset_of(mark) < text_.size() &&
           text_.substr(offset_of(mark), expected.size()) == expected;
  }

  // The parser gives a value that is not there the place of whatever follows it.
  std::size_t offset_of_parent(const YAML::Mark& mark) const {
    if (open_.empty()) return offset_of(mark);
    const Open& parent = open_.back();
    return parent.awaiting_value ? parent.awaiting_value->offset : parent.node.offset;
  }

  bool accept(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (fault_) return false;
    const bool plain_or_quoted = tag.empty() || tag == "?" || tag == "!";
    if (documents_ > 1) {
      refuse(offset_of(mark), "a second document, or text after the end of the first; one is read");
    } else if (anchor != YAML::NullAnchor || starts_with(mark, "&")) {
      refuse(offset_of(mark), "anchors are not accepted; write the value out");
    } else if (!plain_or_quoted || starts_with(mark, "!")) {
      refuse(offset_of(mark), "tags are not accepted; put text that begins with '!' in quotes");
    } else if (++nodes_ > max_yaml_nodes) {
      refuse(offset_of(mark), "more than " + std::to_string(max_yaml_nodes) + " values");
    }
    return !fault_;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, NodeKind kind) {
    if (!accept(mark, tag, anchor)) return;
    if (open_.size() == max_yaml_depth) {
      return refuse(offset_of(mark),
                    "nested deeper than " + std::to_string(max_yaml_depth) + " levels");
    }
    Open opened;
    opened.node.kind = kind;
    opened.node.offset = offset_of(mark);
    open_.push_back(std::move(opened));
  }

  void close() {
    if (fault_ || open_.empty()) return;
    Node node = std::move(open_.back().node);
    open_.pop_back();
    place(std::move(node));
  }

  void place(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == NodeKind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.awaiting_value) {
      parent.awaiting_value->value = std::move(node);
      parent.node.members.push_back(std::move(*parent.awaiting_value));
      parent.awaiting_value.reset();
    } else if (node.kind == NodeKind::plain || node.kind == NodeKind::quoted) {
      parent.awaiting_value = Member{std::move(node.text), node.offset, {}};
    } else {
      refuse(node.offset, "a key must be text");
    }
  }

  std::string_view text_;
  std::optional<Fault> fault_;
  std::size_t documents_{0};
  std::size_t nodes_{0};
  std::vector<Open> open_;
  Node root_;
};

std::optional<Fault> parse_into(TreeBuilder& builder, const std::string& text) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (!builder.fault() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& exception) {
    if (builder.fault()) return builder.fault();
    const std::size_t offset =
        exception.mark.is_null() ? 0 : static_cast<std::size_t>(exception.mark.pos);
    return Fault{offset, "not YAML: " + exception.msg};
  } catch (const std::exception& exception) {
    return Fault{0, std::string("cannot be read as YAML: ") + exception.what()};
  }
  return builder.fault();
}

}  // namespace

Error error_at(const Document& document, std::size_t offset, std::string_view what) {
  const Position position = position_at(document.text, offset);
  return invalid_request(document.name + ":" + std::to_string(position.line) + ":" +
                         std::to_string(position.column) + ": " + std::string(what));
}

Result<Document> parse_yaml(std::string name, std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.substr(0, byte_order_mark.size()) == byte_order_mark) {
    text.remove_prefix(byte_order_mark.size());
  }
  Document document{std::move(name), std::string(text), {}};
  std::optional<Fault> fault = find_fault(document.text);
  if (fault) return error_at(document, fault->offset, fault->what);
  TreeBuilder builder(document.text);
  fault = parse_into(builder, document.text);
  if (fault) return error_at(document, fault->offset, fault->what);
  document.root = builder.take_root();
  return document;
}

}  // namespace console_policy::config
