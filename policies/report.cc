// SPDX-License-Identifier: Apache-2.0
#include "policies/report.h"

namespace console_policy {

std::string_view name(FallbackReason reason) {
  switch (reason) {
    case FallbackReason::timeout:
      return "timeout";
    case FallbackReason::unreachable:
      return "unreachable";
    case FallbackReason::invalid_answer:
      return "invalid_answer";
    case FallbackReason::refused:
      return "refused";
    case FallbackReason::breaker_open:
      return "breaker_open";
    case FallbackReason::misconfigured:
      return "misconfigured";
  }
  return {};
}

std::optional<FallbackReason> parse_fallback_reason(std::string_view text) {
  for (const FallbackReason reason : all_fallback_reasons) {
    if (text == name(reason)) return reason;
  }
  return std::nullopt;
}

}  // namespace console_policy
