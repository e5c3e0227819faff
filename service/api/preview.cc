// SPDX-License-Identifier: Apache-2.0
#include "service/api/preview.h"

#include <map>
#include <utility>

#include "service/api/answer.h"
#include "service/api/hypothesis.h"
#include "service/api/operations.h"
#include "service/api/problem.h"
#include "service/api/writing.h"
#include "service/codec/preview.h"

namespace console_policy::api {
namespace {

constexpr std::string_view show_domain_rule = "domain_policy:show";
constexpr std::string_view list_observations_rule = "availability:list";

bool allows(const Call& call, std::string_view rule, const Target& target) {
  return call.access.allows(rule, call.caller.credentials(), target);
}

// The domains of projects by the ids of the projects.
using Domains = std::map<std::string, DomainId>;

Result<Domains> domains_of(const Call& call, const codec::PreviewRequest& request) {
  Domains domains;
  std::size_t index = 0;
  for (const auto& [project, domain] : request.project_domains) {
    const std::string where = codec::project_domain_name(index++);
    if (!allows(call, show_domain_rule, {{"domain_id", domain.text()}})) {
      Error error = not_allowed(show_domain_rule);
      error.message = where + ": " + error.message;
      return error;
    }
    if (!domains.emplace(project.text(), domain).second) {
      return invalid_request(where + ".project_id: the same as in an earlier one");
    }
  }
  if (call.caller.project_id.has_value() && call.caller.project_domain_id.has_value()) {
    Result<DomainId> own = DomainId::parse(*call.caller.project_domain_id);
    if (own.ok()) domains.insert_or_assign(*call.caller.project_id, std::move(own).value());
  }
  return domains;
}

std::optional<DomainId> domain_of(const Domains& domains, const std::string& project) {
  const auto found = domains.find(project);
  if (found == domains.end()) return std::nullopt;
  return found->second;
}

Status check_target(const Call& call, const codec::PreviewTarget& target) {
  const std::string& project = target.project.text();
  const std::string_view rule =
      target.instance.has_value() ? "instance_resolution:show" : "project_resolution:show";
  if (!allows(call, rule, {{"project_id", project}})) return not_allowed(rule);
  const bool is_other = target.user.has_value() && target.user->text() != call.caller.user_id;
  if (is_other && !allows(call, other_user_rule, {{"project_id", project}})) {
    return not_allowed(other_user_rule);
  }
  return Success{};
}

Errors check_targets(const Call& call, const codec::PreviewRequest& request) {
  Errors errors;
  for (std::size_t i = 0; i < request.resolutions.size(); ++i) {
    Status right = check_target(call, request.resolutions[i]);
    if (right.ok()) continue;
    Error error = std::move(right).error();
    error.message = codec::previewed_resolution_name(i) + ": " + error.message;
    errors.push_back(std::move(error));
  }
  return errors;
}

// What the scopes of the operations have now.
Result<std::vector<std::optional<StoredPolicy>>> standing(const Call& call,
                                                          const Operations& operations) {
  std::vector<std::optional<StoredPolicy>> before;
  before.reserve(operations.all.size());
  for (const store::Operation& operation : operations.all) {
    Result<std::optional<StoredPolicy>> found = call.services.store.find(operation.scope);
    if (!found.ok()) return std::move(found).error();
    before.push_back(std::move(found).value());
  }
  return before;
}

Result<codec::PreviewedResolution> previewed(const Call& call, const Hypothesis& hypothesis,
                                             const codec::PreviewTarget& target,
                                             const std::optional<DomainId>& domain) {
  Result<UserId> user =
      target.user.has_value() ? Result<UserId>(*target.user) : UserId::parse(call.caller.user_id);
  if (!user.ok()) return std::move(user).error();
  std::vector<Scope> scopes{Scope::cloud()};
  if (domain.has_value()) scopes.push_back(Scope::domain(*domain));
  scopes.push_back(Scope::project(target.project));
  scopes.push_back(Scope::user(user.value()));
  if (target.instance.has_value()) {
    scopes.push_back(Scope::instance(target.project, *target.instance));
  }
  Result<Hypothesis::Consoles> consoles = hypothesis.consoles(scopes);
  if (!consoles.ok()) return std::move(consoles).error();
  codec::PreviewedResolution resolution{target.project.text(),   {},
                                        user.value().text(),     {},
                                        consoles.value().before, consoles.value().after};
  if (domain.has_value()) resolution.domain_id = domain->text();
  if (target.instance.has_value()) resolution.instance_id = target.instance->text();
  return resolution;
}

Result<http::Response> answer(const Call& call, const codec::PreviewRequest& request,
                              const Domains& domains, const Operations& operations, Timestamp now) {
  const Hypothesis hypothesis(call.services, operations.all, now);
  std::vector<codec::PreviewedResolution> resolutions;
  for (const codec::PreviewTarget& target : request.resolutions) {
    Result<codec::PreviewedResolution> one =
        previewed(call, hypothesis, target, domain_of(domains, target.project.text()));
    if (!one.ok()) return std::move(one).error();
    resolutions.push_back(std::move(one).value());
  }
  Result<Impact> impact = hypothesis.impact(
      [&](const std::string& project) {
        return allows(call, list_observations_rule, {{"project_id", project}});
      },
      [&](const std::string& project) { return domain_of(domains, project); });
  if (!impact.ok()) return std::move(impact).error();
  return json_answer(200, codec::encode_preview(resolutions, impact.value()));
}

}  // namespace

Result<http::Response> preview_policies(const Call& call) {
  Status media_type = check_media_type(call.request);
  if (!media_type.ok()) return std::move(media_type).error();
  Result<codec::PreviewRequest> request = codec::decode_preview(call.request.body);
  if (!request.ok()) return std::move(request).error();

  const Timestamp now = call.services.clock();
  Errors errors;
  const Operations operations =
      accept_operations(call, std::move(request.value().operations), now, errors);
  if (errors.empty()) errors = check_targets(call, request.value());
  if (!errors.empty()) return problems(errors, call.request_id);
  Result<Domains> domains = domains_of(call, request.value());
  if (!domains.ok()) return std::move(domains).error();
  Result<std::vector<std::optional<StoredPolicy>>> before = standing(call, operations);
  if (!before.ok()) return std::move(before).error();
  errors = check_operations(call, operations, before.value(), now);
  if (!errors.empty()) return problems(errors, call.request_id);
  return answer(call, request.value(), domains.value(), operations, now);
}

}  // namespace console_policy::api
