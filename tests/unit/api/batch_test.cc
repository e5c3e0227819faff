// SPDX-License-Identifier: Apache-2.0
// The answer of a batch when the store calls its guard more than once. A fake store asks: a real
// one does so only when a commit of several writes fails.
#include "service/api/batch.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::api;

namespace {

using Standing = std::vector<std::optional<StoredPolicy>>;

Error unused() {
  return Error{ErrorCode::internal, "not asked for in these tests", {}};
}

// A fake: each write is tried once for each of `tries`, over what is stored then; the last try
// counts, unless the store itself fails in it.
class RetryingStore final : public store::Store {
 public:
  std::vector<Standing> tries;
  Status fails{Success{}};

  Result<std::vector<store::Applied>> apply(const std::vector<store::Operation>& operations,
                                            const store::Author&,
                                            const store::BatchGuard& guard) override {
    Status allowed{Success{}};
    for (const Standing& before : tries) allowed = guard(before);
    if (!fails.ok()) return fails.error();
    if (!allowed.ok()) return std::move(allowed).error();
    return std::vector<store::Applied>(operations.size(), {Action::create, 1});
  }

  Result<store::InForce> in_force(const std::vector<Scope>&) const override { return unused(); }
  std::vector<SeenType> seen(const ProjectId&, const InstanceId&) const override { return {}; }
  void learn(const ProjectId&, const InstanceId&, const store::Learn&) override {}
  Result<std::string> check() const override { return unused(); }
  store::Figures figures() const override { return {}; }
  Result<std::optional<StoredPolicy>> find(const Scope&) override { return unused(); }
  Result<StoredPolicy> put(const Scope&, const Policy&, const store::Author&,
                           const store::Guard&) override {
    return unused();
  }
  Status remove(const Scope&, const store::Author&, const store::Guard&) override {
    return unused();
  }
  Result<std::vector<StoredPolicy>> list(const store::PolicyFilter&, store::Direction,
                                         const std::optional<Scope>&, std::size_t) override {
    return unused();
  }
  Result<std::vector<StoredPolicy>> list_by_update(const store::PolicyFilter&, store::Direction,
                                                   const std::optional<store::UpdatePlace>&,
                                                   std::size_t) override {
    return unused();
  }
  Result<std::optional<Change>> change(Revision) override { return unused(); }
  Result<std::vector<store::OpenedOnDay>> history(const std::string&) override { return unused(); }
  Result<std::vector<Change>> changes(const store::ChangeFilter&, std::optional<Revision>,
                                      std::size_t) override {
    return unused();
  }
  Status forget(const ProjectId&, const InstanceId&) override { return unused(); }
  std::vector<store::SeenOfInstance> list_seen(const store::SeenFilter&,
                                               const std::optional<store::SeenPlace>&,
                                               std::size_t) const override {
    return {};
  }
  std::vector<store::SeenCount> count_seen(const std::optional<std::string>&,
                                           const std::optional<store::SeenCountPlace>&,
                                           std::size_t) const override {
    return {};
  }
};

AccessRules everybody() {
  std::vector<RuleText> rules;
  for (const char* const rule :
       {"project_policy:write", "project_policy:delete", allow_rule.data()})
    rules.push_back({rule, "@", ""});
  return std::move(AccessRules::parse(rules)).value();
}

// Stands in p1 with the revision 1, so that `if_revision: 0` fails.
std::optional<StoredPolicy> standing() {
  Policy policy;
  policy.prefer = {ConsoleType::vnc};
  return StoredPolicy{Scope::project(ProjectId::parse("p1").value()), policy, 1, {}, {}, "u1"};
}

const std::string put_where_nothing_is =
    R"({"operations":[{"action":"put","target":{"scope":"project","project_id":"p1"},)"
    R"("policy":{"prefer":["MKS"]},"if_revision":0}]})";

Result<http::Response> post(store::Store& store, const std::string& body) {
  const AccessInForce access(everybody());
  const Policy cloud_default;
  const Services services{store, access, cloud_default, [] { return Timestamp{}; }};
  const http::Request request{
      "POST", std::string(batch_path), {{"Content-Type", "application/json"}}, body, {}};
  const std::string request_id = "req-1";
  const std::string prefix;
  const Parameters none;
  identity::Caller caller;
  caller.user_id = "u1";
  const std::optional<std::string> project_domain;
  return write_batch(
      {request, request_id, prefix, none, none, caller, *access.now(), services, project_domain});
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("A batch that is refused at each of two tries names a failure once") {
  RetryingStore store;
  store.tries = {{standing()}, {standing()}};
  const Result<http::Response> answer = post(store, put_where_nothing_is);
  REQUIRE(answer.ok());
  CHECK(answer.value().status == 412);
  CHECK(count(answer.value().body, "operations[0].if_revision: ") == 1);
}

TEST_CASE("A batch that is done at the last try is answered as done") {
  RetryingStore store;
  store.tries = {{standing()}, {std::nullopt}};
  const Result<http::Response> answer = post(store, put_where_nothing_is);
  REQUIRE(answer.ok());
  CHECK(answer.value().status == 200);
}

TEST_CASE("An error of the store itself is not hidden by the refusal of an earlier try") {
  RetryingStore store;
  store.fails = Error{ErrorCode::unavailable, "the policy store is not available", {}};
  for (const auto& tries : std::vector<std::vector<Standing>>{
           {{standing()}, {std::nullopt}},  // the guard lets the last try go on
           {{standing()}},                  // or is not asked again
       }) {
    store.tries = tries;
    const Result<http::Response> answer = post(store, put_where_nothing_is);
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().code == ErrorCode::unavailable);
  }
}
