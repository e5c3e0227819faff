// SPDX-License-Identifier: Apache-2.0
#include "policies/access_leaf.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policies/ascii.h"

namespace console_policy {
namespace {

// Empty if `name` is known, else what is wrong: no comparison with it could ever be true.
template <std::size_t count>
std::string unknown_attribute(const char* of, std::string_view name,
                              const std::array<std::string_view, count>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return {};
  std::string names;
  for (const std::string_view one : known) {
    names += (names.empty() ? "" : ", ") + std::string(one);
  }
  return std::string("not an attribute of a ") + of + "; these are: " + names;
}

bool looks_like_a_number(std::string_view text) {
  return !text.empty() && (is_digit(text.front()) || text.front() == '-' || text.front() == '+');
}

// As str() of a Python integer writes it: any other spelling would never compare equal.
bool is_whole_number(std::string_view text) {
  if (text == "0") return true;
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return !text.empty() && text.front() != '0' && std::all_of(text.begin(), text.end(), is_digit);
}

// Appends the piece for the '%' at `at` and moves `at` past it.
Status take_percent(std::string_view text, std::size_t column, std::size_t& at, TargetText& value,
                    std::string& plain) {
  const std::size_t start = at;
  if (start + 1 < text.size() && text[start + 1] == '%') {
    plain += '%';
    at = start + 2;
    return Success{};
  }
  if (start + 1 >= text.size() || text[start + 1] != '(') {
    return error_at(column + start, "'%' stands alone; write %(name)s, or %% for a percent sign");
  }
  const std::size_t close = text.find(')', start);
  if (close == std::string_view::npos || close + 1 >= text.size() || text[close + 1] != 's') {
    return error_at(column + start, "%( is not closed by )s");
  }
  const std::string_view name = text.substr(start + 2, close - start - 2);
  const std::string unknown = unknown_attribute("target", name, target_attributes);
  if (!unknown.empty()) return error_at(column + start + 2, unknown);
  if (!plain.empty()) value.pieces.push_back({false, std::exchange(plain, {})});
  value.pieces.push_back({true, std::string(name)});
  at = close + 2;
  return Success{};
}

Result<TargetText> parse_value(std::string_view text, std::size_t column) {
  if (text.empty()) return error_at(column, "nothing stands after ':'");
  if (text.front() == '\'' || text.front() == '"') {
    return error_at(column, "quotes belong before ':' only; what comes after it is text as it is");
  }
  TargetText value;
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '%') {
      if (Status taken = take_percent(text, column, at, value, plain); !taken.ok()) {
        return std::move(taken).error();
      }
    } else {
      plain += text[at++];
    }
  }
  if (!plain.empty()) value.pieces.push_back({false, std::move(plain)});
  return value;
}

Result<Check> with_value(CheckKind kind, std::string_view subject, std::string_view text,
                         std::size_t column) {
  Result<TargetText> value = parse_value(text, column);
  if (!value.ok()) return std::move(value).error();
  return Check{kind, std::string(subject), std::move(value).value(), {}};
}

// 'text':VALUE
Result<Check> parse_quoted(std::string_view text, std::size_t column) {
  const std::size_t close = text.find(text.front(), 1);
  if (close == std::string_view::npos) {
    return error_at(column, "the quote is not closed (a literal holds no blanks)");
  }
  const std::string_view literal = text.substr(1, close - 1);
  if (const std::size_t escape = literal.find('\\'); escape != std::string_view::npos) {
    return error_at(column + 1 + escape, "a backslash is not understood in a literal");
  }
  if (close + 1 >= text.size() || text[close + 1] != ':') {
    return error_at(column + close + 1, "':' is expected after the literal");
  }
  return with_value(CheckKind::literal, literal, text.substr(close + 2), column + close + 2);
}

Result<Check> parse_pair(std::string_view kind, std::string_view text, std::size_t column) {
  const std::size_t text_column = column + kind.size() + 1;
  if (kind == "role") return with_value(CheckKind::role, {}, text, text_column);
  if (kind == "rule") {
    if (text.empty()) return error_at(text_column, "the name of a rule is expected after 'rule:'");
    return Check{CheckKind::rule, std::string(text), {}, {}};
  }
  if (kind == "http" || kind == "https") {
    return error_at(column, "checks by " + std::string(kind) + " are not supported");
  }
  if (kind == "None") {
    return error_at(column, "None is not supported: no attribute of a target has that value");
  }
  if (kind == "True" || kind == "False" || is_whole_number(kind)) {
    return with_value(CheckKind::literal, kind, text, text_column);
  }
  if (looks_like_a_number(kind)) {
    return error_at(column, "not a whole number in its shortest form; put other text in quotes");
  }
  const std::string unknown = unknown_attribute("caller", kind, caller_attributes);
  if (!unknown.empty()) return error_at(column, unknown);
  return with_value(CheckKind::attribute, kind, text, text_column);
}

}  // namespace

Result<Check> parse_leaf(std::string_view text, std::size_t column) {
  if (text == "@") return Check{CheckKind::always, {}, {}, {}};
  if (text == "!") return Check{CheckKind::never, {}, {}, {}};
  if (text.empty()) return error_at(column, "a check is expected");
  if (text.front() == '\'' || text.front() == '"') return parse_quoted(text, column);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return error_at(column, "KIND:VALUE, '@' or '!' is expected");
  }
  if (colon == 0) return error_at(column, "nothing stands before ':'");
  return parse_pair(text.substr(0, colon), text.substr(colon + 1), column);
}

}  // namespace console_policy
