// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/policies/worked_case.h"

#include <utility>

#include "tests/unit/policies/facts.h"

namespace console_policy::test {
namespace {

constexpr std::string_view heading = "## Worked cases";
const std::vector<std::string> columns{"case", "cloud",    "domain",   "project",
                                       "user", "instance", "consoles", "denied (by)"};

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// "| a | b |" -> {"a", "b"}
Result<std::vector<std::string>> cells(std::string_view line) {
  if (line.size() < 2 || line.front() != '|' || line.back() != '|') {
    return invalid_request("a row begins and ends with '|'");
  }
  return split(line.substr(1, line.size() - 2), '|');
}

Result<Types> types_of(std::string_view text) {
  Types types;
  for (const std::string& word : split(text, ',')) {
    const auto type = parse_console_type(word);
    if (!type) return invalid_request("'" + word + "' is no console type");
    types.push_back(*type);
  }
  return types;
}

Status take_clause(const std::string& clause, Policy& policy) {
  if (clause == "expired") {
    policy.expires_at = now();
    return Success{};
  }
  if (clause == "deny ALL") {
    policy.deny_all = true;
    return Success{};
  }
  const std::size_t blank = clause.find(' ');
  if (blank == std::string::npos) return invalid_request("'" + clause + "' is no clause");
  const std::string verb = clause.substr(0, blank);
  Result<Types> types = types_of(clause.substr(blank + 1));
  if (!types.ok()) return std::move(types).error();
  if (verb == "prefer" && policy.prefer.empty()) {
    policy.prefer = types.value();
  } else if (verb == "deny" && policy.denied().empty()) {
    policy.deny = ConsoleTypeSet::of(types.value());
  } else if (verb == "allow" && policy.allow.empty()) {
    policy.allow = ConsoleTypeSet::of(types.value());
  } else {
    return invalid_request("'" + verb + "' is not prefer, deny or allow, or stands there twice");
  }
  return Success{};
}

Result<Policy> policy_of(const std::string& cell, ScopeKind kind) {
  Policy policy;
  for (const std::string& clause : split(cell, ';')) {
    if (Status taken = take_clause(clause, policy); !taken.ok()) return std::move(taken).error();
  }
  // The policies of a case must be valid at a time before they expire.
  if (Status storable = check_policy(policy, kind, earlier()); !storable.ok()) {
    return std::move(storable).error();
  }
  return policy;
}

Result<WorkedCase> case_of(std::string_view line) {
  Result<std::vector<std::string>> row = cells(line);
  if (!row.ok()) return std::move(row).error();
  const std::vector<std::string>& cell = row.value();
  if (cell.size() != columns.size()) {
    return invalid_request("a row has " + std::to_string(columns.size()) + " cells, this one " +
                           std::to_string(cell.size()));
  }
  WorkedCase worked{cell[0], facts({}), cell[6], cell[7]};
  if (worked.what.empty()) return invalid_request("the case has no name");
  for (std::size_t i = 0; i < all_scope_kinds.size(); ++i) {
    const std::string& said = cell[i + 1];
    if (said == "-") continue;
    Result<Policy> policy = policy_of(said, all_scope_kinds[i]);
    if (!policy.ok()) return invalid_request(columns[i + 1] + ": " + policy.error().message);
    worked.facts.policies.push_back({the(all_scope_kinds[i]), policy.value()});
  }
  return worked;
}

}  // namespace

Result<std::vector<WorkedCase>> worked_cases(std::string_view readme) {
  std::vector<WorkedCase> worked;
  std::size_t number = 0;
  bool in_section = false;
  int table_lines = 0;
  for (const std::string& line : split(readme, '\n')) {
    ++number;
    if (line.rfind("## ", 0) == 0) in_section = line == heading;
    if (!in_section || line.rfind('|', 0) != 0) continue;
    const auto refuse = [&](const std::string& what) {
      return invalid_request("line " + std::to_string(number) + ": " + what);
    };
    ++table_lines;
    if (table_lines == 1) {
      Result<std::vector<std::string>> head = cells(line);
      if (!head.ok() || head.value() != columns) return refuse("not the head of the table");
    } else if (table_lines == 2) {
      if (line.find_first_not_of("|-") != std::string::npos) return refuse("a rule is expected");
    } else {
      Result<WorkedCase> one = case_of(line);
      if (!one.ok()) return refuse(one.error().message);
      worked.push_back(std::move(one).value());
    }
  }
  if (worked.empty()) return invalid_request("no worked cases");
  return worked;
}

std::string consoles_cell(const Resolution& resolution) {
  return resolution.consoles.empty() ? "none" : text(resolution.consoles);
}

std::string denied_cell(const Resolution& resolution) {
  std::string cell;
  for (const DeniedType& denied : resolution.denied) {
    if (!cell.empty()) cell += ", ";
    cell += std::string(name(denied.type)) + " (";
    for (std::size_t i = 0; i < denied.denied_by.size(); ++i) {
      if (i > 0) cell += ", ";
      cell += name(denied.denied_by[i].scope.kind());
    }
    cell += ")";
  }
  return cell.empty() ? "-" : cell;
}

}  // namespace console_policy::test
