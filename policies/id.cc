// SPDX-License-Identifier: Apache-2.0
#include "policies/id.h"

#include <cstddef>

#include "policies/ascii.h"

namespace console_policy {
namespace {

constexpr std::size_t max_keystone_id_length = 64;
constexpr std::string_view uuid_form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

bool is_keystone_id_character(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
}

}  // namespace

Status check_keystone_id(std::string_view text) {
  if (text.empty()) return invalid_request("an id is empty");
  if (text.size() > max_keystone_id_length) {
    return invalid_request("an id has at most " + std::to_string(max_keystone_id_length) +
                           " characters, this one has " + std::to_string(text.size()));
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_keystone_id_character(text[i])) {
      return invalid_request("character " + std::to_string(i + 1) +
                             " of the id is not one of A-Z a-z 0-9 _ . -");
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
