// SPDX-License-Identifier: Apache-2.0
// What was seen of an instance's consoles: what of it counts, what is worth keeping.
// policies/README.md states both normatively, with worked cases.
//
// Contract: pure and total. An observation changes the order of what is tried and nothing else:
//           order_by_availability() gives every type that it was given, once.
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

// The state of an instance as far as it decides which consoles it has: Nova moves `updated` with
// every action that can change its devices, and `hostId` names where it runs.
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

// What was seen last of a type. Nothing is remembered of a try that failed.
enum class AvailabilityStatus { opened, unavailable };
std::string_view name(AvailabilityStatus status);  // "opened", "unavailable"
std::optional<AvailabilityStatus> parse_availability_status(std::string_view text);  // exact

// What Nova said besides, for whoever looks; nothing is decided by it.
struct NovaAnswer {
  std::optional<int> status;        // of HTTP, 100 to 599
  std::optional<int> milliseconds;  // 0 to 600000
};

struct SeenType {
  ConsoleType type{ConsoleType::vnc};
  AvailabilityStatus status{AvailabilityStatus::opened};
  Fingerprint fingerprint;
  Timestamp seen_at;
  NovaAnswer answer;
};

// What came of asking Nova for one type.
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
  std::vector<ConsoleType> consoles;          // what was given, known unavailable types at the end
  std::vector<KnownUnavailable> unavailable;  // those types, in that order
  std::vector<ConsoleType> available;         // of `consoles`, those seen to open, in that order
  // Types that stood before the first one that is tried now: so many calls to Nova are saved.
  std::size_t saved_tries{0};
};

// What is known of the instance now. Nothing counts without a fingerprint.
struct AvailabilityFacts {
  std::vector<SeenType> seen;  // at most one of a type (of more, the first counts)
  std::optional<Fingerprint> fingerprint;
  std::chrono::microseconds max_age{};
  Timestamp now;
};

Availability order_by_availability(const std::vector<ConsoleType>& consoles,
                                   const AvailabilityFacts& facts);

// What a dashboard saw, and when that arrived.
struct Observation {
  ConsoleType type{ConsoleType::vnc};
  Outcome outcome{Outcome::failed};
  NovaAnswer answer;
};

// How far the clocks of Nova and of this service may be apart.
inline constexpr std::chrono::minutes max_clock_difference{5};

// Whether anything may be learnt under this fingerprint. Errors: invalid_request, without the name
// of the field: a time in the future would keep everything that is seen later from being learnt.
Status check_instance_updated(Timestamp instance_updated, Timestamp now);

enum class Lesson {
  write,      // it has to be kept
  failed,     // a failure says nothing about the type
  stale,      // something newer is known of the instance
  unchanged,  // it is known already, and still young
};
inline constexpr std::array<Lesson, 4> all_lessons{Lesson::write, Lesson::failed, Lesson::stale,
                                                   Lesson::unchanged};
std::string_view name(Lesson lesson);  // "write", "failed", …

// When and under what the observations were made, and how long one counts.
struct Learning {
  Fingerprint fingerprint;
  std::chrono::microseconds max_age{};
  Timestamp now;
};

// `before`: what is known of the instance, at most one of a type.
Lesson lesson_of(const std::vector<SeenType>& before, const Observation& observation,
                 const Learning& learning);

// What is to be written, in the order of the observations (at most one of a type).
std::vector<SeenType> learn(const std::vector<SeenType>& before,
                            const std::vector<Observation>& observations, const Learning& learning);

}  // namespace console_policy
