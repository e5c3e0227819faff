// SPDX-License-Identifier: Apache-2.0
#include "service/codec/messages.h"

#include "service/codec/json_text.h"
#include "service/codec/policy_json.h"
#include "service/codec/strict_json.h"
#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

using web::json::value;

void append(Fields& fields, Fields more) {
  for (auto& field : more) fields.push_back(std::move(field));
}

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
  // Whose policy was changed: its ids stand apart from user_id, who changed it.
  ObjectText target(object.at("target"));
  add_scope(target, change.scope);
  target.end();
  append_policy_or_null(object.at("before"), change.before);
  append_policy_or_null(object.at("after"), change.after);
  object.end();
}

// A list of what `append_one` appends.
template <class Element, class AppendOne>
void append_list(std::string& json, const std::vector<Element>& elements,
                 const AppendOne& append_one) {
  json += '[';
  bool first = true;
  for (const Element& element : elements) {
    if (!first) json += ',';
    first = false;
    append_one(json, element);
  }
  json += ']';
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
  object.at("notes") += notes_of(answer.availability).serialize();
  object.end();
}

void append_denied(std::string& json, const DeniedType& denied) {
  ObjectText object(json);
  object.plain("type", name(denied.type));
  append_list(object.at("denied_by"), denied.denied_by, append_standing_deny);
  object.end();
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

// One page of a list: its elements under `name`, and the link to the next one.
template <class Element, class AppendOne>
std::string page_of(std::string_view name, const std::vector<Element>& elements,
                    const std::optional<std::string>& next, const AppendOne& append_one) {
  std::string json = R"({")";
  json.append(name).append(R"(":)");
  append_list(json, elements, append_one);
  json += R"(,"links":)";
  append_links(json, next);
  json += '}';
  return json;
}

}  // namespace

Result<Policy> decode_policy(std::string_view body) {
  Result<value> json = parse_strict(body);
  if (!json.ok()) return std::move(json).error();
  Status known = check_object(json.value(), {}, {"policy"});
  if (!known.ok()) return std::move(known).error();
  const value* const policy = member_of(json.value(), "policy");
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
