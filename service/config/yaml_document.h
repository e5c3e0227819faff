// SPDX-License-Identifier: Apache-2.0
// A YAML text as a tree of plain values: the one place that knows yaml-cpp.
//
// Contract: parse_yaml() takes one document. Refused: what find_fault() finds, what is not YAML, a
//           quote that is not closed (yaml-cpp lets it pass), a second document, anchors, aliases
//           and tags (so no node is ever met twice and no size can explode), keys that are not
//           text, more than max_yaml_nodes nodes, nesting deeper than max_yaml_depth. Repeated keys
//           are kept; YamlValue refuses them with their path. A text with nothing in it is a
//           document whose root is `nothing`.
// Errors:   invalid_request, "NAME:LINE:COLUMN: what is wrong".
// Threads:  values; free functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policies/result.h"

namespace console_policy::config {

inline constexpr std::size_t max_yaml_nodes = 50'000;
inline constexpr std::size_t max_yaml_depth = 16;

enum class NodeKind {
  nothing,  // no value, or null
  plain,    // a scalar without quotes: what it means depends on how it looks
  quoted,   // a scalar in quotes or in block style: text, whatever it looks like
  list,
  mapping,
};

struct Member;

struct Node {
  NodeKind kind{NodeKind::nothing};
  std::size_t offset{0};  // in Document::text; of `nothing`: of its key, or of the list it is in
  std::string text;       // of a scalar
  std::vector<Node> items;
  std::vector<Member> members;  // in the order of the file
};

struct Member {
  std::string key;
  std::size_t offset{0};  // the key's, in Document::text
  Node value;
};

struct Document {
  std::string name;  // of the file, for messages
  std::string text;
  Node root;
};

Result<Document> parse_yaml(std::string name, std::string_view text);

// "NAME:LINE:COLUMN: what"
Error error_at(const Document& document, std::size_t offset, std::string_view what);

}  // namespace console_policy::config
