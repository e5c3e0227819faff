// SPDX-License-Identifier: Apache-2.0
#include "service/api/api_version.h"

#include <algorithm>
#include <optional>

#include "policies/ascii.h"

namespace console_policy::api {
namespace {

bool is_number(std::string_view text, bool zero_allowed) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
    return false;
  }
  return text.front() != '0' || (zero_allowed && text.size() == 1);
}

// ^([1-9]\d*)\.([1-9]\d*|0)$
bool is_version(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && is_number(text.substr(0, dot), false) &&
         is_number(text.substr(dot + 1), true);
}

// What one element of the list asks of this service; nothing when it is another service's.
std::optional<std::string_view> asked_of_us(std::string_view element) {
  const auto* const end = std::find_if(element.begin(), element.end(), is_blank);
  const auto length = static_cast<std::size_t>(end - element.begin());
  if (!http::equal_ignoring_case(element.substr(0, length), service_type)) return std::nullopt;
  return http::trimmed(element.substr(length));
}

Error malformed(const std::string& why) {
  return invalid_request(std::string(version_header) + ": " + why);
}

Status check_asked(std::string_view asked) {
  // One version is both the lowest and the highest.
  if (asked == "latest" || asked == max_api_version) return Success{};
  if (!is_version(asked)) {
    return malformed(std::string(service_type) + " X.Y or " + std::string(service_type) +
                     " latest is expected");
  }
  constexpr std::size_t max_shown = 32;
  return Error{ErrorCode::not_acceptable,
               "Version " + std::string(asked.substr(0, max_shown)) +
                   " is not supported by the API. Minimum is " + std::string(min_api_version) +
                   " and maximum is " + std::string(max_api_version) + ".",
               {}};
}

}  // namespace

Status check_api_version(const http::Headers& headers) {
  const std::string list = http::combined_header(headers, version_header);
  std::optional<std::string_view> asked;
  std::string_view rest = list;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::optional<std::string_view> found = asked_of_us(http::trimmed(rest.substr(0, comma)));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (!found.has_value()) continue;
    if (asked.has_value()) return malformed("this service is named twice");
    asked = found;
  }
  if (!asked.has_value()) return Success{};
  return check_asked(*asked);
}

std::string spoken_api_version() {
  return std::string(service_type) + " " + std::string(max_api_version);
}

}  // namespace console_policy::api
