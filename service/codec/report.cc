// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "service/codec/availability.h"
#include "service/codec/json_reader.h"
#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

constexpr std::int64_t max_count = 10'000;
constexpr std::int64_t max_milliseconds = 600'000;

Result<std::optional<int>> optional_number_field(const Json& object, const std::string& where,
                                                 const char* field, std::int64_t minimum,
                                                 std::int64_t maximum) {
  const Json* const found = member_of(object, field);
  if (found == nullptr || found->is_null()) return std::optional<int>();
  Result<std::int64_t> number = number_field(object, where, field, minimum, maximum);
  if (!number.ok()) return std::move(number).error();
  return std::optional<int>(static_cast<int>(number.value()));
}

// One of a few words.
template <class Word, class Parse>
Result<Word> word_at(const Json& object, const std::string& where, const char* field,
                     const Parse& parse, const char* words) {
  Result<std::string> text = text_field(object, where, field);
  if (!text.ok()) return std::move(text).error();
  const std::optional<Word> word = parse(text.value());
  if (!word.has_value()) {
    return at(path_of(where, field), std::string("one of ") + words + " is expected");
  }
  return *word;
}

Result<ConsoleType> type_at(const Json& object, const std::string& where) {
  return word_at<ConsoleType>(object, where, "type", parse_console_type,
                              "VNC, SPICE, RDP, SERIAL, MKS");
}

Result<Outcome> outcome_at(const Json& object, const std::string& where) {
  return word_at<Outcome>(object, where, "outcome", parse_outcome, "opened, unavailable, failed");
}

// A list whose elements are read one by one; absent is empty. `max` elements at the most.
template <class Element, class Read>
Result<std::vector<Element>> list_at(const Json& object, const std::string& where,
                                     const char* field, std::size_t max, const Read& read) {
  std::vector<Element> elements;
  const Json* const list = member_of(object, field);
  if (list == nullptr) return elements;
  const std::string place = path_of(where, field);
  if (!list->is_array() || list->size() > max) {
    return at(place, "a list of at most " + std::to_string(max) + " is expected");
  }
  for (const Json& json : *list) {
    const std::string here = path_of(place, elements.size());
    Result<Element> element = read(json, here);
    if (!element.ok()) return std::move(element).error();
    elements.push_back(std::move(element).value());
  }
  return elements;
}

Result<Observation> observation_of(const Json& json, const std::string& where) {
  Status known = check_object(json, where, {"type", "outcome", "nova_status", "milliseconds"});
  if (!known.ok()) return std::move(known).error();
  Result<ConsoleType> type = type_at(json, where);
  if (!type.ok()) return std::move(type).error();
  Result<Outcome> outcome = outcome_at(json, where);
  if (!outcome.ok()) return std::move(outcome).error();
  Result<std::optional<int>> status = optional_number_field(json, where, "nova_status", 100, 599);
  if (!status.ok()) return std::move(status).error();
  Result<std::optional<int>> milliseconds =
      optional_number_field(json, where, "milliseconds", 0, max_milliseconds);
  if (!milliseconds.ok()) return std::move(milliseconds).error();
  return Observation{type.value(), outcome.value(), {status.value(), milliseconds.value()}};
}

Result<CountedOpenings> openings_of(const Json& json, const std::string& where) {
  Status known = check_object(json, where, {"type", "outcome", "count"});
  if (!known.ok()) return std::move(known).error();
  Result<ConsoleType> type = type_at(json, where);
  if (!type.ok()) return std::move(type).error();
  Result<Outcome> outcome = outcome_at(json, where);
  if (!outcome.ok()) return std::move(outcome).error();
  Result<std::int64_t> count = number_field(json, where, "count", 1, max_count);
  if (!count.ok()) return std::move(count).error();
  return CountedOpenings{type.value(), outcome.value(), static_cast<std::uint32_t>(count.value())};
}

Result<CountedFallbacks> fallbacks_of(const Json& json, const std::string& where) {
  Status known = check_object(json, where, {"reason", "count"});
  if (!known.ok()) return std::move(known).error();
  Result<FallbackReason> reason = word_at<FallbackReason>(
      json, where, "reason", parse_fallback_reason,
      "timeout, unreachable, invalid_answer, refused, breaker_open, misconfigured");
  if (!reason.ok()) return std::move(reason).error();
  Result<std::int64_t> count = number_field(json, where, "count", 1, max_count);
  if (!count.ok()) return std::move(count).error();
  return CountedFallbacks{reason.value(), static_cast<std::uint32_t>(count.value())};
}

// Success when no two elements are the same by `same`.
template <class Element, class Same>
Status check_no_repetition(const std::vector<Element>& elements, const std::string& where,
                           const Same& same) {
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const auto first = std::find_if(elements.begin(), elements.end(),
                                    [&](const Element& other) { return same(other, elements[i]); });
    const auto index = static_cast<std::size_t>(first - elements.begin());
    if (index != i) {
      return at(path_of(where, i), "the same as in " + path_of(where, index));
    }
  }
  return Success{};
}

Status read_fingerprint(const Json& json, Report& report) {
  if (!json.contains("instance_updated") && !json.contains("host_id")) {
    if (report.observations.empty()) return Success{};
    return at("report.instance_updated", "is missing");
  }
  Result<std::string> updated = text_field(json, "report", "instance_updated");
  if (!updated.ok()) return std::move(updated).error();
  Result<Timestamp> time = platform::parse_time(updated.value());
  if (!time.ok()) return at("report.instance_updated", time.error().message);
  Result<std::string> host_id = text_field(json, "report", "host_id");
  if (!host_id.ok()) return std::move(host_id).error();
  Status digits = check_host_id(host_id.value());
  if (!digits.ok()) return at("report.host_id", digits.error().message);
  report.fingerprint = Fingerprint{time.value(), std::move(host_id).value()};
  return Success{};
}

Status read_outcomes(const Json& json, Report& report) {
  Result<std::vector<Observation>> observations =
      list_at<Observation>(json, "report", "outcomes", all_console_types.size(), observation_of);
  if (!observations.ok()) return std::move(observations).error();
  report.observations = std::move(observations).value();
  return check_no_repetition(
      report.observations, "report.outcomes",
      [](const Observation& a, const Observation& b) { return a.type == b.type; });
}

Status read_tally(const Json& json, Report& report) {
  if (!json.contains("tally")) return Success{};
  const std::string where = "report.tally";
  const Json& tally = json.at("tally");
  Status known = check_object(tally, where, {"openings", "fallbacks"});
  if (!known.ok()) return known;
  Result<std::vector<CountedOpenings>> openings = list_at<CountedOpenings>(
      tally, where, "openings", all_console_types.size() * all_outcomes.size(), openings_of);
  if (!openings.ok()) return std::move(openings).error();
  Result<std::vector<CountedFallbacks>> fallbacks = list_at<CountedFallbacks>(
      tally, where, "fallbacks", all_fallback_reasons.size(), fallbacks_of);
  if (!fallbacks.ok()) return std::move(fallbacks).error();
  report.openings = std::move(openings).value();
  report.fallbacks = std::move(fallbacks).value();
  Status once = check_no_repetition(report.openings, path_of(where, "openings"),
                                    [](const CountedOpenings& a, const CountedOpenings& b) {
                                      return a.type == b.type && a.outcome == b.outcome;
                                    });
  if (!once.ok()) return once;
  return check_no_repetition(
      report.fallbacks, path_of(where, "fallbacks"),
      [](const CountedFallbacks& a, const CountedFallbacks& b) { return a.reason == b.reason; });
}

}  // namespace

Result<Report> decode_report(std::string_view body) {
  Result<Json> json = parse_json(body);
  if (!json.ok()) return std::move(json).error();
  Status known = check_object(json.value(), {}, {"report"});
  if (!known.ok()) return std::move(known).error();
  if (!json.value().contains("report")) return invalid_request("report: is missing");
  const Json& fields = json.value().at("report");
  known = check_object(fields, "report", {"instance_updated", "host_id", "outcomes", "tally"});
  if (!known.ok()) return std::move(known).error();
  Report report;
  for (const auto read : {read_outcomes, read_fingerprint, read_tally}) {
    Status status = read(fields, report);
    if (!status.ok()) return std::move(status).error();
  }
  return report;
}

}  // namespace console_policy::codec
