// SPDX-License-Identifier: Apache-2.0
// Several writes and deletes in one transaction: all or none.
//
// Contract: as operations.h. The status is that of the first error; the others may have another.
#pragma once

#include <string_view>

#include "service/api/route.h"

namespace console_policy::api {

inline constexpr std::string_view batch_path = "/v1/policies/batch";

Result<http::Response> write_batch(const Call& call);

}  // namespace console_policy::api
