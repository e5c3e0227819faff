// SPDX-License-Identifier: Apache-2.0
// The section `identity` of the configuration file.
//
// Contract: a Config that comes out has an identity: static tokens, Keystone, or both. A section
//           `keystone` has where it is and one way to present the service to it, whole: a password
//           in a project, or an application credential.
// Errors:   invalid_request, "FILE:LINE:COLUMN: key: what is wrong".
// Threads:  free functions on values.
#pragma once

#include <string>

#include "service/config/config.h"
#include "service/config/setting_text.h"
#include "service/config/yaml_reader.h"

namespace console_policy::config {

// A path; a relative one is taken from `folder`. Text is std::string, or an optional of it.
template <class Text>
ReadField path_into(Text& target, const std::string& folder) {
  return [&target, folder](const YamlValue& value) -> Status {
    Result<std::string> path = value.one_line();
    if (!path.ok()) return std::move(path).error();
    target = absolute_path(folder, path.value());
    return Success{};
  };
}

Status read_identity(const YamlValue& value, const std::string& folder, Config& config);

}  // namespace console_policy::config
