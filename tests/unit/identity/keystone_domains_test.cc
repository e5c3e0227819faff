// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_domains.h"

#include <catch2/catch.hpp>
#include <future>

#include "tests/unit/identity/fake_keystone.h"

using namespace console_policy;
using namespace console_policy::identity;
using std::chrono_literals::operator""s;

namespace {

using Domain = Result<std::optional<std::string>>;

Domain ask(ProjectDomains& domains, const std::string& project) {
  auto answer = std::make_shared<std::promise<Domain>>();
  std::future<Domain> future = answer->get_future();
  domains.domain_of(ProjectId::parse(project).value(), "",
                    [answer](Domain domain) { answer->set_value(std::move(domain)); });
  REQUIRE(future.wait_for(20s) == std::future_status::ready);
  return future.get();
}

struct World {
  explicit World(FakeKeystone::Script script)
      : keystone(std::move(script)),
        client(std::move(KeystoneClient::create(keystone.options(), "pw", platform::system_time))
                   .value()),
        domains(keystone.options(), *client, platform::system_time) {}
  ~World() { client->finish(); }

  FakeKeystone keystone;
  std::unique_ptr<KeystoneClient> client;
  KeystoneDomains domains;
};

}  // namespace

TEST_CASE("A project's domain is Keystone's, and is asked for once") {
  World world([](const FakeRequest& request) {
    FakeAnswer answer;
    if (request.method == "POST") return own_token("own", tomorrow());
    if (request.target == "/v3/projects/p1") {
      answer.body = R"({"project":{"id":"p1","domain_id":"acme"}})";
    } else if (request.target == "/v3/projects/hidden") {
      answer.status = 403;
      answer.body = error_document(403);
    } else {
      answer.status = 404;
      answer.body = request.target == "/v3/projects/gone" ? error_document(404) : "<html>";
    }
    return answer;
  });
  for (int i = 0; i < 3; ++i) CHECK(ask(world.domains, "p1").value() == "acme");
  CHECK(world.keystone.asked("GET", "/v3/projects/p1") == 1);

  const Domain gone = ask(world.domains, "gone");
  REQUIRE(gone.ok());
  CHECK_FALSE(gone.value().has_value());
  CHECK(ask(world.domains, "gone").ok());
  CHECK(world.keystone.asked("GET", "/v3/projects/gone") == 1);

  // That it cannot be found out is not the same as none: a domain's deny would be lost.
  for (const char* project : {"hidden", "elsewhere"}) {
    CHECK(ask(world.domains, project).error().code == ErrorCode::unavailable);
  }
}
