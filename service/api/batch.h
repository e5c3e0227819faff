// SPDX-License-Identifier: Apache-2.0
// Several writes and deletes in one transaction: all or none.
//
// Contract: each operation needs the rights of the route that it stands for, and is refused for the
//           same reasons; each that fails has one error, named by its index,
//           "operations[3].policy.deny: …". First the form of all is looked at, then the rights to
//           all, then what is stored: so nothing is said about what is there to who may not write
//           it. The status is that of the first error; what is stored may give unlike ones. No two
//           operations are for one scope.
#pragma once

#include <string_view>

#include "service/api/route.h"

namespace console_policy::api {

inline constexpr std::string_view batch_path = "/v1/policies/batch";

Result<http::Response> write_batch(const Call& call);

}  // namespace console_policy::api
