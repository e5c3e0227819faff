// SPDX-License-Identifier: Apache-2.0
#include "service/api/hypothesis.h"

#include <algorithm>
#include <utility>

namespace console_policy::api {
namespace {

constexpr std::size_t rows_of_a_page = 5000;

std::optional<ConsoleType> first_of(const std::vector<ConsoleType>& consoles,
                                    const AvailabilityFacts& known) {
  const Availability ordered = order_by_availability(consoles, known);
  if (ordered.consoles.empty()) return std::nullopt;
  return ordered.consoles.front();
}

// One instance with its observations, which follow each other in the list.
struct Instance {
  std::string project_id;
  std::string instance_id;
  std::vector<SeenType> seen;
};

// The observations as those of the instance as it was last seen.
AvailabilityFacts facts_of(const Instance& instance, const Services& services, Timestamp now) {
  const auto newest =
      std::max_element(instance.seen.begin(), instance.seen.end(),
                       [](const SeenType& a, const SeenType& b) { return a.seen_at < b.seen_at; });
  return {instance.seen, newest->fingerprint, services.availability.max_age, now};
}

// Calls `take` for each instance with observations, in the order of projects, until it fails.
template <class Take>
Status for_each_instance(const store::Store& store, const Take& take) {
  Instance current;
  std::optional<store::SeenPlace> after;
  for (bool more = true; more;) {
    std::vector<store::SeenOfInstance> page = store.list_seen({}, after, rows_of_a_page);
    more = page.size() == rows_of_a_page;
    if (more) {
      const store::SeenOfInstance& last = page.back();
      after =
          store::SeenPlace{last.project_id, last.instance_id, std::string(name(last.seen.type))};
    }
    for (store::SeenOfInstance& row : page) {
      const bool same =
          row.instance_id == current.instance_id && row.project_id == current.project_id;
      if (!same && !current.seen.empty()) {
        Status taken = take(current);
        if (!taken.ok()) return taken;
      }
      if (!same) current = {std::move(row.project_id), std::move(row.instance_id), {}};
      current.seen.push_back(std::move(row.seen));
    }
  }
  return current.seen.empty() ? Status(Success{}) : take(current);
}

}  // namespace

Hypothesis::Hypothesis(const Services& services, const std::vector<store::Operation>& operations,
                       Timestamp now)
    : services_(services), now_(now) {
  for (const store::Operation& operation : operations) {
    written_.emplace(operation.scope, operation.policy.has_value() ? &*operation.policy : nullptr);
  }
}

Result<Hypothesis::Consoles> Hypothesis::consoles(const std::vector<Scope>& scopes) const {
  Result<store::InForce> found = services_.store.in_force(scopes);
  if (!found.ok()) return std::move(found).error();
  std::vector<ScopeFact> facts;
  facts.reserve(scopes.size());
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    facts.push_back({&scopes[i], found.value().policies[i].get()});
  }
  const auto resolved = [&] {
    return resolve(facts, services_.cloud_default, now_, Explained::no).consoles;
  };
  Consoles consoles;
  consoles.before = resolved();
  bool differs = false;
  for (ScopeFact& fact : facts) {
    const auto written = written_.find(*fact.scope);
    if (written == written_.end()) continue;
    fact.policy = written->second;
    differs = true;
  }
  consoles.after = differs ? resolved() : consoles.before;
  return consoles;
}

Result<Impact> Hypothesis::impact(
    const std::function<bool(const std::string& project_id)>& includes,
    const std::function<std::optional<DomainId>(const std::string& project_id)>& domain_of) const {
  Impact impact;
  std::string project_id;  // of the scopes
  bool included = false;
  bool domain_known = false;
  std::vector<Scope> scopes;  // of the project
  Status done = for_each_instance(services_.store, [&](const Instance& instance) -> Status {
    if (instance.project_id != project_id) {
      project_id = instance.project_id;
      included = includes(project_id);
      const std::optional<DomainId> domain = domain_of(project_id);
      domain_known = domain.has_value();
      scopes = {Scope::cloud()};
      if (domain.has_value()) scopes.push_back(Scope::domain(*domain));
      scopes.push_back(Scope::project(ProjectId::parse(project_id).value()));
    }
    if (!included) return Success{};
    scopes.push_back(Scope::instance(ProjectId::parse(project_id).value(),
                                     InstanceId::parse(instance.instance_id).value()));
    const Result<Consoles> found = consoles(scopes);
    scopes.pop_back();
    if (!found.ok()) return found.error();
    const AvailabilityFacts known = facts_of(instance, services_, now_);
    const FirstTypes first{first_of(found.value().before, known),
                           first_of(found.value().after, known)};
    impact.add(project_id, instance.instance_id, first, domain_known);
    return Success{};
  });
  if (!done.ok()) return std::move(done).error();
  return impact;
}

}  // namespace console_policy::api
