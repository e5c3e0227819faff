// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace console_policy::platform;

TEST_CASE("A line of the log is one JSON object with its fields in order") {
  CHECK(
      log_line("T", LogLevel::info, "request",
               {{"path", std::string_view("/v1")}, {"status", std::int64_t{200}}, {"ms", 0.25}}) ==
      R"({"time":"T","level":"info","message":"request","path":"/v1","status":200,"ms":0.250})");
}

TEST_CASE("No value can end its line or forge a field") {
  const std::string line =
      log_line("T", LogLevel::warning, "m",
               {{"path", std::string_view("/\"},\n{\"level\":\"critical\\\t\x01\x7f")}});
  CHECK(line.find('\n') == std::string::npos);
  CHECK(
      line ==
      R"({"time":"T","level":"warning","message":"m","path":"/\"},\u000a{\"level\":\"critical\\\u0009\u0001\u007f"})");
}

TEST_CASE("UTF-8 stays as it is and other bytes are shown as numbers") {
  CHECK(log_line("T", LogLevel::info, "m", {{"a", std::string_view("Zürich")}}).find("Zürich") !=
        std::string::npos);
  CHECK(log_line("T", LogLevel::info, "m", {{"a", std::string_view("\xc3\x28")}})
            .find(R"("\u00c3()") != std::string::npos);
}

TEST_CASE("The log writes at and above its level to its file") {
  char folder[] = "/tmp/console-policy-log-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  LogOptions options;
  options.level = LogLevel::warning;
  options.file = std::string(folder) + "/log";
  {
    auto log = Log::start(options);
    REQUIRE(log.ok());
    log.value()->write(LogLevel::info, "quiet");
    log.value()->write(LogLevel::error, "loud");
  }
  std::stringstream text;
  text << std::ifstream(*options.file).rdbuf();
  CHECK(text.str().find("quiet") == std::string::npos);
  CHECK(text.str().find(R"("level":"error","message":"loud"})") != std::string::npos);
  std::remove(options.file->c_str());
  std::remove(folder);
}

TEST_CASE("A log file that cannot be opened is an error that says so") {
  LogOptions options;
  options.file = "/dev/null/log";
  const auto log = Log::start(options);
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().message.find("/dev/null/log") != std::string::npos);
}
