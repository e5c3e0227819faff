// SPDX-License-Identifier: Apache-2.0
// A policy's fields and a scope as JSON, for this folder only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policies/policy.h"
#include "policies/result.h"
#include "policies/scope.h"
#include "service/codec/batch.h"
#include "service/codec/json_reader.h"
#include "service/codec/json_text.h"

namespace console_policy::codec {

// {prefer, deny, allow, reason, expires_at}, each always there.
void add_policy(ObjectText& object, const Policy& policy);
void append_policy_or_null(std::string& json, const std::optional<Policy>& policy);

// [{"rel": "next", "href": …}], or an empty list without a next page.
void append_links(std::string& json, const std::optional<std::string>& next);

// One page of a list: its elements under `name`, and the link to the next page.
template <class Element, class Append>
std::string page_of(std::string_view name, const std::vector<Element>& elements,
                    const std::optional<std::string>& next, const Append& append_element) {
  std::string json;
  ObjectText object(json);
  append_list(object.at(name), elements, append_element);
  append_links(object.at("links"), next);
  object.end();
  return json;
}

// {scope} and the ids that name it: domain_id, project_id, user_id, instance_id.
void add_scope(ObjectText& object, const Scope& scope);

// The other way: every field optional. `where` is the path of the object, for messages.
Result<Policy> policy_of(const Json& value, const std::string& where);

// The list `operations` of a request.
Result<std::vector<Result<Operation>>> operations_of(const Json& json);

}  // namespace console_policy::codec
