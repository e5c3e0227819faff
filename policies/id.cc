// SPDX-License-Identifier: Apache-2.0
#include "policies/id.h"

#include <cstddef>

#include "policies/ascii.h"

namespace console_policy {
namespace {

constexpr std::size_t max_keystone_id_bytes = 255;
constexpr std::string_view uuid_form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

// A control character of ASCII, or the first byte of one of U+0080 to U+009F in UTF-8.
bool is_control(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20 || byte == 0x7f) return true;
  return byte == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

}  // namespace

Status check_keystone_id(std::string_view text) {
  if (text.empty()) return invalid_request("an id is empty");
  if (text.size() > max_keystone_id_bytes) {
    return invalid_request("an id has at most " + std::to_string(max_keystone_id_bytes) +
                           " bytes, this one has " + std::to_string(text.size()));
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text, i)) {
      return invalid_request("byte " + std::to_string(i + 1) + " of the id is a control character");
    }
  }
  if (text == "." || text == "..") return invalid_request("an id is not '.' or '..'");
  return Success{};
}

Status check_instance_id(std::string_view text) {
  bool well_formed = text.size() == uuid_form.size();
  for (std::size_t i = 0; well_formed && i < text.size(); ++i) {
    well_formed = uuid_form[i] == '-' ? text[i] == '-' : is_lower_hexadecimal(text[i]);
  }
  if (!well_formed) {
    return invalid_request("an instance id is a UUID in lower case: " + std::string(uuid_form));
  }
  return Success{};
}

}  // namespace console_policy
