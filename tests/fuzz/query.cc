// SPDX-License-Identifier: Apache-2.0
// Request targets: path, query, markers, times.
#include "service/api/query.h"

#include <string>

#include "service/api/marker.h"
#include "service/api/router.h"
#include "service/platform/time_text.h"
#include "tests/fuzz/input.h"

using namespace console_policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view target = fuzz::text_of(data, size);
  const api::TargetParts parts = api::split_target(target);
  std::string allow;
  static_cast<void>(api::find_route("GET", parts.path, allow));
  const Result<std::string> decoded = api::percent_decode(parts.path);
  if (decoded.ok()) {
    const Result<std::string> again = api::percent_decode(api::percent_encode(decoded.value()));
    fuzz::require(again.ok() && again.value() == decoded.value(), "encoding loses nothing");
  }
  const Result<api::Query> query =
      api::parse_query(parts.query, "scope project_id user_id sort limit marker since until");
  if (!query.ok()) return 0;
  const Result<std::optional<Scope>> scope = api::scope_marker(query.value());
  if (scope.ok() && scope.value().has_value()) {
    const api::Query back{{"marker", api::marker_of(*scope.value())}};
    const Result<std::optional<Scope>> again = api::scope_marker(back);
    fuzz::require(again.ok() && again.value().has_value(), "a marker leads back to its scope");
  }
  static_cast<void>(api::update_marker(query.value()));
  const auto since = query.value().find("since");
  if (since != query.value().end()) {
    const Result<Timestamp> time = platform::parse_time(since->second);
    if (time.ok()) {
      const Result<Timestamp> again = platform::parse_time(platform::format_time(time.value()));
      fuzz::require(again.ok() && again.value() == time.value(), "a time's text gives the time");
    }
  }
  return 0;
}
