// SPDX-License-Identifier: Apache-2.0
#include "service/identities.h"

#include <string>
#include <utility>
#include <vector>

#include "service/config/load.h"
#include "service/identity/keystone_domains.h"
#include "service/identity/keystone_identity.h"
#include "service/identity/static_identity.h"
#include "service/platform/private_file.h"
#include "service/platform/time_text.h"
#include "service/shipped.h"

namespace console_policy {
namespace {

Result<std::string> own_secret(const identity::KeystoneOptions& options) {
  return config::read_secret_file(options.application_credential_id.empty()
                                      ? options.password_file
                                      : options.application_credential_secret_file);
}

}  // namespace

Status Identities::check(const config::Config& settings) {
  if (settings.static_identity.enabled) {
    Result<std::vector<identity::StaticEntry>> tokens = load_tokens(settings);
    if (!tokens.ok()) return std::move(tokens).error();
  }
  if (!settings.keystone.has_value()) return Success{};
  Result<std::string> secret = own_secret(*settings.keystone);
  if (!secret.ok()) return std::move(secret).error();
  return identity::HttpClient::check_cafile(settings.keystone->cafile);
}

Result<std::unique_ptr<Identities>> Identities::start(const config::Config& settings) {
  std::unique_ptr<Identities> identities(new Identities);
  if (settings.static_identity.enabled) {
    Status ensured = ensure_tokens_file(settings);
    if (!ensured.ok()) return std::move(ensured).error();
    Result<std::vector<identity::StaticEntry>> tokens = load_tokens(settings);
    if (!tokens.ok()) return std::move(tokens).error();
    identities->static_ = std::make_unique<identity::StaticIdentity>(std::move(tokens).value(),
                                                                     platform::system_time);
  }
  if (settings.keystone.has_value()) {
    Result<std::string> secret = own_secret(*settings.keystone);
    if (!secret.ok()) return std::move(secret).error();
    Result<std::unique_ptr<identity::KeystoneClient>> client = identity::KeystoneClient::create(
        *settings.keystone, std::move(secret).value(), platform::system_time);
    if (!client.ok()) return std::move(client).error();
    identities->client_ = std::move(client).value();
    identities->add_keystone(*settings.keystone);
  }
  return identities;
}

Identities::~Identities() {
  finish();
}

void Identities::add_keystone(const identity::KeystoneOptions& options) {
  keystone_ =
      std::make_unique<identity::KeystoneIdentity>(options, *client_, platform::system_time);
  domains_ = std::make_unique<identity::KeystoneDomains>(options, *client_, platform::system_time);
  health_ = std::make_unique<identity::KeystoneHealth>(
      options, *client_, [this] { return static_ != nullptr && !static_->empty(); },
      platform::system_time);
  if (static_ != nullptr) {
    either_ = std::make_unique<identity::EitherIdentity>(*static_, *keystone_);
  }
}

identity::Identity& Identities::identity() {
  if (either_ != nullptr) return *either_;
  // The loader lets no configuration pass that has neither.
  return keystone_ != nullptr ? *keystone_ : *static_;
}

identity::ProjectDomains* Identities::project_domains() {
  return domains_.get();
}

identity::KeystoneHealth* Identities::keystone_health() {
  return health_.get();
}

Status Identities::reload_tokens(const config::Config& settings) {
  if (static_ == nullptr) return Success{};
  const std::string& file = settings.static_identity.tokens_file;
  if (!static_->empty() && !platform::file_exists(file)) {
    return invalid_request(file + ": not there");
  }
  Result<std::vector<identity::StaticEntry>> tokens = load_tokens(settings);
  if (!tokens.ok()) return std::move(tokens).error();
  static_->replace(std::move(tokens).value());
  return Success{};
}

void Identities::finish() {
  if (client_ != nullptr) client_->finish();
}

}  // namespace console_policy
