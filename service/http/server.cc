// SPDX-License-Identifier: Apache-2.0
#include "service/http/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <thread>
#include <utility>

#include "service/http/connections.h"
#include "service/http/listener.h"
#include "service/http/tls.h"

namespace console_policy::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long closing the sockets may take after the drain.
constexpr milliseconds close_time{2000};

class AsioServer final : public Server {
 public:
  AsioServer(const Options& options, Handler& handler)
      : options_{options},
        handler_{handler},
        connections_{options_.limits},
        context_{static_cast<int>(options.limits.io_threads)},
        work_{context_.get_executor()} {}

  ~AsioServer() override { end_threads(); }

  Status open() {
    for (const Listen& listen : options_.listen) {
      auto listener = Listener::open(listen, context_, {connections_, handler_, options_.limits});
      if (!listener) return std::move(listener).error();
      listeners_.push_back(std::move(listener).value());
    }
    return Success{};
  }

  void run() {
    for (const auto& listener : listeners_) listener->start();
    for (std::size_t i = 0; i < options_.limits.io_threads; ++i) {
      threads_.emplace_back([this] { run_thread(); });
    }
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
      connections_.close_all();
      connections_.wait_until_empty(steady_clock::now() + close_time);
    }
    end_threads();
    return clean;
  }

 private:
  // A library's exception (no memory) costs the operation that it happened in: the deadline of its
  // connection closes that connection.
  void run_thread() noexcept {
    for (;;) {
      try {
        context_.run();
        return;
      } catch (const std::exception& fault) {
        handler_.refuse(Error{ErrorCode::internal, {}, fault.what()}, {});  // for the log
      }
    }
  }

  void end_threads() {
    work_.reset();
    context_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    for (const auto& listener : listeners_) listener->close();
  }

  const Options options_;
  Handler& handler_;
  Connections connections_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::vector<std::thread> threads_;
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
