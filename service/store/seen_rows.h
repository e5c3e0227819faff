// SPDX-License-Identifier: Apache-2.0
// Rows of the table availability, and the values that they stand for.
//
// Contract: columns() and bind_columns() name the same columns in the same order.
// Errors:   internal, naming the type, when a row is not what this program writes.
// Threads:  plain values.
#pragma once

#include <soci/soci.h>

#include <string>

#include "policies/availability.h"

namespace console_policy::store {

struct SeenRow {
  static constexpr long long unknown = -1;  // Nova's answer, where it was not reported

  std::string console_type;
  std::string status;
  std::string host_id;
  long long instance_updated{0};
  long long seen_at{0};
  long long nova_status{unknown};
  long long milliseconds{unknown};

  static std::string columns();
  void bind_columns(soci::statement& statement);
};

Result<SeenType> to_seen_type(const SeenRow& row);
SeenRow to_row(const SeenType& seen);

}  // namespace console_policy::store
