// SPDX-License-Identifier: Apache-2.0
#include "service/api/policies.h"

#include <utility>

#include "service/api/answer.h"
#include "service/api/writing.h"
#include "service/codec/messages.h"

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

Result<Policy> policy_in_body(const Call& call, ScopeKind kind, Timestamp now) {
  Status media_type = check_media_type(call.request);
  if (!media_type.ok()) return std::move(media_type).error();
  Result<Policy> policy = codec::decode_policy(call.request.body);
  if (!policy.ok()) return policy;
  Status storable = check_policy(policy.value(), kind, now);
  if (!storable.ok()) return std::move(storable).error();
  return policy;
}

Result<http::Response> show(const Call& call, ScopeKind kind) {
  Result<Scope> scope = scope_of(call, kind);
  if (!scope.ok()) return std::move(scope).error();
  Result<Preconditions> conditions = preconditions_of(call.request.headers);
  if (!conditions.ok()) return std::move(conditions).error();
  Result<std::optional<StoredPolicy>> found = call.services.store.find(scope.value());
  if (!found.ok()) return std::move(found).error();
  if (!found.value().has_value()) return nothing_stored(kind);
  const StoredPolicy& stored = *found.value();
  return answer_under(conditions.value(), codec::encode_policy(stored), tag_of(stored.revision));
}

Result<http::Response> write(const Call& call, ScopeKind kind) {
  const Timestamp now = call.services.clock();
  Result<Scope> scope = scope_of(call, kind);
  if (!scope.ok()) return std::move(scope).error();
  Result<Policy> policy = policy_in_body(call, kind, now);
  if (!policy.ok()) return std::move(policy).error();
  Result<Preconditions> conditions = preconditions_of(call.request.headers);
  if (!conditions.ok()) return std::move(conditions).error();

  bool creates = false;
  const auto guard = [&](const std::optional<StoredPolicy>& before) -> Status {
    creates = !before.has_value();
    Status planned = plan(call, scope.value(), policy.value(), before, now);
    if (!planned.ok()) return planned;
    return check_preconditions(conditions.value(), before);
  };
  Result<StoredPolicy> stored =
      call.services.store.put(scope.value(), policy.value(), author_of(call, now), guard);
  if (!stored.ok()) return std::move(stored).error();

  http::Response answer = tagged_answer(creates ? 201 : 200, codec::encode_policy(stored.value()),
                                        tag_of(stored.value().revision));
  if (creates) {
    const std::string_view path = split_target(call.request.target).path;
    answer.headers.emplace_back("Location", call.prefix + std::string(path));
  }
  return answer;
}

Result<http::Response> remove(const Call& call, ScopeKind kind) {
  const Timestamp now = call.services.clock();
  Result<Scope> scope = scope_of(call, kind);
  if (!scope.ok()) return std::move(scope).error();
  Result<Preconditions> conditions = preconditions_of(call.request.headers);
  if (!conditions.ok()) return std::move(conditions).error();

  const auto guard = [&](const std::optional<StoredPolicy>& before) -> Status {
    if (!before.has_value()) return nothing_stored(kind);
    Status planned = plan(call, scope.value(), std::nullopt, before, now);
    if (!planned.ok()) return planned;
    return check_preconditions(conditions.value(), before);
  };
  Status removed = call.services.store.remove(scope.value(), author_of(call, now), guard);
  if (!removed.ok()) {
    if (removed.error().code == ErrorCode::not_found) return nothing_stored(kind);
    return std::move(removed).error();
  }
  http::Response answer;
  answer.status = 204;
  return answer;
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
