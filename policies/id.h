// SPDX-License-Identifier: Apache-2.0
// Id<Kind>: an identifier that has been checked, of one kind that does not convert to another.
//
// Contract: an object that exists is valid. parse() is the only way in from text.
//           Project, domain and user ids are opaque: 1 to 255 bytes of UTF-8 without control
//           characters, not "." or "..", which do not survive in a URL. Keystone makes 32 or 64
//           hexadecimal digits; users of LDAP without id mapping have ids like
//           "jane.doe@example.org". The caller checks that the text is UTF-8.
//           Instance ids: a UUID in its canonical lower-case form, as Nova writes it.
// Errors:   invalid_request, with what is wrong, without the name of the field, which the caller
//           knows.
// Threads:  a plain value.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "policies/result.h"

namespace console_policy {

// Checks `text` as a Keystone id or as an instance UUID. Errors: invalid_request, with the fault.
Status check_keystone_id(std::string_view text);
Status check_instance_id(std::string_view text);

template <class Kind>
class Id final {
 public:
  static Result<Id> parse(std::string_view text) {
    Status status = Kind::check(text);
    if (!status.ok()) return std::move(status).error();
    return Id(std::string(text));
  }

  const std::string& text() const { return text_; }

  friend bool operator==(const Id& a, const Id& b) { return a.text_ == b.text_; }
  friend bool operator!=(const Id& a, const Id& b) { return !(a == b); }
  friend bool operator<(const Id& a, const Id& b) { return a.text_ < b.text_; }

 private:
  explicit Id(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct DomainKind {
  static Status check(std::string_view text) { return check_keystone_id(text); }
};
struct ProjectKind {
  static Status check(std::string_view text) { return check_keystone_id(text); }
};
struct UserKind {
  static Status check(std::string_view text) { return check_keystone_id(text); }
};
struct InstanceKind {
  static Status check(std::string_view text) { return check_instance_id(text); }
};

using DomainId = Id<DomainKind>;
using ProjectId = Id<ProjectKind>;
using UserId = Id<UserKind>;
using InstanceId = Id<InstanceKind>;

}  // namespace console_policy
