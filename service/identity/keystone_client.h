// SPDX-License-Identifier: Apache-2.0
// KeystoneClient: what the service asks Keystone, with a token of its own.
//
// Contract: every question is answered exactly once, within options.timeout: the service's own
//           token, got first if there is none, its renewal (once, when Keystone refuses it) and
//           the retries (max_attempts in all, with backoff and jitter, when nothing or a 5xx came
//           back) are all within that time. validate() gives whom Keystone vouches for now; nothing
//           is cached here but the service's own token, which is renewed before it ends. A fetch of
//           it has options.timeout for itself; a question that waits for it does so until its own
//           deadline, also for a fetch that another call started.
// Errors:   unauthenticated: Keystone knows no such token. unavailable: everything else, be it
//           that Keystone is away or slow, does not make sense, or does not let the service ask.
//           A question carries the id of the request that it is put for (Presented::request_id), as
//           does a token of the service's own that is fetched for it.
// Threads:  safe for concurrent use, never blocks but in finish(). `done` runs on a thread of the
//           HttpClient, or inside of the call; it must not throw.
// Source:   keystone:api-ref/source/v3; keystonemiddleware:auth_token/_identity.py.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/identity/http_client.h"
#include "service/identity/identity.h"
#include "service/identity/keystone_options.h"
#include "service/identity/own_token.h"
#include "service/platform/time_text.h"

namespace console_policy::identity {

enum class Expired { refused, allowed };  // allowed: within Keystone's own window for it

// What questions about tokens have come to.
struct KeystoneStanding {
  std::optional<Timestamp> heard_at;     // when the last one ended, well or not
  std::optional<Timestamp> answered_at;  // when the last one was answered, whatever the answer was
  bool failing{false};                   // the last one was not
};

class KeystoneClient final {
 public:
  using CallerDone = std::function<void(Result<Caller>)>;
  using DomainDone = std::function<void(Result<std::optional<std::string>>)>;

  static constexpr int max_attempts = 3;

  // `secret`: the password, or the application credential's. Errors: as HttpClient::create().
  static Result<std::unique_ptr<KeystoneClient>> create(const KeystoneOptions& options,
                                                        std::string secret, platform::Clock clock);
  ~KeystoneClient();
  KeystoneClient(const KeystoneClient&) = delete;
  KeystoneClient& operator=(const KeystoneClient&) = delete;

  void validate(const Token& token, Expired expired, const std::string& request_id,
                CallerDone done);

  // The domain of a project; none when Keystone has no such project.
  void domain_of(const std::string& project_id, const std::string& request_id, DomainDone done);

  KeystoneStanding standing() const;

  // Asks about the service's own token, so that standing() is news; one such question at a time.
  void probe();

  // Answers the questions in flight with unavailable, and every later one too.
  void finish();

 private:
  struct Question;
  using QuestionPtr = std::shared_ptr<Question>;

  KeystoneClient(KeystoneOptions options, std::string secret, platform::Clock clock,
                 std::unique_ptr<HttpClient> http);

  HttpClient::Deadline deadline() const;
  QuestionPtr question(std::string target, const std::string& request_id) const;
  void hear(bool answered);
  void send(HttpQuery query, HttpClient::Deadline deadline, int attempt, HttpClient::Done done);
  void ask(const QuestionPtr& question);
  void answered(const QuestionPtr& question, const std::string& own, Result<HttpAnswer> answer);

  void fetch_own_token(const std::string& request_id);

  const KeystoneOptions options_;
  const std::string secret_;
  const platform::Clock clock_;
  const std::unique_ptr<HttpClient> http_;
  OwnToken own_token_;

  std::atomic<bool> probing_{false};

  mutable std::mutex mutex_;  // guards what is below
  KeystoneStanding standing_;
};

}  // namespace console_policy::identity
