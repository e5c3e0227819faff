// SPDX-License-Identifier: Apache-2.0
#include "policies/record.h"

#include <catch2/catch.hpp>

using namespace console_policy;

TEST_CASE("An action's name is read back as the action, and nothing else is") {
  for (const Action action : {Action::create, Action::update, Action::remove}) {
    CHECK(parse_action(name(action)) == action);
  }
  CHECK(name(Action::remove) == "delete");
  CHECK_FALSE(parse_action("remove").has_value());
  CHECK_FALSE(parse_action("").has_value());
}
