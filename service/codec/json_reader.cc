// SPDX-License-Identifier: Apache-2.0
#include "service/codec/json_reader.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "service/platform/utf8.h"

namespace console_policy::codec {
namespace {

// Builds the value, and ends the parse at the first fault. nlohmann::json's own parser would keep
// the last of several equal keys and nest without a bound.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(Json& root) : root_(root) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // not in JSON texts

  bool start_object(std::size_t /*elements*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*elements*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    Level& level = levels_.back();
    level.key = std::move(value);
    if (!level.value->contains(level.key)) return true;
    return fail(at(here(), "the key is given twice"));
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& fault) override {
    constexpr int number_overflow = 406;
    if (fault.id == number_overflow) return fail(at(here(), "a number out of range"));
    // "[json.exception.parse_error.101] parse error at line 1, column 5: …; last read: '…'"
    constexpr std::string_view before = "parse error at ";
    std::string_view what = fault.what();
    what = what.substr(0, what.find("; last read"));
    const std::size_t start = what.find(before);
    if (start != std::string_view::npos) what.remove_prefix(start + before.size());
    return fail(invalid_request(std::string(what)));
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  struct Level {
    Json* value;  // an object or an array
    std::string key;
  };

  bool fail(Error error) {
    error_ = std::move(error);
    return false;
  }

  // Where the next value stands.
  std::string here() const {
    std::string path;
    for (const Level& level : levels_) {
      // Of an array that is closed later, the last element is the one that is open.
      const bool innermost = &level == &levels_.back();
      if (level.value->is_object()) {
        path = path_of(path, level.key);
      } else {
        path = path_of(path, innermost ? level.value->size() : level.value->size() - 1);
      }
    }
    return path;
  }

  Json* place(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *levels_.back().value;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[levels_.back().key] = std::move(value));
  }

  bool add(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json value) {
    if (levels_.size() == max_json_depth) {
      return fail(
          invalid_request("nested deeper than " + std::to_string(max_json_depth) + " levels"));
    }
    levels_.push_back({place(std::move(value)), {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  Json& root_;
  std::vector<Level> levels_;  // those that are open
  std::optional<Error> error_;
};

std::string_view kind_of(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "a boolean";
  return value.is_null() ? "null" : "a number";
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return invalid_request("the body is empty; a JSON object is expected");
  }
  // nlohmann::json skips a byte order mark and ends at a NUL byte.
  if (text.substr(0, 3) == "\xef\xbb\xbf") return invalid_request("a byte order mark");
  if (text.find('\0') != std::string_view::npos) return invalid_request("a NUL byte");
  Json root;
  Builder builder(root);
  if (!Json::sax_parse(text, &builder)) {
    return builder.error().value_or(invalid_request("not JSON"));
  }
  return root;
}

Status check_object(const Json& value, const std::string& where,
                    std::initializer_list<std::string_view> known) {
  if (!value.is_object()) {
    return expected_at(where.empty() ? "the body" : where, "an object", value);
  }
  for (const auto& [key, member] : value.items()) {
    if (std::find(known.begin(), known.end(), std::string_view(key)) != known.end()) continue;
    std::string message = path_of(where, key) + ": unknown field; known here:";
    for (const std::string_view name : known) message += " " + std::string(name);
    return invalid_request(std::move(message));
  }
  return Success{};
}

const Json* member_of(const Json& object, std::string_view field) {
  const auto found = object.find(std::string(field));
  return found == object.end() ? nullptr : &*found;
}

Result<std::string> text_field(const Json& object, const std::string& where,
                               std::string_view field) {
  const Json* const found = member_of(object, field);
  if (found == nullptr) return at(path_of(where, field), "is missing");
  if (!found->is_string()) return expected_at(path_of(where, field), "a string", *found);
  return found->get<std::string>();
}

Result<std::int64_t> number_field(const Json& object, const std::string& where,
                                  std::string_view field, std::int64_t minimum,
                                  std::int64_t maximum) {
  const Json* const found = member_of(object, field);
  if (found == nullptr) return at(path_of(where, field), "is missing");
  // A number above the range of int64_t is a number_unsigned.
  const bool fits = found->is_number_integer() &&
                    (!found->is_number_unsigned() ||
                     found->get<std::uint64_t>() <= static_cast<std::uint64_t>(maximum));
  const std::int64_t number = fits ? found->get<std::int64_t>() : 0;
  if (fits && number >= minimum && number <= maximum) return number;
  return at(path_of(where, field), "a whole number from " + std::to_string(minimum) + " to " +
                                       std::to_string(maximum) + " is expected");
}

std::string path_of(const std::string& where, std::string_view field) {
  // A client may send any text as a key; messages show no more than this of it.
  constexpr std::size_t max_shown = 64;
  std::string path = where.empty() ? std::string() : where + ".";
  path += platform::beginning(field, max_shown);
  return path;
}

std::string path_of(const std::string& where, std::size_t index) {
  return where + "[" + std::to_string(index) + "]";
}

Error at(const std::string& where, const std::string& what) {
  return invalid_request(where + ": " + what);
}

Error expected_at(const std::string& where, const std::string& what, const Json& found) {
  return at(where, what + " is expected, not " + std::string(kind_of(found)));
}

}  // namespace console_policy::codec
