// SPDX-License-Identifier: Apache-2.0
#include "service/codec/availability.h"

#include <algorithm>

#include "service/codec/policy_json.h"

namespace console_policy::codec {
namespace {

void append_number_or_null(std::string& json, const std::optional<int>& number) {
  json += number.has_value() ? std::to_string(*number) : "null";
}

void add_seen(ObjectText& object, const SeenType& seen) {
  object.plain("type", name(seen.type));
  object.plain("status", name(seen.status));
  append_time(object.at("instance_updated"), seen.fingerprint.instance_updated);
  object.text("host_id", seen.fingerprint.host_id);
  append_time(object.at("seen_at"), seen.seen_at);
  append_number_or_null(object.at("nova_status"), seen.answer.status);
  append_number_or_null(object.at("milliseconds"), seen.answer.milliseconds);
}

void append_seen(std::string& json, const SeenType& seen) {
  ObjectText object(json);
  add_seen(object, seen);
  object.end();
}

void append_listed(std::string& json, const ListedType& listed) {
  ObjectText object(json);
  object.text("project_id", listed.project_id);
  object.text("instance_id", listed.instance_id);
  add_seen(object, listed.seen);
  object.end();
}

void append_summarized(std::string& json, const SummarizedType& one) {
  ObjectText object(json);
  object.text("project_id", one.project_id);
  object.text("host_id", one.host_id);
  object.plain("type", name(one.type));
  object.at("opened") += std::to_string(one.opened);
  object.at("unavailable") += std::to_string(one.unavailable);
  object.end();
}

void append_day(std::string& json, const DayCount& count) {
  ObjectText object(json);
  object.plain("day", count.day);
  append_types(object.at("opened"), count.opened);
  object.at("instances") += std::to_string(count.instances);
  object.end();
}

}  // namespace

std::string encode_availability(std::string_view project_id, std::string_view instance_id,
                                const std::vector<SeenType>& types) {
  std::vector<SeenType> ordered = types;
  std::sort(ordered.begin(), ordered.end(),
            [](const SeenType& a, const SeenType& b) { return a.type < b.type; });
  std::string json = R"({"availability":)";
  ObjectText object(json);
  object.text("project_id", project_id);
  object.text("instance_id", instance_id);
  append_list(object.at("types"), ordered, append_seen);
  object.end();
  return json + '}';
}

std::string encode_availability_page(const std::vector<ListedType>& types,
                                     const std::optional<std::string>& next) {
  return page_of("availability", types, next, append_listed);
}

std::string encode_summary_page(const std::vector<SummarizedType>& summary,
                                const std::optional<std::string>& next) {
  return page_of("summary", summary, next, append_summarized);
}

std::string encode_history(const std::vector<DayCount>& history) {
  std::string json = R"({"history":)";
  append_list(json, history, append_day);
  return json + '}';
}

}  // namespace console_policy::codec
