// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_domains.h"

#include <algorithm>
#include <utility>

namespace console_policy::identity {

KeystoneDomains::KeystoneDomains(const KeystoneOptions& options, KeystoneClient& client,
                                 platform::Clock clock)
    : believed_for_(options.token_cache),
      client_(client),
      clock_(std::move(clock)),
      cache_(max_projects),
      flights_(options.max_validations) {}

void KeystoneDomains::domain_of(const ProjectId& project, const std::string& request_id,
                                Done done) {
  const auto known = cache_.find(project, clock_());
  if (known.has_value()) return done(*known);
  switch (flights_.join(project, done)) {
    case Joined::joined:
      return;
    case Joined::refused:
      return done(Error{ErrorCode::unavailable, "Too many projects are being looked up; try again.",
                        "max_validations are under way"});
    case Joined::first:
      break;
  }
  client_.domain_of(project.text(), request_id, [this, project](const Result<Domain>& said) {
    remember(project, said);
    flights_.land(project, said);
  });
}

void KeystoneDomains::remember(const ProjectId& project, const Result<Domain>& said) {
  if (!said.ok()) return;
  const Timestamp now = clock_();
  const std::chrono::milliseconds unknown = unknown_for;
  const auto life = said.value().has_value() ? believed_for_ : std::min(believed_for_, unknown);
  cache_.put(project, said.value(), now, now + life);
}

}  // namespace console_policy::identity
