// SPDX-License-Identifier: Apache-2.0
// Names: what projects, domains and users are called, for people who read a list.
//
// Contract: find() calls `done` exactly once, now or later, with the names that could be found out
//           in a time for which a list can wait. One that is not among them is not known: there is
//           no such id, identity may not tell, or it did not tell in time. There is no failure: a
//           list is never lost for want of a name.
// Threads:  as Identity (identity.h).
#pragma once

#include <functional>
#include <string>

#include "policies/owner_names.h"

namespace console_policy::identity {

class Names {
 public:
  using Done = std::function<void(OwnerNames)>;

  virtual ~Names() = default;
  // `request_id`: as in Presented (identity.h).
  virtual void find(const OwnerIds& wanted, const std::string& request_id, Done done) = 0;
};

}  // namespace console_policy::identity
