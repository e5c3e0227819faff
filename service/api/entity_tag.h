// SPDX-License-Identifier: Apache-2.0
// Entity tags, and the conditions that a request makes with them.
//
// Contract: all tags of ours are strong. If-Match compares strongly (a weak tag never matches),
//           If-None-Match weakly. Elements of a list may be empty, a list may not; `*` stands
//           alone. A header that is given in several lines is one list.
// Errors:   invalid_request, naming the header.
// Threads:  free functions on values.
// Source:   RFC 9110, 5.6.1, 8.8.3, 13.1.1, 13.1.2 and 13.2.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/record.h"
#include "policies/result.h"
#include "service/http/message.h"

namespace console_policy::api {

struct EntityTag {
  std::string opaque;  // with its quotes
  bool weak{false};
};

struct TagList {
  bool any{false};  // `*`: whatever is there
  std::vector<EntityTag> tags;
};

struct Preconditions {
  std::optional<TagList> if_match;
  std::optional<TagList> if_none_match;
};

Result<Preconditions> preconditions_of(const http::Headers& headers);

// `current`: the tag of what is there, nothing when nothing is. A condition that was not made
// holds.
bool if_match_holds(const Preconditions& conditions, const std::optional<std::string>& current);
bool if_none_match_holds(const Preconditions& conditions,
                         const std::optional<std::string>& current);

// Of a stored policy: a write always gives it a new revision, and nothing else changes what is
// shown of it.
std::string tag_of(Revision revision);

// Of an answer that can change without a write: a hash of its bytes. It only has to differ between
// the answers of one URL, and a caller that can influence them can write a policy anyway; so it is
// not a cryptographic one.
std::string tag_of(std::string_view bytes);

}  // namespace console_policy::api
