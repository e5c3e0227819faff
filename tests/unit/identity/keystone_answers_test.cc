// SPDX-License-Identifier: Apache-2.0
// What a Keystone that is broken, or is none, may answer: a fake on a real socket.
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/unit/identity/keystone_world.h"

using namespace console_policy;
using namespace console_policy::identity;
using namespace console_policy::identity::test;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST_CASE("Keystone: an answer that is not Keystone's decides nothing about the token") {
  const std::vector<FakeAnswer> odd{
      status(404, "<html>no such page</html>"),
      status(200, "<html>welcome</html>"),
      status(200, "{}"),
      status(403),
      status(400),
      status(302),
      status(200, std::string(2 * HttpClient::max_answer_bytes, ' '))};
  for (const FakeAnswer& answer : odd) {
    INFO(answer.status << " " << answer.body.substr(0, 40));
    World world(serving([&](const FakeRequest&) { return answer; }));
    const Result<Caller> said = ask(*world.identity, "secret-token");
    CHECK(code_of(said) == ErrorCode::unavailable);
    CHECK(said.error().message == "The Keystone service is temporarily unavailable.");
    CHECK_FALSE(said.error().internal.empty());
    CHECK(said.error().internal.find("secret-token") == std::string::npos);
    CHECK(said.error().internal.find("html") == std::string::npos);
    CHECK(world.validations() == 1);
  }
}

TEST_CASE("Keystone: an answer that is too long is not read on") {
  const std::string piece(0x10000, ' ');
  struct Framed {
    std::string framing;
    std::string piece;
  };
  const std::vector<Framed> endless{
      {"Content-Length: 10000000000\r\n", piece},
      {"Content-Length: 18446744073709551615\r\n", piece},
      {"Transfer-Encoding: chunked\r\n", "10000\r\n" + piece + "\r\n"},
      {"Cache-Control: no-store\r\n", piece}};  // until the connection ends
  for (const Framed& framed : endless) {
    INFO(framed.framing);
    World world(serving([&](const FakeRequest&) {
      FakeAnswer answer;
      answer.body = framed.piece;
      answer.framing = framed.framing;
      answer.endless = true;
      return answer;
    }));
    const Result<Caller> said = ask(*world.identity, "t");
    CHECK(code_of(said) == ErrorCode::unavailable);
    CHECK(said.error().internal == "Keystone's answer is too long");
    CHECK(world.validations() == 1);
    CHECK(sent_once_over(world.keystone) < 32 * HttpClient::max_answer_bytes);
  }
}

TEST_CASE("Keystone: an answer as long as is allowed is taken, whatever its framing") {
  const auto in_chunks = [](const std::string& body) {
    std::string text;
    for (std::size_t at = 0; at < body.size(); at += 0x8000) {
      const std::string part = body.substr(at, 0x8000);
      std::ostringstream size;
      size << std::hex << part.size();
      text += size.str() + "\r\n" + part + "\r\n";
    }
    return text + "0\r\n\r\n";
  };
  for (const std::size_t beyond : {0U, 1U}) {
    for (const char* text : {"", "Transfer-Encoding: chunked\r\n", "Vary: *\r\n"}) {
      const std::string framing = text;
      INFO(framing << beyond);
      World world(serving([&](const FakeRequest& request) {
        FakeAnswer answer = accept(request);
        answer.body.resize(HttpClient::max_answer_bytes + beyond, ' ');
        answer.framing = framing;
        if (framing[0] == 'T') answer.body = in_chunks(answer.body);
        return answer;
      }));
      const Result<Caller> said = ask(*world.identity, "t");
      CHECK(said.ok() == (beyond == 0));
      if (!said.ok()) CHECK(said.error().internal == "Keystone's answer is too long");
    }
  }
}

TEST_CASE("Keystone: a chunk whose size is none ends the answer, and not the process") {
  for (const char* text : {"-1", "-2", "zz", ""}) {
    const std::string size = text;
    INFO(size);
    World world(serving([&](const FakeRequest&) {
      FakeAnswer answer;
      answer.body = size + "\r\n{}\r\n0\r\n\r\n";
      answer.framing = "Transfer-Encoding: chunked\r\n";
      return answer;
    }));
    CHECK(code_of(ask(*world.identity, "t")) == ErrorCode::unavailable);
  }
}
