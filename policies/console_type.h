// SPDX-License-Identifier: Apache-2.0
// ConsoleType: the ways to reach a guest's console, by the names Horizon gives them, and the
// protocol and type that Nova's remote-consoles API wants for each. This is the only place with
// that table.
//
// Source:  horizon:openstack_dashboard/dashboards/project/instances/console.py (the names),
//          nova:nova/api/openstack/compute/schemas/remote_consoles.py (protocol and type).
// Threads: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace console_policy {

enum class ConsoleType : std::uint8_t { vnc, spice, rdp, serial, mks };

// Every type, in the order in which sets of types are listed.
inline constexpr std::array<ConsoleType, 5> all_console_types{
    ConsoleType::vnc, ConsoleType::spice, ConsoleType::rdp, ConsoleType::serial, ConsoleType::mks};

// The body of Nova's POST /servers/{id}/remote-consoles for one type.
struct NovaRemoteConsole {
  std::string_view protocol;
  std::string_view type;
};

std::string_view name(ConsoleType type);                          // "VNC", "SPICE", …
std::optional<ConsoleType> parse_console_type(std::string_view);  // exact, upper case
NovaRemoteConsole nova_remote_console(ConsoleType type);          // {"spice", "spice-html5"}, …

// A set of console types. Iteration order is that of all_console_types, so equal sets give equal
// bytes.
class ConsoleTypeSet final {
 public:
  constexpr ConsoleTypeSet() = default;
  static ConsoleTypeSet of(const std::vector<ConsoleType>& types);
  static constexpr ConsoleTypeSet all() { return ConsoleTypeSet(0x1f); }

  constexpr bool contains(ConsoleType type) const { return (bits_ & bit(type)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void insert(ConsoleType type) { bits_ = static_cast<std::uint8_t>(bits_ | bit(type)); }
  std::vector<ConsoleType> types() const;

  friend constexpr ConsoleTypeSet operator|(ConsoleTypeSet a, ConsoleTypeSet b) {
    return ConsoleTypeSet(static_cast<std::uint8_t>(a.bits_ | b.bits_));
  }
  friend constexpr ConsoleTypeSet operator&(ConsoleTypeSet a, ConsoleTypeSet b) {
    return ConsoleTypeSet(static_cast<std::uint8_t>(a.bits_ & b.bits_));
  }
  // What is in a and not in b.
  friend constexpr ConsoleTypeSet operator-(ConsoleTypeSet a, ConsoleTypeSet b) {
    return ConsoleTypeSet(static_cast<std::uint8_t>(a.bits_ & ~b.bits_));
  }
  friend constexpr bool operator==(ConsoleTypeSet a, ConsoleTypeSet b) {
    return a.bits_ == b.bits_;
  }
  friend constexpr bool operator!=(ConsoleTypeSet a, ConsoleTypeSet b) { return !(a == b); }

 private:
  explicit constexpr ConsoleTypeSet(std::uint8_t bits) : bits_(bits) {}
  static constexpr std::uint8_t bit(ConsoleType type) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(type));
  }
  std::uint8_t bits_{0};
};

}  // namespace console_policy
