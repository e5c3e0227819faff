// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_names.h"

#include <catch2/catch.hpp>
#include <future>

#include "tests/unit/identity/fake_keystone.h"

using namespace console_policy;
using namespace console_policy::identity;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono::steady_clock;

namespace {

ProjectId project(const std::string& id) {
  return ProjectId::parse(id).value();
}

OwnerIds projects(std::size_t count) {
  OwnerIds wanted;
  for (std::size_t i = 0; i < count; ++i) wanted.projects.insert(project("p" + std::to_string(i)));
  return wanted;
}

std::future<OwnerNames> start(Names& names, const OwnerIds& wanted) {
  auto answer = std::make_shared<std::promise<OwnerNames>>();
  std::future<OwnerNames> future = answer->get_future();
  names.find(wanted, "req-01234567-89ab-4cde-8f01-23456789abcd",
             [answer](OwnerNames found) { answer->set_value(std::move(found)); });
  return future;
}

OwnerNames wait(std::future<OwnerNames> answer) {
  REQUIRE(answer.wait_for(20s) == std::future_status::ready);
  return answer.get();
}

// A fake that names everything but what is called "gone": {"project":{"name":"name of p1"}}.
FakeAnswer name_all(const FakeRequest& request) {
  if (request.method == "POST") return own_token("own", tomorrow());
  FakeAnswer answer;
  const std::string path = request.target.substr(4);  // behind "/v3/"
  const std::string word = path.substr(0, path.find('/') - 1);
  const std::string id = path.substr(path.find('/') + 1);
  answer.status = id == "gone" ? 404 : 200;
  answer.body = id == "gone" ? error_document(404)
                             : R"({")" + word + R"(":{"id":"x","name":"name of )" + id + R"("}})";
  return answer;
}

struct World {
  explicit World(FakeKeystone::Script script)
      : keystone(std::move(script)),
        client(std::move(KeystoneClient::create(keystone.options(), "pw", platform::system_time))
                   .value()),
        names(keystone.options(), *client, platform::system_time) {}
  ~World() { client->finish(); }

  std::size_t questions() const { return keystone.asked("GET", "/v3/"); }

  FakeKeystone keystone;
  std::unique_ptr<KeystoneClient> client;
  KeystoneNames names;
};

}  // namespace

TEST_CASE("Names are Keystone's, asked for once; what it does not know is not among them") {
  World world(name_all);
  OwnerIds wanted;
  wanted.projects = {project("p1"), project("gone")};
  wanted.domains = {DomainId::parse("acme").value()};
  wanted.users = {UserId::parse("u1").value()};
  for (int i = 0; i < 2; ++i) {
    const OwnerNames found = wait(start(world.names, wanted));
    CHECK(found.projects == std::map<ProjectId, std::string>{{project("p1"), "name of p1"}});
    CHECK(found.domains.at(DomainId::parse("acme").value()) == "name of acme");
    CHECK(found.users.at(UserId::parse("u1").value()) == "name of u1");
  }
  CHECK(world.questions() == 4);
  for (const FakeRequest& request : world.keystone.asked()) {
    CHECK(request.headers.at("x-openstack-request-id") ==
          "req-01234567-89ab-4cde-8f01-23456789abcd");
  }
}

TEST_CASE("Names: a page of a thousand is asked for by a few at a time") {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  World world([&](const FakeRequest& request) {
    const int mine = ++now;
    int before = most;
    while (before < mine && !most.compare_exchange_weak(before, mine)) {
    }
    std::this_thread::sleep_for(2ms);
    --now;
    return name_all(request);
  });
  std::size_t found = 0;
  for (int i = 0; i < 20 && found < 300; ++i) {
    found = wait(start(world.names, projects(300))).projects.size();
  }
  CHECK(found == 300);  // in one search or in several: each goes on where the last one stopped
  CHECK(world.questions() <= 300 + 20 * KeystoneNames::questions_at_once);
  CHECK(most <= static_cast<int>(KeystoneNames::questions_at_once));
}

TEST_CASE(
    "Names: a slow Keystone makes a list late by find_within at most, and not again at once") {
  World world([](const FakeRequest& request) {
    FakeAnswer answer = name_all(request);
    if (request.method == "GET") answer.delay = 10s;
    return answer;
  });
  auto began = steady_clock::now();
  CHECK(wait(start(world.names, projects(50))).projects.empty());
  CHECK(steady_clock::now() - began < KeystoneNames::find_within + 1s);
  began = steady_clock::now();
  CHECK(wait(start(world.names, projects(50))).projects.empty());
  CHECK(steady_clock::now() - began < 500ms);
}

TEST_CASE("Names: what Keystone forbids or breaks is not known, and nothing more") {
  std::atomic<int> status{403};
  World world([&](const FakeRequest& request) {
    FakeAnswer answer = name_all(request);
    if (request.method == "GET") answer.status = status;
    if (request.method == "GET") answer.body = status == 200 ? "rubbish" : error_document(status);
    return answer;
  });
  for (const int said : {403, 500, 200}) {
    status = said;
    CHECK(wait(start(world.names, projects(3))).projects.empty());
  }
}

TEST_CASE("Names: beyond the bound of searches one gets what is remembered, at once") {
  std::atomic<bool> slow{false};
  World world([&](const FakeRequest& request) {
    FakeAnswer answer = name_all(request);
    if (slow && request.method == "GET") answer.delay = 10s;
    return answer;
  });
  REQUIRE(wait(start(world.names, projects(1))).projects.size() == 1);
  slow = true;
  std::vector<std::future<OwnerNames>> waiting;
  for (std::size_t i = 0; i < KeystoneNames::max_searches; ++i) {
    waiting.push_back(start(world.names, projects(2)));
  }
  auto more = start(world.names, projects(2));
  REQUIRE(more.wait_for(0ms) == std::future_status::ready);
  CHECK(more.get().projects.size() == 1);
  for (auto& answer : waiting) CHECK(wait(std::move(answer)).projects.size() == 1);
}

TEST_CASE("Names: who waits for them when the client ends is answered") {
  World world([](const FakeRequest& request) {
    FakeAnswer answer = name_all(request);
    if (request.method == "GET") answer.delay = 10s;
    return answer;
  });
  auto waiting = start(world.names, projects(20));
  world.client->finish();
  CHECK(waiting.wait_for(0ms) == std::future_status::ready);
}
