// SPDX-License-Identifier: Apache-2.0
#include "policies/record.h"

#include <array>

namespace console_policy {

std::string_view name(Action action) {
  switch (action) {
    case Action::create:
      return "create";
    case Action::update:
      return "update";
    case Action::remove:
      return "delete";
  }
  return "update";
}

std::optional<Action> parse_action(std::string_view text) {
  static constexpr std::array<Action, 3> all{Action::create, Action::update, Action::remove};
  for (const Action action : all) {
    if (name(action) == text) return action;
  }
  return std::nullopt;
}

}  // namespace console_policy
