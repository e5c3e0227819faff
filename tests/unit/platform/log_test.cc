// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <thread>

#include "service/platform/time_text.h"
#include "tests/unit/temporary_folder.h"

using namespace console_policy;
using namespace console_policy::platform;

namespace {

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::unique_ptr<Log> log_in(const std::string& path) {
  LogOptions options;
  options.file = path;
  auto log = Log::start(options);
  REQUIRE(log.ok());
  return std::move(log).value();
}

// What the log writes for these fields, behind the time.
std::string line_with(LogLevel level, const std::vector<LogField>& fields) {
  const TemporaryFolder folder;
  log_in(folder.file("log"))->write(level, "m", fields);
  const std::string text = text_of(folder.file("log"));
  const std::string time = R"({"time":"2026-12-01T00:00:00.000000Z",)";
  REQUIRE(text.size() > time.size());
  return text.substr(time.size());
}

// A pipe without anything in it. Reading waits; writing works while nothing else reads.
class Pipe final {
 public:
  explicit Pipe(std::string path) : path_(std::move(path)) {
    REQUIRE(mkfifo(path_.c_str(), 0600) == 0);
    descriptor_ = open(path_.c_str(), O_RDWR);
    REQUIRE(descriptor_ >= 0);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() { close(descriptor_); }

  const std::string& path() const { return path_; }

  std::string read_until(const std::string& end) const {
    std::string text;
    std::vector<char> room(1 << 16);
    for (std::size_t from = 0; text.find(end, from) == std::string::npos;) {
      from = text.size() - std::min(text.size(), end.size());
      const ssize_t count = read(descriptor_, room.data(), room.size());
      if (count <= 0) return text;
      text.append(room.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  const std::string path_;
  int descriptor_{-1};
};

}  // namespace

TEST_CASE("A log line is one JSON object with its fields in order") {
  const TemporaryFolder folder;
  const Timestamp before = system_time();
  log_in(folder.file("log"))
      ->write(LogLevel::info, "request",
              {{"path", std::string_view("/v1")},
               {"status", std::int64_t{200}},
               {"ms", 0.25},
               {"event", LogJson{R"({"a":[1]})"}}});
  const std::string text = text_of(folder.file("log"));
  const std::size_t at = std::string_view(R"({"time":")").size();
  const Result<Timestamp> time = parse_time(text.substr(at, 27));
  REQUIRE(time.ok());
  CHECK(time.value() >= before);
  CHECK(time.value() <= system_time());
  CHECK(text.substr(at + 27) ==
        R"(","level":"info","message":"request","path":"/v1","status":200,"ms":0.250,)"
        R"("event":{"a":[1]}})"
        "\n");
}

TEST_CASE("Real numbers have three digits of fraction") {
  CHECK(
      line_with(LogLevel::error,
                {{"a", std::int64_t{-7}}, {"b", 0.0}, {"c", 12.0006}, {"d", -1.5}, {"e", 1e15}}) ==
      R"("level":"error","message":"m","a":-7,"b":0.000,"c":12.001,"d":-1.500,)"
      R"("e":1000000000000000.000})"
      "\n");
}

TEST_CASE("No value can end its line or forge a field") {
  CHECK(line_with(LogLevel::warning,
                  {{"path", std::string_view("/\"},\n{\"level\":\"critical\\\t\x01")}}) ==
        R"("level":"warning","message":"m","path":"/\"},\n{\"level\":\"critical\\\t\u0001"})"
        "\n");
}

TEST_CASE("UTF-8 is written as it is; other bytes are replaced") {
  CHECK(contains(line_with(LogLevel::info, {{"a", std::string_view("Zürich")}}), R"("Zürich")"));
  CHECK(contains(line_with(LogLevel::info, {{"a", std::string_view("\xc3\x28")}}),
                 "\"\xef\xbf\xbd("));
}

TEST_CASE("The log writes lines at and above its level") {
  const TemporaryFolder folder;
  LogOptions options;
  options.level = LogLevel::warning;
  options.file = folder.file("log");
  {
    auto log = Log::start(options);
    REQUIRE(log.ok());
    log.value()->write(LogLevel::info, "quiet");
    log.value()->keep(LogLevel::info, "quiet");
    log.value()->write(LogLevel::error, "loud");
  }
  CHECK_FALSE(contains(text_of(*options.file), "quiet"));
  CHECK(contains(text_of(*options.file), R"("level":"error","message":"loud"})"));
}

TEST_CASE("Lines are in the order of the calls, and flush() waits for all of them") {
  const TemporaryFolder folder;
  const auto log = log_in(folder.file("log"));
  const auto lines = [&] { return lines_of(text_of(folder.file("log"))); };
  for (std::int64_t i = 0; i < 100; ++i) log->write(LogLevel::info, "m", {{"i", i}});
  log->keep(LogLevel::info, "audit");
  log->flush();
  CHECK(lines().size() == 101);
  log->write(LogLevel::info, "last");
  log->flush();
  REQUIRE(lines().size() == 102);
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(contains(lines()[i], "\"i\":" + std::to_string(i) + "}"));
  }
}

TEST_CASE("Lines beyond the bound are dropped and counted; audit lines have a reserve") {
  const TemporaryFolder folder;
  const Pipe pipe(folder.file("pipe"));
  const auto log = log_in(pipe.path());
  constexpr std::int64_t written = 30000;
  const std::string filler(500, 'x');
  for (std::int64_t i = 0; i < written; ++i) {
    log->write(LogLevel::info, "m", {{"filler", std::string_view(filler)}});
  }
  std::string text;
  std::thread reading([&] { text = pipe.read_until("\"the end\""); });
  log->keep(LogLevel::info, "kept");
  log->flush();
  log->keep(LogLevel::info, "the end");
  log->flush();
  reading.join();
  std::int64_t whole = 0;
  std::int64_t dropped = 0;
  std::int64_t kept = 0;
  const std::string note = "\"log lines dropped\",\"count\":";
  for (const std::string& line : lines_of(text)) {
    if (contains(line, "\"filler\"")) ++whole;
    if (contains(line, "\"kept\"")) ++kept;
    const std::size_t at = line.find(note);
    if (at != std::string::npos) dropped += std::stoll(line.substr(at + note.size()));
  }
  CHECK(kept == 1);
  CHECK(dropped > 0);
  CHECK(whole + dropped == written);
}

TEST_CASE("Lines that the system refuses are counted") {
  const TemporaryFolder folder;
  const std::string link = folder.file("log");
  REQUIRE(symlink("/dev/full", link.c_str()) == 0);
  const auto log = log_in(link);
  for (int i = 0; i < 3; ++i) {
    log->write(LogLevel::info, "refused");
    log->flush();
  }
  REQUIRE(unlink(link.c_str()) == 0);
  REQUIRE(log->reopen().ok());
  log->write(LogLevel::info, "accepted");
  log->flush();
  CHECK(lines_of(text_of(link)).size() == 2);
  CHECK(contains(text_of(link), R"("message":"log lines dropped","count":3})"));
}

TEST_CASE("A blocked output delays a flush for a bounded time, and nothing else") {
  using std::chrono::steady_clock;
  const TemporaryFolder folder;
  const Pipe pipe(folder.file("pipe"));
  auto log = log_in(pipe.path());
  constexpr std::int64_t written = 2000;  // more than a pipe has room for
  const std::string filler(100, 'x');
  const auto began = steady_clock::now();
  for (std::int64_t i = 0; i < written; ++i) {
    log->write(LogLevel::error, "m", {{"i", i}, {"filler", std::string_view(filler)}});
  }
  log->flush();
  CHECK(steady_clock::now() - began >= std::chrono::seconds(5));
  // The output has been blocked for long enough: each of these would exceed the test's timeout.
  for (int i = 0; i < 20; ++i) log->flush();

  std::int64_t next = 0;
  const std::string last = "\"i\":" + std::to_string(written - 1) + ",";
  for (const std::string& line :
       lines_of(pipe.read_until(last + "\"filler\":\"" + filler + "\"}"))) {
    CHECK(contains(line, "\"i\":" + std::to_string(next) + ","));
    CHECK(line.back() == '}');
    ++next;
  }
  CHECK(next == written);

  for (std::int64_t i = 0; i < written; ++i) {
    log->write(LogLevel::error, "m", {{"filler", std::string_view(filler)}});
  }
  log.reset();  // returns, although the pipe is full
}

TEST_CASE("A new log file has mode 0640; an existing one keeps its mode") {
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

TEST_CASE("After reopen() lines go to the new file, and rotation loses none") {
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

TEST_CASE("After a failed reopen() the log continues in the old file") {
  const TemporaryFolder folder;
  LogOptions options;
  options.file = folder.file("log");
  auto log = Log::start(options);
  REQUIRE(log.ok());
  const std::string old = folder.file("old");
  REQUIRE(rename(options.file->c_str(), old.c_str()) == 0);
  REQUIRE(mkfifo(options.file->c_str(), 0600) == 0);  // without a reader
  const Status opened = log.value()->reopen();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().message == *options.file + ": No such device or address");
  log.value()->keep(LogLevel::info, "goes on");
  log.value()->flush();
  std::stringstream text;
  text << std::ifstream(old).rdbuf();
  CHECK(text.str().find("goes on") != std::string::npos);
}

TEST_CASE("A log file that cannot be opened is an error that names it") {
  LogOptions options;
  options.file = "/dev/null/log";
  const auto log = Log::start(options);
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().message.find("/dev/null/log") != std::string::npos);
}
