// SPDX-License-Identifier: Apache-2.0
#include "service/api/routes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "service/api/availability.h"
#include "service/api/batch.h"
#include "service/api/changes.h"
#include "service/api/outcomes.h"
#include "service/api/policies.h"
#include "service/api/policy_list.h"
#include "service/api/preview.h"
#include "service/api/resolution.h"
#include "service/api/restore.h"
#include "service/api/root.h"

namespace console_policy::api {
namespace {

std::string_view policy_path(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::cloud:
      return "/v1/policies/cloud";
    case ScopeKind::domain:
      return "/v1/policies/domains/{domain_id}";
    case ScopeKind::project:
      return "/v1/policies/projects/{project_id}";
    case ScopeKind::user:
      return "/v1/policies/users/{user_id}";
    case ScopeKind::instance:
      return "/v1/policies/projects/{project_id}/instances/{instance_id}";
  }
  return {};
}

}  // namespace

// clang-format off
const std::array<Route, route_count>& routes() {
  static constexpr ScopeKind cloud = ScopeKind::cloud;
  static constexpr ScopeKind domain = ScopeKind::domain;
  static constexpr ScopeKind project = ScopeKind::project;
  static constexpr ScopeKind user = ScopeKind::user;
  static constexpr ScopeKind instance = ScopeKind::instance;
  static constexpr std::array<Route, route_count> table{{
      {"GET", "/", "", show_versions, Runs::on_io_thread, ""},
      {"GET", "/v1", "", show_version, Runs::on_io_thread, ""},
      {"GET", "/v1/", "", show_version, Runs::on_io_thread, ""},
      {"GET", "/healthcheck", "", show_health, Runs::on_io_thread, ""},

      {"GET", "/v1/policies", "policies:list", list_policies, Runs::on_worker, "scope project_id sort limit marker"},

      {"POST", "/v1/policies/batch", "policies:batch", write_batch, Runs::on_worker, ""},
      {"POST", "/v1/policies/preview", "policies:preview", preview_policies, Runs::on_worker, ""},

      {"GET", "/v1/policies/cloud", "cloud_policy:show", show_policy<cloud>, Runs::on_worker, ""},
      {"PUT", "/v1/policies/cloud", "cloud_policy:write", write_policy<cloud>, Runs::on_worker, ""},
      {"DELETE", "/v1/policies/cloud", "cloud_policy:delete", delete_policy<cloud>, Runs::on_worker, ""},

      {"GET", "/v1/policies/domains/{domain_id}", "domain_policy:show", show_policy<domain>, Runs::on_worker, ""},
      {"PUT", "/v1/policies/domains/{domain_id}", "domain_policy:write", write_policy<domain>, Runs::on_worker, ""},
      {"DELETE", "/v1/policies/domains/{domain_id}", "domain_policy:delete", delete_policy<domain>, Runs::on_worker, ""},

      {"GET", "/v1/policies/projects/{project_id}", "project_policy:show", show_policy<project>, Runs::on_worker, ""},
      {"PUT", "/v1/policies/projects/{project_id}", "project_policy:write", write_policy<project>, Runs::on_worker, ""},
      {"DELETE", "/v1/policies/projects/{project_id}", "project_policy:delete", delete_policy<project>, Runs::on_worker, ""},

      {"GET", "/v1/policies/users/{user_id}", "user_policy:show", show_policy<user>, Runs::on_worker, ""},
      {"PUT", "/v1/policies/users/{user_id}", "user_policy:write", write_policy<user>, Runs::on_worker, ""},
      {"DELETE", "/v1/policies/users/{user_id}", "user_policy:delete", delete_policy<user>, Runs::on_worker, ""},

      {"GET", "/v1/policies/projects/{project_id}/instances/{instance_id}", "instance_policy:show", show_policy<instance>, Runs::on_worker, ""},
      {"PUT", "/v1/policies/projects/{project_id}/instances/{instance_id}", "instance_policy:write", write_policy<instance>, Runs::on_worker, ""},
      {"DELETE", "/v1/policies/projects/{project_id}/instances/{instance_id}", "instance_policy:delete", delete_policy<instance>, Runs::on_worker, ""},

      {"GET", "/v1/projects/{project_id}/consoles", "project_resolution:show", resolve_for_project, Runs::on_io_thread, "user_id domain_id explain", Asks::project_domain},
      {"GET", "/v1/projects/{project_id}/instances/{instance_id}/consoles", "instance_resolution:show", resolve_for_instance, Runs::on_io_thread, "user_id domain_id explain instance_updated host_id", Asks::project_domain},

      {"POST", "/v1/projects/{project_id}/instances/{instance_id}/outcomes", "outcomes:report", report_outcomes, Runs::on_io_thread, ""},
      {"GET", "/v1/projects/{project_id}/instances/{instance_id}/availability", "availability:show", show_availability, Runs::on_io_thread, ""},
      {"DELETE", "/v1/projects/{project_id}/instances/{instance_id}/availability", "availability:forget", forget_availability, Runs::on_worker, ""},
      {"GET", "/v1/availability", "availability:list", list_availability, Runs::on_worker, "project_id host_id type status limit marker"},
      {"GET", "/v1/availability/summary", "availability:summary", summarize_availability, Runs::on_worker, "project_id limit marker"},
      {"GET", "/v1/availability/history", "availability:history", show_availability_history, Runs::on_worker, "since"},

      {"GET", "/v1/changes", "changes:list", list_changes, Runs::on_worker, "scope project_id user_id since until limit marker"},
      {"GET", "/v1/changes/{revision}", "changes:show", show_change, Runs::on_worker, ""},
      {"POST", "/v1/changes/{revision}/restore", "changes:restore", restore_change, Runs::on_worker, "to"},
  }};
  return table;
}
// clang-format on

std::string_view class_of(const Route& route) {
  if (route.handle == resolve_for_project || route.handle == resolve_for_instance) {
    return "resolution";
  }
  if (route.handle == report_outcomes) return "report";
  if (route.handle == preview_policies) return "list";  // a pass over many instances
  if (route.method != "GET") return "write";
  const bool has_pages = route.query.find("marker") != std::string_view::npos;
  return has_pages ? "list" : "read";
}

bool writes_policies(const Route& route) {
  return class_of(route) == "write" && route.handle != forget_availability;
}

std::string_view rule_of(std::string_view method, ScopeKind kind) {
  for (const Route& route : routes()) {
    if (route.method == method && route.path == policy_path(kind)) return route.rule;
  }
  return {};
}

Status check_rules(const AccessRules& access) {
  const std::vector<std::string> defined = access.names();
  const auto check = [&](std::string_view rule) -> Status {
    if (rule.empty() || std::find(defined.begin(), defined.end(), rule) != defined.end()) {
      return Success{};
    }
    return invalid_request("the rule " + std::string(rule) + " is missing");
  };
  for (const Route& route : routes()) {
    Status status = check(route.rule);
    if (!status.ok()) return status;
  }
  for (const std::string_view rule : {allow_rule, other_user_rule, exempt_rule}) {
    Status status = check(rule);
    if (!status.ok()) return status;
  }
  return Success{};
}

}  // namespace console_policy::api
