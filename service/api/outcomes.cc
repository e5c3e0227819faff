// SPDX-License-Identifier: Apache-2.0
#include "service/api/outcomes.h"

#include "policies/report.h"
#include "service/api/answer.h"
#include "service/codec/availability.h"

namespace console_policy::api {
namespace {

Status check_rate(const Call& call, const ProjectId& project, const InstanceId& instance) {
  if (call.services.report_limit == nullptr) return Success{};
  const std::optional<std::chrono::seconds> wait = call.services.report_limit->admit(
      project.text() + "/" + instance.text(), RateLimiter::Clock::now());
  if (!wait.has_value()) return Success{};
  return Error{ErrorCode::too_many_requests,
               "More reports of this instance than availability.reports_per_minute allows.",
               {},
               *wait};
}

Result<Report> report_in_body(const Call& call, Timestamp now) {
  Status media_type = check_media_type(call.request);
  if (!media_type.ok()) return std::move(media_type).error();
  Result<Report> report = codec::decode_report(call.request.body);
  if (!report.ok() || !report.value().fingerprint.has_value()) return report;
  Status updated = check_instance_updated(report.value().fingerprint->instance_updated, now);
  if (!updated.ok()) {
    return invalid_request("report.instance_updated: " + updated.error().message);
  }
  return report;
}

void count(metrics::Metrics& metrics, const Report& report,
           const std::vector<ObservationResult>& results) {
  for (const Observation& seen : report.observations) metrics.opening(seen.type, seen.outcome);
  for (const ObservationResult result : results) metrics.observation(result);
  for (const CountedOpenings& one : report.openings) {
    metrics.opening(one.type, one.outcome, one.count);
  }
  for (const CountedFallbacks& one : report.fallbacks) metrics.fallback(one.reason, one.count);
}

void count_refused(const Call& call, const Error& error) {
  if (call.services.metrics == nullptr) return;
  const bool too_many = error.code == ErrorCode::too_many_requests;
  call.services.metrics->report_refused(too_many ? metrics::ReportRefusal::rate
                                                 : metrics::ReportRefusal::invalid);
}

// Stores the observations of the report; returns the result of each.
std::vector<ObservationResult> learn_from(const Call& call, const ProjectId& project,
                                          const InstanceId& instance, const Report& report,
                                          Timestamp now) {
  std::vector<ObservationResult> results;
  if (report.observations.empty()) return results;
  const Learning learning{*report.fingerprint, call.services.availability.max_age, now};
  call.services.store.learn(project, instance, [&](const std::vector<SeenType>& before) {
    results.clear();  // the store may call this again
    for (const Observation& observation : report.observations) {
      results.push_back(result_of(before, observation, learning));
    }
    return learn(before, report.observations, learning);
  });
  return results;
}

Result<http::Response> take_report(const Call& call) {
  Result<ProjectId> project = path_id<ProjectId>(call, "project_id");
  if (!project.ok()) return std::move(project).error();
  Result<InstanceId> instance = path_id<InstanceId>(call, "instance_id");
  if (!instance.ok()) return std::move(instance).error();
  Status in_rate = check_rate(call, project.value(), instance.value());
  if (!in_rate.ok()) return std::move(in_rate).error();
  const Timestamp now = call.services.clock();
  Result<Report> report = report_in_body(call, now);
  if (!report.ok()) return std::move(report).error();
  const std::vector<ObservationResult> results =
      learn_from(call, project.value(), instance.value(), report.value(), now);
  if (call.services.metrics != nullptr) count(*call.services.metrics, report.value(), results);
  http::Response answer;
  answer.status = 204;
  return answer;
}

}  // namespace

Result<http::Response> report_outcomes(const Call& call) {
  Result<http::Response> answer = take_report(call);
  if (!answer.ok()) count_refused(call, answer.error());
  return answer;
}

}  // namespace console_policy::api
