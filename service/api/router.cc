// SPDX-License-Identifier: Apache-2.0
#include "service/api/router.h"

#include <array>
#include <vector>

#include "service/api/routes.h"

namespace console_policy::api {
namespace {

using Segments = std::vector<std::string_view>;

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

struct Template {
  const Route* route;
  Segments segments;
};

const std::array<Template, route_count>& templates() {
  static const std::array<Template, route_count> split = [] {
    std::array<Template, route_count> all{};
    for (std::size_t i = 0; i < route_count; ++i) {
      all[i] = Template{&routes()[i], split_path(routes()[i].path)};
    }
    return all;
  }();
  return split;
}

bool fits(const Segments& wanted, const Segments& given) {
  if (wanted.size() != given.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!is_parameter(wanted[i]) && wanted[i] != given[i]) return false;
  }
  return true;
}

Result<Match> bind(const Template& found, const Segments& given) {
  Match match{found.route, {}};
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string_view wanted = found.segments[i];
    if (!is_parameter(wanted)) continue;
    const std::string_view name = wanted.substr(1, wanted.size() - 2);
    Result<std::string> text = percent_decode(given[i]);
    if (!text.ok()) return invalid_request(std::string(name) + ": " + text.error().message);
    match.path.add(name, std::move(text).value());
  }
  return match;
}

}  // namespace

Result<Match> find_route(std::string_view method, std::string_view raw_path, std::string& allow) {
  if (raw_path.empty() || raw_path.front() != '/') {
    return Error{ErrorCode::not_found, "There is nothing at this path.", {}};
  }
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  const Segments given = split_path(raw_path);
  for (const Template& candidate : templates()) {
    if (!fits(candidate.segments, given)) continue;
    if (candidate.route->method == wanted) return bind(candidate, given);
    if (!allow.empty()) allow += ", ";
    allow += candidate.route->method == "GET" ? "GET, HEAD" : candidate.route->method;
  }
  if (allow.empty()) return Error{ErrorCode::not_found, "There is nothing at this path.", {}};
  return Error{ErrorCode::method_not_allowed, "This resource has only: " + allow + ".", {}};
}

}  // namespace console_policy::api
