// SPDX-License-Identifier: Apache-2.0
#include "service/codec/preview.h"

#include "service/codec/policy_json.h"

namespace console_policy::codec {
namespace {

template <class IdType>
Result<IdType> id_field(const Json& object, const std::string& where, std::string_view field) {
  Result<std::string> text = text_field(object, where, field);
  if (!text.ok()) return std::move(text).error();
  Result<IdType> id = IdType::parse(text.value());
  if (!id.ok()) return invalid_request(path_of(where, field) + ": " + id.error().message);
  return id;
}

template <class IdType>
Result<std::optional<IdType>> optional_id_field(const Json& object, const std::string& where,
                                                std::string_view field) {
  if (!object.contains(std::string(field))) return std::optional<IdType>();
  Result<IdType> id = id_field<IdType>(object, where, field);
  if (!id.ok()) return std::move(id).error();
  return std::optional<IdType>(std::move(id).value());
}

Result<PreviewTarget> target_of(const Json& json, const std::string& where) {
  if (!json.is_object()) {
    return expected_at(where, "an object", json);
  }
  Status known = check_object(json, where, {"project_id", "instance_id", "user_id"});
  if (!known.ok()) return std::move(known).error();
  Result<ProjectId> project = id_field<ProjectId>(json, where, "project_id");
  if (!project.ok()) return std::move(project).error();
  Result<std::optional<InstanceId>> instance =
      optional_id_field<InstanceId>(json, where, "instance_id");
  if (!instance.ok()) return std::move(instance).error();
  Result<std::optional<UserId>> user = optional_id_field<UserId>(json, where, "user_id");
  if (!user.ok()) return std::move(user).error();
  return PreviewTarget{std::move(project).value(), std::move(instance).value(),
                       std::move(user).value()};
}

Status read_resolutions(const Json& json, PreviewRequest& request) {
  if (!json.contains("resolutions")) return Success{};
  const Json& list = json.at("resolutions");
  if (!list.is_array() || list.size() > max_previewed_resolutions) {
    return invalid_request("resolutions: a list of at most " +
                           std::to_string(max_previewed_resolutions) + " objects is expected");
  }
  for (const Json& element : list) {
    Result<PreviewTarget> target =
        target_of(element, previewed_resolution_name(request.resolutions.size()));
    if (!target.ok()) return std::move(target).error();
    request.resolutions.push_back(std::move(target).value());
  }
  return Success{};
}

Status read_project_domains(const Json& json, PreviewRequest& request) {
  if (!json.contains("project_domains")) return Success{};
  const Json& list = json.at("project_domains");
  if (!list.is_array() || list.size() > max_project_domains) {
    return invalid_request("project_domains: a list of at most " +
                           std::to_string(max_project_domains) + " objects is expected");
  }
  std::size_t index = 0;
  for (const Json& element : list) {
    const std::string where = project_domain_name(index++);
    if (!element.is_object()) {
      return expected_at(where, "an object", element);
    }
    Status known = check_object(element, where, {"project_id", "domain_id"});
    if (!known.ok()) return known;
    Result<ProjectId> project = id_field<ProjectId>(element, where, "project_id");
    if (!project.ok()) return std::move(project).error();
    Result<DomainId> domain = id_field<DomainId>(element, where, "domain_id");
    if (!domain.ok()) return std::move(domain).error();
    request.project_domains.push_back({std::move(project).value(), std::move(domain).value()});
  }
  return Success{};
}

void append_types_of(ObjectText& object, const FirstTypes& types) {
  const auto name_of = [](std::optional<ConsoleType> type) {
    return type.has_value() ? std::optional<std::string_view>(name(*type)) : std::nullopt;
  };
  object.text_or_null("before", name_of(types.before));
  object.text_or_null("after", name_of(types.after));
}

void append_group(std::string& json, const ImpactGroup& group) {
  ObjectText object(json);
  object.text("project_id", group.project_id);
  append_types_of(object, group.first);
  object.at("instances") += std::to_string(group.instances);
  object.end();
}

void append_instance(std::string& json, const ImpactInstance& instance) {
  ObjectText object(json);
  object.text("project_id", instance.project_id);
  object.text("instance_id", instance.instance_id);
  append_types_of(object, instance.first);
  object.end();
}

void append_effect(std::string& json, const Effect& effect) {
  ObjectText object(json);
  object.at("instances") += std::to_string(effect.instances);
  append_list(object.at("by_project"), effect.groups, append_group);
  append_list(object.at("first"), effect.first, append_instance);
  object.end();
}

void append_resolution(std::string& json, const PreviewedResolution& resolution) {
  ObjectText object(json);
  object.text("project_id", resolution.project_id);
  object.text_or_null("domain_id", resolution.domain_id);
  object.text("user_id", resolution.user_id);
  object.text_or_null("instance_id", resolution.instance_id);
  append_types(object.at("before"), resolution.before);
  append_types(object.at("after"), resolution.after);
  object.end();
}

}  // namespace

std::string previewed_resolution_name(std::size_t index) {
  return path_of("resolutions", index);
}

std::string project_domain_name(std::size_t index) {
  return path_of("project_domains", index);
}

Result<PreviewRequest> decode_preview(std::string_view body) {
  Result<Json> json = parse_json(body);
  if (!json.ok()) return std::move(json).error();
  Status good = check_object(json.value(), {}, {"operations", "resolutions", "project_domains"});
  if (!good.ok()) return std::move(good).error();
  PreviewRequest request;
  Result<std::vector<Result<Operation>>> operations = operations_of(json.value());
  if (!operations.ok()) return std::move(operations).error();
  request.operations = std::move(operations).value();
  good = read_resolutions(json.value(), request);
  if (good.ok()) good = read_project_domains(json.value(), request);
  if (!good.ok()) return std::move(good).error();
  return request;
}

std::string encode_preview(const std::vector<PreviewedResolution>& resolutions,
                           const Impact& impact) {
  std::string json = R"({"preview":{"resolutions":)";
  append_list(json, resolutions, append_resolution);
  json += R"(,"impact":)";
  ObjectText object(json);
  object.at("instances") += std::to_string(impact.instances);
  object.at("domain_unknown") += std::to_string(impact.domain_unknown);
  append_effect(object.at("other_type"), impact.other_type);
  append_effect(object.at("no_console"), impact.no_console);
  object.end();
  return json + "}}";
}

}  // namespace console_policy::codec
