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

TEST_CASE("Lines stand in the order of their writing, and after a flush all are there") {
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
  log.value()->keep(LogLevel::info, "audit");
  log.value()->flush();
  CHECK(lines().size() == 101);
  log.value()->write(LogLevel::warning, "w");
  log.value()->flush();
  CHECK(lines().size() == 102);
  log.value()->write(LogLevel::info, "last");
  log.value()->flush();
  REQUIRE(lines().size() == 103);
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(lines()[i].find("\"i\":" + std::to_string(i) + "}") != std::string::npos);
  }
}

TEST_CASE("What the log has no room for is counted and told, and what is kept goes before it") {
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
  log.value()->keep(LogLevel::info, "sure");
  log.value()->flush();
  log.value()->keep(LogLevel::info, "the end");
  log.value()->flush();
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

TEST_CASE("An output that takes nothing holds nobody up for long, and what waited comes whole") {
  using std::chrono::steady_clock;
  const TemporaryFolder folder;
  LogOptions options;
  options.file = folder.file("pipe");
  REQUIRE(mkfifo(options.file->c_str(), 0600) == 0);
  const int reader = open(options.file->c_str(), O_RDWR | O_NONBLOCK);
  REQUIRE(reader >= 0);
  auto log = Log::start(options);
  REQUIRE(log.ok());
  const auto began = steady_clock::now();
  constexpr std::int64_t written = 2000;  // more than a pipe has room for
  const std::string filler(100, 'x');
  for (std::int64_t i = 0; i < written; ++i) {
    log.value()->write(LogLevel::error, "m", {{"i", i}, {"filler", std::string_view(filler)}});
  }
  CHECK(steady_clock::now() - began < std::chrono::seconds(2));
  log.value()->flush();  // in vain
  const auto waited = steady_clock::now() - began;
  CHECK(waited > std::chrono::seconds(4));
  CHECK(waited < std::chrono::seconds(10));
  log.value()->flush();  // this one need not wait any more
  CHECK(steady_clock::now() - began - waited < std::chrono::seconds(1));

  std::string text;
  std::vector<char> room(1 << 16);
  const auto take = [&] {
    const ssize_t count = read(reader, room.data(), room.size());
    if (count > 0) text.append(room.data(), static_cast<std::size_t>(count));
  };
  const std::string last = "\"i\":" + std::to_string(written - 1) + ",";
  while (text.find(last) == std::string::npos) take();
  std::stringstream lines(text);
  std::int64_t next = 0;
  for (std::string line; std::getline(lines, line); ++next) {
    CHECK(line.find("\"i\":" + std::to_string(next) + ",") != std::string::npos);
    CHECK(line.back() == '}');
  }
  CHECK(next == written);

  for (std::int64_t i = 0; i < written; ++i) {
    log.value()->write(LogLevel::error, "m", {{"filler", std::string_view(filler)}});
  }
  const auto ends = steady_clock::now();
  log.value().reset();
  CHECK(steady_clock::now() - ends < std::chrono::seconds(10));
  close(reader);
}

TEST_CASE("A log file that is made is its owner's and group's; one that is there keeps its mode") {
  const TemporaryFolder folder;
  const auto mode = [](const std::string& path) {
    struct stat about {};
    REQUIRE(stat(path.c_str(), &about) == 0);
    return about.st_mode & 0777U;
  };
  LogOptions options;
  const mode_t before = umask(0);
  options.file = folder.file("new/folder/log");
  const bool made = Log::start(options).ok();
  umask(before);
  REQUIRE(made);
  CHECK(mode(*options.file) == 0640);
  CHECK(mode(folder.file("new/folder")) == 0750);
  CHECK(mode(folder.file("new")) == 0750);

  options.file = folder.write("log", "what was there\n");
  REQUIRE(chmod(options.file->c_str(), 0604) == 0);
  REQUIRE(Log::start(options).ok());
  CHECK(mode(*options.file) == 0604);
}

TEST_CASE(
    "A log file that was renamed is left for a new one when the log is told, and no line is lost") {
  const TemporaryFolder folder;
  LogOptions options;
  options.file = folder.file("log");
  std::vector<std::string> files;
  constexpr std::int64_t lines = 20000;
  {
    auto log = Log::start(options);
    REQUIRE(log.ok());
    std::thread writing([&] {
      for (std::int64_t i = 0; i < lines; ++i) log.value()->write(LogLevel::info, "m", {{"i", i}});
    });
    for (int turn = 0; turn < 50; ++turn) {
      files.push_back(folder.file("log." + std::to_string(turn)));
      REQUIRE(rename(options.file->c_str(), files.back().c_str()) == 0);
      REQUIRE(log.value()->reopen().ok());
      log.value()->keep(LogLevel::info, "turn");
      log.value()->flush();
      std::ifstream file(*options.file);
      std::string first;
      CHECK(std::getline(file, first));
    }
    writing.join();
  }
  files.push_back(*options.file);
  std::int64_t next = 0;
  for (const std::string& path : files) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      if (line.find("\"turn\"") != std::string::npos) continue;
      REQUIRE(line.find("\"i\":" + std::to_string(next) + "}") != std::string::npos);
      ++next;
    }
  }
  CHECK(next == lines);
}

TEST_CASE("When a new log file cannot be had the old one goes on") {
  const TemporaryFolder folder;
  LogOptions options;
  options.file = folder.file("log");
  auto log = Log::start(options);
  REQUIRE(log.ok());
  const std::string old = folder.file("old");
  REQUIRE(rename(options.file->c_str(), old.c_str()) == 0);
  REQUIRE(mkfifo(options.file->c_str(), 0600) == 0);  // which nobody reads
  const Status opened = log.value()->reopen();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().message == *options.file + ": No such device or address");
  log.value()->keep(LogLevel::info, "goes on");
  log.value()->flush();
  std::stringstream text;
  text << std::ifstream(old).rdbuf();
  CHECK(text.str().find("goes on") != std::string::npos);
}

TEST_CASE("A log file that cannot be opened is an error that says so") {
  LogOptions options;
  options.file = "/dev/null/log";
  const auto log = Log::start(options);
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().message.find("/dev/null/log") != std::string::npos);
}
