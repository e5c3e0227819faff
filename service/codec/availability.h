// SPDX-License-Identifier: Apache-2.0
// The JSON of what was seen of consoles, as schema/openapi.yaml states it.
//
// Errors:   decode_report: invalid_request with where and what ("report.outcomes[1].type: …").
// Threads:  free functions on values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/report.h"
#include "policies/result.h"

namespace console_policy::codec {

// {"report": {"instance_updated": "…", "host_id": "…", "outcomes": […], "tally": {…}}}
Result<Report> decode_report(std::string_view body);

std::string encode_availability(std::string_view project_id, std::string_view instance_id,
                                const std::vector<SeenType>& types);

// A page: its items, and the target of the next page when there is one.
struct ListedType {
  std::string project_id;
  std::string instance_id;
  SeenType seen;
};
std::string encode_availability_page(const std::vector<ListedType>& types,
                                     const std::optional<std::string>& next);

struct SummarizedType {
  std::string project_id;
  std::string host_id;
  ConsoleType type{ConsoleType::vnc};
  std::int64_t opened{0};
  std::int64_t unavailable{0};
};
std::string encode_summary_page(const std::vector<SummarizedType>& summary,
                                const std::optional<std::string>& next);

// On a day, how many observed instances last opened exactly these types.
struct DayCount {
  std::string day;  // "2026-12-01"
  std::vector<ConsoleType> opened;
  std::int64_t instances{0};
};
std::string encode_history(const std::vector<DayCount>& history);

}  // namespace console_policy::codec
