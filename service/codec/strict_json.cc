// SPDX-License-Identifier: Apache-2.0
#include "service/codec/strict_json.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "policies/ascii.h"
#include "service/platform/json_escapes.h"
#include "service/platform/utf8.h"

namespace console_policy::codec {
namespace {

// Walks over the text outside of its strings and says what the parser would let through.
class FormCheck final {
 public:
  explicit FormCheck(std::string_view text) : text_(text) {}

  Status run() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
      } else if (c == '/') {
        return wrong("comments are not JSON");
      } else if (c == '{' || c == '[') {
        if (++depth_ > max_json_depth) return wrong("nested too deep");
      } else if (c == '}' || c == ']') {
        if (depth_ > 0) --depth_;
      } else if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') {
        return wrong("a control character");
      } else if (is_digit(c)) {
        if (c == '0' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
          return wrong("a number with a leading zero");
        }
        skip_number();
      }
    }
    return Success{};
  }

 private:
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
  }

  void skip_number() {
    constexpr std::string_view more = "0123456789.eE+-";
    while (at_ + 1 < text_.size() && more.find(text_[at_ + 1]) != std::string_view::npos) ++at_;
  }

  Error wrong(std::string_view what) const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t newline = before.rfind('\n');
    const std::size_t column = newline == std::string_view::npos ? at_ + 1 : at_ - newline;
    return invalid_request("line " + std::to_string(line) + ", column " + std::to_string(column) +
                           ": " + std::string(what));
  }

  std::string_view text_;
  std::size_t at_{0};
  std::size_t depth_{0};
};

// Where a value stands: made into text only when something is wrong there.
struct Place {
  const Place* outer;
  std::string_view key;  // in an object, else empty
  std::size_t index{0};  // in an array
  bool in_array{false};
};

std::string text_of(const Place* place) {
  if (place == nullptr) return {};
  const std::string outer = text_of(place->outer);
  if (place->in_array) return outer + "[" + std::to_string(place->index) + "]";
  return path_of(outer, place->key);
}

// Whether the key of the member at `at` stands before it too.
template <class Members>
bool is_repeated(const Members& members, std::size_t at, std::set<std::string_view>& seen) {
  constexpr std::size_t few = 8;
  const std::string& key = (members.begin() + static_cast<std::ptrdiff_t>(at))->first;
  if (members.size() > few) return !seen.insert(key).second;
  const auto end = members.begin() + static_cast<std::ptrdiff_t>(at);
  return std::any_of(members.begin(), end, [&key](const auto& each) { return each.first == key; });
}

// What only shows once the text is parsed. Recursion is bounded: the depth was checked before.
Status check_content(const web::json::value& value, const Place* where) {
  if (value.is_object()) {
    const web::json::object& members = value.as_object();
    std::set<std::string_view> seen;
    std::size_t index = 0;
    for (const auto& [key, member] : members) {
      const Place place{where, key};
      if (is_repeated(members, index++, seen)) {
        return invalid_request(text_of(&place) + ": the key is given twice");
      }
      Status status = check_content(member, &place);
      if (!status.ok()) return status;
    }
  } else if (value.is_array()) {
    std::size_t index = 0;
    for (const auto& element : value.as_array()) {
      const Place place{where, {}, index++, true};
      Status status = check_content(element, &place);
      if (!status.ok()) return status;
    }
  } else if (value.is_double() && !std::isfinite(value.as_double())) {
    return invalid_request(text_of(where) + ": a number out of range");
  }
  return Success{};
}

}  // namespace

Result<web::json::value> parse_strict(std::string_view text) {
  if (!platform::is_utf8(text)) return invalid_request("the body is not valid UTF-8");
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return invalid_request("the body is empty; a JSON object is expected");
  }
  Status form = FormCheck(text).run();
  if (!form.ok()) return std::move(form).error();
  if (!platform::surrogates_are_paired(text)) {
    return invalid_request("a \\u escape is half of a UTF-16 pair");
  }
  web::json::value value;
  try {
    value = web::json::value::parse(std::string(text));
  } catch (const web::json::json_exception& failure) {
    return invalid_request(std::string("not JSON: ") + failure.what());
  }
  Status content = check_content(value, nullptr);
  if (!content.ok()) return std::move(content).error();
  return value;
}

Status check_object(const web::json::value& value, const std::string& where,
                    std::initializer_list<std::string_view> known) {
  if (!value.is_object()) {
    const std::string place = where.empty() ? "the body" : where;
    return invalid_request(place + ": an object is expected, not " + std::string(kind_of(value)));
  }
  for (const auto& [key, member] : value.as_object()) {
    if (std::find(known.begin(), known.end(), std::string_view(key)) != known.end()) continue;
    std::string message = path_of(where, key) + ": unknown field; known here:";
    for (const std::string_view name : known) message += " " + std::string(name);
    return invalid_request(std::move(message));
  }
  return Success{};
}

const web::json::value* member_of(const web::json::value& object, std::string_view name) {
  for (const auto& [key, member] : object.as_object()) {
    if (key == name) return &member;
  }
  return nullptr;
}

std::string path_of(const std::string& where, std::string_view field) {
  // A client may send any text as a key; only so much of it comes back in a message.
  constexpr std::size_t max_shown = 64;
  std::string path = where.empty() ? std::string() : where + ".";
  path += platform::beginning(field, max_shown);
  return path;
}

Error at(const std::string& where, const std::string& what) {
  return invalid_request(where + ": " + what);
}

std::string_view kind_of(const web::json::value& value) {
  switch (value.type()) {
    case web::json::value::Number:
      return "a number";
    case web::json::value::Boolean:
      return "a boolean";
    case web::json::value::String:
      return "a string";
    case web::json::value::Object:
      return "an object";
    case web::json::value::Array:
      return "an array";
    case web::json::value::Null:
      return "null";
  }
  return "something else";
}

}  // namespace console_policy::codec
