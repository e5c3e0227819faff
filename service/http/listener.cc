// SPDX-License-Identifier: Apache-2.0
#include "service/http/listener.h"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "service/http/tls.h"

namespace console_policy::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string text_of(const asio::ip::address& address, std::uint16_t port) {
  const std::string host = address.to_string();
  return (address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

Listener::Listener(const Listen& listen, asio::io_context& context, TlsContext tls,
                   Connection::Dependencies dependencies)
    : context_{context},
      strand_{context.get_executor()},
      acceptor_{strand_},
      rest_{context},
      tls_files_{listen.tls},
      tls_{std::move(tls)},
      dependencies_{dependencies} {}

Result<std::shared_ptr<Listener>> Listener::open(const Listen& listen, asio::io_context& context,
                                                 Connection::Dependencies dependencies) {
  error_code ec;
  const asio::ip::address address = asio::ip::make_address(listen.address, ec);
  if (ec) {
    return invalid_request("listen.address: \"" + listen.address +
                           "\" is not an IPv4 or IPv6 address");
  }
  TlsContext tls;
  if (listen.tls) {
    auto made = tls_context(*listen.tls);
    if (!made) return std::move(made).error();
    tls = std::move(made).value();
  }
  auto listener = std::make_shared<Listener>(listen, context, std::move(tls), dependencies);
  ec = listener->bind(tcp::endpoint{address, listen.port});
  if (ec) {
    return Error{ErrorCode::unavailable,
                 "cannot listen on " + text_of(address, listen.port) + ": " + ec.message(),
                 {}};
  }
  return listener;
}

error_code Listener::bind(const tcp::endpoint& endpoint) {
  error_code ec;
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(asio::socket_base::reuse_address{true}, ec);
  // One listener for each family, whatever the system's default is.
  if (!ec && endpoint.address().is_v6()) acceptor_.set_option(asio::ip::v6_only{true}, ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return ec;
  const tcp::endpoint bound = acceptor_.local_endpoint(ec);
  url_ = (tls_ ? "https://" : "http://") + text_of(bound.address(), bound.port());
  return ec;
}

void Listener::stop() {
  asio::post(strand_, [self = shared_from_this()] { self->close(); });
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  rest_.cancel();
}

Status Listener::reload_certificates() {
  if (!tls_files_) return Success{};
  auto made = tls_context(*tls_files_);
  if (!made) return std::move(made).error();
  // Connections hold the context that they began with.
  asio::post(strand_,
             [self = shared_from_this(), tls = std::move(made).value()] { self->tls_ = tls; });
  return Success{};
}

void Listener::accept() {
  acceptor_.async_accept(Strand{context_.get_executor()},
                         [self = shared_from_this()](const error_code& ec, Socket socket) {
                           self->on_accepted(ec, std::move(socket));
                         });
}

void Listener::on_accepted(const error_code& ec, Socket socket) {
  if (!acceptor_.is_open()) return;
  if (ec && ec != asio::error::connection_aborted) {  // no descriptor
    rest_.expires_after(rest);
    rest_.async_wait(asio::bind_executor(strand_, [self = shared_from_this()](const error_code&) {
      if (self->acceptor_.is_open()) self->accept();
    }));
    return;
  }
  accept();
  if (!ec) serve(std::move(socket));
}

void Listener::serve(Socket socket) {
  error_code ec;
  const tcp::endpoint client = socket.remote_endpoint(ec);
  if (ec) return;  // gone already
  socket.set_option(tcp::no_delay{true}, ec);
  auto connection = std::make_shared<Connection>(std::move(socket), tls_,
                                                 client.address().to_string(), dependencies_);
  const bool can_refuse = tls_ == nullptr;
  switch (dependencies_.connections.add(connection, can_refuse)) {
    case Connections::Place::served:
      return connection->start();
    case Connections::Place::refused:
      return connection->start(
          Error{ErrorCode::unavailable, "too many connections; try again later", {}});
    case Connections::Place::none:
      return;
  }
}

}  // namespace console_policy::http
