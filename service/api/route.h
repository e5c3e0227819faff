// SPDX-License-Identifier: Apache-2.0
// Route: one operation of the API; and what a handler gets to work with.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/access.h"
#include "policies/policy.h"
#include "policies/result.h"
#include "service/api/access_in_force.h"
#include "service/api/fair_use.h"
#include "service/api/options.h"
#include "service/api/query.h"
#include "service/api/rate_limiter.h"
#include "service/http/message.h"
#include "service/identity/identity.h"
#include "service/identity/project_domains.h"
#include "service/metrics/metrics.h"
#include "service/platform/time_text.h"
#include "service/platform/worker_pool.h"
#include "service/store/store.h"

namespace console_policy::api {

// One thing that the service needs. Called on I/O threads: quick, never waits. An error states to
// the load balancer what is wrong; a remark, what is amiss without being a reason to go elsewhere.
struct HealthCheck {
  std::string name;  // stands before the reason: "store"; empty: the reason stands alone
  std::function<Result<std::string>()> check;  // a remark, empty when there is none
};

// What the handlers stand on. All of it outlives the requests.
struct Services {
  store::Store& store;
  const AccessInForce& access;
  const Policy& cloud_default;
  platform::Clock clock;
  std::vector<HealthCheck> health{};
  ProxyHeaders proxy_headers{ProxyHeaders::none};
  identity::ProjectDomains* project_domains{
      nullptr};  // null: the domains of other projects are unknown
  AvailabilityOptions availability{};
  RateLimiter* report_limit{nullptr};  // by instance; null: no limit
  RateLimiter* write_limit{nullptr};   // of policies, by user; null: no limit
  FairUse* fair_use{nullptr};          // null: no limit
  metrics::Metrics* metrics{nullptr};  // null: nothing is counted
};

// One request in its handler.
struct Call {
  const http::Request& request;
  const std::string& request_id;
  const std::string& prefix;  // what a proxy took off the path; stands before every href
  const Parameters& path;     // by the names in the template
  const Query& query;
  const identity::Caller& caller;  // empty for a route without a rule
  const AccessRules& access;       // those that counted when the request began
  const Services& services;
  // The domain of the path's project, when it had to be asked for (Asks::project_domain).
  const std::optional<std::string>& project_domain;
};

// Rights beyond that of a route: to allow what another user denied, to resolve for another user,
// and to write policies without the limit of writes per minute.
inline constexpr std::string_view allow_rule = "policies:allow";
inline constexpr std::string_view other_user_rule = "resolution:other_user";
inline constexpr std::string_view exempt_rule = "fair_use:exempt";

using Handle = Result<http::Response> (*)(const Call& call);

enum class Runs {
  on_io_thread,  // uses memory only and never blocks
  on_worker,     // uses the database
};

// What identity is asked in addition to the caller.
enum class Asks {
  nothing,
  project_domain,  // of the path's project: its policy counts in the answer
};

struct Route {
  std::string_view method;
  std::string_view path;  // a template: "/v1/policies/projects/{project_id}"
  std::string_view rule;  // of policies/access.yaml; empty: no token is asked for
  Handle handle;
  Runs runs;
  std::string_view query;  // the known query parameters, separated by spaces
  Asks asks{Asks::nothing};
};

}  // namespace console_policy::api
