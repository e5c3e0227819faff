// SPDX-License-Identifier: Apache-2.0
// Config: everything an operator can set, with the defaults. schema/config.schema.json and
// examples/console-policyd.yaml document each key with its unit.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "service/api/options.h"
#include "service/http/options.h"
#include "service/identity/keystone_options.h"
#include "service/platform/log.h"
#include "service/store/options.h"

namespace console_policy::config {

struct StaticIdentity {
  bool enabled{true};         // false only with keystone: there is no way to run without identity
  bool enabled_given{false};  // written out; else Keystone is enough, and no token is made
  // Default: <data_dir>/tokens.yaml, made with an admin token on the first start.
  std::string tokens_file;
};

// Where GET /metrics is answered.
struct Metrics {
  bool enabled{true};
  http::Listen listen{"127.0.0.1", 9798, std::nullopt};
  bool listen_given{false};  // then binding must succeed; a default that is taken is only logged
};

struct Config {
  std::string data_dir;  // database, tokens file and admin token live here by default
  http::Options http;
  std::size_t max_batch_body_bytes{1024UL * 1024};  // of POST /v1/policies/batch
  std::size_t max_batch_bodies{16};  // of those that are longer than http.limits.max_body_bytes
  api::ProxyHeaders proxy_headers{api::ProxyHeaders::none};
  store::Options store;  // url default: sqlite:///<data_dir>/policy.db;
                         // snapshot_file: <data_dir>/policies.snapshot
  StaticIdentity static_identity;
  std::optional<identity::KeystoneOptions> keystone;  // absent: static tokens only
  std::optional<std::string> access_file;  // its rules go over those of policies/access.yaml
  std::optional<std::string>
      cloud_default_file;  // instead of the shipped policies/cloud-default.yaml
  // While this file exists, /healthcheck answers that the service is not to be used.
  std::optional<std::string> healthcheck_disable_file;
  api::FairUseOptions fair_use;
  api::AvailabilityOptions availability;  // how much of it is kept: store.availability
  Metrics metrics;
  platform::LogOptions log;
};

}  // namespace console_policy::config
