// SPDX-License-Identifier: Apache-2.0
#include "service/api/marker.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "service/api/answer.h"
#include "service/platform/time_text.h"

namespace console_policy::api {
namespace {

Result<Scope> scope_at(const std::vector<std::string_view>& parts) {
  Result<std::string> owner = percent_decode(parts.size() > 1 ? parts[1] : std::string_view{});
  if (!owner.ok()) return std::move(owner).error();
  if (parts.size() == 1 && parts[0] == "cloud") return Scope::cloud();
  if (parts.size() == 2 && parts[0] == "domains") return Scope::parse("domain", owner.value(), {});
  if (parts.size() == 2 && parts[0] == "projects")
    return Scope::parse("project", owner.value(), {});
  if (parts.size() == 2 && parts[0] == "users") return Scope::parse("user", owner.value(), {});
  if (parts.size() == 4 && parts[0] == "projects" && parts[2] == "instances") {
    return Scope::parse("instance", owner.value(), parts[3]);
  }
  return invalid_request("not one that a page of this list has ended with");
}

}  // namespace

std::string marker_of(const Scope& scope) {
  switch (scope.kind()) {
    case ScopeKind::cloud:
      return "cloud";
    case ScopeKind::domain:
      return "domains/" + percent_encode(scope.owner_id());
    case ScopeKind::project:
      return "projects/" + percent_encode(scope.owner_id());
    case ScopeKind::user:
      return "users/" + percent_encode(scope.owner_id());
    case ScopeKind::instance:
      return "projects/" + percent_encode(scope.owner_id()) + "/instances/" + scope.instance_id();
  }
  return "cloud";
}

Result<std::optional<Scope>> scope_marker(const Query& query) {
  const auto marker = find(query, "marker");
  if (!marker.has_value()) return std::optional<Scope>();
  // split_path() takes a path, which begins with the slash that a marker has not.
  Result<Scope> scope = scope_at(split_path("/" + *marker));
  if (!scope.ok()) return invalid_request("marker: " + scope.error().message);
  return std::optional<Scope>(std::move(scope).value());
}

std::string update_marker_of(const StoredPolicy& policy) {
  return platform::format_time(policy.updated_at) + "," + std::to_string(policy.revision);
}

Result<std::optional<store::UpdatePlace>> update_marker(const Query& query) {
  const auto marker = find(query, "marker");
  if (!marker.has_value()) return std::optional<store::UpdatePlace>();
  const std::string_view text = *marker;
  const std::size_t comma = std::min(text.find(','), text.size());
  const Result<Timestamp> time = platform::parse_time(text.substr(0, comma));
  const std::optional<Revision> revision =
      parse_revision(text.substr(std::min(comma + 1, text.size())));
  if (!time.ok() || !revision.has_value()) {
    return invalid_request("marker: not one that a page of this list has ended with");
  }
  return std::optional<store::UpdatePlace>(store::UpdatePlace{time.value(), *revision});
}

std::optional<Revision> parse_revision(std::string_view text) {
  Revision revision = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, revision);
  if (error != std::errc{} || stop != end || revision < 1) return std::nullopt;
  return revision;
}

std::string next_page(std::string_view path, const Query& query, std::string_view marker) {
  std::string target = std::string(path) + "?";
  for (const auto& [parameter, text] : query) {
    if (parameter == "marker") continue;
    target.append(parameter).append("=").append(percent_encode(text)).append("&");
  }
  return target + "marker=" + percent_encode(marker);
}

}  // namespace console_policy::api
