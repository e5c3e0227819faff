// SPDX-License-Identifier: Apache-2.0
// Report: a dashboard's report after it has opened a console or failed to.
//
// Threads:  plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "policies/availability.h"

namespace console_policy {

// Why a dashboard fell back to its own order.
enum class FallbackReason {
  timeout,
  unreachable,
  invalid_answer,
  refused,
  breaker_open,
  misconfigured,
};
inline constexpr std::array<FallbackReason, 6> all_fallback_reasons{
    FallbackReason::timeout, FallbackReason::unreachable,  FallbackReason::invalid_answer,
    FallbackReason::refused, FallbackReason::breaker_open, FallbackReason::misconfigured};
std::string_view name(FallbackReason reason);                                // "timeout", …
std::optional<FallbackReason> parse_fallback_reason(std::string_view text);  // exact

struct CountedOpenings {
  ConsoleType type{ConsoleType::vnc};
  Outcome outcome{Outcome::failed};
  std::uint32_t count{0};
};

struct CountedFallbacks {
  FallbackReason reason{FallbackReason::timeout};
  std::uint32_t count{0};
};

struct Report {
  std::optional<Fingerprint> fingerprint;  // present if there are observations
  std::vector<Observation> observations;   // at most one of a type
  // Other events since the last report; for the metrics only.
  std::vector<CountedOpenings> openings;
  std::vector<CountedFallbacks> fallbacks;
};

}  // namespace console_policy
