// SPDX-License-Identifier: Apache-2.0
// A pipeline with a real store, the shipped rules and static identity, without a socket; and beside
// it one with fakes of Keystone's identity and domains.
#pragma once

#include <fstream>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "service/api/pipeline.h"
#include "service/config/load.h"
#include "service/identity/static_identity.h"
#include "tests/unit/temporary_folder.h"

namespace console_policy::api::test {

inline identity::StaticEntry token(const std::string& text, const std::string& user,
                                   std::vector<std::string> roles) {
  identity::Caller caller;
  caller.user_id = user;
  caller.project_id = "p1";
  caller.project_domain_id = "default";
  caller.roles = std::move(roles);
  return {identity::sha256(text), caller};
}

inline store::Options store_in(const TemporaryFolder& folder) {
  store::Options options;
  options.url = "sqlite:///" + folder.file("policy.db");
  return options;
}

inline platform::LogOptions log_to(const std::string& file) {
  platform::LogOptions options;
  options.file = file;
  return options;
}

// A fake: knows three tokens of Keystone's kind, whose callers may not state a domain.
class FakeIdentity final : public identity::Identity {
 public:
  void authenticate(const identity::Presented& presented, Done done) override {
    service_token = presented.service_token.has_value()
                        ? std::string(presented.service_token->secret())
                        : std::string();
    request_id = presented.request_id;
    identity::Caller caller;
    caller.user_id = "u";
    caller.project_id = "p1";
    caller.project_domain_id = "default";
    caller.roles = {"admin"};
    if (presented.token.secret() == "ruled") {
      caller.application_rules = std::make_shared<const std::vector<identity::ApplicationRule>>(
          std::vector<identity::ApplicationRule>{
              {"console-policy", "GET", "/v1/projects/*/consoles"}});
    }
    done(identity::CallerPtr(std::make_shared<const identity::Caller>(std::move(caller))));
  }
  std::string challenge() const override { return "Fake"; }

  std::string service_token;
  std::string request_id;
};

// A fake: p-acme is in acme, p-away cannot be found out, others there are none.
class FakeDomains final : public identity::ProjectDomains {
 public:
  void domain_of(const ProjectId& project, const std::string& request_id, Done done) override {
    given_request_id = request_id;
    ++asked;
    if (project.text() == "p-away") return done(Error{ErrorCode::unavailable, "away", {}});
    if (project.text() == "p-acme") return done(std::optional<std::string>("acme"));
    done(std::optional<std::string>());
  }

  int asked{0};
  std::string given_request_id;
};

struct World {
  explicit World(std::size_t workers_waiting = 100,
                 std::chrono::milliseconds queue_wait = Pipeline::default_queue_wait)
      : store(std::move(store::open_store(store_in(folder))).value()),
        access(
            std::move(config::parse_access("access.yaml", config::read_file(ACCESS_FILE).value()))
                .value()),
        log(std::move(platform::Log::start(log_to(folder.file("log")))).value()),
        identity({token("admin-token", "admin", {"admin"}), token("empty-token", "nobody", {})},
                 platform::system_time),
        workers(1, workers_waiting),
        services{*store, access, cloud_default, platform::system_time},
        pipeline(services, identity, workers, *log, queue_wait),
        keystone_services{
            *store, access, cloud_default, platform::system_time, {}, ProxyHeaders::none, &domains},
        keystone_pipeline(keystone_services, keystone, workers, *log) {
    cloud_default.prefer = {ConsoleType::spice, ConsoleType::vnc};
  }
  ~World() { workers.finish(); }

  http::Response ask(const std::string& method, const std::string& target, http::Headers headers,
                     const std::string& body = {}) {
    std::promise<http::Response> answer;
    pipeline.handle({method, target, std::move(headers), body, "192.0.2.1"},
                    [&](http::Response response) { answer.set_value(std::move(response)); });
    return answer.get_future().get();
  }

  // A worker that is busy until `release` is set.
  std::promise<void> occupy_worker() {
    std::promise<void> release;
    std::promise<void> started;
    std::future<void> begun = started.get_future();
    const bool posted = workers.post([&started, end = release.get_future().share()] {
      started.set_value();
      end.wait();
    });
    if (posted) begun.wait();
    return release;
  }

  // The same through the pipeline of the fakes.
  http::Response ask_keystone(const std::string& target, http::Headers headers) {
    std::promise<http::Response> answer;
    keystone_pipeline.handle({"GET", target, std::move(headers), {}, "192.0.2.1"},
                             [&](http::Response response) { answer.set_value(response); });
    return answer.get_future().get();
  }

  std::string logged() const {
    log->flush();
    return logged_so_far();
  }

  std::string logged_so_far() const {
    std::stringstream text;
    text << std::ifstream(folder.file("log")).rdbuf();
    return text.str();
  }

  const TemporaryFolder folder;
  std::unique_ptr<store::Store> store;
  AccessInForce access;
  Policy cloud_default;
  std::unique_ptr<platform::Log> log;
  identity::StaticIdentity identity;
  platform::WorkerPool workers;
  Services services;
  Pipeline pipeline;
  FakeIdentity keystone;
  FakeDomains domains;
  Services keystone_services;
  Pipeline keystone_pipeline;
};

inline const http::Headers admin{{"X-Auth-Token", "admin-token"},
                                 {"Content-Type", "application/json"}};
inline const std::string prefer_vnc = R"({"policy":{"prefer":["VNC"]}})";

}  // namespace console_policy::api::test
