// SPDX-License-Identifier: Apache-2.0
#include "service/identity/own_token.h"

#include <utility>

namespace console_policy::identity {
namespace {

Error unavailable(std::string why) {
  return Error{ErrorCode::unavailable, "The Keystone service is temporarily unavailable.",
               std::move(why)};
}

// A token as the waiting calls get it: where a fetch's answer has it.
HttpAnswer answer_with(const std::string& token) {
  HttpAnswer answer;
  answer.subject_token = token;
  return answer;
}

}  // namespace

OwnToken::OwnToken(HttpClient& http, platform::Clock clock, Fetch fetch)
    : http_(http), clock_(std::move(clock)), fetch_(std::move(fetch)) {}

void OwnToken::get(HttpClient::Deadline deadline, const std::string& request_id, Done done) {
  HttpClient::Done told = [done = std::move(done)](Result<HttpAnswer> outcome) {
    if (!outcome.ok()) return done(std::move(outcome).error());
    done(std::move(outcome).value().subject_token);
  };
  Result<HttpAnswer> known = unavailable("Keystone refused the service's own credentials");
  switch (join(deadline, told, known)) {
    case Next::known:
      return told(std::move(known));
    case Next::wait:
      return;
    case Next::fetch:
      return fetch_(request_id);
  }
}

OwnToken::Next OwnToken::join(HttpClient::Deadline deadline, HttpClient::Done& done,
                              Result<HttpAnswer>& known) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Timestamp now = clock_();
  if (granted_.has_value() && now + renewal_margin < granted_->expires_at) {
    known = answer_with(granted_->token);
    return Next::known;
  }
  if (refused_until_.has_value() && now < *refused_until_) return Next::known;
  const std::optional<HttpClient::Wait> wait = http_.wait(deadline, done);
  if (!wait.has_value()) {
    known = unavailable("the service is ending");
    return Next::known;
  }
  waiting_.push_back(*wait);
  if (fetching_) return Next::wait;
  fetching_ = true;
  return Next::fetch;
}

void OwnToken::fetched(const Result<Granted>& outcome) {
  std::vector<HttpClient::Wait> waiting;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (outcome.ok()) granted_ = outcome.value();
    fetching_ = false;
    waiting.swap(waiting_);
  }
  const Result<HttpAnswer> said = outcome.ok()
                                      ? Result<HttpAnswer>(answer_with(outcome.value().token))
                                      : Result<HttpAnswer>(outcome.error());
  for (const HttpClient::Wait one : waiting) http_.notify(one, said);
}

void OwnToken::refused() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    refused_until_ = clock_() + refused_pause;
  }
  fetched(unavailable("Keystone refuses the service's own credentials (401)"));
}

void OwnToken::forget(const std::string& token) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // Another question may have renewed it already.
  if (granted_.has_value() && granted_->token == token) granted_.reset();
}

}  // namespace console_policy::identity
