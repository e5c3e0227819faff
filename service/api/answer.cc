// SPDX-License-Identifier: Apache-2.0
#include "service/api/answer.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace console_policy::api {
namespace {

constexpr int not_modified = 304;

http::Response empty_answer(int status) {
  constexpr std::size_t usual_headers = 8;  // with those that the pipeline adds
  http::Response response;
  response.status = status;
  response.headers.reserve(usual_headers);
  return response;
}

}  // namespace

http::Response json_answer(int status, std::string body) {
  http::Response response = empty_answer(status);
  response.headers.emplace_back("Content-Type", "application/json");
  // Answers depend on the caller and change with the next write.
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

http::Response tagged_answer(int status, std::string body, const std::string& tag) {
  http::Response response = empty_answer(status);
  if (status != not_modified) response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("ETag", tag);
  // Private, because the same address answers each caller by their own rights.
  response.headers.emplace_back("Cache-Control", "private, no-cache");
  response.body = std::move(body);
  return response;
}

Result<http::Response> answer_under(const Preconditions& conditions, std::string body,
                                    const std::string& tag) {
  if (!if_match_holds(conditions, tag)) {
    return Error{
        ErrorCode::precondition_failed, "If-Match: what is there has the tag " + tag + " now.", {}};
  }
  if (!if_none_match_holds(conditions, tag)) return tagged_answer(not_modified, {}, tag);
  return tagged_answer(200, std::move(body), tag);
}

Status check_media_type(const http::Request& request) {
  const std::string_view given = http::header(request.headers, "content-type");
  std::string type(given.substr(0, given.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (type == "application/json") return Success{};
  return Error{
      ErrorCode::unsupported_media_type, "Content-Type: application/json is expected.", {}};
}

Result<std::size_t> page_limit(const Query& query) {
  const auto given = find(query, "limit");
  if (!given.has_value()) return max_page;
  std::size_t limit = 0;
  const char* const end = given->data() + given->size();
  const auto [stop, error] = std::from_chars(given->data(), end, limit);
  if (error != std::errc{} || stop != end || limit < 1 || limit > max_page) {
    return invalid_request("limit: a number from 1 to " + std::to_string(max_page) +
                           " is expected");
  }
  return limit;
}

std::optional<std::string> find(const Query& query, std::string_view parameter) {
  const auto at = query.find(parameter);
  if (at == query.end()) return std::nullopt;
  return at->second;
}

Result<std::optional<ScopeKind>> scope_filter(const Query& query) {
  const auto given = find(query, "scope");
  if (!given.has_value()) return std::optional<ScopeKind>();
  const std::optional<ScopeKind> kind = parse_scope_kind(*given);
  if (!kind.has_value()) {
    return invalid_request("scope: one of cloud, domain, project, user, instance is expected");
  }
  return kind;
}

Result<bool> flag(const Query& query, const std::string& parameter) {
  const auto given = find(query, parameter);
  if (!given.has_value() || *given == "false") return false;
  if (*given == "true") return true;
  return invalid_request(parameter + ": true or false is expected");
}

Error nothing_stored(ScopeKind kind) {
  std::string message = "No policy is stored for this " + std::string(name(kind)) + ".";
  if (kind == ScopeKind::cloud) message += " The shipped default applies.";
  return Error{ErrorCode::not_found, std::move(message), {}};
}

Error not_allowed(std::string_view rule) {
  return Error{
      ErrorCode::forbidden, "Policy does not allow " + std::string(rule) + " to be performed.", {}};
}

bool has_right(const Call& call, std::string_view rule) {
  return call.access.allows(rule, call.caller.credentials(), access_target(call.path, call.query));
}

Target access_target(const Parameters& path, const Query& query) {
  constexpr std::size_t most_attributes = 4;
  Target target;
  target.reserve(most_attributes);
  for (const auto& [name, text] : path) target.push_back({name, text});
  const auto project = query.find("project_id");
  if (project != query.end() && path.find("project_id") == path.end()) {
    target.push_back({"project_id", project->second});
  }
  return target;
}

}  // namespace console_policy::api
