// SPDX-License-Identifier: Apache-2.0
#include "service/api/resolution.h"

#include "policies/availability.h"
#include "policies/resolution.h"
#include "service/api/answer.h"
#include "service/codec/messages.h"
#include "service/platform/time_text.h"

namespace console_policy::api {
namespace {

Result<UserId> asked_user(const Call& call) {
  const auto given = find(call.query, "user_id");
  if (given.has_value() && *given != call.caller.user_id && !has_right(call, other_user_rule)) {
    return Error{ErrorCode::forbidden, "user_id: naming another user needs the right to.", {}};
  }
  return parse_id<UserId>("user_id", given.value_or(call.caller.user_id));
}

Result<std::optional<DomainId>> asked_domain(const Call& call, const ProjectId& project) {
  const auto given = find(call.query, "domain_id");
  std::optional<std::string> domain = given;
  if (call.caller.project_id == project.text() && call.caller.project_domain_id.has_value()) {
    domain = call.caller.project_domain_id;
    if (given.has_value() && *given != *domain) {
      return invalid_request("domain_id: this project is in another domain");
    }
  } else if (given.has_value() && !call.caller.may_state_domain) {
    return invalid_request("domain_id: the domain comes from Keystone and cannot be stated");
  } else if (call.project_domain.has_value()) {
    domain = call.project_domain;
  }
  if (!domain.has_value()) return std::optional<DomainId>();
  Result<DomainId> id = parse_id<DomainId>("domain_id", *domain);
  if (!id.ok()) return std::move(id).error();
  return std::optional<DomainId>(std::move(id).value());
}

// The state of the instance now, if the caller sends it.
Result<std::optional<Fingerprint>> asked_fingerprint(const Query& query) {
  const auto updated = find(query, "instance_updated");
  const auto host_id = find(query, "host_id");
  if (!updated.has_value() && !host_id.has_value()) return std::optional<Fingerprint>();
  if (!updated.has_value()) return invalid_request("instance_updated: expected beside host_id");
  if (!host_id.has_value()) return invalid_request("host_id: expected beside instance_updated");
  Result<Timestamp> time = platform::parse_time(*updated);
  if (!time.ok()) return invalid_request("instance_updated: " + time.error().message);
  Status digits = check_host_id(*host_id);
  if (!digits.ok()) return invalid_request("host_id: " + digits.error().message);
  return std::optional<Fingerprint>(Fingerprint{time.value(), *host_id});
}

Result<http::Response> answer_for(const Call& call, const ProjectId& project,
                                  const std::optional<InstanceId>& instance) {
  Result<UserId> user = asked_user(call);
  if (!user.ok()) return std::move(user).error();
  Result<std::optional<DomainId>> domain = asked_domain(call, project);
  if (!domain.ok()) return std::move(domain).error();
  Result<bool> explain = flag(call.query, "explain");
  if (!explain.ok()) return std::move(explain).error();
  Result<std::optional<Fingerprint>> fingerprint = asked_fingerprint(call.query);
  if (!fingerprint.ok()) return std::move(fingerprint).error();
  Result<Preconditions> conditions = preconditions_of(call.request.headers);
  if (!conditions.ok()) return std::move(conditions).error();

  std::vector<Scope> scopes;
  scopes.reserve(all_scope_kinds.size());
  scopes.push_back(Scope::cloud());
  if (domain.value().has_value()) scopes.push_back(Scope::domain(*domain.value()));
  scopes.push_back(Scope::project(project));
  scopes.push_back(Scope::user(user.value()));
  if (instance.has_value()) scopes.push_back(Scope::instance(project, *instance));

  Result<store::InForce> found = call.services.store.in_force(scopes);
  if (!found.ok()) return std::move(found).error();
  std::vector<ScopeFact> standing;
  standing.reserve(scopes.size());
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    standing.push_back({&scopes[i], found.value().policies[i].get()});
  }

  codec::ResolutionAnswer answer;
  answer.project_id = project.text();
  if (domain.value().has_value()) answer.domain_id = domain.value()->text();
  answer.user_id = user.value().text();
  if (instance.has_value()) answer.instance_id = instance->text();
  answer.revision = found.value().revision;
  const Timestamp now = call.services.clock();
  answer.resolution = resolve(standing, call.services.cloud_default, now,
                              explain.value() ? Explained::yes : Explained::no);
  if (instance.has_value()) {
    AvailabilityFacts known{
        {}, std::move(fingerprint).value(), call.services.availability.max_age, now};
    if (known.fingerprint.has_value()) known.seen = call.services.store.seen(project, *instance);
    answer.availability = order_by_availability(answer.resolution.consoles, known);
    if (call.services.metrics != nullptr && answer.availability->saved_tries > 0) {
      call.services.metrics->saved_tries(answer.availability->saved_tries);
    }
  }
  answer.explain = explain.value();
  // Over the bytes, not by the revision: a policy that expires changes the answer without a write.
  std::string body = codec::encode_resolution(answer);
  const std::string tag = tag_of(body);
  return answer_under(conditions.value(), std::move(body), tag);
}

}  // namespace

Result<http::Response> resolve_for_project(const Call& call) {
  Result<ProjectId> project = path_id<ProjectId>(call, "project_id");
  if (!project.ok()) return std::move(project).error();
  return answer_for(call, project.value(), std::nullopt);
}

Result<http::Response> resolve_for_instance(const Call& call) {
  Result<ProjectId> project = path_id<ProjectId>(call, "project_id");
  if (!project.ok()) return std::move(project).error();
  Result<InstanceId> instance = path_id<InstanceId>(call, "instance_id");
  if (!instance.ok()) return std::move(instance).error();
  return answer_for(call, project.value(), std::move(instance).value());
}

}  // namespace console_policy::api
