// SPDX-License-Identifier: Apache-2.0
#include "service/codec/messages.h"

#include "service/codec/json_text.h"
#include "service/codec/policy_json.h"
#include "service/codec/strict_json.h"
#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

using web::json::value;

value time_of(Timestamp time) {
  return text_of(platform::format_time(time));
}

void append(Fields& fields, Fields more) {
  for (auto& field : more) fields.push_back(std::move(field));
}

value policy_value(const StoredPolicy& stored, const OwnerNames* names) {
  Fields fields = scope_fields(stored.scope);
  append(fields, policy_fields(stored.policy));
  append(fields, {{"revision", value::number(stored.revision)},
                  {"created_at", time_of(stored.created_at)},
                  {"updated_at", time_of(stored.updated_at)},
                  {"updated_by", text_of(stored.updated_by)}});
  if (names != nullptr) {
    append(fields, name_fields(stored.scope, *names));
    fields.emplace_back("updated_by_name", text_or_null(user_name(stored.updated_by, *names)));
  }
  return object_of(std::move(fields));
}

value change_value(const Change& change, const OwnerNames* names) {
  Fields fields{{"revision", value::number(change.revision)},
                {"id", text_of(change.id)},
                {"at", time_of(change.at)},
                {"action", text_of(name(change.action))},
                {"request_id", text_of(change.request_id)},
                {"user_id", text_of(change.user_id)}};
  // Whose policy was changed: its ids stand apart from user_id, who changed it.
  Fields target = scope_fields(change.scope);
  if (names != nullptr) {
    fields.emplace_back("user_name", text_or_null(user_name(change.user_id, *names)));
    append(target, name_fields(change.scope, *names));
  }
  fields.emplace_back("target", object_of(std::move(target)));
  append(fields,
         {{"before", policy_or_null(change.before)}, {"after", policy_or_null(change.after)}});
  return object_of(std::move(fields));
}

value standing_denies(const std::vector<StandingDeny>& denies) {
  std::vector<value> list;
  for (const StandingDeny& deny : denies) {
    Fields fields = scope_fields(deny.scope);
    fields.emplace_back("reason", text_or_null(deny.reason));
    list.push_back(object_of(std::move(fields)));
  }
  return value::array(std::move(list));
}

value step_value(const ScopeStep& step) {
  Fields fields = scope_fields(step.scope);
  append(fields, {{"state", text_of(name(step.state))},
                  {"policy", policy_or_null(step.policy)},
                  {"newly_denied", types_of(step.newly_denied)},
                  {"given_back", types_of(step.given_back)},
                  {"placed", types_of(step.placed)}});
  return object_of(std::move(fields));
}

// In words, for people: which types stand at the end, and why.
value notes_of(const std::optional<Availability>& availability) {
  std::vector<value> notes;
  if (availability.has_value()) {
    for (const KnownUnavailable& known : availability->unavailable) {
      notes.push_back(
          text_of(std::string(name(known.type)) +
                  " stands at the end: on this instance as it now runs it was not there at " +
                  platform::format_time(known.seen_at)));
    }
  }
  return value::array(std::move(notes));
}

void append_known_unavailable(std::string& json, const std::vector<KnownUnavailable>& types) {
  json += '[';
  for (const KnownUnavailable& known : types) {
    if (json.back() != '[') json += ',';
    json += R"({"type":)";
    append_text(json, name(known.type));
    json += R"(,"seen_at":)";
    append_text(json, platform::format_time(known.seen_at));
    json += '}';
  }
  json += ']';
}

value explanation_value(const ResolutionAnswer& answer) {
  const Resolution& resolution = answer.resolution;
  std::vector<value> steps;
  for (const ScopeStep& step : resolution.steps) steps.push_back(step_value(step));
  std::vector<value> withheld;
  for (const DeniedType& denied : resolution.denied) {
    withheld.push_back(object_of({{"type", text_of(name(denied.type))},
                                  {"why", text_of("denied")},
                                  {"denied_by", standing_denies(denied.denied_by)}}));
  }
  for (const ConsoleType type : resolution.not_preferred) {
    withheld.push_back(object_of({{"type", text_of(name(type))},
                                  {"why", text_of("not_preferred")},
                                  {"denied_by", value::array()}}));
  }
  return object_of({{"scopes", value::array(std::move(steps))},
                    {"not_offered", value::array(std::move(withheld))},
                    {"notes", notes_of(answer.availability)}});
}

value denied_value(const Resolution& resolution) {
  std::vector<value> denied;
  for (const DeniedType& type : resolution.denied) {
    denied.push_back(object_of(
        {{"type", text_of(name(type.type))}, {"denied_by", standing_denies(type.denied_by)}}));
  }
  return value::array(std::move(denied));
}

value version_value(const ApiVersions& versions) {
  const value self = object_of({{"rel", text_of("self")}, {"href", text_of(versions.href)}});
  return object_of({{"id", text_of("v1.0")},
                    {"status", text_of("CURRENT")},
                    {"min_version", text_of(versions.min_version)},
                    {"max_version", text_of(versions.max_version)},
                    {"links", value::array({self})}});
}

value problem_value(const Problem& problem) {
  Fields fields{{"request_id", text_of(problem.request_id)}, {"code", text_of(problem.code)},
                {"status", value::number(problem.status)},   {"title", text_of(problem.title)},
                {"detail", text_of(problem.detail)},         {"links", value::array()}};
  if (problem.min_version.has_value() && problem.max_version.has_value()) {
    append(fields, {{"min_version", text_of(*problem.min_version)},
                    {"max_version", text_of(*problem.max_version)}});
  }
  return object_of(std::move(fields));
}

}  // namespace

Result<Policy> decode_policy(std::string_view body) {
  Result<value> json = parse_strict(body);
  if (!json.ok()) return std::move(json).error();
  Status known = check_object(json.value(), {}, {"policy"});
  if (!known.ok()) return std::move(known).error();
  if (!json.value().has_field("policy")) return invalid_request("policy: the field is missing");
  return policy_of(json.value().at("policy"), "policy");
}

std::string encode_policy(const StoredPolicy& policy, const OwnerNames* names) {
  return object_of({{"policy", policy_value(policy, names)}}).serialize();
}

std::string encode_policies(const std::vector<StoredPolicy>& policies,
                            const std::optional<std::string>& next, const OwnerNames* names) {
  std::vector<value> list;
  list.reserve(policies.size());
  for (const StoredPolicy& policy : policies) list.push_back(policy_value(policy, names));
  return object_of({{"policies", value::array(std::move(list))}, {"links", links_of(next)}})
      .serialize();
}

std::string encode_changes(const std::vector<Change>& changes,
                           const std::optional<std::string>& next, const OwnerNames* names) {
  std::vector<value> list;
  list.reserve(changes.size());
  for (const Change& change : changes) list.push_back(change_value(change, names));
  return object_of({{"changes", value::array(std::move(list))}, {"links", links_of(next)}})
      .serialize();
}

// Written straight: this is what each opening of a console waits for. What is rarely there (denies,
// the explanation) comes from the values of the others.
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
  json += answer.resolution.denied.empty() ? "[]" : denied_value(answer.resolution).serialize();
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
    json += explanation_value(answer).serialize();
  }
  json += "}}";
  return json;
}

std::string encode_versions(const ApiVersions& versions) {
  return object_of({{"versions", value::array({version_value(versions)})}}).serialize();
}

std::string encode_version(const ApiVersions& versions) {
  return object_of({{"version", version_value(versions)}}).serialize();
}

std::string encode_health(const std::vector<std::string>& reasons) {
  std::vector<value> list;
  list.reserve(reasons.size());
  for (const std::string& reason : reasons) list.push_back(text_of(reason));
  return object_of(
             {{"detailed", value::boolean(false)}, {"reasons", value::array(std::move(list))}})
      .serialize();
}

std::string encode_problems(const std::vector<Problem>& problems) {
  std::vector<value> list;
  list.reserve(problems.size());
  for (const Problem& problem : problems) list.push_back(problem_value(problem));
  return object_of({{"errors", value::array(std::move(list))}}).serialize();
}

}  // namespace console_policy::codec
