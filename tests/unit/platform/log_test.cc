// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/unit/temporary_folder.h"

using namespace console_policy;
using namespace console_policy::platform;

TEST_CASE("A line of the log is one JSON object with its fields in order") {
  CHECK(
      log_line("T", LogLevel::info, "request",
               {{"path", std::string_view("/v1")}, {"status", std::int64_t{200}}, {"ms", 0.25}}) ==
      R"({"time":"T","level":"info","message":"request","path":"/v1","status":200,"ms":0.250})");
}

TEST_CASE("Numbers are written out, real ones with three digits") {
  CHECK(log_line("T", LogLevel::info, "m",
                 {{"a", std::int64_t{-7}}, {"b", 0.0}, {"c", 12.0005}, {"d", -1.5}, {"e", 1e15}}) ==
        R"({"time":"T","level":"info","message":"m","a":-7,"b":0.000,"c":12.001,"d":-1.500,)"
        R"("e":1000000000000000.000})");
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
  const TemporaryFolder folder;
  LogOptions options;
  options.level = LogLevel::warning;
  options.file = folder.file("log");
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
}

TEST_CASE(
    "Lines stand in the order of their writing, and a sure one is there when its call returns") {
  const TemporaryFolder folder;
  LogOptions options;
  options.file = folder.file("log");
  auto log = Log::start(options);
  REQUIRE(log.ok());
  const auto lines = [&] {
    std::vector<std::string> all;
    std::ifstream file(*options.file);
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  };
  for (std::int64_t i = 0; i < 100; ++i) log.value()->write(LogLevel::info, "m", {{"i", i}});
  log.value()->write_surely(LogLevel::info, "audit");
  CHECK(lines().size() == 101);
  log.value()->write(LogLevel::warning, "w");
  CHECK(lines().size() == 102);
  log.value()->write(LogLevel::info, "last");
  log.value()->flush();
  REQUIRE(lines().size() == 103);
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(lines()[i].find("\"i\":" + std::to_string(i) + "}") != std::string::npos);
  }
}

TEST_CASE("What the log has no room for is counted and told, and what is sure is never dropped") {
  const TemporaryFolder folder;
  LogOptions options;
  options.file = folder.file("pipe");
  REQUIRE(mkfifo(options.file->c_str(), 0600) == 0);
  const int reader = open(options.file->c_str(), O_RDWR);  // so that opening to write does not wait
  REQUIRE(reader >= 0);
  auto log = Log::start(options);
  REQUIRE(log.ok());
  constexpr std::int64_t written = 30000;
  const std::string filler(500, 'x');
  // Nobody reads: the pipe is full, then the queue.
  for (std::int64_t i = 0; i < written; ++i) {
    log.value()->write(LogLevel::info, "m", {{"filler", std::string_view(filler)}});
  }
  std::string text;
  std::thread reading([&] {
    std::vector<char> room(1 << 16);
    while (text.find("\"the end\"") == std::string::npos) {
      const ssize_t count = read(reader, room.data(), room.size());
      if (count <= 0) return;
      text.append(room.data(), static_cast<std::size_t>(count));
    }
  });
  log.value()->write_surely(LogLevel::info, "sure");
  log.value()->flush();
  log.value()->write_surely(LogLevel::info, "the end");
  reading.join();
  close(reader);
  std::int64_t whole = 0;
  std::int64_t dropped = 0;
  std::int64_t sure = 0;
  std::stringstream lines(text);
  const std::string told = "\"log lines dropped\",\"count\":";
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"filler\"") != std::string::npos) ++whole;
    if (line.find("\"sure\"") != std::string::npos) ++sure;
    const std::size_t at = line.find(told);
    if (at != std::string::npos) dropped += std::stoll(line.substr(at + told.size()));
  }
  CHECK(sure == 1);
  CHECK(dropped > 0);
  CHECK(whole + dropped == written);
}

TEST_CASE("A log file that cannot be opened is an error that says so") {
  LogOptions options;
  options.file = "/dev/null/log";
  const auto log = Log::start(options);
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().message.find("/dev/null/log") != std::string::npos);
}
