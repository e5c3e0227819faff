// SPDX-License-Identifier: Apache-2.0
// Lists and counts of observations, compared with a plain pass over all of them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <tuple>

#include "service/store/observation_map.h"
#include "tests/unit/store/seen.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Texts = std::vector<std::string>;

namespace {

constexpr std::size_t many = 1000;

struct Filled {
  Filled() {
    std::mt19937 random(19);  // the same each time
    const auto one_of = [&random](const auto& values) {
      return values[random() % std::size(values)];
    };
    const char* const projects[] = {"a", "b", "b.c", "d"};
    const char* const hosts[] = {"", "a0", "b1"};
    for (int i = 0; i < 200; ++i) {
      const SeenOfInstance observation =
          row(one_of(projects), static_cast<int>(random() % 30),
              seen(one_of(all_console_types), random() % 2 == 0 ? opened : unavailable,
                   noon + std::chrono::seconds(i), one_of(hosts)));
      map.apply(std::vector{observation});
      rows[{observation.project_id, observation.instance_id,
            std::string(name(observation.seen.type))}] = observation.seen;
    }
  }

  ObservationMap map{AvailabilityBounds{}};
  std::map<std::tuple<std::string, std::string, std::string>, SeenType> rows;
};

bool matches(const SeenFilter& filter, const std::string& project_id, const SeenType& seen) {
  return (!filter.project_id || *filter.project_id == project_id) &&
         (!filter.host_id || *filter.host_id == seen.fingerprint.host_id) &&
         (!filter.type || *filter.type == seen.type) &&
         (!filter.status || *filter.status == seen.status);
}

Texts expected_list(const Filled& filled, const SeenFilter& filter) {
  Texts texts;
  for (const auto& [key, seen] : filled.rows) {
    const auto& [project_id, instance_id, type] = key;
    if (!matches(filter, project_id, seen)) continue;
    texts.push_back(project_id + "/" + std::to_string(std::stoi(instance_id.substr(24))) + "/" +
                    type);
  }
  return texts;
}

Texts expected_counts(const Filled& filled, const std::optional<std::string>& project_id) {
  std::map<std::tuple<std::string, std::string, std::string>, std::pair<int, int>> counts;
  for (const auto& [key, seen] : filled.rows) {
    const auto& [project, instance_id, type] = key;
    if (project_id && *project_id != project) continue;
    auto& [open, closed] = counts[{project, seen.fingerprint.host_id, type}];
    ++(seen.status == opened ? open : closed);
  }
  Texts texts;
  for (const auto& [key, count] : counts) {
    texts.push_back(std::get<0>(key) + "/" + std::get<1>(key) + "/" + std::get<2>(key) + " " +
                    std::to_string(count.first) + " " + std::to_string(count.second));
  }
  return texts;
}

Texts read_counts(const ObservationMap& map, const std::optional<std::string>& project_id,
                  std::size_t limit) {
  Texts texts;
  std::optional<SeenCountPlace> after;
  for (;;) {
    const std::vector<SeenCount> page = map.count(project_id, after, limit);
    for (const SeenCount& one : page) {
      const std::string type(name(one.type));
      texts.push_back(one.project_id + "/" + one.host_id + "/" + type + " " +
                      std::to_string(one.opened) + " " + std::to_string(one.unavailable));
      after = SeenCountPlace{one.project_id, one.host_id, type};
    }
    if (page.size() < limit) return texts;
  }
}

}  // namespace

TEST_CASE("Pages of a list of observations have what the filter leaves, in order") {
  const Filled filled;
  const std::vector<SeenFilter> filters{
      {},
      {"b", {}, {}, {}},
      {"b.c", "b1", vnc, opened},
      {{}, "a0", {}, {}},
      {{}, "", {}, unavailable},
      {{}, {}, spice, {}},
      {{}, {}, {}, unavailable},
      {"d", {}, spice, opened},
      {"none", {}, {}, {}},
  };
  for (const SeenFilter& filter : filters) {
    const Texts expected = expected_list(filled, filter);
    for (const std::size_t limit : {1UL, 2UL, 7UL, 1000UL}) {
      INFO(filter.project_id.value_or("any") << ", pages of " << limit);
      CHECK(listed([&](const auto& after,
                       std::size_t count) { return filled.map.list(filter, after, count); },
                   limit) == expected);
    }
  }
}

TEST_CASE("A list of observations continues after any place, stored or not") {
  const Filled filled;
  const auto after = [&](const SeenPlace& place) {
    return filled.map.list({}, place, many).size();
  };
  for (const char* const project_id : {"", "a", "b", "b.", "c", "z"}) {
    for (const int number : {0, 7, 31}) {
      for (const char* const type : {"", "MKS", "SPICE", "ZZZ"}) {
        const auto place =
            std::tuple(std::string(project_id), instance_id(number), std::string(type));
        const auto left = std::count_if(filled.rows.begin(), filled.rows.end(),
                                        [&](const auto& row) { return row.first > place; });
        CHECK(after({project_id, instance_id(number), type}) == static_cast<std::size_t>(left));
      }
    }
  }
}

TEST_CASE("Pages of counts are by project, host and type, in order") {
  const Filled filled;
  for (const std::optional<std::string>& project_id :
       {std::optional<std::string>(), std::optional<std::string>("b"),
        std::optional<std::string>("none")}) {
    for (const std::size_t limit : {1UL, 3UL, 1000UL}) {
      INFO(project_id.value_or("any") << ", pages of " << limit);
      CHECK(read_counts(filled.map, project_id, limit) == expected_counts(filled, project_id));
    }
  }
}

TEST_CASE("A place behind the project of the filter leaves no counts") {
  const Filled filled;
  CHECK(filled.map.count("a", SeenCountPlace{"b", "", ""}, many).empty());
  CHECK(filled.map.count("b", SeenCountPlace{"a", "b1", "VNC"}, many).size() ==
        filled.map.count("b", std::nullopt, many).size());
}
