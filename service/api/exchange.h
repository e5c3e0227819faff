// SPDX-License-Identifier: Apache-2.0
// Exchange: one request in the pipeline and what is known of it so far; and its traces: a line in
// the log, an audit event, a count.
//
// Contract: a trace has no token, no query and no body. What a client chose is escaped.
// Threads:  one at a time: each step of the pipeline hands the exchange to the next.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/api/fair_use.h"
#include "service/api/query.h"
#include "service/api/route.h"
#include "service/platform/log.h"
#include "service/platform/random.h"

namespace console_policy::api {

struct Exchange final {
  using Clock = std::chrono::steady_clock;

  http::Request request;
  http::Respond respond;
  std::string request_id{platform::random_request_id()};
  std::string global_request_id;  // that the client sent with the request; empty: none
  Clock::time_point started{Clock::now()};
  const Route* route{nullptr};
  Parameters path;
  std::string allow;  // the methods of the path, if it has not the one that was asked for
  Query query;
  std::optional<identity::Presented> presented;
  identity::CallerPtr caller{anonymous()};
  std::optional<std::string> project_domain;
  std::shared_ptr<const AccessRules> access;
  std::string prefix;
  std::optional<FairUse::Place> place;  // while it waits for a worker or runs on one
  Clock::time_point queued{};           // when it was posted to the workers

  static const identity::CallerPtr& anonymous() {
    static const identity::CallerPtr empty = std::make_shared<const identity::Caller>();
    return empty;
  }

  // For requests to other services; as oslo.context chooses it.
  const std::string& id_for_others() const {
    return global_request_id.empty() ? request_id : global_request_id;
  }
  bool client_gone() const { return request.client_gone != nullptr && *request.client_gone; }
};

// Headers of every answer.
void add_common_headers(http::Response& response, const std::string& request_id);

// The request id that the client sent; empty if it sent none that oslo.middleware would accept.
std::string global_request_id(const http::Headers& headers);

// Whether the request writes policies or availability, so that it leaves an audit event.
bool is_audited(const Exchange& exchange);
void write_audit_event(platform::Log& log, const Exchange& exchange, int status, Timestamp now);

// `cause`: why the request failed, for the log only.
void write_access_log(platform::Log& log, const Exchange& exchange, int status, std::size_t bytes,
                      std::string_view cause);
void count_request(metrics::Metrics* metrics, const Exchange& exchange, int status);

}  // namespace console_policy::api
