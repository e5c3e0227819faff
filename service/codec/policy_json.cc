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

value text_or_null(const std::optional<std::string>& text) {
  return text.has_value() ? text_of(*text) : value::null();
}

value time_or_null(const std::optional<Timestamp>& time) {
  return time.has_value() ? text_of(platform::format_time(*time)) : value::null();
}

value types_of(const std::vector<ConsoleType>& types) {
  std::vector<value> names;
  names.reserve(types.size());
  for (const ConsoleType type : types) names.push_back(text_of(name(type)));
  return value::array(std::move(names));
}

value types_of(ConsoleTypeSet types) {
  return types_of(types.types());
}

Fields policy_fields(const Policy& policy) {
  return {{"prefer", types_of(policy.prefer)},
          {"deny", policy.deny_all ? value::array({text_of(all_types)}) : types_of(policy.deny)},
          {"allow", types_of(policy.allow)},
          {"reason", text_or_null(policy.reason)},
          {"expires_at", time_or_null(policy.expires_at)}};
}

value policy_or_null(const std::optional<Policy>& policy) {
  return policy.has_value() ? object_of(policy_fields(*policy)) : value::null();
}

value links_of(const std::optional<std::string>& next) {
  if (!next.has_value()) return value::array();
  return value::array({object_of({{"rel", text_of("next")}, {"href", text_of(*next)}})});
}

Fields scope_fields(const Scope& scope) {
  Fields fields{{"scope", text_of(name(scope.kind()))}};
  switch (scope.kind()) {
    case ScopeKind::cloud:
      break;
    case ScopeKind::domain:
      fields.emplace_back("domain_id", text_of(scope.owner_id()));
      break;
    case ScopeKind::project:
      fields.emplace_back("project_id", text_of(scope.owner_id()));
      break;
    case ScopeKind::user:
      fields.emplace_back("user_id", text_of(scope.owner_id()));
      break;
    case ScopeKind::instance:
      fields.emplace_back("project_id", text_of(scope.owner_id()));
      fields.emplace_back("instance_id", text_of(scope.instance_id()));
      break;
  }
  return fields;
}

Fields name_fields(const Scope& scope, const OwnerNames& names) {
  const value known = text_or_null(owner_name(scope, names));
  switch (scope.kind()) {
    case ScopeKind::cloud:
      break;
    case ScopeKind::domain:
      return {{"domain_name", known}};
    case ScopeKind::project:
    case ScopeKind::instance:
      return {{"project_name", known}};
    case ScopeKind::user:
      return {{"user_name", known}};
  }
  return {};
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
  return object_of(policy_fields(policy)).serialize();
}

Result<Policy> policy_from_text(std::string_view text) {
  Result<value> json = parse_strict(text);
  if (!json.ok()) return std::move(json).error();
  return policy_of(json.value(), {});
}

}  // namespace console_policy::codec
