// SPDX-License-Identifier: Apache-2.0
// JSON bodies: a policy, a batch, a preview and a report from a client, a policy's text from the
// store.
#include <string>

#include "service/codec/availability.h"
#include "service/codec/batch.h"
#include "service/codec/messages.h"
#include "service/codec/policy_text.h"
#include "service/codec/preview.h"
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
  const Result<codec::PreviewRequest> preview = codec::decode_preview(body);
  if (preview.ok()) {
    fuzz::require(preview.value().resolutions.size() <= codec::max_previewed_resolutions,
                  "a preview is bounded");
  }
  static_cast<void>(codec::decode_report(body));
  static_cast<void>(codec::policy_from_text(body));
  return 0;
}
