// SPDX-License-Identifier: Apache-2.0
#include "service/api/pipeline.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "tests/unit/api/pipeline_world.h"

using namespace console_policy;
using namespace console_policy::api;
using namespace console_policy::api::test;

TEST_CASE("Every answer has a request id, and the log has the same one and no secret") {
  World world;
  const http::Response response =
      world.ask("PUT", "/v1/policies/projects/p1?", admin,
                R"({"policy":{"prefer":["VNC"],"reason":"body text"}})");
  CHECK(response.status == 201);
  CHECK(http::header(response.headers, "location") == "/v1/policies/projects/p1");
  const std::string id(http::header(response.headers, "x-openstack-request-id"));
  CHECK(id.substr(0, 4) == "req-");
  world.workers.finish();  // the request's line in the log follows the answer
  CHECK(world.logged().find(id) != std::string::npos);
  CHECK(world.logged().find("\"user_id\":\"admin\"") != std::string::npos);
  CHECK(world.logged().find("admin-token") == std::string::npos);
  CHECK(world.logged().find("body text") == std::string::npos);
}

TEST_CASE("The request id of the caller's own caller is logged when it is one") {
  World world;
  const std::string global = "req-01234567-89ab-4cde-8f01-23456789abcd";
  const std::string other = "req-11234567-89ab-4cde-8f01-23456789abcd";
  const http::Response response = world.ask("GET", "/", {{"X-Openstack-Request-Id", global}});
  CHECK(http::header(response.headers, "x-openstack-request-id") != global);
  CHECK(world.logged().find("\"global_request_id\":\"" + global + "\"") != std::string::npos);
  world.ask("GET", "/", {{"X-Openstack-Request-Id", "forged\"line"}});
  world.ask("GET", "/", {{"X-Openstack-Request-Id", other}, {"x-openstack-request-id", other}});
  CHECK(world.logged().find("forged") == std::string::npos);
  CHECK(world.logged().find(other) == std::string::npos);
}

TEST_CASE("Every failed check of the service's health is named, and none when all is well") {
  World world;
  CHECK(world.ask("GET", "/healthcheck", {}).body == "OK");
  using Said = Result<std::string>;
  const HealthCheck store{"store", [] { return Said(std::string()); }};
  world.services.health = {store, {"keystone", [] { return Said(std::string("away")); }}};
  CHECK(world.ask("GET", "/healthcheck", {}).body == "OK\nkeystone: away");
  CHECK(world.ask("GET", "/healthcheck", {}).status == 200);
  CHECK(world.ask("HEAD", "/healthcheck", {}).status == 204);
  world.services.health = {store,
                           {"keystone",
                            [] {
                              return Said(Error{ErrorCode::unavailable, "away", {}});
                            }},
                           {"", [] {
                              return Said(Error{ErrorCode::unavailable, "OFF", {}});
                            }}};
  CHECK(world.ask("GET", "/healthcheck", {}).body == "keystone: away\nOFF");
  const http::Response json = world.ask("GET", "/healthcheck", {{"Accept", "application/json"}});
  CHECK(json.status == 503);
  CHECK(json.body == R"({"detailed":false,"reasons":["keystone: away","OFF"]})");
}

TEST_CASE("Without exactly one good token an answer does not show what is stored") {
  World world;
  const std::vector<http::Headers> bad{
      {},
      {{"X-Auth-Token", ""}},
      {{"X-Auth-Token", "guess"}},
      {{"X-Auth-Token", "admin-token"}, {"x-auth-token", "admin-token"}},
      {{"X-Auth-Token", "admin-token, x"}},
      {{"X-Auth-Token", std::string(5000, 'x')}}};
  for (const http::Headers& headers : bad) {
    const http::Response response = world.ask("GET", "/v1/policies/projects/a%20b?x=1", headers);
    CHECK(response.status == 401);
    CHECK_FALSE(http::header(response.headers, "www-authenticate").empty());
  }
}

TEST_CASE("Writes, accepted and refused, leave an audit event; reads leave none") {
  World world;
  const auto events = [&] {
    std::size_t count = 0;
    const std::string text = world.logged();
    for (std::size_t at = text.find("\"message\":\"audit\""); at != std::string::npos;
         at = text.find("\"message\":\"audit\"", at + 1)) {
      ++count;
    }
    return count;
  };
  CHECK(world.ask("GET", "/v1/policies/cloud", admin).status == 404);
  world.ask("DELETE", "/v1/policies/cloud", {});
  CHECK(events() == 1);
  CHECK(
      world.logged().find(R"("action":"delete","outcome":"failure","initiator":{"id":"unknown")") !=
      std::string::npos);
  http::Headers headers = admin;
  headers.emplace_back("User-Agent", "a\"b");
  world.ask("PUT", "/v1/policies/projects/p1", headers,
            R"({"policy":{"prefer":["VNC"],"reason":"body text"}})");
  world.workers.finish();
  CHECK(events() == 2);
  const std::string logged = world.logged();
  CHECK(logged.find(R"("action":"create","outcome":"success","initiator":{"id":"admin",)"
                    R"("typeURI":"service/security/account/user","host":{"address":"192.0.2.1",)"
                    R"("agent":"a\"b"},"project_id":"p1","request_id":"req-)") !=
        std::string::npos);
  CHECK(logged.find(R"("reason":{"reasonType":"HTTP","reasonCode":"201"})") != std::string::npos);
  CHECK(logged.find("body text") == std::string::npos);
  CHECK(logged.find("admin-token") == std::string::npos);
}

TEST_CASE("Without the right the answer is the same whether or not something is stored") {
  World world;
  const http::Headers nobody{{"X-Auth-Token", "empty-token"}};
  const auto strip_id = [](std::string body) { return body.substr(body.find("\"code\"")); };
  const std::string before = world.ask("GET", "/v1/policies/projects/p1", nobody).body;
  REQUIRE(world.ask("PUT", "/v1/policies/projects/p1", admin, R"({"policy":{"prefer":["VNC"]}})")
              .status == 201);
  const http::Response after = world.ask("GET", "/v1/policies/projects/p1", nobody);
  CHECK(after.status == 403);
  CHECK(strip_id(after.body) == strip_id(before));
}

TEST_CASE("When the workers' queue is full, the database is refused at once; resolutions go on") {
  World world(0);
  CHECK(world.ask("POST", "/v1/policies/batch", admin, R"({"operations":[]})").status == 503);
  CHECK(world.ask("PUT", "/v1/policies/cloud", admin, prefer_vnc).status == 503);
  CHECK(world.ask("GET", "/v1/policies/cloud", admin).status == 503);
  CHECK(world.ask("GET", "/v1/projects/p1/consoles", admin).status == 200);
  CHECK(world.ask("GET", "/healthcheck", {}).status == 200);
}

TEST_CASE("The audit event of a write is in the log before the write is acknowledged") {
  World world;
  REQUIRE(world.ask("PUT", "/v1/policies/cloud", admin, prefer_vnc).status == 201);
  CHECK(world.logged_so_far().find(R"("message":"audit")") != std::string::npos);
}

TEST_CASE("A request that waits too long for a worker is answered 503 and does not run") {
  World world(100, std::chrono::milliseconds(0));
  std::promise<void> release = world.occupy_worker();
  auto answer = std::async(std::launch::async, [&] {
    return world.ask("PUT", "/v1/policies/cloud", admin, prefer_vnc);
  });
  while (world.workers.waiting() == 0) std::this_thread::yield();
  release.set_value();
  CHECK(answer.get().status == 503);
  CHECK(world.ask("GET", "/v1/projects/p1/consoles", admin).status == 200);
  CHECK(world.store->figures().revision == 0);
  CHECK(world.logged().find("waited too long for a worker") != std::string::npos);
}

TEST_CASE("A request whose client is gone before a worker is free does not run") {
  World world;
  std::promise<void> release = world.occupy_worker();
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  http::Request request{"PUT", "/v1/policies/cloud", admin, prefer_vnc, "192.0.2.1"};
  request.client_gone = gone;
  std::promise<int> status;
  world.pipeline.handle(std::move(request), [&status](const http::Response& response) {
    status.set_value(response.status);
  });
  *gone = true;
  release.set_value();
  CHECK(status.get_future().get() == 503);
  CHECK(world.ask("GET", "/v1/policies/cloud", admin).status == 404);
}

TEST_CASE("The log names the length of a token that is refused") {
  World world;
  CHECK(world.ask("GET", "/v1/policies", {{"X-Auth-Token", std::string(5000, 'x')}}).status == 401);
  CHECK(world.logged().find("X-Auth-Token has 5000 bytes") != std::string::npos);
  CHECK(world.ask("GET", "/v1/policies", {{"X-Auth-Token", "a, b"}}).status == 401);
  CHECK(world.logged().find("X-Auth-Token of 4 bytes is not one token") != std::string::npos);
  CHECK(world.ask("GET", "/v1/policies", {}).status == 401);
  CHECK(world.logged().find("0 headers X-Auth-Token") != std::string::npos);
}

TEST_CASE("A user agent in any encoding leaves a log of UTF-8") {
  World world;
  http::Headers headers = admin;
  headers.emplace_back("User-Agent", "J\xf6rg");
  REQUIRE(world.ask("PUT", "/v1/policies/cloud", headers, prefer_vnc).status == 201);
  CHECK(world.logged().find(R"("agent":"J?rg")") != std::string::npos);
}

TEST_CASE("The domain of another project is asked for, and counts") {
  World world;
  REQUIRE(world.ask("PUT", "/v1/policies/domains/acme", admin, R"({"policy":{"deny":["VNC"]}})")
              .status == 201);
  const http::Headers token{{"X-Auth-Token", "t"}};
  const http::Response acme = world.ask_keystone("/v1/projects/p-acme/consoles", token);
  CHECK(acme.status == 200);
  CHECK(acme.body.find("\"domain_id\":\"acme\"") != std::string::npos);
  CHECK(acme.body.find("\"consoles\":[\"SPICE\"]") != std::string::npos);
  CHECK(world.domains.asked == 1);
  CHECK(world.ask_keystone("/v1/projects/p-none/consoles", token).status == 200);
  CHECK(world.domains.asked == 2);
  // A domain that could not be found out is not "none".
  CHECK(world.ask_keystone("/v1/projects/p-away/consoles", token).status == 503);
  CHECK(world.domains.asked == 3);
  // Not asked: the caller's own project, a bad id, what has no domain in its answer.
  CHECK(world.ask_keystone("/v1/projects/p1/consoles", token).status == 200);
  CHECK(world.ask_keystone("/v1/projects/a%01b/consoles", token).status == 400);
  CHECK(world.ask_keystone("/v1/policies/projects/p-acme", token).status == 404);
  CHECK(world.domains.asked == 3);
  CHECK(world.ask_keystone("/v1/projects/p-acme/consoles?domain_id=other", token).status == 400);
  CHECK(world.ask("GET", "/v1/projects/p-acme/consoles?domain_id=other", admin).status == 200);
}

TEST_CASE("A static caller who states no domain gets the domain's deny, as Keystone knows it") {
  World world;
  REQUIRE(world.ask("PUT", "/v1/policies/domains/acme", admin, R"({"policy":{"deny":["VNC"]}})")
              .status == 201);
  Pipeline both(world.keystone_services, world.identity, world.workers, *world.log);
  const auto consoles = [&](const std::string& query) {
    std::promise<http::Response> answer;
    both.handle({"GET", "/v1/projects/p-acme/consoles" + query, admin, {}, "192.0.2.1"},
                [&](http::Response response) { answer.set_value(std::move(response)); });
    return answer.get_future().get().body;
  };
  CHECK(consoles("").find("\"consoles\":[\"SPICE\"]") != std::string::npos);
  CHECK(world.domains.asked == 1);
  CHECK(consoles("?domain_id=other").find("\"consoles\":[\"SPICE\",\"VNC\"]") != std::string::npos);
  CHECK(world.domains.asked == 1);
}

TEST_CASE(
    "Identity is asked under the id that came with the request, else under the request's own") {
  World world;
  const std::string global = "req-01234567-89ab-4cde-8f01-23456789abcd";
  const char* const foreign = "/v1/projects/p-acme/consoles";
  world.ask_keystone(foreign, {{"X-Auth-Token", "t"}, {"X-OpenStack-Request-ID", global}});
  CHECK(world.keystone.request_id == global);
  CHECK(world.domains.given_request_id == global);
  const http::Response own = world.ask_keystone(foreign, {{"X-Auth-Token", "t"}});
  CHECK(world.keystone.request_id == http::header(own.headers, "x-openstack-request-id"));
  CHECK(world.domains.given_request_id == world.keystone.request_id);
}

TEST_CASE("An application credential may be used for what its rules list and for nothing else") {
  World world;
  const http::Headers token{{"X-Auth-Token", "ruled"}};
  CHECK(world.ask_keystone("/v1/projects/p1/consoles", token).status == 200);
  CHECK(world.ask_keystone("/v1/projects/p1/consoles?x", token).status == 400);
  const http::Response refused = world.ask_keystone("/v1/policies/cloud", token);
  CHECK(refused.status == 401);
  CHECK(http::header(refused.headers, "www-authenticate") == "Fake");
}

TEST_CASE("A service token goes along, and more or less than one is refused") {
  World world;
  const auto with = [&](http::Headers more) {
    more.emplace_back("X-Auth-Token", "t");
    return world.ask_keystone("/v1/projects/p1/consoles", std::move(more)).status;
  };
  CHECK(with({{"X-Service-Token", "s"}}) == 200);
  CHECK(world.keystone.service_token == "s");
  CHECK(with({}) == 200);
  CHECK(world.keystone.service_token.empty());
  CHECK(with({{"X-Service-Token", ""}}) == 401);
  CHECK(with({{"X-Service-Token", "a,b"}}) == 401);
  CHECK(with({{"X-Service-Token", "a"}, {"x-service-token", "b"}}) == 401);
}

TEST_CASE("A fault of the server's is logged with its cause, which the client does not see") {
  World world;
  const http::Response response =
      world.pipeline.refuse({ErrorCode::internal, {}, "no descriptor"}, "192.0.2.1");
  CHECK(response.status == 500);
  CHECK(response.body.find("no descriptor") == std::string::npos);
  CHECK(world.logged().find(R"("level":"error","message":"refused")") != std::string::npos);
  CHECK(world.logged().find(R"("cause":"no descriptor")") != std::string::npos);
}

TEST_CASE("What never became a request is refused with a request id and logged") {
  World world;
  const http::Response response =
      world.pipeline.refuse({ErrorCode::header_too_large, "too large", {}}, "192.0.2.1");
  CHECK(response.status == 431);
  CHECK(http::header(response.headers, "x-openstack-request-id").substr(0, 4) == "req-");
  CHECK(world.logged().find("\"refused\"") != std::string::npos);
}
