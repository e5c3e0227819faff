// SPDX-License-Identifier: Apache-2.0
#include "service/store/scope_keys.h"

namespace console_policy::store {

std::string ScopeKeys::condition(std::size_t place) {
  const std::string number = std::to_string(place);
  return "scope = :scope" + number + " AND owner_id = :owner" + number +
         " AND instance_id = :instance" + number;
}

void ScopeKeys::bind(soci::statement& statement) {
  for (Key& key : keys_) {
    statement.exchange(soci::use(key.scope));
    statement.exchange(soci::use(key.owner_id));
    statement.exchange(soci::use(key.instance_id));
  }
}

void ScopeKeys::set(const std::vector<Scope>& scopes) {
  for (std::size_t i = 0; i < max_scopes; ++i) {
    keys_[i] = i < scopes.size() ? Key{std::string(name(scopes[i].kind())), scopes[i].owner_id(),
                                       scopes[i].instance_id()}
                                 : Key{};
  }
}

}  // namespace console_policy::store
