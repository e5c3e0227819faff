// SPDX-License-Identifier: Apache-2.0
// ProjectDomains: which domain a project belongs to.
//
// Contract: domain_of() calls `done` exactly once, now or later: with the domain's id, with none
//           when there is no such project, or with unavailable when it could not be found out.
//           That is never taken for "none": a domain's deny would be lost.
// Threads:  as Identity (identity.h).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "policies/id.h"
#include "policies/result.h"

namespace console_policy::identity {

class ProjectDomains {
 public:
  using Done = std::function<void(Result<std::optional<std::string>>)>;

  virtual ~ProjectDomains() = default;
  // `request_id`: as in Presented (identity.h).
  virtual void domain_of(const ProjectId& project, const std::string& request_id, Done done) = 0;
};

}  // namespace console_policy::identity
