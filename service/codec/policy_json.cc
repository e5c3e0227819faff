// SPDX-License-Identifier: Apache-2.0
#include "service/codec/policy_json.h"

#include <algorithm>

#include "service/codec/policy_text.h"
#include "service/codec/strict_json.h"
#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

using web::json::value;

constexpr std::string_view all_types = "ALL";

std::string known_types() {
  std::string text;
  for (const ConsoleType type : all_console_types) text += " " + std::string(name(type));
  return text;
}

Error not_a_string(const value& element, const std::string& where) {
  return at(where, "a string is expected, not " + std::string(kind_of(element)));
}

struct TypeList {
  std::vector<ConsoleType> types;
  bool all{false};
};

// Adds what one element says; the error is without its place.
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
Result<TypeList> type_list_at(const value& policy, const std::string& where, std::string_view field,
                              bool all_allowed = false) {
  TypeList found;
  const value* const list = member_of(policy, field);
  if (list == nullptr) return found;
  if (!list->is_array()) {
    return at(path_of(where, field),
              "a list of console types is expected, not " + std::string(kind_of(*list)));
  }
  std::size_t index = 0;
  for (const value& element : list->as_array()) {
    const auto place = [&] { return path_of(where, field) + "[" + std::to_string(index) + "]"; };
    if (!element.is_string()) return not_a_string(element, place());
    Status added = add_type(element.as_string(), all_allowed, found);
    if (!added.ok()) return at(place(), added.error().message);
    ++index;
  }
  return found;
}

Status read_types(const value& policy, const std::string& where, Policy& into) {
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

Status read_words(const value& policy, const std::string& where, Policy& into) {
  const value* const reason = member_of(policy, "reason");
  if (reason != nullptr && !reason->is_null()) {
    if (!reason->is_string()) return not_a_string(*reason, path_of(where, "reason"));
    into.reason = reason->as_string();
  }
  const value* const expires_at = member_of(policy, "expires_at");
  if (expires_at != nullptr && !expires_at->is_null()) {
    const std::string place = path_of(where, "expires_at");
    if (!expires_at->is_string()) return not_a_string(*expires_at, place);
    Result<Timestamp> time = platform::parse_time(expires_at->as_string());
    if (!time.ok()) return at(place, time.error().message);
    into.expires_at = time.value();
  }
  return Success{};
}

// Leaves unknown console types out of a list of them.
void remove_unknown(value& list, std::vector<std::string>& unknown) {
  std::vector<value> known;
  for (const value& element : list.as_array()) {
    const bool is_known = !element.is_string() || element.as_string() == all_types ||
                          parse_console_type(element.as_string()).has_value();
    if (is_known) {
      known.push_back(element);
    } else {
      unknown.push_back(element.as_string());
    }
  }
  list = value::array(std::move(known));
}

}  // namespace

value object_of(Fields fields) {
  return value::object(std::move(fields), true);
}

value text_of(std::string_view text) {
  return value::string(std::string(text));
}

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

value links_of(const std::optional<std::string>& next) {
  if (!next.has_value()) return value::array();
  return value::array({object_of({{"rel", text_of("next")}, {"href", text_of(*next)}})});
}

void append_links(std::string& json, const std::optional<std::string>& next) {
  json += links_of(next).serialize();
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

Result<Policy> policy_of(const value& json, const std::string& where) {
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
  Result<value> json = parse_strict(text);
  if (!json.ok()) return std::move(json).error();
  return policy_of(json.value(), {});
}

Result<Policy> stored_policy_from_text(std::string_view text, std::vector<std::string>& unknown) {
  Result<value> json = parse_strict(text);
  if (!json.ok()) return std::move(json).error();
  Result<Policy> policy = policy_of(json.value(), {});
  if (policy.ok() || !json.value().is_object()) return policy;
  for (const char* const field : {"prefer", "deny", "allow"}) {
    if (json.value().has_array_field(field)) remove_unknown(json.value().at(field), unknown);
  }
  return policy_of(json.value(), {});
}

Result<std::string> text_field(const value& object, const std::string& where,
                               std::string_view field) {
  const std::string name(field);
  if (!object.has_field(name)) return invalid_request(path_of(where, field) + ": is missing");
  const value& found = object.at(name);
  if (found.is_string()) return found.as_string();
  return invalid_request(path_of(where, field) + ": a string is expected, not " +
                         std::string(kind_of(found)));
}

}  // namespace console_policy::codec
