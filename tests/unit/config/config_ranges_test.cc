// SPDX-License-Identifier: Apache-2.0
// The ranges are taken from schema/config.schema.json, so that the schema and the loader agree.
#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>

#include "service/config/load.h"
#include "tests/unit/config/config_file.h"

namespace console_policy::config {
namespace {

struct Range {
  std::string before;  // the YAML in front of the value, in flow style
  std::string after;
  std::string path;
  std::string type;
  std::string minimum;
  std::string maximum;
};

constexpr const char* whole_keystone =
    "auth_url: 'http://k', application_credential_id: i, application_credential_secret_file: f, ";

void collect(const YAML::Node& schema, const Range& here, std::vector<Range>& ranges) {
  if (schema["minimum"]) {
    Range range = here;
    range.type = schema["type"].Scalar();
    range.minimum = schema["minimum"].Scalar();
    range.maximum = schema["maximum"].Scalar();
    ranges.push_back(range);
  }
  if (schema["items"]) {
    Range inner = here;
    inner.before += "[";
    inner.after.insert(0, "]");
    inner.path += "[0]";
    collect(schema["items"], inner, ranges);
  }
  if (!schema["properties"]) return;
  for (const auto& property : schema["properties"]) {
    Range inner = here;
    inner.before += "{";
    // A section of which a part alone is refused.
    if (here.path == "identity.keystone") inner.before += whole_keystone;
    inner.before += property.first.Scalar() + ": ";
    inner.after.insert(0, "}");
    inner.path += (here.path.empty() ? "" : ".") + property.first.Scalar();
    collect(property.second, inner, ranges);
  }
}

std::vector<Range> ranges_of_schema() {
  std::vector<Range> ranges;
  collect(YAML::LoadFile(CONFIG_SCHEMA_JSON), Range{}, ranges);
  REQUIRE(ranges.size() == 31);
  return ranges;
}

std::string refused_with(const Range& range, const std::string& value) {
  return refusal(range.before + value + range.after + "\n");
}

// "DIR/c.yaml:1:COLUMN: path: "
std::string at(const Range& range) {
  return "DIR/c.yaml:1:" + std::to_string(range.before.size() + 1) + ": " + range.path + ": ";
}

}  // namespace

TEST_CASE("both ends of every range are taken") {
  for (const Range& range : ranges_of_schema()) {
    INFO(range.path);
    CHECK(refused_with(range, range.minimum) == "");
    CHECK(refused_with(range, range.maximum) == "");
  }
}

TEST_CASE("a value beyond a range is refused with the range") {
  for (const Range& range : ranges_of_schema()) {
    const bool whole = range.type == "integer";
    const std::string limits = range.minimum + " to " + range.maximum;
    const std::string why = " is out of range; expected " + (whole ? limits : "seconds, " + limits);
    std::vector<std::string> beyond{"-1", "99999999", "99999999999999999999999"};
    beyond.push_back(whole ? std::to_string(std::stoul(range.maximum) + 1)
                           : range.maximum + ".001");
    if (!whole) beyond.insert(beyond.end(), {"0", "0.049", "0.0", "-0.5"});
    if (whole && range.minimum != "0")
      beyond.push_back(std::to_string(std::stoul(range.minimum) - 1));
    for (const std::string& value : beyond) {
      INFO(range.path << " " << value);
      CHECK(refused_with(range, value) == at(range) + value + why);
    }
  }
}

TEST_CASE("numbers in another form than decimal digits are refused") {
  for (const Range& range : ranges_of_schema()) {
    const bool whole = range.type == "integer";
    const std::string expected =
        whole ? "expected a whole number, " + range.minimum + " to " + range.maximum
              : "expected seconds, " + range.minimum + " to " + range.maximum;
    const std::string form = whole ? ", in decimal digits without sign or leading zero"
                                   : ", in decimal digits with at most three decimals";
    std::vector<std::string> odd{"010", "+5", "0x10", "0o17", "1e3", ".5", "5.", "-", "--5"};
    odd.push_back(whole ? "1.5" : "1.2345");
    for (const std::string& value : odd) {
      INFO(range.path << " " << value);
      const std::string message = refused_with(range, value);
      // "-" and "--5" are text to YAML.
      const bool text = value.rfind('-', 0) == 0;
      CHECK(message == at(range) + expected + (text ? ", found text" : form));
    }
    CHECK(refused_with(range, "yes") == at(range) + expected + ", found a truth value");
    CHECK(refused_with(range, "'5'") == at(range) + expected + ", found text");
    CHECK(refused_with(range, "5s") == at(range) + expected + ", found text");
    CHECK(refused_with(range, "[5]") == at(range) + expected + ", found a list");
    CHECK(refused_with(range, "{}") == at(range) + expected + ", found a mapping");
  }
}

}  // namespace console_policy::config
