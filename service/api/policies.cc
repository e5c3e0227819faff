// SPDX-License-Identifier: Apache-2.0
#include "service/api/policies.h"

#include <memory>
#include <utility>

#include "policies/change.h"
#include "service/api/answer.h"
#include "service/api/marker.h"
#include "service/codec/messages.h"
#include "service/platform/random.h"

namespace console_policy::api {
namespace {

template <class IdType>
Result<Scope> owner_scope(const Call& call, const std::string& parameter,
                          Scope (*make)(const IdType&)) {
  Result<IdType> id = path_id<IdType>(call, parameter);
  if (!id.ok()) return std::move(id).error();
  return make(id.value());
}

Result<Scope> instance_scope(const Call& call) {
  Result<ProjectId> project = path_id<ProjectId>(call, "project_id");
  if (!project.ok()) return std::move(project).error();
  Result<InstanceId> instance = path_id<InstanceId>(call, "instance_id");
  if (!instance.ok()) return std::move(instance).error();
  return Scope::instance(project.value(), instance.value());
}

Result<Scope> scope_of(const Call& call, ScopeKind kind) {
  switch (kind) {
    case ScopeKind::cloud:
      return Scope::cloud();
    case ScopeKind::domain:
      return owner_scope<DomainId>(call, "domain_id", Scope::domain);
    case ScopeKind::project:
      return owner_scope<ProjectId>(call, "project_id", Scope::project);
    case ScopeKind::user:
      return owner_scope<UserId>(call, "user_id", Scope::user);
    case ScopeKind::instance:
      return instance_scope(call);
  }
  return Scope::cloud();
}

Writer writer_of(const Call& call) {
  return Writer{call.caller.user_id, has_right(call, allow_rule)};
}

std::optional<StandingPolicy> standing(const std::optional<StoredPolicy>& stored) {
  if (!stored.has_value()) return std::nullopt;
  return StandingPolicy{stored->policy, stored->updated_by};
}

store::Author author_of(const Call& call, Timestamp now) {
  return store::Author{call.caller.user_id, call.request_id, platform::random_uuid(now), now};
}

Result<Policy> policy_in_body(const Call& call, ScopeKind kind, Timestamp now) {
  Status media_type = check_media_type(call.request);
  if (!media_type.ok()) return std::move(media_type).error();
  Result<Policy> policy = codec::decode_policy(call.request.body);
  if (!policy.ok()) return policy;
  Status storable = check_policy(policy.value(), kind, now);
  if (!storable.ok()) return std::move(storable).error();
  return policy;
}

std::optional<std::string> current_tag(const std::optional<StoredPolicy>& stored) {
  if (!stored.has_value()) return std::nullopt;
  return tag_of(stored->revision);
}

// Whether a write may go on over what stands there.
Status check_preconditions(const Preconditions& conditions,
                           const std::optional<StoredPolicy>& before) {
  if (!conditions.if_match && !conditions.if_none_match) return Success{};
  const std::optional<std::string> current = current_tag(before);
  if (!if_match_holds(conditions, current)) {
    return Error{ErrorCode::precondition_failed,
                 current.has_value() ? "If-Match: what is there has the tag " + *current + " now."
                                     : "If-Match: no policy is stored there.",
                 {}};
  }
  if (!if_none_match_holds(conditions, current)) {
    return Error{ErrorCode::precondition_failed,
                 "If-None-Match: a policy is stored there, with the tag " + *current + ".",
                 {}};
  }
  return Success{};
}

http::Response show_with_names(const Call& call, StoredPolicy stored,
                               const Preconditions& conditions) {
  OwnerIds wanted;
  add_owner(stored.scope, wanted);
  add_user(stored.updated_by, wanted);
  return with_names(call, std::move(wanted),
                    [stored = std::move(stored), conditions](const OwnerNames& found) {
                      // Over the bytes: a name may change without a write.
                      std::string body = codec::encode_policy(stored, &found);
                      const std::string tag = tag_of(body);
                      return answer_under(conditions, std::move(body), tag);
                    });
}

Result<http::Response> show(const Call& call, ScopeKind kind) {
  Result<Scope> scope = scope_of(call, kind);
  if (!scope.ok()) return std::move(scope).error();
  Result<Preconditions> conditions = preconditions_of(call.request.headers);
  if (!conditions.ok()) return std::move(conditions).error();
  Result<bool> names = asked_names(call);
  if (!names.ok()) return std::move(names).error();
  Result<store::Snapshot> found = call.services.store.lookup({scope.value()});
  if (!found.ok()) return std::move(found).error();
  if (found.value().policies.empty()) return nothing_stored(kind);
  StoredPolicy& stored = found.value().policies.front();
  if (names.value()) return show_with_names(call, std::move(stored), conditions.value());
  return answer_under(conditions.value(), codec::encode_policy(stored), tag_of(stored.revision));
}

// What a PUT and a DELETE of a policy have in common, from the request until its answer. Of the
// Call it keeps what lives as long as the request.
class PolicyWrite : public Write {
 public:
  PolicyWrite(const Call& call, Scope scope, Preconditions conditions, Timestamp now)
      : store_(call.services.store),
        scope_(std::move(scope)),
        author_(author_of(call, now)),
        writer_(writer_of(call)),
        conditions_(std::move(conditions)) {}

 protected:
  store::Store& store_;
  Scope scope_;
  store::Author author_;
  const Writer writer_;
  const Preconditions conditions_;
};

class PolicyPut final : public PolicyWrite {
 public:
  PolicyPut(const Call& call, Scope scope, Preconditions conditions, Policy policy, Timestamp now)
      : PolicyWrite(call, std::move(scope), std::move(conditions), now),
        request_(call.request),
        prefix_(call.prefix),
        at_(now),
        policy_(std::move(policy)) {}

  void begin(Done done) override {
    store_.async_put(
        std::move(scope_), policy_, std::move(author_),
        [this](const std::optional<StoredPolicy>& before) { return guard(before); },
        [this, done = std::move(done)](Result<StoredPolicy> stored) {
          stored_ = std::move(stored);
          done();
        });
  }

  Result<http::Response> answer() override {
    if (!stored_.ok()) return std::move(stored_).error();
    const StoredPolicy& stored = stored_.value();
    http::Response answer =
        tagged_answer(creates_ ? 201 : 200, codec::encode_policy(stored), tag_of(stored.revision));
    if (creates_) {
      answer.headers.emplace_back("Location",
                                  prefix_ + std::string(split_target(request_.target).path));
    }
    return answer;
  }

 private:
  Status guard(const std::optional<StoredPolicy>& before) {
    creates_ = !before.has_value();
    Status planned = plan_write(standing(before), policy_, writer_, at_);
    if (!planned.ok()) return planned;
    return check_preconditions(conditions_, before);
  }

  const http::Request& request_;
  const std::string& prefix_;
  const Timestamp at_;
  const Policy policy_;
  bool creates_{false};  // known once the guard was asked
  Result<StoredPolicy> stored_{Error{ErrorCode::internal, {}, "a write without a result"}};
};

class PolicyRemoval final : public PolicyWrite {
 public:
  using PolicyWrite::PolicyWrite;

  void begin(Done done) override {
    store_.async_remove(
        scope_, author_,
        [this](const std::optional<StoredPolicy>& before) { return guard(before); },
        [this, done = std::move(done)](Status removed) {
          removed_ = std::move(removed);
          done();
        });
  }

  Result<http::Response> answer() override {
    http::Response answer;
    answer.status = 204;
    if (removed_.ok()) return answer;
    if (removed_.error().code != ErrorCode::not_found) return std::move(removed_).error();
    return nothing_stored(scope_.kind());
  }

 private:
  Status guard(const std::optional<StoredPolicy>& before) const {
    if (!before.has_value()) return nothing_stored(scope_.kind());
    Status planned = plan_removal(*standing(before), writer_, author_.at);
    if (!planned.ok()) return planned;
    return check_preconditions(conditions_, before);
  }

  Status removed_{Success{}};
};

Result<http::Response> write(const Call& call, ScopeKind kind) {
  const Timestamp now = call.services.clock();
  Result<Scope> scope = scope_of(call, kind);
  if (!scope.ok()) return std::move(scope).error();
  Result<Policy> policy = policy_in_body(call, kind, now);
  if (!policy.ok()) return std::move(policy).error();
  Result<Preconditions> conditions = preconditions_of(call.request.headers);
  if (!conditions.ok()) return std::move(conditions).error();
  return when_written(call, std::make_unique<PolicyPut>(call, std::move(scope).value(),
                                                        std::move(conditions).value(),
                                                        std::move(policy).value(), now));
}

Result<http::Response> remove(const Call& call, ScopeKind kind) {
  Result<Scope> scope = scope_of(call, kind);
  if (!scope.ok()) return std::move(scope).error();
  Result<Preconditions> conditions = preconditions_of(call.request.headers);
  if (!conditions.ok()) return std::move(conditions).error();
  return when_written(
      call, std::make_unique<PolicyRemoval>(call, std::move(scope).value(),
                                            std::move(conditions).value(), call.services.clock()));
}

}  // namespace

template <ScopeKind kind>
Result<http::Response> show_policy(const Call& call) {
  return show(call, kind);
}

template <ScopeKind kind>
Result<http::Response> write_policy(const Call& call) {
  return write(call, kind);
}

template <ScopeKind kind>
Result<http::Response> delete_policy(const Call& call) {
  return remove(call, kind);
}

template Result<http::Response> show_policy<ScopeKind::cloud>(const Call&);
template Result<http::Response> show_policy<ScopeKind::domain>(const Call&);
template Result<http::Response> show_policy<ScopeKind::project>(const Call&);
template Result<http::Response> show_policy<ScopeKind::user>(const Call&);
template Result<http::Response> show_policy<ScopeKind::instance>(const Call&);
template Result<http::Response> write_policy<ScopeKind::cloud>(const Call&);
template Result<http::Response> write_policy<ScopeKind::domain>(const Call&);
template Result<http::Response> write_policy<ScopeKind::project>(const Call&);
template Result<http::Response> write_policy<ScopeKind::user>(const Call&);
template Result<http::Response> write_policy<ScopeKind::instance>(const Call&);
template Result<http::Response> delete_policy<ScopeKind::cloud>(const Call&);
template Result<http::Response> delete_policy<ScopeKind::domain>(const Call&);
template Result<http::Response> delete_policy<ScopeKind::project>(const Call&);
template Result<http::Response> delete_policy<ScopeKind::user>(const Call&);
template Result<http::Response> delete_policy<ScopeKind::instance>(const Call&);

}  // namespace console_policy::api
