// SPDX-License-Identifier: Apache-2.0
// HttpClient: asks one HTTP service (cpprestsdk), with a deadline over all of it.
//
// Contract: send() calls `done` exactly once: with whatever answer came, or with unavailable and
//           why there is none. wait() is the same for a call that waits for another one's answer:
//           notify() answers it, or its deadline does. After finish() nothing is sent, and no
//           `done` runs any more. TLS: the peer's certificate and name are verified, against
//           `cafile` alone if it is given, else against the system's authorities. Redirects are not
//           followed.
// Bounds:   max_answer_bytes: reading ends there, or at once when the length is announced. The head
// and
//           one single chunk cpprestsdk takes in whole: they are bounded by the deadline alone. How
//           many are in flight is bounded by the callers. Nothing is read after `done`.
// Errors:   unavailable; the message has nothing about the peer, `internal` has. Never a header or
// a
//           body: they hold secrets.
// Threads:  safe for concurrent use, never blocks but in finish(). `done` runs on one of
//           client_threads, on the deadlines' thread, or inside of send(), notify() or finish(); it
//           must not throw, and must not call finish().
// Lifetime: destroying calls finish(). Threads are cpprestsdk's own, started once a process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "policies/result.h"

namespace console_policy::identity {

struct HttpQuery {
  std::string method;
  std::string target;  // path and query, behind the base URL
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // JSON; empty: none
};

struct HttpAnswer {
  int status{0};
  std::string subject_token;  // the header X-Subject-Token: a secret
  std::string body;
  bool too_long{false};  // longer than max_answer_bytes; the body is not kept
};

// `text` as one segment of a path: everything but unreserved characters percent-encoded.
std::string path_segment(const std::string& text);

class HttpClient final {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  using Done = std::function<void(Result<HttpAnswer>)>;

  static constexpr std::size_t client_threads = 2;
  static constexpr std::size_t max_answer_bytes = 1024UL * 1024;

  // Whether there are certificates of authorities in the file; an empty name is the system's.
  static Status check_cafile(const std::string& cafile);

  // Errors: invalid_request when the URL is none or `cafile` cannot be used.
  static Result<std::unique_ptr<HttpClient>> create(const std::string& base_url,
                                                    const std::string& cafile);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void send(const HttpQuery& query, Deadline deadline, Done done);

  // Takes `done`. nullopt after finish(): `done` is untouched then.
  using Wait = std::uint64_t;
  std::optional<Wait> wait(Deadline deadline, Done& done);
  // Nothing when that wait is over. `done` runs inside of the call.
  void notify(Wait wait, Result<HttpAnswer> answer);

  // Ends the calls in flight with unavailable and waits until no `done` runs.
  void finish();

 private:
  struct State;
  explicit HttpClient(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // shared with cpprestsdk's tasks, which may end later
  std::thread deadlines_;
};

}  // namespace console_policy::identity
