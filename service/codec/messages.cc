// SPDX-License-Identifier: Apache-2.0
#include "service/codec/messages.h"

#include "service/codec/json_text.h"
#include "service/codec/policy_json.h"
#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

void append_policy(std::string& json, const StoredPolicy& stored) {
  ObjectText object(json);
  add_scope(object, stored.scope);
  add_policy(object, stored.policy);
  object.at("revision") += std::to_string(stored.revision);
  append_time(object.at("created_at"), stored.created_at);
  append_time(object.at("updated_at"), stored.updated_at);
  object.text("updated_by", stored.updated_by);
  object.end();
}

void append_change(std::string& json, const Change& change) {
  ObjectText object(json);
  object.at("revision") += std::to_string(change.revision);
  object.text("id", change.id);
  append_time(object.at("at"), change.at);
  object.plain("action", name(change.action));
  object.text("request_id", change.request_id);
  object.text("user_id", change.user_id);
  // The scope of the policy: apart from user_id, the author of the change.
  ObjectText target(object.at("target"));
  add_scope(target, change.scope);
  target.end();
  append_policy_or_null(object.at("before"), change.before);
  append_policy_or_null(object.at("after"), change.after);
  object.end();
}

void append_standing_deny(std::string& json, const StandingDeny& deny) {
  ObjectText object(json);
  add_scope(object, deny.scope);
  object.text_or_null("reason", deny.reason);
  object.end();
}

void append_step(std::string& json, const ScopeStep& step) {
  ObjectText object(json);
  add_scope(object, step.scope);
  object.plain("state", name(step.state));
  append_policy_or_null(object.at("policy"), step.policy);
  append_types(object.at("newly_denied"), step.newly_denied.types());
  append_types(object.at("given_back"), step.given_back.types());
  append_types(object.at("placed"), step.placed);
  object.end();
}

// A sentence for people about a type that stands at the end.
void append_note(std::string& json, const KnownUnavailable& known) {
  append_text(json, std::string(name(known.type)) +
                        " stands at the end: on this instance as it now runs it was not there at " +
                        platform::format_time(known.seen_at));
}

void append_known_unavailable(std::string& json, const std::vector<KnownUnavailable>& types) {
  append_list(json, types, [](std::string& list, const KnownUnavailable& known) {
    ObjectText object(list);
    object.plain("type", name(known.type));
    append_time(object.at("seen_at"), known.seen_at);
    object.end();
  });
}

void append_withheld(std::string& json, ConsoleType type, std::string_view why,
                     const std::vector<StandingDeny>& denied_by) {
  ObjectText object(json);
  object.plain("type", name(type));
  object.text("why", why);
  append_list(object.at("denied_by"), denied_by, append_standing_deny);
  object.end();
}

void append_not_offered(std::string& json, const Resolution& resolution) {
  json += '[';
  for (const DeniedType& denied : resolution.denied) {
    if (json.back() != '[') json += ',';
    append_withheld(json, denied.type, "denied", denied.denied_by);
  }
  for (const ConsoleType type : resolution.not_preferred) {
    if (json.back() != '[') json += ',';
    append_withheld(json, type, "not_preferred", {});
  }
  json += ']';
}

void append_explanation(std::string& json, const ResolutionAnswer& answer) {
  ObjectText object(json);
  append_list(object.at("scopes"), answer.resolution.steps, append_step);
  append_not_offered(object.at("not_offered"), answer.resolution);
  append_list(object.at("notes"),
              answer.availability.has_value() ? answer.availability->unavailable
                                              : std::vector<KnownUnavailable>(),
              append_note);
  object.end();
}

void append_denied(std::string& json, const DeniedType& denied) {
  ObjectText object(json);
  object.plain("type", name(denied.type));
  append_list(object.at("denied_by"), denied.denied_by, append_standing_deny);
  object.end();
}

void append_version(std::string& json, const ApiVersions& versions) {
  ObjectText object(json);
  object.plain("id", "v1.0");
  object.plain("status", "CURRENT");
  object.text("min_version", versions.min_version);
  object.text("max_version", versions.max_version);
  std::string& links = object.at("links");
  links += '[';
  ObjectText self(links);
  self.plain("rel", "self");
  self.text("href", versions.href);
  self.end();
  links += ']';
  object.end();
}

void append_problem(std::string& json, const Problem& problem) {
  ObjectText object(json);
  object.text("request_id", problem.request_id);
  object.text("code", problem.code);
  object.at("status") += std::to_string(problem.status);
  object.text("title", problem.title);
  object.text("detail", problem.detail);
  object.at("links") += "[]";
  if (problem.min_version.has_value() && problem.max_version.has_value()) {
    object.text("min_version", *problem.min_version);
    object.text("max_version", *problem.max_version);
  }
  object.end();
}

}  // namespace

Result<Policy> decode_policy(std::string_view body) {
  Result<Json> json = parse_json(body);
  if (!json.ok()) return std::move(json).error();
  Status known = check_object(json.value(), {}, {"policy"});
  if (!known.ok()) return std::move(known).error();
  const Json* const policy = member_of(json.value(), "policy");
  if (policy == nullptr) return invalid_request("policy: the field is missing");
  return policy_of(*policy, "policy");
}

std::string encode_policy(const StoredPolicy& policy) {
  constexpr std::size_t usual_bytes = 512;
  std::string json;
  json.reserve(usual_bytes);
  json += R"({"policy":)";
  append_policy(json, policy);
  json += '}';
  return json;
}

std::string encode_policies(const std::vector<StoredPolicy>& policies,
                            const std::optional<std::string>& next) {
  return page_of("policies", policies, next, append_policy);
}

std::string encode_change(const Change& change) {
  std::string json = R"({"change":)";
  append_change(json, change);
  return json + '}';
}

std::string encode_changes(const std::vector<Change>& changes,
                           const std::optional<std::string>& next) {
  return page_of("changes", changes, next, append_change);
}

// This is what each opening of a console waits for.
std::string encode_resolution(const ResolutionAnswer& answer) {
  constexpr std::size_t usual_bytes = 512;
  std::string json;
  json.reserve(usual_bytes);
  json += R"({"resolution":{"project_id":)";
  append_text(json, answer.project_id);
  json += R"(,"domain_id":)";
  append_text_or_null(json, answer.domain_id);
  json += R"(,"user_id":)";
  append_text(json, answer.user_id);
  json += R"(,"instance_id":)";
  append_text_or_null(json, answer.instance_id);
  json += R"(,"consoles":)";
  append_types(json, answer.availability.has_value() ? answer.availability->consoles
                                                     : answer.resolution.consoles);
  json += R"(,"denied":)";
  append_list(json, answer.resolution.denied, append_denied);
  json += R"(,"denied_in_project":)";
  append_list(json, answer.resolution.denied_in_project, append_denied);
  json += R"(,"revision":)";
  json += std::to_string(answer.revision);
  if (answer.availability.has_value()) {
    json += R"(,"known_unavailable":)";
    append_known_unavailable(json, answer.availability->unavailable);
    json += R"(,"known_available":)";
    append_types(json, answer.availability->available);
  }
  if (answer.explain) {
    json += R"(,"explanation":)";
    append_explanation(json, answer);
  }
  json += "}}";
  return json;
}

std::string encode_versions(const ApiVersions& versions) {
  std::string json = R"({"versions":)";
  append_list(json, std::vector<ApiVersions>{versions}, append_version);
  return json + '}';
}

std::string encode_version(const ApiVersions& versions) {
  std::string json = R"({"version":)";
  append_version(json, versions);
  return json + '}';
}

std::string encode_health(const std::vector<std::string>& reasons) {
  std::string json = R"({"detailed":false,"reasons":)";
  append_list(json, reasons, append_text);
  return json + '}';
}

std::string encode_problems(const std::vector<Problem>& problems) {
  std::string json = R"({"errors":)";
  append_list(json, problems, append_problem);
  return json + '}';
}

}  // namespace console_policy::codec
