// SPDX-License-Identifier: Apache-2.0
#include "service/api/fair_use.h"

#include <algorithm>
#include <functional>

namespace console_policy::api {

Status FairUse::check(const std::string& key, const char* whose, Kind kind) const {
  const auto found = counts_.find(key);
  if (key.empty() || found == counts_.end()) return Success{};
  const auto refuse = [whose](const char* what, std::size_t bound) -> Status {
    return Error{ErrorCode::too_many_requests,
                 "This " + std::string(whose) + " has " + std::to_string(bound) + " " + what +
                     " under way, and may not have more at once.",
                 {}};
  };
  if (kind == Kind::write && found->second.writes >= options_.writes_at_once) {
    return refuse("writes", options_.writes_at_once);
  }
  if (found->second.requests >= options_.requests_at_once) {
    return refuse("requests", options_.requests_at_once);
  }
  return Success{};
}

Result<FairUse::Place> FairUse::enter(std::string_view client_address, std::string_view token,
                                      Kind kind) {
  const auto& exempt = options_.exempt_addresses;
  const bool counted = std::find(exempt.begin(), exempt.end(), client_address) == exempt.end();
  std::array<std::string, 2> keys;  // empty: not counted
  if (counted) keys[0] = "a" + std::string(client_address);
  if (!token.empty()) keys[1] = "t" + std::to_string(std::hash<std::string_view>{}(token));

  const std::lock_guard<std::mutex> lock(mutex_);
  Status address = check(keys[0], "client", kind);
  if (!address.ok()) return std::move(address).error();
  Status caller = check(keys[1], "token", kind);
  if (!caller.ok()) return std::move(caller).error();
  for (const std::string& key : keys) {
    if (key.empty()) continue;
    Counts& counts = counts_[key];
    ++counts.requests;
    if (kind == Kind::write) ++counts.writes;
  }
  return Place(*this, std::move(keys), kind);
}

void FairUse::leave(const std::array<std::string, 2>& keys, Kind kind) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const std::string& key : keys) {
    const auto found = counts_.find(key);
    if (found == counts_.end()) continue;
    --found->second.requests;
    if (kind == Kind::write) --found->second.writes;
    if (found->second.requests == 0) counts_.erase(found);
  }
}

}  // namespace console_policy::api
