// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/config_file.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace console_policy::config {

TempFolder::TempFolder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "console-policy-config-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;  // what is left behind in /tmp fails no test
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::write(const std::string& name, const std::string& text) const {
  std::string file = path_ + "/" + name;
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  REQUIRE(stream.good());
  return file;
}

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
  const TempFolder folder;
  return Loaded{load(folder.write("c.yaml", text), environment), folder.path()};
}

Loaded load_text(const std::string& text) {
  return load_text(text, quiet_environment());
}

std::string refusal(const std::string& text) {
  return load_text(text).message();
}

}  // namespace console_policy::config
