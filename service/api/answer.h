// SPDX-License-Identifier: Apache-2.0
// What the handlers have in common: the forms of an answer, and parameters read as what they are.
#pragma once

#include <optional>
#include <string>

#include "service/api/entity_tag.h"
#include "service/api/route.h"

namespace console_policy::api {

http::Response json_answer(int status, std::string body);

// With an entity tag: a cache may keep it, and asks each time whether it still holds.
http::Response tagged_answer(int status, std::string body, const std::string& tag);

// 200 with the body; or 304, or precondition_failed, as the conditions want for what has this tag.
Result<http::Response> answer_under(const Preconditions& conditions, std::string body,
                                    const std::string& tag);

// Success if the Content-Type is JSON.
Status check_media_type(const http::Request& request);

// The ids in the path or in the query. Errors: invalid_request naming the parameter.
template <class IdType>
Result<IdType> parse_id(const std::string& parameter, const std::string& text) {
  Result<IdType> id = IdType::parse(text);
  if (!id.ok()) return invalid_request(parameter + ": " + id.error().message);
  return id;
}

template <class IdType>
Result<IdType> path_id(const Call& call, const std::string& parameter) {
  return parse_id<IdType>(parameter, call.path.find(parameter)->second);
}

// `limit`: 1 to max_page, max_page when it is not given.
inline constexpr std::size_t max_page = 1000;
Result<std::size_t> page_limit(const Query& query);

std::optional<std::string> find(const Query& query, std::string_view parameter);

// Parameters that a list filters by; nothing when they are not given.
Result<std::optional<ScopeKind>> scope_filter(const Query& query);

template <class IdType>
Result<std::optional<std::string>> id_filter(const Query& query, const std::string& parameter) {
  std::optional<std::string> given = find(query, parameter);
  if (!given.has_value()) return given;
  Result<IdType> id = parse_id<IdType>(parameter, *given);
  if (!id.ok()) return std::move(id).error();
  return given;
}

// A parameter that is true or false; false when it is not given.
Result<bool> flag(const Query& query, const std::string& parameter);

// Failures that more than one route has.
Error nothing_stored(ScopeKind kind);
Error not_allowed(std::string_view rule);

// Whether the caller has a right beyond the route's own; the target is that of the route.
bool has_right(const Call& call, std::string_view rule);

// The route's target for the access rules: the ids of its path, and project_id where it filters by
// it. Alive as long as the two.
Target access_target(const Parameters& path, const Query& query);

}  // namespace console_policy::api
