// SPDX-License-Identifier: Apache-2.0
// A real store with a database of its own, and short ways to write scopes, policies and authors.
//
// The database is an SQLite file. With CONSOLE_POLICY_TEST_MYSQL=mysql://user@127.0.0.1:3306/ in
// the environment, and the user's password in the file CONSOLE_POLICY_TEST_MYSQL_PASSWORD_FILE, it
// is a database on that server: unit_store '~[sqlite]' then runs what both databases promise. Tests
// of files are tagged [sqlite] and use sqlite_options().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "service/store/store.h"
#include "tests/unit/temporary_folder.h"

namespace console_policy::store::test {

bool on_mariadb();

// Created empty, and dropped with its object.
class TemporaryDatabase final {
 public:
  TemporaryDatabase();
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;
  ~TemporaryDatabase();

  // The follower polls every 20 ms, so that tests need not wait long.
  const Options& options() const { return options_; }
  std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  TemporaryFolder folder_;
  Options options_;
  std::string name_;  // on the server
};

Options sqlite_options(const std::string& path);

// Opens it, or fails the test.
std::unique_ptr<Store> open_or_fail(const Options& options, Report report = {});

struct TemporaryStore {
  using Change = std::function<void(Options&)>;

  TemporaryStore() : TemporaryStore(Change()) {}
  explicit TemporaryStore(const Change& change);

  void reopen();
  Store& operator*() const { return *store; }
  Store* operator->() const { return store.get(); }

  TemporaryDatabase database;
  Options options{database.options()};
  std::unique_ptr<Store> store;
};

// What a store reports for the log.
class Reports final {
 public:
  Report receiver();
  // How many reports have `words` in their message or detail.
  int count(const std::string& words) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

// Whether the condition holds within a deadline that a busy machine does not reach.
template <class Condition>
bool eventually(const Condition& condition) {
  constexpr std::chrono::seconds limit{20};
  constexpr std::chrono::milliseconds pause{2};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

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
Revision revision_of(const Store& store);                            // in memory
std::optional<StoredPolicy> find(Store& store, const Scope& scope);  // in the database
// The reason of the policy in memory; empty without one.
std::string reason_of(const Store& store, const Scope& scope);

// The path tail of a scope, as the API writes it, for comparing lists.
std::string text_of(const Scope& scope);

}  // namespace console_policy::store::test
