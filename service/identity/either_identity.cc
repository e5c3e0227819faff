// SPDX-License-Identifier: Apache-2.0
#include "service/identity/either_identity.h"

#include <utility>

namespace console_policy::identity {

EitherIdentity::EitherIdentity(Identity& first, Identity& second)
    : first_(first), second_(second) {}

void EitherIdentity::authenticate(const Presented& presented, Done done) {
  first_.authenticate(presented,
                      [this, &presented, done = std::move(done)](Result<CallerPtr> caller) mutable {
                        if (caller.ok() || caller.error().code != ErrorCode::unauthenticated) {
                          return done(std::move(caller));
                        }
                        second_.authenticate(presented, std::move(done));
                      });
}

std::string EitherIdentity::challenge() const {
  return second_.challenge();
}

}  // namespace console_policy::identity
