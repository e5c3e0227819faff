// SPDX-License-Identifier: Apache-2.0
#include "policies/access_check.h"

#include <algorithm>
#include <utility>

#include "policies/access_leaf.h"

namespace console_policy {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

char lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lowered(x) == lowered(y); });
}

enum class TokenKind { open, close, conjunction, disjunction, negation, leaf };

struct Token {
  TokenKind kind;
  std::string_view text;
  std::size_t column;
};

TokenKind kind_of_word(std::string_view word) {
  if (equal_without_case(word, "and")) return TokenKind::conjunction;
  if (equal_without_case(word, "or")) return TokenKind::disjunction;
  if (equal_without_case(word, "not")) return TokenKind::negation;
  return TokenKind::leaf;
}

// Words are separated by blanks; parentheses count at the two ends of a word only, because %(name)s
// has them inside.
std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = text.find_first_not_of(blanks);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
    while (at < end && text[at] == '(') {
      tokens.push_back({TokenKind::open, text.substr(at, 1), at + 1});
      ++at;
    }
    std::size_t word_end = end;
    while (word_end > at && text[word_end - 1] == ')') --word_end;
    if (word_end > at) {
      const std::string_view word = text.substr(at, word_end - at);
      tokens.push_back({kind_of_word(word), word, at + 1});
    }
    for (std::size_t i = word_end; i < end; ++i) {
      tokens.push_back({TokenKind::close, text.substr(i, 1), i + 1});
    }
    at = text.find_first_not_of(blanks, end);
  }
  return tokens;
}

// Recursive descent: any := all (or all)*; all := one (and one)*; one := not one | ( any ) | leaf.
class Parser final {
 public:
  explicit Parser(std::string_view text) : tokens_(tokens_of(text)), end_column_(text.size() + 1) {}

  Result<ParsedCheck> parse() {
    Result<Check> check = parse_any(0);
    if (!check.ok()) return std::move(check).error();
    if (const Token* rest = peek(); rest != nullptr) {
      if (rest->kind == TokenKind::close) return error_at(rest->column, "')' without a '('");
      return error_at(rest->column, "'and' or 'or' is expected before this");
    }
    parsed_.check = std::move(check).value();
    return std::move(parsed_);
  }

 private:
  const Token* peek() const { return next_ < tokens_.size() ? &tokens_[next_] : nullptr; }
  bool next_is(TokenKind kind) const { return peek() != nullptr && peek()->kind == kind; }

  Result<Check> parse_any(std::size_t depth) {
    return parse_joined(TokenKind::disjunction, CheckKind::any_of, &Parser::parse_all, depth);
  }
  Result<Check> parse_all(std::size_t depth) {
    return parse_joined(TokenKind::conjunction, CheckKind::all_of, &Parser::parse_one, depth);
  }

  Result<Check> parse_joined(TokenKind joint, CheckKind kind,
                             Result<Check> (Parser::*operand)(std::size_t), std::size_t depth) {
    Result<Check> first = (this->*operand)(depth);
    if (!first.ok() || !next_is(joint)) return first;
    Check joined{kind, {}, {}, {}};
    joined.operands.push_back(std::move(first).value());
    while (next_is(joint)) {
      ++next_;
      Result<Check> further = (this->*operand)(depth);
      if (!further.ok()) return further;
      joined.operands.push_back(std::move(further).value());
    }
    return joined;
  }

  Result<Check> parse_one(std::size_t depth) {
    const Token* token = peek();
    if (token == nullptr) return error_at(end_column_, "a check is expected at the end");
    ++next_;
    switch (token->kind) {
      case TokenKind::leaf:
        return leaf(*token, depth);
      case TokenKind::negation:
        return negation(*token, depth + 1);
      case TokenKind::open:
        return parenthesis(*token, depth + 1);
      case TokenKind::close:
      case TokenKind::conjunction:
      case TokenKind::disjunction:
        break;
    }
    return error_at(token->column, "a check is expected before '" + std::string(token->text) + "'");
  }

  Result<Check> leaf(const Token& token, std::size_t depth) {
    Result<Check> check = parse_leaf(token.text, token.column);
    if (!check.ok()) return check;
    if (check.value().kind == CheckKind::rule) {
      parsed_.references.push_back({check.value().subject, token.column, depth});
    } else {
      ++parsed_.comparisons;
    }
    return check;
  }

  Result<Check> negation(const Token& token, std::size_t depth) {
    if (depth > max_access_rule_depth) return too_deep(token);
    parsed_.depth = std::max(parsed_.depth, depth);
    Result<Check> operand = parse_one(depth);
    if (!operand.ok()) return operand;
    Check check{CheckKind::negation, {}, {}, {}};
    check.operands.push_back(std::move(operand).value());
    return check;
  }

  Result<Check> parenthesis(const Token& token, std::size_t depth) {
    if (depth > max_access_rule_depth) return too_deep(token);
    parsed_.depth = std::max(parsed_.depth, depth);
    Result<Check> inner = parse_any(depth);
    if (!inner.ok()) return inner;
    if (next_is(TokenKind::close)) {
      ++next_;
      return inner;
    }
    if (const Token* other = peek(); other != nullptr) {
      return error_at(other->column, "'and', 'or' or ')' is expected before this");
    }
    return error_at(token.column, "'(' is not closed");
  }

  static Error too_deep(const Token& token) {
    return error_at(token.column,
                    "nested deeper than " + std::to_string(max_access_rule_depth) + " levels");
  }

  std::vector<Token> tokens_;
  std::size_t end_column_;
  std::size_t next_{0};
  ParsedCheck parsed_;
};

const Attribute* find(const Attributes& attributes, std::string_view name) {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(),
                   [name](const Attribute& attribute) { return attribute.name == name; });
  return found == attributes.end() ? nullptr : &*found;
}

std::optional<std::string_view> text_of(const TargetText::Piece& piece, const Target& target) {
  if (!piece.is_attribute) return piece.text;
  const Attribute* const found = find(target, piece.text);
  if (found == nullptr) return std::nullopt;
  return found->value;
}

bool has_role(const Credentials& caller, std::string_view role) {
  return std::any_of(caller.roles.begin(), caller.roles.end(),
                     [&](std::string_view own) { return equal_without_case(own, role); });
}

bool has_attribute(const Credentials& caller, std::string_view name, std::string_view value) {
  const Attribute* const found = find(caller.attributes, name);
  return found != nullptr && found->value == value;
}

}  // namespace

std::optional<std::string_view> TargetText::expand(const Target& target, std::string& room) const {
  if (pieces.size() == 1) return text_of(pieces.front(), target);
  room.clear();
  for (const Piece& piece : pieces) {
    const std::optional<std::string_view> text = text_of(piece, target);
    if (!text) return std::nullopt;
    room += *text;
  }
  return room;
}

Error error_at(std::size_t column, const std::string& what) {
  return invalid_request("column " + std::to_string(column) + ": " + what);
}

Result<ParsedCheck> parse_check(std::string_view text) {
  if (text.empty()) {
    ParsedCheck parsed;
    parsed.check.kind = CheckKind::always;
    parsed.comparisons = 1;
    return parsed;
  }
  return Parser(text).parse();
}

bool evaluate(const Check& check, const Checks& checks, const Credentials& caller,
              const Target& target) {
  const auto holds = [&](const Check& operand) {
    return evaluate(operand, checks, caller, target);
  };
  std::string room;
  switch (check.kind) {
    case CheckKind::always:
      return true;
    case CheckKind::never:
      return false;
    case CheckKind::role: {
      const std::optional<std::string_view> role = check.value.expand(target, room);
      return role && has_role(caller, *role);
    }
    case CheckKind::rule: {
      const auto found = checks.find(check.subject);
      return found != checks.end() && holds(*found->second);
    }
    case CheckKind::attribute: {
      const std::optional<std::string_view> value = check.value.expand(target, room);
      return value && has_attribute(caller, check.subject, *value);
    }
    case CheckKind::literal: {
      const std::optional<std::string_view> value = check.value.expand(target, room);
      return value && *value == check.subject;
    }
    case CheckKind::negation:
      return !std::any_of(check.operands.begin(), check.operands.end(), holds);
    case CheckKind::all_of:
      return std::all_of(check.operands.begin(), check.operands.end(), holds);
    case CheckKind::any_of:
      return std::any_of(check.operands.begin(), check.operands.end(), holds);
  }
  return false;
}

}  // namespace console_policy
