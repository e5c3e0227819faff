// SPDX-License-Identifier: Apache-2.0
// Metrics: what the service counts, for Prometheus.
//
// Contract: every label is one of a fixed few: a route of the table, a class of status, a console
//           type, a word of the API. No id, name or text of a request is one.
// Threads:  safe for concurrent use. Counting takes no lock and some nanoseconds.
// Lifetime: outlives the code that counts.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policies/report.h"
#include "policies/result.h"
#include "service/metrics/counter.h"
#include "service/metrics/exposition.h"

namespace console_policy::metrics {

// What a route is counted as. The texts live as long as the program.
struct RouteLabels {
  std::string_view method;
  std::string_view path;         // the template
  std::string_view route_class;  // for the time that requests took: "resolution", "write", …
};

// Why a report was not taken, beyond the caller's right to report.
enum class ReportRefusal { rate, invalid };

// A metric that another part of the program keeps, with its values at this scrape.
struct Reading {
  std::string_view name;
  std::string_view help;
  struct Sample {
    Labels labels;
    std::string value;  // as the exposition format writes it
  };
  std::vector<Sample> samples;
  std::string_view type{"gauge"};  // or "counter": it only grows
};

// 250 is "0.00025".
std::string seconds_text(std::uint64_t microseconds);

class Metrics final {
 public:
  explicit Metrics(std::vector<RouteLabels> routes);

  static constexpr std::size_t no_route = static_cast<std::size_t>(-1);

  // `route`: its place in the table, or no_route.
  void request(std::size_t route, int status, std::chrono::nanoseconds took) noexcept;
  void not_a_request(ErrorCode why) noexcept;  // what http/ refused

  void opening(ConsoleType type, Outcome outcome, std::uint64_t count = 1) noexcept;
  void fallback(FallbackReason reason, std::uint64_t count) noexcept;
  void saved_tries(std::uint64_t count) noexcept;
  void observation(ObservationResult result) noexcept;
  void report_refused(ReportRefusal reason) noexcept;

  // All of it as text. `code_name` gives an error's name.
  std::string text(std::string_view version, const std::vector<Reading>& readings,
                   std::string_view (*code_name)(ErrorCode)) const;

 private:
  // Upper ends in microseconds; one more bucket has the rest.
  static constexpr std::array<std::uint64_t, 15> bucket_ends{
      100,    250,     500,     1'000,   2'500,     5'000,     10'000,   25'000,
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000};
  static constexpr std::size_t status_classes = 4;  // 2xx to 5xx
  static constexpr std::size_t error_codes = static_cast<std::size_t>(ErrorCode::unavailable) + 1;

  struct Histogram {
    std::string_view route_class;
    std::array<Counter, bucket_ends.size() + 1> buckets;
    Counter microseconds;
  };
  struct RouteCounters {
    RouteLabels labels;
    std::size_t histogram{0};
    std::array<Counter, status_classes> by_status;
  };

  std::size_t histogram_of(std::string_view route_class);
  void write_requests(Exposition& text) const;
  void write_durations(Exposition& text) const;
  void write_openings(Exposition& text) const;
  void write_reports(Exposition& text) const;

  std::vector<RouteCounters> routes_;  // the last one: no route
  std::vector<Histogram> histograms_;
  std::array<Counter, error_codes> not_requests_;
  std::array<std::array<Counter, all_outcomes.size()>, all_console_types.size()> openings_;
  std::array<Counter, all_fallback_reasons.size()> fallbacks_;
  std::array<Counter, all_observation_results.size()> observations_;
  std::array<Counter, 2> refused_reports_;
  Counter saved_tries_;
};

}  // namespace console_policy::metrics
