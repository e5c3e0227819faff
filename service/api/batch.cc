// SPDX-License-Identifier: Apache-2.0
#include "service/api/batch.h"

#include <utility>

#include "service/api/answer.h"
#include "service/api/operations.h"
#include "service/api/problem.h"

namespace console_policy::api {
namespace {

// `errors`: what the guard found at its last call.
Result<std::vector<store::Applied>> apply(const Call& call, const Operations& operations,
                                          Timestamp now, Errors& errors) {
  const store::Author author{call.caller.user_id, call.request_id, {}, now};
  return call.services.store.apply(
      operations.all, author,
      [&](const std::vector<std::optional<StoredPolicy>>& before) -> Status {
        errors = check_operations(call, operations, before, now);
        if (errors.empty()) return Success{};
        return errors.front();
      });
}

// Whether the guard's errors ended the batch. The store may still fail for a reason of its own
// after the guard found something at an earlier try.
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
  const Operations operations = accept_operations(call, std::move(decoded).value(), now, errors);
  if (!errors.empty()) return problems(errors, call.request_id);
  Result<std::vector<store::Applied>> applied = apply(call, operations, now, errors);
  if (!applied.ok()) {
    if (ended_by_guard(applied.error(), errors)) return problems(errors, call.request_id);
    return std::move(applied).error();
  }

  std::vector<codec::OperationResult> results;
  results.reserve(operations.all.size());
  for (std::size_t i = 0; i < operations.all.size(); ++i) {
    const store::Applied& one = applied.value()[i];
    results.push_back({operations.all[i].scope, one.action, one.revision});
  }
  return json_answer(200, codec::encode_results(results));
}

}  // namespace console_policy::api
