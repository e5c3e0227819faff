// SPDX-License-Identifier: Apache-2.0
#include "service/codec/batch.h"

#include <limits>

#include "service/codec/policy_json.h"

namespace console_policy::codec {
namespace {

Status check_target_fields(const Json& target, const std::string& where, ScopeKind kind) {
  switch (kind) {
    case ScopeKind::cloud:
      return check_object(target, where, {"scope"});
    case ScopeKind::domain:
      return check_object(target, where, {"scope", "domain_id"});
    case ScopeKind::project:
      return check_object(target, where, {"scope", "project_id"});
    case ScopeKind::user:
      return check_object(target, where, {"scope", "user_id"});
    case ScopeKind::instance:
      return check_object(target, where, {"scope", "project_id", "instance_id"});
  }
  return Success{};
}

std::string_view owner_field(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::cloud:
      return {};
    case ScopeKind::domain:
      return "domain_id";
    case ScopeKind::project:
    case ScopeKind::instance:
      return "project_id";
    case ScopeKind::user:
      return "user_id";
  }
  return {};
}

Result<Scope> target_at(const Json& target, const std::string& where) {
  if (!target.is_object()) {
    return expected_at(where, "an object", target);
  }
  Result<std::string> kind_name = text_field(target, where, "scope");
  if (!kind_name.ok()) return std::move(kind_name).error();
  const std::optional<ScopeKind> kind = parse_scope_kind(kind_name.value());
  if (!kind.has_value()) {
    return invalid_request(path_of(where, "scope") +
                           ": one of cloud, domain, project, user, instance is expected");
  }
  Status known = check_target_fields(target, where, *kind);
  if (!known.ok()) return std::move(known).error();
  std::string owner_id;
  std::string instance_id;
  if (*kind != ScopeKind::cloud) {
    Result<std::string> id = text_field(target, where, owner_field(*kind));
    if (!id.ok()) return std::move(id).error();
    owner_id = std::move(id).value();
  }
  if (*kind == ScopeKind::instance) {
    Result<std::string> id = text_field(target, where, "instance_id");
    if (!id.ok()) return std::move(id).error();
    instance_id = std::move(id).value();
  }
  Result<Scope> scope = Scope::parse(kind_name.value(), owner_id, instance_id);
  if (!scope.ok()) return invalid_request(where + "." + scope.error().message);
  return scope;
}

Result<std::optional<Revision>> if_revision_of(const Json& json, const std::string& where) {
  if (!json.contains("if_revision")) return std::optional<Revision>();
  Result<std::int64_t> revision =
      number_field(json, where, "if_revision", 0, std::numeric_limits<Revision>::max());
  if (revision.ok()) return std::optional<Revision>(revision.value());
  return at(path_of(where, "if_revision"), "a revision is expected, or 0 for none stored");
}

Result<Operation> operation_at(const Json& json, const std::string& where) {
  if (!json.is_object()) {
    return expected_at(where, "an object", json);
  }
  Result<std::string> action = text_field(json, where, "action");
  if (!action.ok()) return std::move(action).error();
  const bool put = action.value() == "put";
  if (!put && action.value() != "delete") {
    return invalid_request(path_of(where, "action") + ": put or delete is expected");
  }
  Status known = put ? check_object(json, where, {"action", "target", "if_revision", "policy"})
                     : check_object(json, where, {"action", "target", "if_revision"});
  if (!known.ok()) return std::move(known).error();
  if (!json.contains("target")) return invalid_request(path_of(where, "target") + ": is missing");
  Result<Scope> scope = target_at(json.at("target"), path_of(where, "target"));
  if (!scope.ok()) return std::move(scope).error();
  Result<std::optional<Revision>> if_revision = if_revision_of(json, where);
  if (!if_revision.ok()) return std::move(if_revision).error();
  if (!put) return Operation{std::move(scope).value(), std::nullopt, if_revision.value()};
  if (!json.contains("policy")) return invalid_request(path_of(where, "policy") + ": is missing");
  Result<Policy> policy = policy_of(json.at("policy"), path_of(where, "policy"));
  if (!policy.ok()) return std::move(policy).error();
  return Operation{std::move(scope).value(), std::move(policy).value(), if_revision.value()};
}

void append_result(std::string& json, const OperationResult& result) {
  ObjectText object(json);
  object.text("action", name(result.action));
  ObjectText target(object.at("target"));
  add_scope(target, result.scope);
  target.end();
  object.at("revision") += std::to_string(result.revision);
  object.end();
}

}  // namespace

std::string operation_name(std::size_t index) {
  return path_of("operations", index);
}

Result<std::vector<Result<Operation>>> operations_of(const Json& json) {
  if (!json.contains("operations")) return invalid_request("operations: is missing");
  const Json& list = json.at("operations");
  if (!list.is_array() || list.empty() || list.size() > max_operations) {
    return invalid_request("operations: a list of 1 to " + std::to_string(max_operations) +
                           " operations is expected");
  }
  std::vector<Result<Operation>> operations;
  operations.reserve(list.size());
  for (const Json& element : list) {
    operations.push_back(operation_at(element, operation_name(operations.size())));
  }
  return operations;
}

Result<std::vector<Result<Operation>>> decode_operations(std::string_view body) {
  Result<Json> json = parse_json(body);
  if (!json.ok()) return std::move(json).error();
  Status known = check_object(json.value(), {}, {"operations"});
  if (!known.ok()) return std::move(known).error();
  return operations_of(json.value());
}

std::string encode_results(const std::vector<OperationResult>& results) {
  std::string json = R"({"results":)";
  append_list(json, results, append_result);
  return json + '}';
}

}  // namespace console_policy::codec
