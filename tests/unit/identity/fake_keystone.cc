// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/identity/fake_keystone.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>

#include "service/platform/time_text.h"

namespace console_policy::identity {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

FakeRequest parse_head(const std::string& head) {
  FakeRequest request;
  const std::size_t space = head.find(' ');
  request.method = head.substr(0, space);
  request.target = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t end = head.find("\r\n", at);
    const std::string line = head.substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) {
      const std::size_t value = line.find_first_not_of(' ', colon + 1);
      request.headers[lower(line.substr(0, colon))] =
          value == std::string::npos ? std::string() : line.substr(value);
    }
    at = end + 2;
  }
  return request;
}

}  // namespace

FakeKeystone::FakeKeystone(Script script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  REQUIRE(::listen(listener_, 64) == 0);
  acceptor_ = std::thread([this] { accept(); });
}

FakeKeystone::~FakeKeystone() {
  ending_ = true;
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

std::string FakeKeystone::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/v3";
}

KeystoneOptions FakeKeystone::options() const {
  KeystoneOptions options;
  options.auth_url = url();
  options.username = "console-policy";
  options.project_name = "service";
  options.timeout = std::chrono::milliseconds(2000);
  return options;
}

std::vector<FakeRequest> FakeKeystone::asked() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return asked_;
}

std::size_t FakeKeystone::asked(const std::string& method, const std::string& target_begin) const {
  std::size_t count = 0;
  for (const FakeRequest& request : asked()) {
    if (request.method == method && request.target.rfind(target_begin, 0) == 0) ++count;
  }
  return count;
}

std::optional<std::size_t> FakeKeystone::sent() const {
  if (sending_ > 0) return std::nullopt;
  return sent_.load();
}

void FakeKeystone::accept() {
  while (!ending_) {
    pollfd ready{listener_, POLLIN, 0};
    if (::poll(&ready, 1, 20) <= 0) continue;
    const int connection = ::accept(listener_, nullptr, nullptr);
    if (connection < 0) continue;
    const std::lock_guard<std::mutex> lock(mutex_);
    connections_.emplace_back([this, connection] { serve(connection); });
  }
}

// One request a connection.
void FakeKeystone::serve(int connection) {
  std::string text;
  std::size_t head_end = std::string::npos;
  std::size_t whole = 0;
  while (!ending_ && (head_end == std::string::npos || text.size() < whole)) {
    pollfd ready{connection, POLLIN, 0};
    if (::poll(&ready, 1, 20) <= 0) continue;
    char buffer[4096];
    const ssize_t got = ::read(connection, buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
    head_end = text.find("\r\n\r\n");
    if (head_end == std::string::npos) continue;
    const FakeRequest head = parse_head(text.substr(0, head_end + 2));
    const auto length = head.headers.find("content-length");
    whole = head_end + 4 + (length == head.headers.end() ? 0 : std::stoul(length->second));
  }
  if (head_end != std::string::npos && text.size() >= whole) {
    FakeRequest request = parse_head(text.substr(0, head_end + 2));
    request.body = text.substr(head_end + 4);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      asked_.push_back(request);
    }
    const FakeAnswer answer = script_(request);
    const auto until = std::chrono::steady_clock::now() + answer.delay;
    while (!ending_ && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (!answer.hang_up) this->answer(connection, answer);
  }
  ::shutdown(connection, SHUT_RDWR);
  ::close(connection);
}

// The client may have gone: that is what some tests are about.
void FakeKeystone::answer(int connection, const FakeAnswer& answer) {
  ++sending_;
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) +
                     " Fake\r\nContent-Type: application/json\r\nConnection: close\r\n";
  head += answer.framing.empty() && !answer.endless
              ? "Content-Length: " + std::to_string(answer.body.size()) + "\r\n"
              : answer.framing;
  if (!answer.subject_token.empty()) head += "X-Subject-Token: " + answer.subject_token + "\r\n";
  const std::size_t before = sent_;
  bool there = send(connection, head + "\r\n" + answer.body);
  while (there && answer.endless && sent_ - before < max_sent) {
    there = send(connection, answer.body);
  }
  --sending_;
}

bool FakeKeystone::send(int connection, const std::string& text) {
  std::size_t at = 0;
  while (at < text.size() && !ending_) {
    pollfd ready{connection, POLLOUT, 0};
    if (::poll(&ready, 1, 20) <= 0) continue;
    const ssize_t part =
        ::send(connection, text.data() + at, text.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (part < 0) return false;
    at += static_cast<std::size_t>(part);
    sent_ += static_cast<std::size_t>(part);
  }
  return !ending_;
}

std::string token_document(const std::string& user, const std::string& expires_at,
                           const std::string& more) {
  return R"({"token":{"user":{"id":")" + user +
         R"(","name":"n","domain":{"id":"default","name":"Default"}},)" +
         R"("project":{"id":"p1","name":"demo","domain":{"id":"acme","name":"acme"}},)" +
         R"("methods":["password"],"issued_at":"2026-01-01T00:00:00.000000Z","expires_at":")" +
         expires_at + "\"" + (more.empty() ? "" : "," + more) + "}}";
}

std::string error_document(int status) {
  return R"({"error":{"code":)" + std::to_string(status) + R"(,"message":"m","title":"t"}})";
}

FakeAnswer own_token(const std::string& token, const std::string& expires_at) {
  FakeAnswer answer;
  answer.status = 201;
  answer.body = token_document("svc", expires_at);
  answer.subject_token = token;
  return answer;
}

std::string tomorrow() {
  return platform::format_time(platform::system_time() + std::chrono::hours(24));
}

}  // namespace console_policy::identity
