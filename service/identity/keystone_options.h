// SPDX-License-Identifier: Apache-2.0
// KeystoneOptions: where Keystone is, as whom the service asks it, and how much of it is asked.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace console_policy::identity {

struct KeystoneOptions {
  std::string auth_url;              // "https://keystone.example.org/v3": http or https, no slash
                                     // at the end
  std::string www_authenticate_uri;  // what a 401 points callers to; empty: auth_url

  // The service's own user: with a password, or with an application credential. One of the two.
  std::string username;
  std::string password_file;
  std::string user_domain_name{"Default"};
  std::string project_name;
  std::string project_domain_name{"Default"};
  std::string application_credential_id;
  std::string application_credential_secret_file;

  std::string cafile;  // PEM; empty: the system's certificate authorities

  std::chrono::milliseconds timeout{5'000};        // of one question to Keystone, retries included
  std::chrono::milliseconds token_cache{300'000};  // how long an answer is believed, at most
  std::size_t max_cached_tokens{10'000};
  std::size_t max_validations{32};  // questions in flight
};

}  // namespace console_policy::identity
