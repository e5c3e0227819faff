// SPDX-License-Identifier: Apache-2.0
#include "service/http/server.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "service/http/connections.h"
#include "service/http/io_threads.h"
#include "service/http/listener.h"
#include "service/http/sweeper.h"
#include "service/http/tls.h"

namespace console_policy::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long closing the sockets may take, once they are to be cut.
constexpr milliseconds cut_time{2000};

// Deadlines are looked at this often: a timeout is late by at most an eighth of the shortest. And
// whether listeners accept: one that could not rests as long.
milliseconds sweep_interval(const Limits& limits) {
  const milliseconds shortest = std::min(
      {limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout});
  return std::clamp(shortest / 8, milliseconds{5}, milliseconds{250});
}

class AsioServer final : public Server {
 public:
  AsioServer(const Options& options, Handler& handler)
      : options_{options},
        handler_{handler},
        connections_{options.limits.max_connections},
        large_bodies_{options.limits.large_body ? options.limits.large_body->max_at_once : 0},
        threads_{options.limits.io_threads} {}

  ~AsioServer() override { end_threads(); }

  Status open() {
    for (const Listen& listen : options_.listen) {
      auto listener = Listener::open(
          listen, threads_, {threads_, connections_, large_bodies_, handler_, options_.limits});
      if (!listener) return std::move(listener).error();
      listeners_.push_back(std::move(listener).value());
    }
    return Success{};
  }

  void run() {
    const auto on_fault = [this](const std::exception& fault) {
      handler_.refuse(Error{ErrorCode::internal, {}, fault.what()}, {});  // for the log
    };
    for (const auto& listener : listeners_) listener->go_on();
    threads_.start(on_fault);
    sweeper_.start(
        sweep_interval(options_.limits), [this] { sweep(); }, on_fault);
  }

  std::vector<std::string> urls() const override {
    std::vector<std::string> all;
    for (const auto& listener : listeners_) all.push_back(listener->url());
    return all;
  }

  std::size_t connections() const override { return connections_.served(); }

  Status reload_certificates() override {
    Status all = Success{};
    for (const auto& listener : listeners_) {
      Status one = listener->reload_certificates();
      if (!one.ok()) all = std::move(one);
    }
    return all;
  }

  bool drain() override {
    const auto deadline = steady_clock::now() + options_.drain_time;
    for (const auto& listener : listeners_) listener->stop();
    connections_.drain();
    const bool clean = connections_.wait_until_empty(deadline);
    if (!clean) {
      connections_.cut();
      connections_.wait_until_empty(steady_clock::now() + cut_time);
    }
    end_threads();
    return clean;
  }

 private:
  void sweep() {
    for (const auto& listener : listeners_) listener->go_on();
    connections_.sweep(steady_clock::now());
  }

  void end_threads() {
    sweeper_.stop();
    threads_.stop();
    for (const auto& listener : listeners_) listener->close();
  }

  const Options options_;
  Handler& handler_;
  Connections connections_;
  LargeBodies large_bodies_;
  IoThreads threads_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  Sweeper sweeper_;
};

}  // namespace

Status Server::check(const Listen& listen) {
  if (!listen.tls) return Success{};
  auto context = tls_context(*listen.tls);
  if (!context) return std::move(context).error();
  return Success{};
}

Result<std::unique_ptr<Server>> Server::start(const Options& options, Handler& handler) {
  try {
    auto server = std::make_unique<AsioServer>(options, handler);
    if (auto status = server->open(); !status) return std::move(status).error();
    server->run();
    return std::unique_ptr<Server>{std::move(server)};
  } catch (const std::exception& error) {  // no epoll descriptor, no thread
    return Error{ErrorCode::unavailable, "cannot start the HTTP server", error.what()};
  }
}

}  // namespace console_policy::http
