// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/config_file.h"

#include "tests/unit/temporary_folder.h"

namespace console_policy::config {

Environment environment_of(Variables variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

Environment quiet_environment() {
  return environment_of({{"HOME", "/home/stack"}});
}

std::string Loaded::message() const {
  if (result.ok()) return "";
  std::string text = result.error().message;
  const std::size_t at = text.find(folder);
  return at == std::string::npos ? text : text.replace(at, folder.size(), "DIR");
}

Loaded load_text(const std::string& text, const Environment& environment) {
  const TemporaryFolder folder;
  return Loaded{load(folder.write("c.yaml", text), environment), folder.path()};
}

Loaded load_text(const std::string& text) {
  return load_text(text, quiet_environment());
}

std::string refusal(const std::string& text) {
  return load_text(text).message();
}

}  // namespace console_policy::config
