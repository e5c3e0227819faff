// SPDX-License-Identifier: Apache-2.0
#include "service/codec/json_text.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace console_policy;
using namespace console_policy::codec;

namespace {

std::string written(std::string_view text) {
  std::string json;
  append_text(json, text);
  return json;
}

}  // namespace

TEST_CASE("Every character is written as nlohmann::json writes it, alone and between others") {
  for (int byte = 0; byte < 128; ++byte) {
    const std::string alone(1, static_cast<char>(byte));
    for (const std::string& text :
         {alone, "ab" + alone, alone + "\xc3\xbc", "ab" + alone + alone + "\xf0\x9f\x96\xa5"}) {
      INFO(byte);
      CHECK(written(text) == nlohmann::json(text).dump());
    }
  }
  CHECK(written("") == "\"\"");
}

TEST_CASE("An absent text is null, and types keep their order") {
  std::string json;
  append_text_or_null(json, std::nullopt);
  append_text_or_null(json, "x");
  append_types(json, {});
  append_types(json, {ConsoleType::vnc, ConsoleType::spice});
  CHECK(json == R"(null"x"[]["VNC","SPICE"])");
}

TEST_CASE("An object has its members in the order in which they came, others within") {
  std::string json = "[";
  ObjectText empty(json);
  empty.end();
  json += ',';
  ObjectText object(json);
  object.text("a", "x\"");
  object.text_or_null("b", std::nullopt);
  ObjectText inner(object.at("c"));
  inner.end();
  object.at("d") += "1";
  object.end();
  json += ']';
  CHECK(json == R"([{},{"a":"x\"","b":null,"c":{},"d":1}])");
}
