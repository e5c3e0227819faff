// SPDX-License-Identifier: Apache-2.0
#include "policies/access.h"

#include <algorithm>
#include <utility>

#include "policies/access_check.h"

namespace console_policy {
namespace {

struct NamedCheck {
  RuleText text;
  ParsedCheck parsed;
};

using NamedChecks = std::map<std::string, NamedCheck, std::less<>>;

Error in_rule(const RuleText& rule, const Error& error) {
  const std::string where = rule.where.empty() ? "" : rule.where + ": ";
  return invalid_request(where + "rule '" + rule.name + "': " + error.message);
}

// What evaluating a rule takes, with everything that it refers to.
struct Extent {
  std::size_t depth{0};
  std::size_t comparisons{0};
};

// Follows the references of every rule; each rule is looked at once.
class ReferenceWalk final {
 public:
  explicit ReferenceWalk(const NamedChecks& checks) : checks_(checks) {}

  Result<Extent> visit(const NamedCheck& rule) {
    const auto known = extents_.find(rule.text.name);
    if (known != extents_.end()) return known->second;
    Extent extent{rule.parsed.depth, rule.parsed.comparisons};
    path_.push_back(rule.text.name);
    for (const RuleReference& reference : rule.parsed.references) {
      if (Status followed = follow(rule, reference, extent); !followed.ok()) {
        return std::move(followed).error();
      }
    }
    path_.pop_back();
    extents_.emplace(rule.text.name, extent);
    return extent;
  }

 private:
  Status follow(const NamedCheck& rule, const RuleReference& reference, Extent& extent) {
    const auto refuse = [&](const std::string& what) {
      return in_rule(rule.text, error_at(reference.column, what));
    };
    const auto referred = checks_.find(reference.name);
    if (referred == checks_.end()) return refuse("rule '" + reference.name + "' is not defined");
    if (std::find(path_.begin(), path_.end(), reference.name) != path_.end()) {
      return refuse("refers to itself in a circle: " + circle_from(reference.name));
    }
    if (path_.size() > max_access_rule_depth) return refuse(too_deep());
    Result<Extent> inner = visit(referred->second);
    if (!inner.ok()) return std::move(inner).error();

    extent.depth = std::max(extent.depth, reference.depth + 1 + inner.value().depth);
    if (extent.depth > max_access_rule_depth) return refuse(too_deep());
    extent.comparisons += inner.value().comparisons;
    if (extent.comparisons > max_access_rule_comparisons) return refuse(too_many());
    return Success{};
  }

  std::string circle_from(const std::string& name) const {
    std::string text;
    for (auto at = std::find(path_.begin(), path_.end(), name); at != path_.end(); ++at) {
      text += *at + " -> ";
    }
    return text + name;
  }

  static std::string too_deep() {
    return "nested deeper than " + std::to_string(max_access_rule_depth) +
           " levels, references included";
  }
  static std::string too_many() {
    return "takes more than " + std::to_string(max_access_rule_comparisons) +
           " comparisons, references included";
  }

  const NamedChecks& checks_;
  std::vector<std::string> path_;  // the rules that are being looked at, outermost first
  std::map<std::string, Extent, std::less<>> extents_;
};

Result<NamedChecks> parse_each(const std::vector<RuleText>& rules) {
  NamedChecks checks;
  for (const RuleText& rule : rules) {
    if (rule.name.empty()) return in_rule(rule, invalid_request("a rule needs a name"));
    if (const auto other = checks.find(rule.name); other != checks.end()) {
      const std::string& where = other->second.text.where;
      return in_rule(
          rule, invalid_request("is defined twice" + (where.empty() ? "" : ", first at " + where)));
    }
    Result<ParsedCheck> parsed = parse_check(rule.check);
    if (!parsed.ok()) return in_rule(rule, parsed.error());
    if (parsed.value().comparisons > max_access_rule_comparisons) {
      return in_rule(
          rule, invalid_request("takes more than " + std::to_string(max_access_rule_comparisons) +
                                " comparisons"));
    }
    checks.emplace(rule.name, NamedCheck{rule, std::move(parsed).value()});
  }
  return checks;
}

}  // namespace

AccessRules::AccessRules() = default;
AccessRules::AccessRules(AccessRules&&) noexcept = default;
AccessRules& AccessRules::operator=(AccessRules&&) noexcept = default;
AccessRules::~AccessRules() = default;

Result<AccessRules> AccessRules::parse(const std::vector<RuleText>& rules) {
  Result<NamedChecks> parsed = parse_each(rules);
  if (!parsed.ok()) return std::move(parsed).error();

  // In the order given, so that of several errors the first in the file is reported.
  ReferenceWalk walk(parsed.value());
  for (const RuleText& rule : rules) {
    if (Result<Extent> extent = walk.visit(parsed.value().find(rule.name)->second); !extent.ok()) {
      return std::move(extent).error();
    }
  }

  AccessRules access;
  for (auto& [name, rule] : parsed.value()) {
    access.checks_.emplace(name, std::make_unique<const Check>(std::move(rule.parsed.check)));
  }
  return access;
}

bool AccessRules::allows(std::string_view rule, const Credentials& caller,
                         const Target& target) const {
  const auto found = checks_.find(rule);
  return found != checks_.end() && evaluate(*found->second, checks_, caller, target);
}

std::vector<std::string> AccessRules::names() const {
  std::vector<std::string> names;
  names.reserve(checks_.size());
  for (const auto& [name, check] : checks_) names.push_back(name);
  return names;
}

}  // namespace console_policy
