// SPDX-License-Identifier: Apache-2.0
#include "service/metrics/metrics.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace console_policy::metrics {
namespace {

constexpr std::array<std::string_view, 4> status_names{"2xx", "3xx", "4xx", "5xx"};
constexpr std::array<std::string_view, 2> refusal_names{"rate", "invalid"};
constexpr std::uint64_t microseconds_in_a_second = 1'000'000;

template <class Enumerator>
std::size_t place(Enumerator enumerator) {
  return static_cast<std::size_t>(enumerator);
}

}  // namespace

std::string seconds_text(std::uint64_t microseconds) {
  std::array<char, 40> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%llu.%06llu",
                    static_cast<unsigned long long>(microseconds / microseconds_in_a_second),
                    static_cast<unsigned long long>(microseconds % microseconds_in_a_second));
  std::string number(text.data(), static_cast<std::size_t>(length));
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number += '0';
  return number;
}

Metrics::Metrics(std::vector<RouteLabels> routes)
    : routes_(routes.size() + 1), histograms_(routes.size() + 1) {
  // Counters cannot be moved: the places are made first, and unused ones are left out of the
  // text.
  routes.push_back(RouteLabels{"none", "none", "none"});
  for (std::size_t i = 0; i < routes.size(); ++i) {
    routes_[i].labels = routes[i];
    routes_[i].histogram = histogram_of(routes[i].route_class);
  }
}

std::size_t Metrics::histogram_of(std::string_view route_class) {
  std::size_t i = 0;
  while (!histograms_[i].route_class.empty() && histograms_[i].route_class != route_class) ++i;
  histograms_[i].route_class = route_class;
  return i;
}

void Metrics::request(std::size_t route, int status, std::chrono::nanoseconds took) noexcept {
  RouteCounters& counters = routes_[std::min(route, routes_.size() - 1)];
  const int status_class = std::clamp(status / 100, 2, 5) - 2;
  counters.by_status[static_cast<std::size_t>(status_class)].add();
  const auto microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(took).count(), 0));
  const auto end = std::lower_bound(bucket_ends.begin(), bucket_ends.end(), microseconds);
  Histogram& histogram = histograms_[counters.histogram];
  histogram.buckets[static_cast<std::size_t>(end - bucket_ends.begin())].add();
  histogram.microseconds.add(microseconds);
}

void Metrics::not_a_request(ErrorCode why) noexcept {
  not_requests_[place(why)].add();
}

void Metrics::opening(ConsoleType type, Outcome outcome, std::uint64_t count) noexcept {
  openings_[place(type)][place(outcome)].add(count);
}

void Metrics::fallback(FallbackReason reason, std::uint64_t count) noexcept {
  fallbacks_[place(reason)].add(count);
}

void Metrics::saved_tries(std::uint64_t count) noexcept {
  saved_tries_.add(count);
}

void Metrics::observation(ObservationResult result) noexcept {
  observations_[place(result)].add();
}

void Metrics::report_refused(ReportRefusal reason) noexcept {
  refused_reports_[place(reason)].add();
}

void Metrics::write_requests(Exposition& text) const {
  text.family("console_policy_requests_total", "counter",
              "Requests answered, by route and class of status.");
  for (const RouteCounters& route : routes_) {
    for (std::size_t i = 0; i < status_classes; ++i) {
      text.sample({{"method", route.labels.method},
                   {"route", route.labels.path},
                   {"status", status_names[i]}},
                  route.by_status[i].value());
    }
  }
}

void Metrics::write_durations(Exposition& text) const {
  text.family("console_policy_request_duration_seconds", "histogram",
              "From the end of a request to the end of deciding, by class of route.");
  for (const Histogram& histogram : histograms_) {
    if (histogram.route_class.empty()) break;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i <= bucket_ends.size(); ++i) {
      sum += histogram.buckets[i].value();
      const std::string end = i < bucket_ends.size() ? seconds_text(bucket_ends[i]) : "+Inf";
      text.sample({{"class", histogram.route_class}, {"le", end}}, sum, "_bucket");
    }
    text.sample_text({{"class", histogram.route_class}},
                     seconds_text(histogram.microseconds.value()), "_sum");
    text.sample({{"class", histogram.route_class}}, sum, "_count");
  }
}

void Metrics::write_openings(Exposition& text) const {
  text.family("console_policy_openings_total", "counter",
              "Console types that dashboards asked Nova for, by what came of it.");
  for (const ConsoleType type : all_console_types) {
    for (const Outcome outcome : all_outcomes) {
      text.sample({{"type", name(type)}, {"outcome", name(outcome)}},
                  openings_[place(type)][place(outcome)].value());
    }
  }
  text.family("console_policy_saved_tries_total", "counter",
              "Types known to be unavailable that stood before the first one to try.");
  text.sample({}, saved_tries_.value());
  text.family("console_policy_fallbacks_total", "counter",
              "Openings that went on without an answer of this service, by reason.");
  for (const FallbackReason reason : all_fallback_reasons) {
    text.sample({{"reason", name(reason)}}, fallbacks_[place(reason)].value());
  }
}

void Metrics::write_reports(Exposition& text) const {
  text.family("console_policy_observations_total", "counter",
              "Observations that were reported, by what was learnt of them.");
  for (const ObservationResult result : all_observation_results) {
    text.sample({{"result", name(result)}}, observations_[place(result)].value());
  }
  text.family("console_policy_reports_refused_total", "counter",
              "Reports that were not taken, by reason.");
  for (std::size_t i = 0; i < refusal_names.size(); ++i) {
    text.sample({{"reason", refusal_names[i]}}, refused_reports_[i].value());
  }
}

std::string Metrics::text(std::string_view version, const std::vector<Reading>& readings,
                          std::string_view (*code_name)(ErrorCode)) const {
  Exposition text;
  text.family("console_policy_build_info", "gauge", "1, with the version of the program.");
  text.sample({{"version", version}}, 1);
  write_requests(text);
  write_durations(text);
  text.family("console_policy_refused_total", "counter",
              "What came over a connection and was no request, by the code of the answer.");
  for (std::size_t i = 0; i < error_codes; ++i) {
    const std::uint64_t count = not_requests_[i].value();
    if (count > 0) text.sample({{"code", code_name(static_cast<ErrorCode>(i))}}, count);
  }
  write_openings(text);
  write_reports(text);
  for (const Reading& reading : readings) {
    text.family(reading.name, reading.type, reading.help);
    for (const Reading::Sample& sample : reading.samples) {
      text.sample_text(sample.labels, sample.value);
    }
  }
  return text.take();
}

}  // namespace console_policy::metrics
