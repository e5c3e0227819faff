// SPDX-License-Identifier: Apache-2.0
// RawClient: a TCP connection to the loopback that sends given bytes.
//
// Contract: no wait is longer than `patience`; what does not come until then is reported as
// missing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace console_policy::http::test {

struct Answer {
  int status{0};     // 0: no whole answer came
  std::string head;  // status line and fields
  std::string body;

  std::string field(std::string_view name) const;  // empty when it is not there
};

enum class Expected { with_body, head_only };

class RawClient {
 public:
  static constexpr std::chrono::seconds patience{20};

  RawClient();  // not connected yet
  explicit RawClient(std::uint16_t port, int receive_buffer_bytes = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void connect(std::uint16_t port);
  bool send(std::string_view bytes);  // false: the server closed meanwhile
  Answer receive(Expected expected = Expected::with_body);
  Answer ask(std::string_view request);

  // True when the server ends the connection without another byte.
  bool is_closed();
  // Waits for a byte or the end; false when neither comes within `time`.
  bool hears_within(std::chrono::milliseconds time) const;

  void end_sending();
  void reset();  // RST instead of FIN; the last call

  int descriptor() const { return socket_; }

 private:
  bool fill();

  int socket_;
  std::string received_;
};

// The port of "http://127.0.0.1:9797".
std::uint16_t port_of(const std::string& url);

}  // namespace console_policy::http::test
