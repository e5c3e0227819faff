// SPDX-License-Identifier: Apache-2.0
// A real store in a folder of its own, and short ways to say scopes, policies and authors.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "service/store/store.h"
#include "tests/unit/temporary_folder.h"

namespace console_policy::store::test {

Options options_for(const std::string& path);

// Opens it, or fails the test.
std::unique_ptr<Store> open_or_fail(const Options& options);

struct TemporaryStore {
  TemporaryFolder folder;
  std::string path{folder.file("policy.db")};
  std::unique_ptr<Store> store{open_or_fail(options_for(path))};

  Store& operator*() const { return *store; }
  Store* operator->() const { return store.get(); }
};

Scope cloud();
Scope domain(const std::string& id);
Scope project(const std::string& id);
Scope user(const std::string& id);
Scope instance(const std::string& project_id, int number);  // number becomes a UUID

Policy prefers(std::vector<ConsoleType> types);
Policy says(const std::string& reason);  // prefers VNC, for that reason

Timestamp at(long long microseconds);
Author author(const std::string& user_id = "alice", long long microseconds = 1'700'000'000'000'000);

// A guard that lets everything pass.
Status allow(const std::optional<StoredPolicy>& before);

StoredPolicy put(Store& store, const Scope& scope, const Policy& policy);
Revision revision_of(Store& store);
std::optional<StoredPolicy> find(Store& store, const Scope& scope);

// The path tail of a scope, as the API writes it, for comparing lists.
std::string text_of(const Scope& scope);

}  // namespace console_policy::store::test
