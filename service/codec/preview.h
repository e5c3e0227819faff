// SPDX-License-Identifier: Apache-2.0
// The JSON of a preview, as schema/openapi.yaml states it.
//
// Errors:   decode_preview: as decode_operations; "resolutions[3].project_id: …",
//           "project_domains[3].domain_id: …".
// Threads:  free functions on values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/impact.h"
#include "service/codec/batch.h"

namespace console_policy::codec {

inline constexpr std::size_t max_previewed_resolutions = 100;
inline constexpr std::size_t max_project_domains = 10'000;

// A resolution to show before and after.
struct PreviewTarget {
  ProjectId project;
  std::optional<InstanceId> instance;
  std::optional<UserId> user;
};

struct ProjectDomain {
  ProjectId project;
  DomainId domain;
};

struct PreviewRequest {
  std::vector<Result<Operation>> operations;
  std::vector<PreviewTarget> resolutions;
  std::vector<ProjectDomain> project_domains;
};
Result<PreviewRequest> decode_preview(std::string_view body);

// "resolutions[3]", "project_domains[3]": how messages name them.
std::string previewed_resolution_name(std::size_t index);
std::string project_domain_name(std::size_t index);

struct PreviewedResolution {
  std::string project_id;
  std::optional<std::string> domain_id;
  std::string user_id;
  std::optional<std::string> instance_id;
  std::vector<ConsoleType> before;
  std::vector<ConsoleType> after;
};
std::string encode_preview(const std::vector<PreviewedResolution>& resolutions,
                           const Impact& impact);

}  // namespace console_policy::codec
