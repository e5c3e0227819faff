// SPDX-License-Identifier: Apache-2.0
#include "policies/console_type.h"

namespace console_policy {
namespace {

struct Row {
  std::string_view name;
  NovaRemoteConsole nova;
};

constexpr Row row(ConsoleType type) {
  switch (type) {
    case ConsoleType::vnc:
      return {"VNC", {"vnc", "novnc"}};
    case ConsoleType::spice:
      return {"SPICE", {"spice", "spice-html5"}};
    case ConsoleType::rdp:
      return {"RDP", {"rdp", "rdp-html5"}};
    case ConsoleType::serial:
      return {"SERIAL", {"serial", "serial"}};
    case ConsoleType::mks:
      return {"MKS", {"mks", "webmks"}};
  }
  return {};
}

}  // namespace

std::string_view name(ConsoleType type) {
  return row(type).name;
}

std::optional<ConsoleType> parse_console_type(std::string_view text) {
  for (const ConsoleType type : all_console_types) {
    if (name(type) == text) return type;
  }
  return std::nullopt;
}

NovaRemoteConsole nova_remote_console(ConsoleType type) {
  return row(type).nova;
}

ConsoleTypeSet ConsoleTypeSet::of(const std::vector<ConsoleType>& types) {
  ConsoleTypeSet set;
  for (const ConsoleType type : types) set.insert(type);
  return set;
}

std::vector<ConsoleType> ConsoleTypeSet::types() const {
  std::vector<ConsoleType> types;
  if (empty()) return types;
  types.reserve(all_console_types.size());
  for (const ConsoleType type : all_console_types) {
    if (contains(type)) types.push_back(type);
  }
  return types;
}

}  // namespace console_policy
