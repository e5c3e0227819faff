// SPDX-License-Identifier: Apache-2.0
// The bare Boost.Beast answer: what its own documentation shows for an asynchronous server (one
// strand a connection, http::async_read, http::async_write), answering every request with the same
// JSON text. It knows no route, no token, no log and no limit.
//
// usage: bare_beast PORT THREADS
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

// 113 bytes.
const char* const body =
    R"({"resolution":{"consoles":["SPICE","VNC","SERIAL","MKS"],"denied":[],"revision":1234,"filler":"xxxxxxxxxxxxxxx"}})";

class Session final : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : stream_(std::move(socket)) {
    stream_.socket().set_option(tcp::no_delay(true));
  }

  void read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code ec, std::size_t) {
                       if (!ec) self->answer();
                     });
  }

 private:
  void answer() {
    response_ = {http::status::ok, request_.version()};
    response_.set(http::field::server, "bare");
    response_.set(http::field::content_type, "application/json");
    response_.keep_alive(request_.keep_alive());
    response_.body() = body;
    response_.prepare_payload();
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code ec, std::size_t) {
                        if (!ec && self->response_.keep_alive()) self->read();
                      });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

class Listener final {
 public:
  Listener(asio::io_context& context, std::uint16_t port)
      : context_(context), acceptor_(context, {asio::ip::address_v4::loopback(), port}) {}

  void accept() {
    acceptor_.async_accept(asio::make_strand(context_),
                           [this](beast::error_code ec, tcp::socket socket) {
                             if (!ec) std::make_shared<Session>(std::move(socket))->read();
                             accept();
                           });
  }

 private:
  asio::io_context& context_;
  tcp::acceptor acceptor_;
};

int main(int argc, char** argv) {
  if (argc != 3) return EXIT_FAILURE;
  const int count = std::atoi(argv[2]);
  asio::io_context context(count);
  Listener listener(context, static_cast<std::uint16_t>(std::atoi(argv[1])));
  listener.accept();
  std::vector<std::thread> threads;
  for (int i = 1; i < count; ++i) threads.emplace_back([&context] { context.run(); });
  context.run();
}
