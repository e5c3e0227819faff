// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_identity.h"

#include <algorithm>
#include <utility>

namespace console_policy::identity {
namespace {

Error refused(std::string why) {
  return Error{ErrorCode::unauthenticated, "The request you have made requires authentication.",
               std::move(why)};
}

// Allowed although expired is another question than allowed, so it has another key. Were a token
// with a space let in, a client that presents "T expired" would be answered what T was with a
// service token. None is: api/presented_tokens.cc refuses spaces, and this stands on it.
Sha256 key_of(const Token& token, Expired expired) {
  if (expired == Expired::refused) return token.hash();
  return sha256(std::string(token.secret()) + " expired");
}

bool is_service(const Caller& caller) {
  return std::find(caller.roles.begin(), caller.roles.end(), KeystoneIdentity::service_role) !=
         caller.roles.end();
}

Result<CallerPtr> without_rules(Result<CallerPtr> caller) {
  if (!caller.ok() || caller.value()->application_rules == nullptr) return caller;
  Caller free = *caller.value();
  free.application_rules.reset();
  return CallerPtr(std::make_shared<const Caller>(std::move(free)));
}

}  // namespace

KeystoneIdentity::KeystoneIdentity(const KeystoneOptions& options, KeystoneClient& client,
                                   platform::Clock clock)
    : uri_(options.www_authenticate_uri.empty() ? options.auth_url : options.www_authenticate_uri),
      client_(client),
      clock_(std::move(clock)),
      cache_(options.max_cached_tokens, options.token_cache),
      flights_(options.max_validations) {}

std::string KeystoneIdentity::challenge() const {
  return "Keystone uri=\"" + uri_ + "\"";
}

void KeystoneIdentity::authenticate(const Presented& presented, Done done) {
  if (!presented.service_token.has_value()) {
    return validate(presented.token, Expired::refused, presented, std::move(done));
  }
  validate(*presented.service_token, Expired::refused, presented,
           [this, &presented, done = std::move(done)](const Result<CallerPtr>& service) {
             if (!service.ok()) return done(service.error());
             if (!is_service(*service.value())) {
               return done(refused("X-Service-Token without the role service"));
             }
             validate(presented.token, Expired::allowed, presented,
                      [done](Result<CallerPtr> caller) { done(without_rules(std::move(caller))); });
           });
}

void KeystoneIdentity::validate(const Token& token, Expired expired, const Presented& presented,
                                Done done) {
  const Sha256 key = key_of(token, expired);
  std::optional<Result<CallerPtr>> known = cache_.find(key, clock_());
  if (known.has_value()) return done(*std::move(known));
  switch (flights_.join(key, done, presented.client_address)) {
    case Joined::joined:
      return;
    case Joined::refused:
      return done(Error{ErrorCode::unavailable, "Too many tokens are being validated; try again.",
                        "too many validations in flight, in all or from this client"});
    case Joined::first:
      break;
  }
  // Another flight may have landed between the look into the cache and this one's start.
  known = cache_.find(key, clock_());
  if (known.has_value()) return flights_.land(key, *known);
  client_.validate(token, expired, presented.request_id, [this, key, expired](Result<Caller> said) {
    const Result<CallerPtr> judged = judge(std::move(said), expired);
    cache_.remember(key, judged, expired, clock_());
    flights_.land(key, judged);
  });
}

Result<CallerPtr> KeystoneIdentity::judge(Result<Caller> said, Expired expired) const {
  if (!said.ok()) return std::move(said).error();
  const std::optional<Timestamp>& expires_at = said.value().expires_at;
  // Keystone's clock may be behind ours.
  if (expired == Expired::refused && expires_at.has_value() && *expires_at <= clock_()) {
    return refused("token expired");
  }
  return CallerPtr(std::make_shared<const Caller>(std::move(said).value()));
}

}  // namespace console_policy::identity
