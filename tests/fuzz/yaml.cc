// SPDX-License-Identifier: Apache-2.0
// YAML files: the configuration, access rules (shipped and over them), the cloud's default, tokens.
// The first byte selects which.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "service/config/load.h"
#include "tests/fuzz/input.h"

using namespace console_policy;

namespace {

// load() takes a path: a file in memory has one.
void load_configuration(std::string_view text) {
  const int file = memfd_create("fuzz.yaml", MFD_CLOEXEC);
  fuzz::require(file >= 0, "a file in memory can be had");
  const ssize_t written = write(file, text.data(), text.size());
  if (written == static_cast<ssize_t>(text.size())) {
    const auto nothing = [](const std::string& name) {
      return name == "CONSOLE_POLICY_DATA_DIR" ? std::optional<std::string>("/data") : std::nullopt;
    };
    const Result<config::Config> loaded =
        config::load("/proc/self/fd/" + std::to_string(file), nothing);
    if (loaded.ok()) {
      fuzz::require(!loaded.value().http.listen.empty(), "a configuration listens somewhere");
      fuzz::require(loaded.value().static_identity.enabled || loaded.value().keystone.has_value(),
                    "no start without identity");
    }
  }
  close(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const std::uint8_t choice = fuzz::take_byte(input);
  const std::string text(input);
  switch (choice % 5) {
    case 0:
      load_configuration(text);
      break;
    case 1:
      static_cast<void>(config::parse_access("access.yaml", text));
      break;
    case 2:
      static_cast<void>(
          config::parse_access({"access.yaml", "admin: role:admin\n"}, {"own.yaml", text}));
      break;
    case 3:
      static_cast<void>(config::parse_cloud_default("cloud-default.yaml", text));
      break;
    default:
      static_cast<void>(config::parse_tokens("tokens.yaml", text));
      break;
  }
  return 0;
}
