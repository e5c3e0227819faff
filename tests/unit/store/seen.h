// SPDX-License-Identifier: Apache-2.0
// Builders of observations, and lists and counts of them as text.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "service/store/store.h"
#include "tests/unit/store/temporary_store.h"

namespace console_policy::store::test {

constexpr auto vnc = ConsoleType::vnc;
constexpr auto spice = ConsoleType::spice;
constexpr auto opened = AvailabilityStatus::opened;
constexpr auto unavailable = AvailabilityStatus::unavailable;
constexpr auto day = std::chrono::hours(24);
inline const Timestamp noon = at(1'790'000'000'000'000);

inline SeenType seen(ConsoleType type, AvailabilityStatus status, Timestamp seen_at = noon,
                     const std::string& host_id = "a0") {
  return SeenType{type, status, Fingerprint{noon, host_id}, seen_at, NovaAnswer{400, 41}};
}

// The id of the instance with this number.
inline std::string instance_id(int number) {
  return instance("p", number).instance_id();
}

inline SeenOfInstance row(const std::string& project_id, int number, const SeenType& type) {
  return SeenOfInstance{project_id, instance_id(number), type};
}

// As Store::learn().
inline Learn always(std::vector<SeenType> types) {
  return [types = std::move(types)](const std::vector<SeenType>& /*before*/) { return types; };
}

inline void learn(Store& store, const std::string& project_id, int number,
                  std::vector<SeenType> types) {
  store.learn(ProjectId::parse(project_id).value(), InstanceId::parse(instance_id(number)).value(),
              always(std::move(types)));
}

inline std::vector<SeenType> known(const Store& store, const std::string& project_id, int number) {
  return store.seen(ProjectId::parse(project_id).value(),
                    InstanceId::parse(instance_id(number)).value());
}

inline Status forget(Store& store, const std::string& project_id, int number) {
  return store.forget(ProjectId::parse(project_id).value(),
                      InstanceId::parse(instance_id(number)).value());
}

// "p/1/SPICE" for each row, in the order of the list, read in pages of `limit` from a Store or an
// ObservationMap by `list(after, limit)`.
using List = std::function<std::vector<SeenOfInstance>(const std::optional<SeenPlace>& after,
                                                       std::size_t limit)>;
inline std::vector<std::string> listed(const List& list, std::size_t limit) {
  std::vector<std::string> all;
  std::optional<SeenPlace> after;
  for (;;) {
    const std::vector<SeenOfInstance> page = list(after, limit);
    for (const SeenOfInstance& one : page) {
      const std::string type(name(one.seen.type));
      const std::string number = std::to_string(std::stoi(one.instance_id.substr(24)));
      all.push_back(one.project_id + "/" + number + "/" + type);
      after = SeenPlace{one.project_id, one.instance_id, type};
    }
    if (page.size() < limit) return all;
  }
}

}  // namespace console_policy::store::test
