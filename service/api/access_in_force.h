// SPDX-License-Identifier: Apache-2.0
// AccessInForce: the access rules that count now, and may be replaced while requests run.
//
// Contract: a request that has begun keeps the rules that it began with.
// Threads:  safe for concurrent use.
#pragma once

#include <memory>
#include <utility>

#include "policies/access.h"

namespace console_policy::api {

class AccessInForce final {
 public:
  explicit AccessInForce(AccessRules rules)
      : rules_(std::make_shared<const AccessRules>(std::move(rules))) {}
  AccessInForce(const AccessInForce&) = delete;
  AccessInForce& operator=(const AccessInForce&) = delete;

  std::shared_ptr<const AccessRules> now() const { return std::atomic_load(&rules_); }
  void replace(AccessRules rules) {
    std::atomic_store(&rules_, std::make_shared<const AccessRules>(std::move(rules)));
  }

 private:
  std::shared_ptr<const AccessRules> rules_;
};

}  // namespace console_policy::api
