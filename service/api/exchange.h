// SPDX-License-Identifier: Apache-2.0
// Pipeline::Exchange: one request under way, and what has been found out about it so far.
//
// Contract: the pipeline's own; nobody else includes this.
// Threads:  one at a time: each step hands it to the next.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "service/api/fair_use.h"
#include "service/api/pipeline.h"
#include "service/api/query.h"
#include "service/platform/random.h"

namespace console_policy::api {

struct Pipeline::Exchange final {
  http::Request request;
  http::Respond respond;
  std::string request_id{platform::random_request_id()};
  std::string global_request_id;  // of the caller's own caller; empty: none
  std::chrono::steady_clock::time_point started{std::chrono::steady_clock::now()};
  const Route* route{nullptr};
  Parameters path;
  std::string allow;
  Query query;
  std::optional<identity::Presented> presented;
  identity::CallerPtr caller{nobody()};
  std::optional<std::string> project_domain;
  std::shared_ptr<const AccessRules> access;
  std::string prefix;
  std::optional<FairUse::Place> place;  // while it waits for a worker or runs on one
  http::Response response;              // once there is one
  std::string internal;                 // what the log says of an error

  static const identity::CallerPtr& nobody() {
    static const identity::CallerPtr empty = std::make_shared<const identity::Caller>();
    return empty;
  }

  // oslo.context's rule: the id that came with the request goes on to others, else our own.
  const std::string& id_for_others() const {
    return global_request_id.empty() ? request_id : global_request_id;
  }
};

}  // namespace console_policy::api
