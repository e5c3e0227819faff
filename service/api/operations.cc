// SPDX-License-Identifier: Apache-2.0
#include "service/api/operations.h"

#include <map>
#include <utility>

#include "service/api/marker.h"
#include "service/api/problem.h"
#include "service/api/writing.h"
#include "service/platform/random.h"

namespace console_policy::api {
namespace {

// The error of one operation, as the error of an operation of several.
Error with_index(std::size_t index, Error error) {
  // A message that begins with a field of the operation names it by its path.
  const bool of_field =
      error.message.rfind("policy", 0) == 0 || error.message.rfind("if_revision", 0) == 0;
  error.message = codec::operation_name(index) + (of_field ? "." : ": ") + error.message;
  return error;
}

// `first`: the index of the first operation at the same scope.
Status check_form(const codec::Operation& operation, std::size_t index, std::size_t first,
                  Timestamp now) {
  if (operation.policy.has_value()) {
    Status storable = check_policy(*operation.policy, operation.scope.kind(), now);
    if (!storable.ok()) return with_index(index, std::move(storable).error());
  }
  if (first == index) return Success{};
  return invalid_request(codec::operation_name(index) + ".target: the same as in " +
                         codec::operation_name(first));
}

Status check_revision(std::optional<Revision> if_revision,
                      const std::optional<StoredPolicy>& before) {
  const Revision current = before.has_value() ? before->revision : 0;
  if (!if_revision.has_value() || *if_revision == current) return Success{};
  const std::string found = before.has_value()
                                ? "what is there has the revision " + std::to_string(current)
                                : "no policy is stored there";
  return Error{ErrorCode::precondition_failed, "if_revision: " + found + " now.", {}};
}

}  // namespace

Operations accept_operations(const Call& call, std::vector<Result<codec::Operation>> decoded,
                             Timestamp now, Errors& errors) {
  Operations operations;
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    if (!decoded[i].ok()) {
      errors.push_back(std::move(decoded[i]).error());
      continue;
    }
    codec::Operation& operation = decoded[i].value();
    const std::size_t first = seen.emplace(marker_of(operation.scope), i).first->second;
    Status good = check_form(operation, i, first, now);
    if (!good.ok()) errors.push_back(std::move(good).error());
    operations.all.push_back(store::Operation{
        std::move(operation.scope), std::move(operation.policy), platform::random_uuid(now)});
    operations.if_revisions.push_back(operation.if_revision);
  }
  if (!errors.empty()) return operations;
  for (std::size_t i = 0; i < operations.all.size(); ++i) {
    const store::Operation& operation = operations.all[i];
    Status right = check_right(call, operation.scope, operation.policy.has_value());
    if (!right.ok()) errors.push_back(with_index(i, std::move(right).error()));
  }
  return operations;
}

Errors check_operations(const Call& call, const Operations& operations,
                        const std::vector<std::optional<StoredPolicy>>& before, Timestamp now) {
  Errors errors;
  for (std::size_t i = 0; i < operations.all.size(); ++i) {
    const store::Operation& operation = operations.all[i];
    Status planned = plan(call, operation.scope, operation.policy, before[i], now);
    if (planned.ok()) planned = check_revision(operations.if_revisions[i], before[i]);
    if (!planned.ok()) errors.push_back(with_index(i, std::move(planned).error()));
  }
  return errors;
}

}  // namespace console_policy::api
