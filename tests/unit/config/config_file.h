// SPDX-License-Identifier: Apache-2.0
// A configuration file in a folder of its own, for tests.
#pragma once

#include <map>
#include <string>

#include "service/config/load.h"

namespace console_policy::config {

using Variables = std::map<std::string, std::string>;
Environment environment_of(Variables variables);

// HOME is set, so that there is a data folder for every user who runs the tests.
Environment quiet_environment();

// What load() gives for a file with this text; the path of its folder is written as "DIR".
struct Loaded {
  Result<Config> result;
  std::string folder;
  std::string message() const;  // empty when there is none
};
Loaded load_text(const std::string& text);
Loaded load_text(const std::string& text, const Environment& environment);

// The message when `text` is refused, "" when it is taken.
std::string refusal(const std::string& text);

}  // namespace console_policy::config
