// SPDX-License-Identifier: Apache-2.0
// Keystone's v3 documents: what the service writes and reads of them. Pure.
//
// Contract: what is needed has to be there and of its form, else there is no caller at all: user
//           and the user's domain, expiry, and at most one scope, a project with its domain, a
//           domain, or the system. Roles are those of the token, implied ones included (Keystone
//           lists them). Other fields are ignored.
// Errors:   unavailable, with what is wrong in `internal`: Keystone, not the caller, wrote it.
//           unauthenticated for an id that this service cannot use (policies/id.h): other callers
//           are not concerned. They have no text of a document.
// Source:   keystone:api-ref/source/v3/authenticate-v3.inc.
#pragma once

#include <string>

#include "service/identity/identity.h"
#include "service/identity/keystone_options.h"

namespace console_policy::identity {

// The body of GET /v3/auth/tokens.
Result<Caller> parse_token(const std::string& body);

// When the service's own token ends: the body of POST /v3/auth/tokens.
Result<Timestamp> parse_expiry(const std::string& body);

// The domain of a project: the body of GET /v3/projects/{id}.
Result<std::string> parse_project_domain(const std::string& body);

// Whether the body is Keystone's own error document of this status. A proxy in front of Keystone
// answers 404 too, which is no answer about a token.
bool is_keystone_error(const std::string& body, int status);

// The body of POST /v3/auth/tokens. `secret` is the password, or the application credential's.
std::string own_token_request(const KeystoneOptions& options, const std::string& secret);

}  // namespace console_policy::identity
