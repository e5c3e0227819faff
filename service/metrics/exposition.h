// SPDX-License-Identifier: Apache-2.0
// Exposition: metrics as Prometheus reads them, text format 0.0.4.
//
// Contract: a family is begun once and its samples follow; values of labels are escaped. Names and
//           labels come from the program, never from a request.
// Source:   prometheus.io, "Exposition formats".
// Threads:  one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace console_policy::metrics {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

class Exposition final {
 public:
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  // `type`: "counter", "gauge" or "histogram". `help`: one line.
  void family(std::string_view name, std::string_view type, std::string_view help);

  // Of the family begun last; `suffix` ("_bucket") follows its name.
  void sample(const Labels& labels, std::uint64_t value, std::string_view suffix = {});
  void sample_text(const Labels& labels, std::string_view value, std::string_view suffix = {});

  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

}  // namespace console_policy::metrics
