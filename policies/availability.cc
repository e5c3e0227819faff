// SPDX-License-Identifier: Apache-2.0
#include "policies/availability.h"

#include <algorithm>

#include "policies/ascii.h"

namespace console_policy {
namespace {

const SeenType* seen_of(ConsoleType type, const std::vector<SeenType>& seen) {
  const auto found =
      std::find_if(seen.begin(), seen.end(), [&](const SeenType& s) { return s.type == type; });
  return found == seen.end() ? nullptr : &*found;
}

// If the clock was set back, observations may be in the future; the same bound applies to them.
bool is_young(Timestamp seen_at, std::chrono::microseconds max_age, Timestamp now) {
  const auto age = now - seen_at;
  return age <= max_age && -age <= max_age;
}

// The observation of a type that counts, or null.
const SeenType* counting(ConsoleType type, const AvailabilityFacts& facts) {
  if (!facts.fingerprint.has_value()) return nullptr;
  const SeenType* seen = seen_of(type, facts.seen);
  if (seen == nullptr || seen->fingerprint != *facts.fingerprint) return nullptr;
  return is_young(seen->seen_at, facts.max_age, facts.now) ? seen : nullptr;
}

AvailabilityStatus status_of(Outcome outcome) {
  return outcome == Outcome::opened ? AvailabilityStatus::opened : AvailabilityStatus::unavailable;
}

}  // namespace

Status check_host_id(std::string_view text) {
  const bool digits = std::all_of(text.begin(), text.end(), is_lower_hexadecimal);
  if (digits && text.size() <= max_host_id_digits) return Success{};
  return invalid_request("at most " + std::to_string(max_host_id_digits) +
                         " hexadecimal digits in lower case are expected, as Nova's hostId has");
}

std::string_view name(AvailabilityStatus status) {
  switch (status) {
    case AvailabilityStatus::opened:
      return "opened";
    case AvailabilityStatus::unavailable:
      return "unavailable";
  }
  return {};
}

std::optional<AvailabilityStatus> parse_availability_status(std::string_view text) {
  for (const AvailabilityStatus status :
       {AvailabilityStatus::opened, AvailabilityStatus::unavailable}) {
    if (text == name(status)) return status;
  }
  return std::nullopt;
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::opened:
      return "opened";
    case Outcome::unavailable:
      return "unavailable";
    case Outcome::failed:
      return "failed";
  }
  return {};
}

std::optional<Outcome> parse_outcome(std::string_view text) {
  for (const Outcome outcome : all_outcomes) {
    if (text == name(outcome)) return outcome;
  }
  return std::nullopt;
}

std::string_view name(ObservationResult result) {
  switch (result) {
    case ObservationResult::write:
      return "write";
    case ObservationResult::failed:
      return "failed";
    case ObservationResult::stale:
      return "stale";
    case ObservationResult::unchanged:
      return "unchanged";
  }
  return {};
}

Availability order_by_availability(const std::vector<ConsoleType>& consoles,
                                   const AvailabilityFacts& facts) {
  Availability result;
  for (const ConsoleType type : consoles) {
    const SeenType* seen = counting(type, facts);
    if (seen != nullptr && seen->status == AvailabilityStatus::unavailable) {
      // A type after the first one to try saves no call.
      if (result.consoles.empty()) ++result.saved_tries;
      result.unavailable.push_back({type, seen->seen_at});
      continue;
    }
    if (seen != nullptr) result.available.push_back(type);
    result.consoles.push_back(type);
  }
  if (result.consoles.empty()) result.saved_tries = 0;
  for (const KnownUnavailable& known : result.unavailable) result.consoles.push_back(known.type);
  return result;
}

Status check_instance_updated(Timestamp instance_updated, Timestamp now) {
  if (instance_updated <= now + max_clock_difference) return Success{};
  return invalid_request("is more than " + std::to_string(max_clock_difference.count()) +
                         " minutes in the future");
}

ObservationResult result_of(const std::vector<SeenType>& before, const Observation& observation,
                            const Learning& learning) {
  if (observation.outcome == Outcome::failed) return ObservationResult::failed;
  // Of any type: `updated` belongs to the instance.
  const bool stale = std::any_of(before.begin(), before.end(), [&](const SeenType& seen) {
    return learning.fingerprint.instance_updated < seen.fingerprint.instance_updated;
  });
  if (stale) return ObservationResult::stale;
  const SeenType* seen = seen_of(observation.type, before);
  const bool same = seen != nullptr && seen->fingerprint == learning.fingerprint &&
                    seen->status == status_of(observation.outcome) &&
                    is_young(seen->seen_at, learning.max_age / 2, learning.now);
  return same ? ObservationResult::unchanged : ObservationResult::write;
}

std::vector<SeenType> learn(const std::vector<SeenType>& before,
                            const std::vector<Observation>& observations,
                            const Learning& learning) {
  std::vector<SeenType> written;
  for (const Observation& observation : observations) {
    if (result_of(before, observation, learning) != ObservationResult::write) continue;
    written.push_back(SeenType{observation.type, status_of(observation.outcome),
                               learning.fingerprint, learning.now, observation.answer});
  }
  return written;
}

}  // namespace console_policy
