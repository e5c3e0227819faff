// SPDX-License-Identifier: Apache-2.0
#include "service/platform/time_text.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::platform;

TEST_CASE("A time is written in UTC with six digits of fraction") {
  CHECK(format_time(Timestamp{}) == "1970-01-01T00:00:00.000000Z");
  CHECK(format_time(Timestamp(std::chrono::microseconds(1))) == "1970-01-01T00:00:00.000001Z");
  CHECK(format_time(Timestamp(std::chrono::seconds(951782400))) == "2000-02-29T00:00:00.000000Z");
}

TEST_CASE("parse_time() reads what format_time() writes") {
  for (const std::int64_t micros :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{999999}, std::int64_t{1795392000123456},
        std::int64_t{253402300799999999}}) {
    const Timestamp time{std::chrono::microseconds(micros)};
    const Result<Timestamp> read = parse_time(format_time(time));
    REQUIRE(read.ok());
    CHECK(read.value() == time);
  }
}

TEST_CASE("Other forms of UTC are accepted") {
  const Timestamp wanted = parse_time("2026-12-01T00:00:00.500000Z").value();
  for (const char* text : {"2026-12-01T00:00:00.5Z", "2026-12-01T00:00:00.50+00:00"}) {
    CAPTURE(text);
    REQUIRE(parse_time(text).ok());
    CHECK(parse_time(text).value() == wanted);
  }
}

TEST_CASE("Other text is refused with a reason") {
  for (const char* text : {"",
                           "tomorrow",
                           "2026-12-01",
                           "2026-12-01 00:00:00Z",
                           "2026-12-01T00:00:00",
                           "2026-12-01T00:00:00+01:00",
                           "2026-12-01T00:00:00z",
                           "2026-12-01T00:00:00.Z",
                           "2026-12-01T00:00:00.1234567Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-10T00:00:00Z",
                           "2026-06-31T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-12-01T24:00:00Z",
                           "2026-12-01T00:60:00Z",
                           "2026-12-31T23:59:60Z",
                           "1969-12-31T23:59:59Z",
                           "2026-12-01T00:00:00ZZ",
                           "+026-12-01T00:00:00Z",
                           "99999-01-01T00:00:00Z"}) {
    CAPTURE(text);
    const Result<Timestamp> read = parse_time(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == ErrorCode::invalid_request);
    CHECK_FALSE(read.error().message.empty());
  }
}

TEST_CASE("A time is appended, whatever its year") {
  std::string text = "at ";
  for (const long seconds : {1796083200L, 0L, 0L, -1L, 253402300799L, 253402300800L, 1796083200L}) {
    append_time(text, Timestamp(std::chrono::seconds(seconds) + std::chrono::microseconds(20)));
    text += ' ';
  }
  CHECK(text ==
        "at 2026-12-01T00:00:00.000020Z 1970-01-01T00:00:00.000020Z 1970-01-01T00:00:00.000020Z "
        "1969-12-31T23:59:59.000020Z 9999-12-31T23:59:59.000020Z 10000-01-01T00:00:00.000020Z "
        "2026-12-01T00:00:00.000020Z ");
}
