// SPDX-License-Identifier: Apache-2.0
// Observations of an instance's consoles: which of them count, and which are stored. Rules R13 and
// R14 of policies/README.md are the normative text.
//
// Contract: pure and total. An observation changes only the order of tries: order_by_availability()
//           returns every type that it was given, once.
// Threads:  free functions on values.
// Source:   nova:api-ref, servers: `updated`, `hostId`.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/console_type.h"
#include "policies/policy.h"
#include "policies/result.h"

namespace console_policy {

// The state of an instance that decides which consoles it has: Nova changes `updated` with every
// action that can change its devices, and `hostId` identifies its host.
struct Fingerprint {
  Timestamp instance_updated;
  std::string host_id;  // check_host_id() holds

  friend bool operator==(const Fingerprint& a, const Fingerprint& b) {
    return a.instance_updated == b.instance_updated && a.host_id == b.host_id;
  }
  friend bool operator!=(const Fingerprint& a, const Fingerprint& b) { return !(a == b); }
};

// 0 to 64 hexadecimal digits in lower case; Nova writes 56, or none. Errors: invalid_request,
// without the name of the field.
inline constexpr std::size_t max_host_id_digits = 64;
Status check_host_id(std::string_view text);

// The last observation of a type. Failed tries are not stored.
enum class AvailabilityStatus { opened, unavailable };
std::string_view name(AvailabilityStatus status);  // "opened", "unavailable"
std::optional<AvailabilityStatus> parse_availability_status(std::string_view text);  // exact

// Nova's answer, for operators; no decision depends on it.
struct NovaAnswer {
  std::optional<int> status;        // HTTP status, 100 to 599
  std::optional<int> milliseconds;  // 0 to 600000
};

struct SeenType {
  ConsoleType type{ConsoleType::vnc};
  AvailabilityStatus status{AvailabilityStatus::opened};
  Fingerprint fingerprint;
  Timestamp seen_at;
  NovaAnswer answer;
};

// The result of one call to Nova for one type.
enum class Outcome { opened, unavailable, failed };
inline constexpr std::array<Outcome, 3> all_outcomes{Outcome::opened, Outcome::unavailable,
                                                     Outcome::failed};
std::string_view name(Outcome outcome);  // "opened", "unavailable", "failed"
std::optional<Outcome> parse_outcome(std::string_view text);

struct KnownUnavailable {
  ConsoleType type{ConsoleType::vnc};
  Timestamp seen_at;
};

struct Availability {
  std::vector<ConsoleType> consoles;          // the input, known unavailable types at the end
  std::vector<KnownUnavailable> unavailable;  // those types, in that order
  std::vector<ConsoleType> available;         // of `consoles`, those seen to open, in that order
  // Calls to Nova saved: unavailable types that preceded the first type to try.
  std::size_t saved_tries{0};
};

// The instance and its observations. No observation counts without a fingerprint.
struct AvailabilityFacts {
  std::vector<SeenType> seen;  // at most one of a type (of more, the first counts)
  std::optional<Fingerprint> fingerprint;
  std::chrono::microseconds max_age{};
  Timestamp now;
};

Availability order_by_availability(const std::vector<ConsoleType>& consoles,
                                   const AvailabilityFacts& facts);

// A dashboard's report of one type, and the time of its arrival.
struct Observation {
  ConsoleType type{ConsoleType::vnc};
  Outcome outcome{Outcome::failed};
  NovaAnswer answer;
};

// The clocks of Nova and of this service may differ by this much.
inline constexpr std::chrono::minutes max_clock_difference{5};

// Refuses a time in the future, because all later observations would be stale. Errors:
// invalid_request, without the name of the field.
Status check_instance_updated(Timestamp instance_updated, Timestamp now);

enum class ObservationResult {
  write,      // new: store it
  failed,     // a failure carries no information about the type
  stale,      // a stored observation has a newer `updated`
  unchanged,  // already stored, and younger than half of the maximum age
};
inline constexpr std::array<ObservationResult, 4> all_observation_results{
    ObservationResult::write, ObservationResult::failed, ObservationResult::stale,
    ObservationResult::unchanged};
std::string_view name(ObservationResult result);  // "write", "failed", …

// Fingerprint and time of the observations, and how long one counts.
struct Learning {
  Fingerprint fingerprint;
  std::chrono::microseconds max_age{};
  Timestamp now;
};

// `before`: the stored observations of the instance, at most one of a type.
ObservationResult result_of(const std::vector<SeenType>& before, const Observation& observation,
                            const Learning& learning);

// The observations to write, in the given order (at most one of a type).
std::vector<SeenType> learn(const std::vector<SeenType>& before,
                            const std::vector<Observation>& observations, const Learning& learning);

}  // namespace console_policy
