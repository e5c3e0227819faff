// SPDX-License-Identifier: Apache-2.0
#include "service/api/root.h"

#include "service/api/accept.h"
#include "service/api/answer.h"
#include "service/api/api_version.h"
#include "service/codec/messages.h"

namespace console_policy::api {
namespace {

codec::ApiVersions versions(const Call& call) {
  return {std::string(min_api_version), std::string(max_api_version), call.prefix + "/v1/"};
}

std::vector<std::string> faults_of(const std::vector<HealthCheck>& checks) {
  std::vector<std::string> faults;
  for (const HealthCheck& check : checks) {
    const Status status = check.check();
    if (status.ok()) continue;
    const std::string& reason = status.error().message;
    faults.push_back(check.name.empty() ? reason : check.name + ": " + reason);
  }
  return faults;
}

std::string lines_of(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += (text.empty() ? "" : "\n") + reason;
  return text;
}

}  // namespace

Result<http::Response> show_versions(const Call& call) {
  return json_answer(200, codec::encode_versions(versions(call)));
}

Result<http::Response> show_version(const Call& call) {
  return json_answer(200, codec::encode_version(versions(call)));
}

Result<http::Response> show_health(const Call& call) {
  const std::vector<std::string> faults = faults_of(call.services.health);
  const bool json = prefers(http::combined_header(call.request.headers, "accept"),
                            "application/json", "text/plain");
  http::Response response;
  response.status = faults.empty() ? 200 : 503;
  if (faults.empty() && call.request.method == "HEAD") response.status = 204;
  if (response.status != 204) {
    response.headers.emplace_back("Content-Type",
                                  json ? "application/json" : "text/plain; charset=utf-8");
  }
  response.headers.emplace_back("Cache-Control", "no-store");
  if (!faults.empty()) response.headers.emplace_back("Retry-After", "1");
  const std::vector<std::string> reasons = faults.empty() ? std::vector<std::string>{"OK"} : faults;
  response.body = json ? codec::encode_health(reasons) : lines_of(reasons);
  return response;
}

}  // namespace console_policy::api
