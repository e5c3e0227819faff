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

Error at(const std::string& where, const std::string& what) {
  return invalid_request(where + ": " + what);
}

std::string known_types() {
  std::string text;
  for (const ConsoleType type : all_console_types) text += " " + std::string(name(type));
  return text;
}

Result<std::string> text_at(const value& element, const std::string& where) {
  if (!element.is_string()) {
    return at(where, "a string is expected, not " + std::string(kind_of(element)));
  }
  return element.as_string();
}

struct TypeList {
  std::vector<ConsoleType> types;
  bool all{false};
};

Result<TypeList> type_list_at(const value& list, const std::string& where, bool all_allowed) {
  if (!list.is_array()) {
    return at(where, "a list of console types is expected, not " + std::string(kind_of(list)));
  }
  TypeList found;
  std::size_t index = 0;
  for (const value& element : list.as_array()) {
    const std::string place = where + "[" + std::to_string(index++) + "]";
    Result<std::string> text = text_at(element, place);
    if (!text.ok()) return std::move(text).error();
    const bool is_all = all_allowed && text.value() == all_types;
    const std::optional<ConsoleType> type = parse_console_type(text.value());
    if (!is_all && !type.has_value()) {
      return at(place, "not a console type; these are:" + known_types() +
                           (all_allowed ? ", or ALL for every one" : ""));
    }
    const bool repeated =
        is_all ? found.all
               : std::find(found.types.begin(), found.types.end(), *type) != found.types.end();
    if (repeated) return at(place, text.value() + " is given twice");
    if (is_all) {
      found.all = true;
    } else {
      found.types.push_back(*type);
    }
  }
  return found;
}

Status read_types(const value& policy, const std::string& where, Policy& into) {
  if (policy.has_field("prefer")) {
    Result<TypeList> list = type_list_at(policy.at("prefer"), path_of(where, "prefer"), false);
    if (!list.ok()) return std::move(list).error();
    into.prefer = std::move(list).value().types;
  }
  if (policy.has_field("deny")) {
    Result<TypeList> list = type_list_at(policy.at("deny"), path_of(where, "deny"), true);
    if (!list.ok()) return std::move(list).error();
    into.deny = ConsoleTypeSet::of(list.value().types);
    into.deny_all = list.value().all;
  }
  if (policy.has_field("allow")) {
    Result<TypeList> list = type_list_at(policy.at("allow"), path_of(where, "allow"), false);
    if (!list.ok()) return std::move(list).error();
    into.allow = ConsoleTypeSet::of(list.value().types);
  }
  return Success{};
}

Status read_words(const value& policy, const std::string& where, Policy& into) {
  if (policy.has_field("reason") && !policy.at("reason").is_null()) {
    Result<std::string> text = text_at(policy.at("reason"), path_of(where, "reason"));
    if (!text.ok()) return std::move(text).error();
    into.reason = std::move(text).value();
  }
  if (policy.has_field("expires_at") && !policy.at("expires_at").is_null()) {
    const std::string place = path_of(where, "expires_at");
    Result<std::string> text = text_at(policy.at("expires_at"), place);
    if (!text.ok()) return std::move(text).error();
    Result<Timestamp> time = platform::parse_time(text.value());
    if (!time.ok()) return at(place, time.error().message);
    into.expires_at = time.value();
  }
  return Success{};
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
  std::optional<std::string> expires_at;
  if (policy.expires_at) expires_at = platform::format_time(*policy.expires_at);
  object.text_or_null("expires_at", expires_at);
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
  object.text("scope", name(scope.kind()));
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

void add_names(ObjectText& object, const Scope& scope, const OwnerNames& names) {
  const std::optional<std::string> known = owner_name(scope, names);
  switch (scope.kind()) {
    case ScopeKind::cloud:
      break;
    case ScopeKind::domain:
      object.text_or_null("domain_name", known);
      break;
    case ScopeKind::project:
    case ScopeKind::instance:
      object.text_or_null("project_name", known);
      break;
    case ScopeKind::user:
      object.text_or_null("user_name", known);
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
  std::string json;
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

}  // namespace console_policy::codec
