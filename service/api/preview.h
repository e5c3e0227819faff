// SPDX-License-Identifier: Apache-2.0
// What the operations of a batch would do, without storing them.
//
// Contract: refused as the batch would be. Resolutions are those of the policies alone, without
//           observations. The impact is on the instances with observations in projects whose
//           observations the caller may list: the first type to try before and after, without the
//           policy of a user. The domain of a project is the caller's own or the stated one;
//           stating it needs the right to show the domain's policy.
#pragma once

#include <string_view>

#include "service/api/route.h"

namespace console_policy::api {

inline constexpr std::string_view preview_path = "/v1/policies/preview";

Result<http::Response> preview_policies(const Call& call);

}  // namespace console_policy::api
