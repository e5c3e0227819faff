// SPDX-License-Identifier: Apache-2.0
#include "service/api/availability.h"

#include <tuple>

#include "service/api/answer.h"
#include "service/api/marker.h"
#include "service/codec/availability.h"
#include "service/platform/time_text.h"

namespace console_policy::api {
namespace {

struct Ids {
  ProjectId project;
  InstanceId instance;
};

Result<Ids> ids_of(const Call& call) {
  Result<ProjectId> project = path_id<ProjectId>(call, "project_id");
  if (!project.ok()) return std::move(project).error();
  Result<InstanceId> instance = path_id<InstanceId>(call, "instance_id");
  if (!instance.ok()) return std::move(instance).error();
  return Ids{std::move(project).value(), std::move(instance).value()};
}

Error not_a_marker() {
  return invalid_request("marker: not one that a page of this list has ended with");
}

// The three parts of a marker that are divided by slashes, the first a project and the last a type;
// empty when there is none.
Result<std::vector<std::string>> marker_parts(const Query& query) {
  const auto marker = find(query, "marker");
  if (!marker.has_value()) return std::vector<std::string>();
  // split_path() takes a path, which begins with the slash that a marker has not.
  const std::string path = "/" + *marker;
  const std::vector<std::string_view> found = split_path(path);
  std::vector<std::string> parts(found.begin(), found.end());
  if (parts.size() != 3 || !parse_console_type(parts[2]).has_value()) return not_a_marker();
  Result<std::string> project = percent_decode(parts[0]);
  if (!project.ok() || !ProjectId::parse(project.value()).ok()) return not_a_marker();
  parts[0] = std::move(project).value();
  return parts;
}

Result<std::optional<store::SeenPlace>> seen_marker(const Query& query) {
  Result<std::vector<std::string>> parts = marker_parts(query);
  if (!parts.ok()) return std::move(parts).error();
  if (parts.value().empty()) return std::optional<store::SeenPlace>();
  const auto& [project, instance, type] =
      std::tie(parts.value()[0], parts.value()[1], parts.value()[2]);
  if (!InstanceId::parse(instance).ok()) return not_a_marker();
  return std::optional<store::SeenPlace>(store::SeenPlace{project, instance, type});
}

Result<std::optional<store::SeenCountPlace>> count_marker(const Query& query) {
  Result<std::vector<std::string>> parts = marker_parts(query);
  if (!parts.ok()) return std::move(parts).error();
  if (parts.value().empty()) return std::optional<store::SeenCountPlace>();
  const auto& [project, host, type] =
      std::tie(parts.value()[0], parts.value()[1], parts.value()[2]);
  if (!check_host_id(host).ok()) return not_a_marker();
  return std::optional<store::SeenCountPlace>(store::SeenCountPlace{project, host, type});
}

Result<store::SeenFilter> seen_filter(const Query& query) {
  store::SeenFilter filter;
  Result<std::optional<std::string>> project = id_filter<ProjectId>(query, "project_id");
  if (!project.ok()) return std::move(project).error();
  filter.project_id = std::move(project).value();
  filter.host_id = find(query, "host_id");
  if (filter.host_id.has_value()) {
    Status digits = check_host_id(*filter.host_id);
    if (!digits.ok()) return invalid_request("host_id: " + digits.error().message);
  }
  const auto type = find(query, "type");
  if (type.has_value()) {
    filter.type = parse_console_type(*type);
    if (!filter.type.has_value()) {
      return invalid_request("type: one of VNC, SPICE, RDP, SERIAL, MKS is expected");
    }
  }
  const auto status = find(query, "status");
  if (status.has_value()) {
    filter.status = parse_availability_status(*status);
    if (!filter.status.has_value()) {
      return invalid_request("status: opened or unavailable is expected");
    }
  }
  return filter;
}

// Cuts the page to its limit; the marker of its last item when there are more.
template <class Item, class MarkerOf>
std::optional<std::string> next_of(const Call& call, std::vector<Item>& page, std::size_t limit,
                                   std::string_view path, const MarkerOf& marker_of_item) {
  if (page.size() <= limit) return std::nullopt;
  page.erase(page.begin() + static_cast<std::ptrdiff_t>(limit), page.end());
  return next_page(call.prefix + std::string(path), call.query, marker_of_item(page.back()));
}

}  // namespace

Result<http::Response> show_availability(const Call& call) {
  Result<Ids> ids = ids_of(call);
  if (!ids.ok()) return std::move(ids).error();
  const std::vector<SeenType> seen =
      call.services.store.seen(ids.value().project, ids.value().instance);
  return json_answer(200, codec::encode_availability(ids.value().project.text(),
                                                     ids.value().instance.text(), seen));
}

Result<http::Response> forget_availability(const Call& call) {
  Result<Ids> ids = ids_of(call);
  if (!ids.ok()) return std::move(ids).error();
  Status forgotten = call.services.store.forget(ids.value().project, ids.value().instance);
  if (!forgotten.ok()) return std::move(forgotten).error();
  http::Response answer;
  answer.status = 204;
  return answer;
}

Result<http::Response> list_availability(const Call& call) {
  Result<store::SeenFilter> filter = seen_filter(call.query);
  if (!filter.ok()) return std::move(filter).error();
  Result<std::size_t> limit = page_limit(call.query);
  if (!limit.ok()) return std::move(limit).error();
  Result<std::optional<store::SeenPlace>> after = seen_marker(call.query);
  if (!after.ok()) return std::move(after).error();
  // One more than the page, to know whether there is a next one.
  std::vector<store::SeenOfInstance> found =
      call.services.store.list_seen(filter.value(), after.value(), limit.value() + 1);
  const std::optional<std::string> next = next_of(
      call, found, limit.value(), "/v1/availability", [](const store::SeenOfInstance& last) {
        return percent_encode(last.project_id) + "/" + last.instance_id + "/" +
               std::string(name(last.seen.type));
      });
  std::vector<codec::ListedType> page;
  page.reserve(found.size());
  for (store::SeenOfInstance& one : found) {
    page.push_back({std::move(one.project_id), std::move(one.instance_id), std::move(one.seen)});
  }
  return json_answer(200, codec::encode_availability_page(page, next));
}

Result<http::Response> summarize_availability(const Call& call) {
  Result<std::optional<std::string>> project = id_filter<ProjectId>(call.query, "project_id");
  if (!project.ok()) return std::move(project).error();
  Result<std::size_t> limit = page_limit(call.query);
  if (!limit.ok()) return std::move(limit).error();
  Result<std::optional<store::SeenCountPlace>> after = count_marker(call.query);
  if (!after.ok()) return std::move(after).error();
  std::vector<store::SeenCount> found =
      call.services.store.count_seen(project.value(), after.value(), limit.value() + 1);
  const std::optional<std::string> next = next_of(
      call, found, limit.value(), "/v1/availability/summary", [](const store::SeenCount& last) {
        return percent_encode(last.project_id) + "/" + last.host_id + "/" +
               std::string(name(last.type));
      });
  std::vector<codec::SummarizedType> page;
  page.reserve(found.size());
  for (store::SeenCount& one : found) {
    page.push_back(
        {std::move(one.project_id), std::move(one.host_id), one.type, one.opened, one.unavailable});
  }
  return json_answer(200, codec::encode_summary_page(page, next));
}

Result<http::Response> show_availability_history(const Call& call) {
  const std::string since = find(call.query, "since").value_or("");
  if (!since.empty() && !platform::parse_time(since + "T00:00:00Z").ok()) {
    return invalid_request("since: a day such as 2026-12-01 is expected");
  }
  Result<std::vector<store::OpenedOnDay>> found = call.services.store.history(since);
  if (!found.ok()) return std::move(found).error();
  std::vector<codec::DayCount> history;
  history.reserve(found.value().size());
  for (store::OpenedOnDay& row : found.value()) {
    history.push_back({std::move(row.day), std::move(row.opened), row.instances});
  }
  return json_answer(200, codec::encode_history(history));
}

}  // namespace console_policy::api
