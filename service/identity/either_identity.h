// SPDX-License-Identifier: Apache-2.0
// EitherIdentity: two identities at once. The first one is asked first; what it does not know, the
// second one is asked about. So static tokens work while Keystone is away.
//
// Contract: a token that the first refuses is the second's to judge; that the first is unavailable
//           is the answer. The challenge is the second's.
// Threads:  as the two. Lifetime: borrows both.
#pragma once

#include "service/identity/identity.h"

namespace console_policy::identity {

class EitherIdentity final : public Identity {
 public:
  EitherIdentity(Identity& first, Identity& second);

  void authenticate(const Presented& presented, Done done) override;
  std::string challenge() const override;

 private:
  Identity& first_;
  Identity& second_;
};

}  // namespace console_policy::identity
