// SPDX-License-Identifier: Apache-2.0
#include "policies/policy.h"

#include <string_view>

namespace console_policy {
namespace {

// "RDP" or "VNC, SPICE".
std::string listed(ConsoleTypeSet types) {
  std::string text;
  for (const ConsoleType type : types.types()) {
    if (!text.empty()) text += ", ";
    text += name(type);
  }
  return text;
}

// C0, DEL and, in their UTF-8 form, the C1 control characters.
bool has_control_character(std::string_view utf8) {
  unsigned char previous = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (previous == 0xc2 && byte >= 0x80 && byte <= 0x9f) return true;
    previous = byte;
  }
  return false;
}

Status check_no_repetition(const std::vector<ConsoleType>& prefer) {
  ConsoleTypeSet seen;
  for (std::size_t i = 0; i < prefer.size(); ++i) {
    if (seen.contains(prefer[i])) {
      return invalid_request("policy.prefer[" + std::to_string(i) +
                             "]: " + std::string(name(prefer[i])) + " is preferred twice");
    }
    seen.insert(prefer[i]);
  }
  return Success{};
}

// The rules for the three lists that hold at every scope.
Status check_lists(const Policy& policy) {
  if (policy.prefer.empty() && policy.denied().empty() && policy.allow.empty()) {
    return invalid_request("policy: says nothing; give prefer, deny or allow");
  }
  if (Status once = check_no_repetition(policy.prefer); !once.ok()) return once;
  if (policy.deny_all && !policy.deny.empty()) {
    return invalid_request("policy.deny: ALL stands alone, without " + listed(policy.deny));
  }
  const ConsoleTypeSet preferred = ConsoleTypeSet::of(policy.prefer);
  if (const ConsoleTypeSet both = policy.denied() & preferred; !both.empty()) {
    return invalid_request("policy.deny: " + listed(both) + " is also preferred");
  }
  if (const ConsoleTypeSet both = policy.denied() & policy.allow; !both.empty()) {
    return invalid_request("policy.deny: " + listed(both) + " is also allowed");
  }
  return Success{};
}

Status check_cloud(const Policy& policy) {
  if (!policy.allow.empty()) {
    return invalid_request("policy.allow: nothing is broader than the cloud; do not deny instead");
  }
  if (policy.prefer.empty() && !policy.deny_all) {
    return invalid_request(
        "policy.prefer: the policy of the cloud replaces the shipped default whole, so it has to "
        "prefer something or to deny ALL");
  }
  return Success{};
}

Status check_user(const Policy& policy) {
  if (!policy.denied().empty()) {
    return invalid_request("policy.deny: the policy of a user can only prefer");
  }
  if (!policy.allow.empty()) {
    return invalid_request("policy.allow: the policy of a user can only prefer");
  }
  return Success{};
}

Status check_for_scope(const Policy& policy, ScopeKind kind) {
  switch (kind) {
    case ScopeKind::cloud:
      return check_cloud(policy);
    case ScopeKind::user:
      return check_user(policy);
    case ScopeKind::domain:
    case ScopeKind::project:
    case ScopeKind::instance:
      return Success{};
  }
  return Success{};
}

Status check_reason(const std::optional<std::string>& reason) {
  if (!reason) return Success{};
  if (reason->empty()) {
    return invalid_request("policy.reason: is empty; leave it out instead");
  }
  if (reason->size() > max_reason_bytes) {
    return invalid_request("policy.reason: has " + std::to_string(reason->size()) +
                           " bytes, more than " + std::to_string(max_reason_bytes));
  }
  if (has_control_character(*reason)) {
    return invalid_request("policy.reason: holds a control character");
  }
  return Success{};
}

}  // namespace

bool operator==(const Policy& a, const Policy& b) {
  return a.prefer == b.prefer && a.deny == b.deny && a.deny_all == b.deny_all &&
         a.allow == b.allow && a.reason == b.reason && a.expires_at == b.expires_at;
}

Status check_policy(const Policy& policy, ScopeKind kind, Timestamp now) {
  if (Status lists = check_lists(policy); !lists.ok()) return lists;
  if (Status scope = check_for_scope(policy, kind); !scope.ok()) return scope;
  if (Status reason = check_reason(policy.reason); !reason.ok()) return reason;
  if (policy.expired(now)) return invalid_request("policy.expires_at: is not in the future");
  return Success{};
}

}  // namespace console_policy
