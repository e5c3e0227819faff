// SPDX-License-Identifier: Apache-2.0
// Hypothesis: resolutions as they are, and as they would be after some operations.
//
// Contract: `operations` and the services outlive it. Decides from memory only.
// Errors:   those of Store::in_force().
// Threads:  one at a time.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "policies/impact.h"
#include "policies/resolution.h"
#include "service/api/route.h"

namespace console_policy::api {

class Hypothesis final {
 public:
  Hypothesis(const Services& services, const std::vector<store::Operation>& operations,
             Timestamp now);

  // The types to try, without observations.
  struct Consoles {
    std::vector<ConsoleType> before;
    std::vector<ConsoleType> after;
  };
  Result<Consoles> consoles(const std::vector<Scope>& scopes) const;

  // On the instances with observations. `includes`: whether a project counts; `domain_of`: the
  // domain of a project, if it is known.
  Result<Impact> impact(
      const std::function<bool(const std::string& project_id)>& includes,
      const std::function<std::optional<DomainId>(const std::string& project_id)>& domain_of) const;

 private:
  const Services& services_;
  const Timestamp now_;
  struct Less {
    bool operator()(const Scope& a, const Scope& b) const {
      return std::tuple(a.kind(), std::string_view(a.owner_id()),
                        std::string_view(a.instance_id())) <
             std::tuple(b.kind(), std::string_view(b.owner_id()),
                        std::string_view(b.instance_id()));
    }
  };
  std::map<Scope, const Policy*, Less> written_;  // by the operations; null: deleted
};

}  // namespace console_policy::api
