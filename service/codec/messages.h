// SPDX-License-Identifier: Apache-2.0
// The JSON of the API's requests and answers, as schema/openapi.yaml states it.
//
// Contract: encode_* give whole bodies in UTF-8; equal values give equal bytes.
// Errors:   decode_*: invalid_request with where and what.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/availability.h"
#include "policies/record.h"
#include "policies/resolution.h"
#include "policies/result.h"

namespace console_policy::codec {

// {"policy": {…}}
Result<Policy> decode_policy(std::string_view body);
std::string encode_policy(const StoredPolicy& policy);

// A page: its items, and the target of the next page when there is one.
std::string encode_policies(const std::vector<StoredPolicy>& policies,
                            const std::optional<std::string>& next);
// {"change": {…}}
std::string encode_change(const Change& change);
std::string encode_changes(const std::vector<Change>& changes,
                           const std::optional<std::string>& next);

// A resolution with the question that it answers.
struct ResolutionAnswer {
  // Views: the caller keeps the ids while this lives.
  std::string_view project_id;
  std::optional<std::string_view> domain_id;
  std::string_view user_id;
  std::optional<std::string_view> instance_id;
  Revision revision{0};
  Resolution resolution;
  // Of the instance; its order goes over the resolution's.
  std::optional<Availability> availability;
  bool explain{false};
};
std::string encode_resolution(const ResolutionAnswer& answer);

// The one version there is: in a list, and alone.
struct ApiVersions {
  std::string min_version;
  std::string max_version;
  std::string href;
};
std::string encode_versions(const ApiVersions& versions);
std::string encode_version(const ApiVersions& versions);

// oslo.middleware's healthcheck, without details.
std::string encode_health(const std::vector<std::string>& reasons);

// One API-SIG error.
struct Problem {
  std::string request_id;
  std::string code;
  int status{500};
  std::string title;
  std::string detail;
  std::optional<std::string> min_version{};  // both or none
  std::optional<std::string> max_version{};
};
std::string encode_problems(const std::vector<Problem>& problems);  // at least one

}  // namespace console_policy::codec
