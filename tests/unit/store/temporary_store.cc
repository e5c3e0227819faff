// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store/temporary_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>

#include "tests/unit/store/raw_database.h"

namespace console_policy::store::test {
namespace {

template <class Id>
Id parsed(const std::string& text) {
  Result<Id> id = Id::parse(text);
  // No REQUIRE: tests come here from many threads, and Catch counts without a lock.
  if (!id.ok()) std::abort();
  return std::move(id).value();
}

std::string uuid(int number) {
  std::array<char, 37> text{};
  std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012d", number);
  return text.data();
}

// Of the server, with a database that every server has.
Options server_options() {
  Options options;
  const char* const password_file = std::getenv("CONSOLE_POLICY_TEST_MYSQL_PASSWORD_FILE");
  if (password_file != nullptr) options.password_file = password_file;
  options.url = std::getenv("CONSOLE_POLICY_TEST_MYSQL");
  if (options.url.back() != '/') options.url += '/';
  options.url += "information_schema";
  return options;
}

}  // namespace

bool on_mariadb() {
  return std::getenv("CONSOLE_POLICY_TEST_MYSQL") != nullptr;
}

Options sqlite_options(const std::string& path) {
  constexpr std::chrono::milliseconds short_interval{20};
  Options options;
  options.url = "sqlite:///" + path;
  options.poll_interval = short_interval;
  return options;
}

TemporaryDatabase::TemporaryDatabase() : options_(sqlite_options(folder_.file("policy.db"))) {
  if (!on_mariadb()) return;
  std::random_device random;
  name_ = "console_policy_" + std::to_string(random()) + std::to_string(random());
  RawDatabase(server_options()).run("CREATE DATABASE " + name_);
  const Options server = server_options();
  options_.password_file = server.password_file;
  options_.url = server.url.substr(0, server.url.rfind('/') + 1) + name_;
}

TemporaryDatabase::~TemporaryDatabase() {
  if (!name_.empty()) RawDatabase(server_options()).run("DROP DATABASE " + name_);
}

std::unique_ptr<Store> open_or_fail(const Options& options, Report report) {
  Result<std::unique_ptr<Store>> store = open_store(options, std::move(report));
  INFO((store.ok() ? std::string("opened") : store.error().message));
  REQUIRE(store.ok());
  return std::move(store).value();
}

TemporaryStore::TemporaryStore(const Change& change) {
  if (change) change(options);
  store = open_or_fail(options);
}

void TemporaryStore::reopen() {
  store.reset();
  store = open_or_fail(options);
}

Report Reports::receiver() {
  return [this](Severity /*severity*/, std::string_view message, std::string_view detail) {
    const std::lock_guard<std::mutex> lock(mutex_);
    texts_.push_back(std::string(message) + ": " + std::string(detail));
  };
}

int Reports::count(const std::string& words) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int>(std::count_if(
      texts_.begin(), texts_.end(),
      [&words](const std::string& text) { return text.find(words) != std::string::npos; }));
}

Scope cloud() {
  return Scope::cloud();
}
Scope domain(const std::string& id) {
  return Scope::domain(parsed<DomainId>(id));
}
Scope project(const std::string& id) {
  return Scope::project(parsed<ProjectId>(id));
}
Scope user(const std::string& id) {
  return Scope::user(parsed<UserId>(id));
}
Scope instance(const std::string& project_id, int number) {
  return Scope::instance(parsed<ProjectId>(project_id), parsed<InstanceId>(uuid(number)));
}

Policy prefers(std::vector<ConsoleType> types) {
  Policy policy;
  policy.prefer = std::move(types);
  return policy;
}

Policy says(const std::string& reason) {
  Policy policy = prefers({ConsoleType::vnc});
  policy.reason = reason;
  return policy;
}

Timestamp at(long long microseconds) {
  return Timestamp(std::chrono::microseconds(microseconds));
}

Author author(const std::string& user_id, long long microseconds) {
  static std::atomic<int> made{0};
  const int number = ++made;
  return Author{user_id, "req-" + uuid(number), uuid(number), at(microseconds)};
}

Status allow(const std::optional<StoredPolicy>& /*before*/) {
  return Success{};
}

StoredPolicy put(Store& store, const Scope& scope, const Policy& policy) {
  Result<StoredPolicy> stored = store.put(scope, policy, author(), allow);
  INFO((stored.ok() ? std::string("stored") : stored.error().internal));
  REQUIRE(stored.ok());
  return std::move(stored).value();
}

Revision revision_of(const Store& store) {
  return store.figures().revision;
}

std::optional<StoredPolicy> find(Store& store, const Scope& scope) {
  Result<std::optional<StoredPolicy>> found = store.find(scope);
  INFO((found.ok() ? std::string("found") : found.error().internal));
  REQUIRE(found.ok());
  return std::move(found).value();
}

std::string reason_of(const Store& store, const Scope& scope) {
  const Result<InForce> found = store.in_force({scope});
  INFO((found.ok() ? std::string("found") : found.error().internal));
  REQUIRE(found.ok());
  const std::shared_ptr<const Policy>& policy = found.value().policies.at(0);
  return policy == nullptr ? "" : policy->reason.value_or("");
}

std::string text_of(const Scope& scope) {
  std::string text(name(scope.kind()));
  if (!scope.owner_id().empty()) text += "/" + scope.owner_id();
  if (!scope.instance_id().empty()) text += "/" + scope.instance_id();
  return text;
}

}  // namespace console_policy::store::test
