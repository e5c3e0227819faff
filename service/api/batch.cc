// SPDX-License-Identifier: Apache-2.0
#include "service/api/batch.h"

#include <map>
#include <utility>

#include "policies/change.h"
#include "service/api/answer.h"
#include "service/api/marker.h"
#include "service/api/problem.h"
#include "service/api/routes.h"
#include "service/codec/batch.h"
#include "service/platform/random.h"

namespace console_policy::api {
namespace {

using Errors = std::vector<Error>;

// Operations, and what of each has to be stored for it to be done.
struct Batch {
  std::vector<store::Operation> operations;
  std::vector<std::optional<Revision>> if_revisions;
};

// The error as it would be alone, said of one of several.
Error named(std::size_t index, Error error) {
  // A message that begins with a field of the operation names it by its path.
  const bool of_field =
      error.message.rfind("policy", 0) == 0 || error.message.rfind("if_revision", 0) == 0;
  error.message = codec::operation_name(index) + (of_field ? "." : ": ") + error.message;
  return error;
}

// What the route of the operation would name for the access rules.
Target target_of(const Scope& scope) {
  switch (scope.kind()) {
    case ScopeKind::cloud:
      return {};
    case ScopeKind::domain:
      return {{"domain_id", scope.owner_id()}};
    case ScopeKind::project:
      return {{"project_id", scope.owner_id()}};
    case ScopeKind::user:
      return {{"user_id", scope.owner_id()}};
    case ScopeKind::instance:
      return {{"project_id", scope.owner_id()}, {"instance_id", scope.instance_id()}};
  }
  return {};
}

// Whether it may be stored at all; `first` is the first of the operations at its scope.
Status check_operation(const codec::Operation& operation, std::size_t index, std::size_t first,
                       Timestamp now) {
  if (operation.policy.has_value()) {
    Status storable = check_policy(*operation.policy, operation.scope.kind(), now);
    if (!storable.ok()) return named(index, std::move(storable).error());
  }
  if (first == index) return Success{};
  return invalid_request(codec::operation_name(index) + ".target: the same as in " +
                         codec::operation_name(first));
}

// What of the operations can be done at all; what is wrong goes to `errors`, one for an operation.
Batch well_formed(std::vector<Result<codec::Operation>> decoded, Timestamp now, Errors& errors) {
  Batch batch;
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    if (!decoded[i].ok()) {
      errors.push_back(std::move(decoded[i]).error());
      continue;
    }
    codec::Operation& operation = decoded[i].value();
    const std::size_t first = seen.emplace(marker_of(operation.scope), i).first->second;
    Status good = check_operation(operation, i, first, now);
    if (!good.ok()) errors.push_back(std::move(good).error());
    batch.operations.push_back(store::Operation{
        std::move(operation.scope), std::move(operation.policy), platform::random_uuid(now)});
    batch.if_revisions.push_back(operation.if_revision);
  }
  return batch;
}

Errors missing_rights(const Call& call, const std::vector<store::Operation>& operations) {
  const Credentials credentials = call.caller.credentials();
  Errors errors;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Scope& scope = operations[i].scope;
    const std::string_view rule =
        rule_of(operations[i].policy.has_value() ? "PUT" : "DELETE", scope.kind());
    if (call.access.allows(rule, credentials, target_of(scope))) continue;
    errors.push_back(named(i, not_allowed(rule)));
  }
  return errors;
}

// Whether one operation may be done over what stands there.
Status plan(const Call& call, const store::Operation& operation,
            const std::optional<StoredPolicy>& before, Timestamp now) {
  const bool may_allow =
      call.access.allows(allow_rule, call.caller.credentials(), target_of(operation.scope));
  const Writer writer{call.caller.user_id, may_allow};
  std::optional<StandingPolicy> standing;
  if (before.has_value()) standing = StandingPolicy{before->policy, before->updated_by};
  if (operation.policy.has_value()) return plan_write(standing, *operation.policy, writer, now);
  if (standing.has_value()) return plan_removal(*standing, writer, now);
  // Not 404: what the address names is there (api-sig, http/response-codes.rst).
  return invalid_request(nothing_stored(operation.scope.kind()).message);
}

// Whether what stands there is what the caller last saw.
Status check_revision(std::optional<Revision> if_revision,
                      const std::optional<StoredPolicy>& before) {
  const Revision current = before.has_value() ? before->revision : 0;
  if (!if_revision.has_value() || *if_revision == current) return Success{};
  const std::string found = before.has_value()
                                ? "what is there has the revision " + std::to_string(current)
                                : "no policy is stored there";
  return Error{ErrorCode::precondition_failed, "if_revision: " + found + " now.", {}};
}

// `errors`: what the guard found the last time that it was asked.
Result<std::vector<store::Applied>> apply(const Call& call, const Batch& batch, Timestamp now,
                                          Errors& errors) {
  const store::Author author{call.caller.user_id, call.request_id, {}, now};
  return call.services.store.apply(
      batch.operations, author,
      [&](const std::vector<std::optional<StoredPolicy>>& before) -> Status {
        errors.clear();  // of an earlier try
        for (std::size_t i = 0; i < batch.operations.size(); ++i) {
          Status planned = plan(call, batch.operations[i], before[i], now);
          if (planned.ok()) planned = check_revision(batch.if_revisions[i], before[i]);
          if (!planned.ok()) errors.push_back(named(i, std::move(planned).error()));
        }
        if (errors.empty()) return Success{};
        return errors.front();
      });
}

// Whether a batch was ended by what its guard found. After the guard was asked the store may still
// fail for a reason of its own, and what was found before is then not what stands there now.
bool ended_by_guard(const Error& error, const Errors& found) {
  return !found.empty() && found.front().code == error.code;
}

}  // namespace

Result<http::Response> write_batch(const Call& call) {
  Status media_type = check_media_type(call.request);
  if (!media_type.ok()) return std::move(media_type).error();
  Result<std::vector<Result<codec::Operation>>> decoded =
      codec::decode_operations(call.request.body);
  if (!decoded.ok()) return std::move(decoded).error();

  const Timestamp now = call.services.clock();
  Errors errors;
  const Batch batch = well_formed(std::move(decoded).value(), now, errors);
  if (!errors.empty()) return problems(errors, call.request_id);
  errors = missing_rights(call, batch.operations);
  if (!errors.empty()) return problems(errors, call.request_id);
  Result<std::vector<store::Applied>> applied = apply(call, batch, now, errors);
  if (!applied.ok()) {
    if (ended_by_guard(applied.error(), errors)) return problems(errors, call.request_id);
    return std::move(applied).error();
  }

  std::vector<codec::OperationResult> results;
  results.reserve(batch.operations.size());
  for (std::size_t i = 0; i < batch.operations.size(); ++i) {
    const store::Applied& one = applied.value()[i];
    results.push_back({batch.operations[i].scope, one.action, one.revision});
  }
  return json_answer(200, codec::encode_results(results));
}

}  // namespace console_policy::api
