// SPDX-License-Identifier: Apache-2.0
// A policy's fields as JSON, for this room only.
#pragma once

#include <cpprest/json.h>

#include <string>
#include <utility>
#include <vector>

#include "policies/policy.h"
#include "policies/record.h"
#include "policies/resolution.h"
#include "policies/result.h"
#include "policies/scope.h"
#include "service/codec/batch.h"
#include "service/codec/json_text.h"

namespace console_policy::codec {

using Fields = std::vector<std::pair<std::string, web::json::value>>;

web::json::value object_of(Fields fields);  // keeps the order of its fields
web::json::value text_of(std::string_view text);

// {prefer, deny, allow, reason, expires_at}, each always there.
void add_policy(ObjectText& object, const Policy& policy);
void append_policy_or_null(std::string& json, const std::optional<Policy>& policy);

// Where the next page is; empty when there is none.
web::json::value links_of(const std::optional<std::string>& next);

void append_links(std::string& json, const std::optional<std::string>& next);

// {scope} and the ids that name it: domain_id, project_id, user_id, instance_id.
void add_scope(ObjectText& object, const Scope& scope);

// The other way: every field optional. `where` is the path of the object, for messages.
Result<Policy> policy_of(const web::json::value& value, const std::string& where);

// A required field that is a string.
Result<std::string> text_field(const web::json::value& object, const std::string& where,
                               std::string_view field);

// The list `operations` of a request.
Result<std::vector<Result<Operation>>> operations_of(const web::json::value& json);

}  // namespace console_policy::codec
