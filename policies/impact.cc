// SPDX-License-Identifier: Apache-2.0
#include "policies/impact.h"

#include <algorithm>

namespace console_policy {

void Effect::add(const std::string& project_id, const std::string& instance_id,
                 const FirstTypes& types) {
  ++instances;
  // The groups of the project are the last ones.
  const auto group = std::find_if(groups.rbegin(), groups.rend(), [&](const ImpactGroup& known) {
    return known.project_id != project_id || known.first == types;
  });
  if (group != groups.rend() && group->project_id == project_id) {
    ++group->instances;
  } else if (groups.size() < max_impact_groups) {
    groups.push_back({project_id, types, 1});
  }
  if (first.size() < max_impact_instances) first.push_back({project_id, instance_id, types});
}

void Impact::add(const std::string& project_id, const std::string& instance_id,
                 const FirstTypes& types, bool domain_known) {
  ++instances;
  if (!domain_known) ++domain_unknown;
  if (types.before == types.after) return;
  (types.after.has_value() ? other_type : no_console).add(project_id, instance_id, types);
}

}  // namespace console_policy
