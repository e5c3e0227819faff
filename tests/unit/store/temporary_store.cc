// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store/temporary_store.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>

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

}  // namespace

Options options_for(const std::string& path) {
  Options options;
  options.url = "sqlite:///" + path;
  return options;
}

std::unique_ptr<Store> open_or_fail(const Options& options) {
  Result<std::unique_ptr<Store>> store = open_store(options);
  INFO((store.ok() ? std::string("opened") : store.error().message));
  REQUIRE(store.ok());
  return std::move(store).value();
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

Revision revision_of(Store& store) {
  Result<Snapshot> snapshot = store.lookup({});
  REQUIRE(snapshot.ok());
  return snapshot.value().revision;
}

std::optional<StoredPolicy> find(Store& store, const Scope& scope) {
  Result<Snapshot> snapshot = store.lookup({scope});
  INFO((snapshot.ok() ? std::string("found") : snapshot.error().internal));
  REQUIRE(snapshot.ok());
  REQUIRE(snapshot.value().policies.size() <= 1);
  if (snapshot.value().policies.empty()) return std::nullopt;
  return snapshot.value().policies.front();
}

std::string text_of(const Scope& scope) {
  std::string text(name(scope.kind()));
  if (!scope.owner_id().empty()) text += "/" + scope.owner_id();
  if (!scope.instance_id().empty()) text += "/" + scope.instance_id();
  return text;
}

}  // namespace console_policy::store::test
