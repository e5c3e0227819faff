// SPDX-License-Identifier: Apache-2.0
#include "service/codec/policy_json.h"

#include <algorithm>

#include "service/codec/policy_text.h"
#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

constexpr std::string_view all_types = "ALL";

std::string known_types() {
  std::string text;
  for (const ConsoleType type : all_console_types) text += " " + std::string(name(type));
  return text;
}

struct TypeList {
  std::vector<ConsoleType> types;
  bool all{false};
};

// Adds one element; the error is without its place.
Status add_type(const std::string& text, bool all_allowed, TypeList& found) {
  const bool is_all = all_allowed && text == all_types;
  const std::optional<ConsoleType> type = parse_console_type(text);
  if (!is_all && !type.has_value()) {
    return invalid_request("not a console type; these are:" + known_types() +
                           (all_allowed ? ", or ALL for every one" : ""));
  }
  const bool repeated =
      is_all ? found.all
             : std::find(found.types.begin(), found.types.end(), *type) != found.types.end();
  if (repeated) return invalid_request(text + " is given twice");
  if (is_all) {
    found.all = true;
  } else {
    found.types.push_back(*type);
  }
  return Success{};
}

// Nothing of a field that is not there.
Result<TypeList> type_list_at(const Json& policy, const std::string& where, std::string_view field,
                              bool all_allowed = false) {
  TypeList found;
  const Json* const list = member_of(policy, field);
  if (list == nullptr) return found;
  if (!list->is_array()) {
    return expected_at(path_of(where, field), "a list of console types", *list);
  }
  std::size_t index = 0;
  for (const Json& element : *list) {
    const auto place = [&] { return path_of(path_of(where, field), index); };
    if (!element.is_string()) return expected_at(place(), "a string", element);
    Status added = add_type(element.get_ref<const std::string&>(), all_allowed, found);
    if (!added.ok()) return at(place(), added.error().message);
    ++index;
  }
  return found;
}

Status read_types(const Json& policy, const std::string& where, Policy& into) {
  Result<TypeList> prefer = type_list_at(policy, where, "prefer");
  if (!prefer.ok()) return std::move(prefer).error();
  into.prefer = std::move(prefer).value().types;
  Result<TypeList> deny = type_list_at(policy, where, "deny", true);
  if (!deny.ok()) return std::move(deny).error();
  into.deny = ConsoleTypeSet::of(deny.value().types);
  into.deny_all = deny.value().all;
  Result<TypeList> allow = type_list_at(policy, where, "allow");
  if (!allow.ok()) return std::move(allow).error();
  into.allow = ConsoleTypeSet::of(allow.value().types);
  return Success{};
}

Status read_words(const Json& policy, const std::string& where, Policy& into) {
  const Json* const reason = member_of(policy, "reason");
  if (reason != nullptr && !reason->is_null()) {
    if (!reason->is_string()) return expected_at(path_of(where, "reason"), "a string", *reason);
    into.reason = reason->get<std::string>();
  }
  const Json* const expires_at = member_of(policy, "expires_at");
  if (expires_at != nullptr && !expires_at->is_null()) {
    const std::string place = path_of(where, "expires_at");
    if (!expires_at->is_string()) return expected_at(place, "a string", *expires_at);
    Result<Timestamp> time = platform::parse_time(expires_at->get_ref<const std::string&>());
    if (!time.ok()) return at(place, time.error().message);
    into.expires_at = time.value();
  }
  return Success{};
}

// Leaves unknown console types out of a list of them.
void remove_unknown(Json& list, std::vector<std::string>& unknown) {
  Json known = Json::array();
  for (const Json& element : list) {
    const bool is_known = !element.is_string() ||
                          element.get_ref<const std::string&>() == all_types ||
                          parse_console_type(element.get_ref<const std::string&>()).has_value();
    if (is_known) {
      known.push_back(element);
    } else {
      unknown.push_back(element.get_ref<const std::string&>());
    }
  }
  list = std::move(known);
}

}  // namespace

void add_policy(ObjectText& object, const Policy& policy) {
  append_types(object.at("prefer"), policy.prefer);
  if (policy.deny_all) {
    object.at("deny") += R"(["ALL"])";
  } else {
    append_types(object.at("deny"), policy.deny.types());
  }
  append_types(object.at("allow"), policy.allow.types());
  object.text_or_null("reason", policy.reason);
  if (policy.expires_at.has_value()) {
    append_time(object.at("expires_at"), *policy.expires_at);
  } else {
    object.at("expires_at") += "null";
  }
}

void append_policy_or_null(std::string& json, const std::optional<Policy>& policy) {
  if (!policy.has_value()) {
    json += "null";
    return;
  }
  ObjectText object(json);
  add_policy(object, *policy);
  object.end();
}

void append_links(std::string& json, const std::optional<std::string>& next) {
  json += '[';
  if (next.has_value()) {
    ObjectText link(json);
    link.text("rel", "next");
    link.text("href", *next);
    link.end();
  }
  json += ']';
}

void add_scope(ObjectText& object, const Scope& scope) {
  object.plain("scope", name(scope.kind()));
  switch (scope.kind()) {
    case ScopeKind::cloud:
      break;
    case ScopeKind::domain:
      object.text("domain_id", scope.owner_id());
      break;
    case ScopeKind::project:
      object.text("project_id", scope.owner_id());
      break;
    case ScopeKind::user:
      object.text("user_id", scope.owner_id());
      break;
    case ScopeKind::instance:
      object.text("project_id", scope.owner_id());
      object.text("instance_id", scope.instance_id());
      break;
  }
}

Result<Policy> policy_of(const Json& json, const std::string& where) {
  Status known = check_object(json, where, {"prefer", "deny", "allow", "reason", "expires_at"});
  if (!known.ok()) return std::move(known).error();
  Policy policy;
  Status types = read_types(json, where, policy);
  if (!types.ok()) return std::move(types).error();
  Status words = read_words(json, where, policy);
  if (!words.ok()) return std::move(words).error();
  return policy;
}

std::string policy_to_text(const Policy& policy) {
  constexpr std::size_t usual_bytes = 160;
  std::string json;
  json.reserve(usual_bytes);
  ObjectText object(json);
  add_policy(object, policy);
  object.end();
  return json;
}

Result<Policy> policy_from_text(std::string_view text) {
  Result<Json> json = parse_json(text);
  if (!json.ok()) return std::move(json).error();
  return policy_of(json.value(), {});
}

Result<Policy> stored_policy_from_text(std::string_view text, std::vector<std::string>& unknown) {
  Result<Json> json = parse_json(text);
  if (!json.ok()) return std::move(json).error();
  Result<Policy> policy = policy_of(json.value(), {});
  if (policy.ok() || !json.value().is_object()) return policy;
  for (const char* const field : {"prefer", "deny", "allow"}) {
    const auto list = json.value().find(field);
    if (list != json.value().end() && list->is_array()) remove_unknown(*list, unknown);
  }
  return policy_of(json.value(), {});
}

}  // namespace console_policy::codec
