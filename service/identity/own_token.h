// SPDX-License-Identifier: Apache-2.0
// OwnToken: the service's own token, and the calls that wait for one.
//
// Contract: get() calls `done` exactly once: with the token, at once if it is known; else when the
//           fetch in flight ends, or with unavailable at the deadline of the call,
//           whichever comes first. There is one fetch at a time, which a waiting call neither
//           shortens nor lengthens. A token is renewed before it ends.
// Bounds:   no call waits any more when the fetch is over; how many do is the callers' to
//           bound.
// Threads:  safe for concurrent use, never blocks. `done` as HttpClient::Done.
// Lifetime: borrows the HttpClient, whose finish() answers the calls that still wait.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/identity/http_client.h"
#include "service/platform/time_text.h"

namespace console_policy::identity {

class OwnToken final {
 public:
  using Done = std::function<void(Result<std::string>)>;
  // Starts a fetch, for the request of this id; fetched() or refused() ends it.
  using Fetch = std::function<void(const std::string& request_id)>;

  struct Granted {
    std::string token;
    Timestamp expires_at;
  };

  // How long before its end the token is renewed.
  static constexpr std::chrono::seconds renewal_margin{30};
  // After Keystone refused the service's credentials: no fetch for this long, so that a wrong
  // password does not lock the service's user out.
  static constexpr std::chrono::seconds refused_pause{5};

  OwnToken(HttpClient& http, platform::Clock clock, Fetch fetch);

  void get(HttpClient::Deadline deadline, const std::string& request_id, Done done);
  void fetched(const Result<Granted>& outcome);
  void refused();
  // Keystone has refused this one.
  void forget(const std::string& token);

 private:
  enum class Next { known, wait, fetch };
  Next join(HttpClient::Deadline deadline, HttpClient::Done& done, Result<HttpAnswer>& known);

  HttpClient& http_;
  const platform::Clock clock_;
  const Fetch fetch_;

  std::mutex mutex_;  // guards all below
  std::optional<Granted> granted_;
  std::optional<Timestamp> refused_until_;
  bool fetching_{false};
  std::vector<HttpClient::Wait> waiting_;  // for the fetch; some may be over
};

}  // namespace console_policy::identity
