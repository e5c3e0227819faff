// SPDX-License-Identifier: Apache-2.0
// Builders of facts for the tests of this folder, and a resolution as text.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "policies/resolution.h"

namespace console_policy::test {

inline constexpr ConsoleType VNC = ConsoleType::vnc;
inline constexpr ConsoleType SPICE = ConsoleType::spice;
inline constexpr ConsoleType RDP = ConsoleType::rdp;
inline constexpr ConsoleType SERIAL = ConsoleType::serial;
inline constexpr ConsoleType MKS = ConsoleType::mks;

using Types = std::vector<ConsoleType>;

// A time, and times before and after it.
Timestamp now();
Timestamp earlier();
Timestamp later();

ConsoleTypeSet set(std::initializer_list<ConsoleType> types);

Policy prefer(Types types);
Policy deny(std::initializer_list<ConsoleType> types);
Policy deny_all();
Policy allow(std::initializer_list<ConsoleType> types);
Policy expiring(Policy policy, Timestamp at);
Policy because(Policy policy, std::string reason);

// SPICE, VNC, SERIAL, MKS.
Policy shipped_default();

// The scopes of one opening: cloud, domain D, project P, user U, one instance of P.
Scope the(ScopeKind kind);
std::vector<Scope> all_scopes();

// An opening for which only these policies are stored.
Facts facts(std::vector<ScopedPolicy> policies);

// The whole resolution, one fact a line: equal texts, equal resolutions.
std::string text(const Resolution& resolution);
std::string text(const Types& types);  // "SPICE, VNC"; "" for none

}  // namespace console_policy::test
