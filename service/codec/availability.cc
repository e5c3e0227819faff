// SPDX-License-Identifier: Apache-2.0
#include "service/codec/availability.h"

#include "service/codec/policy_json.h"
#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

using web::json::value;

value time_of(Timestamp time) {
  return text_of(platform::format_time(time));
}

value number_or_null(const std::optional<int>& number) {
  return number.has_value() ? value::number(*number) : value::null();
}

Fields seen_fields(const SeenType& seen) {
  return {{"type", text_of(name(seen.type))},
          {"status", text_of(name(seen.status))},
          {"instance_updated", time_of(seen.fingerprint.instance_updated)},
          {"host_id", text_of(seen.fingerprint.host_id)},
          {"seen_at", time_of(seen.seen_at)},
          {"nova_status", number_or_null(seen.answer.status)},
          {"milliseconds", number_or_null(seen.answer.milliseconds)}};
}

}  // namespace

std::string encode_availability(std::string_view project_id, std::string_view instance_id,
                                const std::vector<SeenType>& types) {
  std::vector<value> list;
  for (const ConsoleType type : all_console_types) {
    for (const SeenType& seen : types) {
      if (seen.type == type) list.push_back(object_of(seen_fields(seen)));
    }
  }
  return object_of({{"availability", object_of({{"project_id", text_of(project_id)},
                                                {"instance_id", text_of(instance_id)},
                                                {"types", value::array(std::move(list))}})}})
      .serialize();
}

std::string encode_availability_page(const std::vector<ListedType>& types,
                                     const std::optional<std::string>& next) {
  std::vector<value> list;
  list.reserve(types.size());
  for (const ListedType& listed : types) {
    Fields fields{{"project_id", text_of(listed.project_id)},
                  {"instance_id", text_of(listed.instance_id)}};
    for (auto& field : seen_fields(listed.seen)) fields.push_back(std::move(field));
    list.push_back(object_of(std::move(fields)));
  }
  return object_of({{"availability", value::array(std::move(list))}, {"links", links_of(next)}})
      .serialize();
}

std::string encode_summary_page(const std::vector<SummarizedType>& summary,
                                const std::optional<std::string>& next) {
  std::vector<value> list;
  list.reserve(summary.size());
  for (const SummarizedType& one : summary) {
    list.push_back(object_of({{"project_id", text_of(one.project_id)},
                              {"host_id", text_of(one.host_id)},
                              {"type", text_of(name(one.type))},
                              {"opened", value::number(one.opened)},
                              {"unavailable", value::number(one.unavailable)}}));
  }
  return object_of({{"summary", value::array(std::move(list))}, {"links", links_of(next)}})
      .serialize();
}

std::string encode_history(const std::vector<DayCount>& history) {
  std::string json = R"({"history":[)";
  for (const DayCount& count : history) {
    if (json.back() != '[') json += ',';
    ObjectText object(json);
    object.plain("day", count.day);
    append_types(object.at("opened"), count.opened);
    object.at("instances") += std::to_string(count.instances);
    object.end();
  }
  return json + "]}";
}

}  // namespace console_policy::codec
