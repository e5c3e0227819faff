// SPDX-License-Identifier: Apache-2.0
#include "policies/change.h"

#include <catch2/catch.hpp>

#include "tests/unit/policies/facts.h"

namespace console_policy::test {
namespace {

const Writer author{"author", false};
const Writer other{"other", false};
const Writer privileged{"other", true};

bool may(const Status& status) {
  if (!status.ok()) CHECK(status.error().code == ErrorCode::forbidden);
  return status.ok();
}

TEST_CASE("Storing a first policy needs the right to allow only when it allows (R12)") {
  struct Row {
    const char* what;
    Policy after;
    bool without_right;
  };
  for (const Row& row : {Row{"prefer", prefer({VNC}), true}, Row{"deny", deny({VNC}), true},
                         Row{"deny ALL", deny_all(), true}, Row{"allow", allow({VNC}), false}}) {
    CAPTURE(row.what);
    CHECK(may(plan_write({}, row.after, author, now())) == row.without_right);
    CHECK(may(plan_write({}, row.after, privileged, now())));
  }
}

TEST_CASE("A deny that stands is lifted by its author or with the right to allow (R12)") {
  struct Row {
    const char* what;
    Policy before;
    bool other_may;
  };
  const std::vector<Row> table{
      {"prefers", prefer({VNC}), true},
      {"allows", allow({VNC}), true},
      {"denies one", deny({RDP}), false},
      {"denies ALL", deny_all(), false},
      {"denies, expires later", expiring(deny({RDP}), later()), false},
      {"denies, expires now", expiring(deny({RDP}), now()), true},
      {"denies ALL, has expired", expiring(deny_all(), earlier()), true},
  };
  // The last one keeps the deny: it is refused too, or else two writes would lift it.
  const std::vector<Policy> afters{prefer({SPICE}), deny({MKS}), deny_all(), deny({RDP})};
  for (const Row& row : table) {
    CAPTURE(row.what);
    const StandingPolicy before{row.before, "author"};
    CHECK(may(plan_removal(before, author, now())));
    CHECK(may(plan_removal(before, other, now())) == row.other_may);
    CHECK(may(plan_removal(before, privileged, now())));
    for (const Policy& after : afters) {
      CHECK(may(plan_write(before, after, author, now())));
      CHECK(may(plan_write(before, after, other, now())) == row.other_may);
      CHECK(may(plan_write(before, after, privileged, now())));
    }
  }
}

TEST_CASE("No sequence of writes without the right to allow lifts another user's deny (R12)") {
  const std::vector<Policy> choices{prefer({SPICE}), deny({RDP}), deny({MKS}), deny_all(),
                                    expiring(deny({RDP}), later())};
  for (const Policy& first : choices) {
    for (const Policy& second : choices) {
      const Policy stored = deny({RDP});
      StandingPolicy standing{stored, "author"};
      for (const Policy* after : {&first, &second}) {
        if (plan_write(standing, *after, other, now()).ok()) standing = {*after, "other"};
      }
      CHECK_FALSE(may(plan_removal(standing, other, now())));
      CHECK(standing.policy->denied().contains(RDP));
    }
  }
}

TEST_CASE("An author who allows needs the right again at each write (R12)") {
  const Policy stored = allow({VNC});
  const StandingPolicy before{stored, "author"};
  CHECK_FALSE(may(plan_write(before, allow({VNC}), author, now())));
  CHECK(may(plan_write(before, prefer({VNC}), author, now())));
}

TEST_CASE("A refused change names the missing right (R12)") {
  const Policy stored = deny({RDP});
  const StandingPolicy before{stored, "author"};
  CHECK(plan_write({}, allow({VNC}), other, now()).error().message ==
        "policy.allow: giving back what a broader scope denied needs policies:allow");
  CHECK(plan_write(before, prefer({VNC}), other, now()).error().message ==
        "policy: the policy that stands here denies, and another user wrote it: replacing it needs "
        "policies:allow");
  CHECK(plan_removal(before, other, now()).error().message ==
        "policy: the policy that stands here denies, and another user wrote it: removing it needs "
        "policies:allow");
}

}  // namespace
}  // namespace console_policy::test
