// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>

#include "service/http/message.h"

namespace console_policy::http::test {

std::string Answer::field(std::string_view name) const {
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos && equal_ignoring_case(line.substr(0, colon), name)) {
      return line.substr(colon + 2);
    }
    at = end;
  }
  return {};
}

RawClient::RawClient() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  REQUIRE(socket_ >= 0);
  const timeval time{patience.count(), 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  const int at_once = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
}

RawClient::RawClient(std::uint16_t port, int receive_buffer_bytes) : RawClient{} {
  if (receive_buffer_bytes > 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
  }
  connect(port);
}

void RawClient::connect(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof generic);
  REQUIRE(::connect(socket_, &generic, sizeof address) == 0);
}

RawClient::~RawClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::fill() {
  std::array<char, 65536> piece{};
  const ssize_t count = ::recv(socket_, piece.data(), piece.size(), 0);
  if (count <= 0) return false;
  received_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

Answer RawClient::receive(Expected expected) {
  Answer answer;
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return answer;
  }
  answer.head = received_.substr(0, end + 2);
  received_.erase(0, end + 4);
  const std::string length = answer.field("Content-Length");
  const std::size_t wanted =
      length.empty() || expected == Expected::head_only ? 0 : std::stoul(length);
  while (received_.size() < wanted) {
    if (!fill()) return answer;
  }
  answer.body = received_.substr(0, wanted);
  received_.erase(0, wanted);
  answer.status = std::stoi(answer.head.substr(answer.head.find(' ') + 1));
  return answer;
}

Answer RawClient::ask(std::string_view request) {
  send(request);
  return receive();
}

bool RawClient::is_closed() {
  if (!received_.empty()) return false;
  char byte = 0;
  const ssize_t count = ::recv(socket_, &byte, 1, 0);
  return count == 0 || (count < 0 && (errno == ECONNRESET || errno == EPIPE));
}

bool RawClient::hears_within(std::chrono::milliseconds time) const {
  pollfd wait{socket_, POLLIN, 0};
  return !received_.empty() || ::poll(&wait, 1, static_cast<int>(time.count())) > 0;
}

void RawClient::end_sending() {
  ::shutdown(socket_, SHUT_WR);
}

void RawClient::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(socket_);
  socket_ = -1;
}

std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
}

}  // namespace console_policy::http::test
