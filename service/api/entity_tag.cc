// SPDX-License-Identifier: Apache-2.0
#include "service/api/entity_tag.h"

#include <algorithm>
#include <functional>
#include <string>

#include "policies/ascii.h"

namespace console_policy::api {
namespace {

// RFC 9110, 8.8.3: etagc = %x21 / %x23-7E / obs-text.
bool is_tag_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte <= 0x7e) || byte >= 0x80;
}

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
}

// Takes one tag off the front of `rest`; nothing when there is none.
std::optional<EntityTag> take_tag(std::string_view& rest) {
  EntityTag tag;
  if (rest.substr(0, 2) == "W/") {
    tag.weak = true;
    rest.remove_prefix(2);
  }
  if (rest.empty() || rest.front() != '"') return std::nullopt;
  std::size_t end = 1;
  while (end < rest.size() && is_tag_character(rest[end])) ++end;
  if (end == rest.size() || rest[end] != '"') return std::nullopt;
  tag.opaque = std::string(rest.substr(0, end + 1));
  rest.remove_prefix(end + 1);
  return tag;
}

// Nothing when it is neither `*` nor a list with at least one tag.
std::optional<TagList> parse_list(std::string_view rest) {
  TagList list;
  skip_blanks(rest);
  if (!rest.empty() && rest.front() == '*') {
    rest.remove_prefix(1);
    skip_blanks(rest);
    list.any = true;
    return rest.empty() ? std::optional<TagList>(list) : std::nullopt;
  }
  for (;;) {
    if (!rest.empty() && rest.front() != ',') {
      std::optional<EntityTag> tag = take_tag(rest);
      if (!tag.has_value()) return std::nullopt;
      list.tags.push_back(*std::move(tag));
      skip_blanks(rest);
    }
    if (rest.empty()) break;
    if (rest.front() != ',') return std::nullopt;
    rest.remove_prefix(1);
    skip_blanks(rest);
  }
  if (list.tags.empty()) return std::nullopt;
  return list;
}

Result<std::optional<TagList>> list_in(const http::Headers& headers, const std::string& name) {
  if (http::header_count(headers, name) == 0) return std::optional<TagList>();
  std::optional<TagList> list = parse_list(http::combined_header(headers, name));
  if (!list.has_value()) {
    return invalid_request(name + ": * or a list of entity tags in double quotes is expected");
  }
  return list;
}

bool strongly_equal(const EntityTag& given, const std::string& current) {
  return !given.weak && given.opaque == current;
}

bool weakly_equal(const EntityTag& given, const std::string& current) {
  return given.opaque == current;
}

template <class Equal>
bool matches(const TagList& list, const std::optional<std::string>& current, Equal equal) {
  if (!current.has_value()) return false;
  return list.any || std::any_of(list.tags.begin(), list.tags.end(),
                                 [&](const EntityTag& given) { return equal(given, *current); });
}

}  // namespace

Result<Preconditions> preconditions_of(const http::Headers& headers) {
  Result<std::optional<TagList>> if_match = list_in(headers, "If-Match");
  if (!if_match.ok()) return std::move(if_match).error();
  Result<std::optional<TagList>> if_none_match = list_in(headers, "If-None-Match");
  if (!if_none_match.ok()) return std::move(if_none_match).error();
  return Preconditions{std::move(if_match).value(), std::move(if_none_match).value()};
}

bool if_match_holds(const Preconditions& conditions, const std::optional<std::string>& current) {
  return !conditions.if_match.has_value() || matches(*conditions.if_match, current, strongly_equal);
}

bool if_none_match_holds(const Preconditions& conditions,
                         const std::optional<std::string>& current) {
  return !conditions.if_none_match.has_value() ||
         !matches(*conditions.if_none_match, current, weakly_equal);
}

std::string tag_of(Revision revision) {
  return "\"" + std::to_string(revision) + "\"";
}

std::string tag_of(std::string_view bytes) {
  // Not cryptographic: a caller that makes two answers with one tag misleads only itself.
  return "\"" + std::to_string(std::hash<std::string_view>{}(bytes)) + "\"";
}

}  // namespace console_policy::api
