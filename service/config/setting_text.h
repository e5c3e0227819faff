// SPDX-License-Identifier: Apache-2.0
// Settings that the file and the environment write alike.
//
// Contract: pure; nothing is looked up.
// Errors:   invalid_request with what is wrong, without the name of the setting: the caller knows
//           it.
// Threads:  free functions on values.
#pragma once

#include <string>

#include "policies/result.h"
#include "service/http/options.h"
#include "service/platform/log.h"

namespace console_policy::config {

// An IPv4 or IPv6 literal; names are not looked up.
Result<std::string> parse_address(const std::string& text);

// "127.0.0.1:9797" or "[::1]:9797".
Result<http::Listen> parse_listen(const std::string& text);

Result<platform::LogLevel> parse_log_level(const std::string& text);  // "debug", "info", …

// `path`, taken from `folder` when it is relative; `folder` is absolute.
std::string absolute_path(const std::string& folder, const std::string& path);

// The same for the path in sqlite:///PATH. Other URLs stay as they are; the store judges them.
std::string absolute_store_url(const std::string& folder, const std::string& url);

// "http://HOST[:PORT][/PATH]", or https: no user, query or fragment; slashes at the end are taken
// off. The host is not looked up.
Result<std::string> parse_http_url(const std::string& text);

}  // namespace console_policy::config
