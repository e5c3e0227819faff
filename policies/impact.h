// SPDX-License-Identifier: Apache-2.0
// Impact: what a change of policies does to the first console type of known instances.
//
// Contract: pure. add() is called once for each instance; counts are exact, lists are bounded.
// Threads:  one at a time.
// Bounds:   max_impact_groups groups and max_impact_instances instances of each effect are listed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/console_type.h"

namespace console_policy {

inline constexpr std::size_t max_impact_groups = 1000;
inline constexpr std::size_t max_impact_instances = 100;

// The first types to try for an instance; nothing: no console.
struct FirstTypes {
  std::optional<ConsoleType> before;
  std::optional<ConsoleType> after;

  friend bool operator==(const FirstTypes& a, const FirstTypes& b) {
    return a.before == b.before && a.after == b.after;
  }
};

struct ImpactGroup {
  std::string project_id;
  FirstTypes first;
  std::int64_t instances{0};
};

struct ImpactInstance {
  std::string project_id;
  std::string instance_id;
  FirstTypes first;
};

// One effect: on how many instances, by project and types, and the first instances.
struct Effect {
  std::int64_t instances{0};
  std::vector<ImpactGroup> groups;
  std::vector<ImpactInstance> first;

  void add(const std::string& project_id, const std::string& instance_id, const FirstTypes& types);
};

struct Impact {
  std::int64_t instances{0};       // known
  std::int64_t domain_unknown{0};  // of these, without the policy of their project's domain
  Effect other_type;               // another type opens first
  Effect no_console;               // no type is left

  // Instances of one project follow each other.
  void add(const std::string& project_id, const std::string& instance_id, const FirstTypes& types,
           bool domain_known);
};

}  // namespace console_policy
