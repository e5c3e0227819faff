// SPDX-License-Identifier: Apache-2.0
// The HTTP boundary: bytes as they come from a socket, through header, routes, identity, access,
// codec and a real store, to the bytes of the answer. The first byte selects the pieces in which
// they come.
#include <unistd.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "service/api/pipeline.h"
#include "service/config/load.h"
#include "service/http/request_head.h"
#include "service/http/response_text.h"
#include "service/identity/static_identity.h"
#include "tests/fuzz/input.h"

using namespace console_policy;

namespace {

constexpr int runs_a_store = 20000;  // so that a long run does not fill the memory

struct World {
  World()
      : path("/dev/shm/console-policy-fuzz-http-" + std::to_string(getpid()) + ".db"),
        access(rules()),
        caller(tokens(), platform::system_time),
        workers(1, 4) {
    platform::LogOptions quiet;
    quiet.file = "/dev/null";
    log = platform::Log::start(quiet).value();
    drop();
    store::Options options;
    options.url = "sqlite:///" + path;
    options.sessions = 2;
    store = store::open_store(options).value();
    cloud_default.prefer = {ConsoleType::spice, ConsoleType::vnc};
    services.reset(new api::Services{*store, access, cloud_default, platform::system_time});
    services->proxy_headers = api::ProxyHeaders::x_forwarded;
    pipeline = std::make_unique<api::Pipeline>(*services, caller, workers, *log);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() {
    workers.finish();
    store.reset();
    drop();
  }

  static AccessRules rules() {
    return config::parse_access("access.yaml", config::read_file(ACCESS_FILE).value()).value();
  }
  static std::vector<identity::StaticEntry> tokens() {
    identity::Caller admin;
    admin.user_id = "u";
    admin.project_id = "p";
    admin.project_domain_id = "default";
    admin.roles = {"admin", "service"};
    return {{identity::sha256("t"), admin}};
  }
  void drop() const {
    for (const char* end : {"", "-wal", "-shm"}) unlink((path + end).c_str());
  }

  std::string path;
  api::AccessInForce access;
  identity::StaticIdentity caller;
  platform::WorkerPool workers;
  Policy cloud_default;
  std::unique_ptr<platform::Log> log;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<api::Services> services;
  std::unique_ptr<api::Pipeline> pipeline;
};

World& world() {
  static std::unique_ptr<World> now;
  static int runs = 0;
  if (runs++ % runs_a_store == 0) {
    now.reset();
    now = std::make_unique<World>();
  }
  return *now;
}

void check_answer(const http::Response& response, bool head) {
  fuzz::require(response.status >= 200 && response.status <= 599, "every request has an answer");
  fuzz::require(response.status != 500, "no request is a fault of ours");
  const std::string text =
      http::response_text(response, head ? http::Content::withheld : http::Content::sent,
                          http::Persistence::close, std::chrono::system_clock::time_point{});
  fuzz::require(text.compare(0, 9, "HTTP/1.1 ") == 0, "an answer begins as one");
  fuzz::require(text.find("\r\n\r\n") != std::string::npos, "an answer's header ends");
}

http::Response ask(http::Request request) {
  std::promise<http::Response> promise;
  std::future<http::Response> answer = promise.get_future();
  world().pipeline->handle(std::move(request), [&promise](http::Response response) {
    promise.set_value(std::move(response));
  });
  fuzz::require(answer.wait_for(std::chrono::seconds(10)) == std::future_status::ready,
                "an answer comes in time");
  return answer.get();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const std::size_t piece = std::size_t{fuzz::take_byte(input)} * 8 + 1;
  http::Limits limits;
  limits.max_header_bytes = 2048;
  limits.max_body_bytes = 2048;
  constexpr int max_requests = 8;
  for (int i = 0; i < max_requests && !input.empty(); ++i) {
    std::size_t checked = 0;
    http::FoundHeader found;
    while (!found.is_whole && !found.error) {
      if (checked == input.size()) return 0;  // the connection ends in the middle
      const std::size_t visible = std::min(checked + piece, input.size());
      found = http::find_header(input.substr(0, visible), checked, limits);
      checked = visible;
      fuzz::require(found.error || found.end <= limits.max_header_bytes, "a header is bounded");
    }
    Result<http::ParsedHead> head =
        found.error ? Result<http::ParsedHead>(*found.error) : http::parse_head(found.text, limits);
    if (!head.ok()) {
      check_answer(world().pipeline->refuse(head.error(), "192.0.2.1"), found.is_head);
      return 0;
    }
    input.remove_prefix(found.end);
    const std::size_t body_bytes = head.value().body_bytes;
    fuzz::require(body_bytes <= limits.max_body_bytes, "a body is bounded");
    if (input.size() < body_bytes) return 0;  // the connection ends in the middle
    http::Request request = std::move(head.value().request);
    request.body = input.substr(0, body_bytes);
    input.remove_prefix(body_bytes);
    request.client_address = "192.0.2.1";
    check_answer(ask(std::move(request)), found.is_head);
  }
  return 0;
}
