// SPDX-License-Identifier: Apache-2.0
#include "service/identity/access_rules.h"

#include <algorithm>
#include <cstddef>

namespace console_policy::identity {
namespace {

enum class Piece { literal, segment, anything };

struct Step {
  Piece piece{Piece::literal};
  char character{'\0'};
};

std::vector<Step> steps_of(std::string_view pattern) {
  std::vector<Step> steps;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const std::size_t close = pattern[at] == '{' ? pattern.find('}', at) : std::string_view::npos;
    if (close != std::string_view::npos) {
      steps.push_back({Piece::segment, '\0'});
      at = close;
    } else if (pattern.substr(at, 2) == "**") {
      steps.push_back({Piece::anything, '\0'});
      ++at;
    } else if (pattern[at] == '*') {
      steps.push_back({Piece::segment, '\0'});
    } else {
      steps.push_back({Piece::literal, pattern[at]});
    }
  }
  return steps;
}

// reached[i]: the steps so far match the first i characters. Its time is bounded by the two
// lengths, whatever the pattern.
std::vector<bool> advance(const std::vector<bool>& reached, const Step& step,
                          std::string_view path) {
  std::vector<bool> next(reached.size(), false);
  for (std::size_t i = 0; i < reached.size(); ++i) {
    switch (step.piece) {
      case Piece::literal:
        next[i] = i > 0 && reached[i - 1] && path[i - 1] == step.character;
        break;
      case Piece::segment:
        next[i] = i > 0 && (reached[i - 1] || next[i - 1]) && path[i - 1] != '/';
        break;
      case Piece::anything:
        next[i] = reached[i] || (i > 0 && next[i - 1]);
        break;
    }
  }
  return next;
}

bool matches(std::string_view pattern, std::string_view path) {
  std::vector<bool> reached(path.size() + 1, false);
  reached[0] = true;
  for (const Step& step : steps_of(pattern)) reached = advance(reached, step, path);
  return reached[path.size()];
}

}  // namespace

bool rules_allow(const std::vector<ApplicationRule>& rules, std::string_view method,
                 std::string_view path) {
  return std::any_of(rules.begin(), rules.end(), [&](const ApplicationRule& rule) {
    return rule.service == service_type && rule.method == method && matches(rule.path, path);
  });
}

}  // namespace console_policy::identity
