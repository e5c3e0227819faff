// SPDX-License-Identifier: Apache-2.0
// JSON bodies: a policy and a batch from a client, a policy's text from the store.
#include <string>

#include "service/codec/batch.h"
#include "service/codec/messages.h"
#include "service/codec/policy_text.h"
#include "tests/fuzz/input.h"

using namespace console_policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text_of(data, size);
  const Result<Policy> policy = codec::decode_policy(body);
  if (policy.ok()) {
    const std::string text = codec::policy_to_text(policy.value());
    const Result<Policy> again = codec::policy_from_text(text);
    fuzz::require(again.ok(), "a policy's text can be read again");
    fuzz::require(codec::policy_to_text(again.value()) == text, "equal policies, equal bytes");
  }
  const Result<std::vector<Result<codec::Operation>>> operations = codec::decode_operations(body);
  if (operations.ok()) {
    fuzz::require(operations.value().size() <= codec::max_operations, "a batch is bounded");
  }
  static_cast<void>(codec::policy_from_text(body));
  return 0;
}
