// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <type_traits>
#include <utility>

#include "policies/access.h"

namespace console_policy {
namespace {

static_assert(!std::is_copy_constructible_v<AccessRules>);
static_assert(std::is_nothrow_move_constructible_v<AccessRules>);

const Credentials member{
    {{"user_id", "u1"}, {"project_id", "p1"}, {"user_domain_id", ""}, {"system_scope", "True"}},
    {"member", "Reader"}};
const Target p1_and_u2{{"project_id", "p1"}, {"user_id", "u2"}};

// Whether the check allows the member.
bool holds(const std::string& check, const Target& of = p1_and_u2) {
  const Result<AccessRules> rules = AccessRules::parse({{"rule", check, ""}});
  if (!rules.ok()) FAIL(check << ": " << rules.error().message);
  return rules.value().allows("rule", member, of);
}

// The same, of a target with one attribute.
bool holds_for(const std::string& check, const char* instance_id) {
  return holds(check, {{"instance_id", instance_id}});
}

TEST_CASE("Each kind of check is true for a match and false otherwise") {
  const std::vector<std::pair<const char*, bool>> table{
      {"", true},
      {"@", true},
      {"!", false},
      {"role:member", true},
      {"role:reader", true},
      {"role:admin", false},
      {"role:mem", false},
      {"role:members", false},
      {"user_id:u1", true},
      {"user_id:U1", false},
      {"user_id:u2", false},
      {"project_id:%(project_id)s", true},
      {"user_id:%(user_id)s", false},
      {"project_id:%(user_id)s", false},
      {"system_scope:True", true},
      {"system_scope:true", false},
      {"'text':text", true},
      {"'a:b':a:b", true},
      {"-7:-7", true},
      {"0:0", true},
      {"'100%':100%%", true},
      {"'<u2|p1>':<%(user_id)s|%(project_id)s>", true},
  };
  for (const auto& [check, expected] : table) {
    CAPTURE(check);
    CHECK(holds(check) == expected);
  }
}

TEST_CASE("A role or a literal compares with the target's attribute") {
  CHECK(holds_for("role:%(instance_id)s", "member"));
  CHECK_FALSE(holds_for("role:%(instance_id)s", "admin"));
  CHECK(holds_for("'text':%(instance_id)s", "text"));
  CHECK(holds_for("\"text\":%(instance_id)s", "text"));
  CHECK_FALSE(holds_for("'Text':%(instance_id)s", "text"));
  CHECK(holds_for("'':%(instance_id)s", ""));
  CHECK(holds_for("True:%(instance_id)s", "True"));
  CHECK_FALSE(holds_for("False:%(instance_id)s", "True"));
  CHECK(holds_for("7:%(instance_id)s", "7"));
  CHECK_FALSE(holds_for("-7:%(instance_id)s", "7"));
  CHECK(holds_for("'100%':%(instance_id)s", "100%"));
}

TEST_CASE("Role names compare without regard to case") {
  CHECK(holds("role:MEMBER"));
  CHECK(holds("role:Reader"));
  CHECK(holds("role:rEADER"));
}

TEST_CASE("Characters next to the letters in ASCII have no case") {
  const Result<AccessRules> rules =
      AccessRules::parse({{"bracket", "role:[x", ""}, {"at", "role:@x", ""}, {"z", "role:Zx", ""}});
  REQUIRE(rules.ok());
  const Credentials caller{{}, {"{x", "`x", "zX"}};
  CHECK_FALSE(rules.value().allows("bracket", caller, {}));
  CHECK_FALSE(rules.value().allows("at", caller, {}));
  CHECK(rules.value().allows("z", caller, {}));
}

TEST_CASE("A missing attribute makes a comparison false, also against an empty text") {
  CHECK_FALSE(holds("domain_id:%(project_id)s"));           // the caller lacks it
  CHECK_FALSE(holds("project_id:%(domain_id)s"));           // the target lacks it
  CHECK_FALSE(holds("domain_id:%(domain_id)s"));            // both do
  CHECK_FALSE(holds_for("domain_id:%(instance_id)s", ""));  // absent is not empty
  CHECK_FALSE(holds("'':%(domain_id)s"));
  CHECK_FALSE(holds("role:%(domain_id)s"));
  CHECK(holds_for("user_domain_id:%(instance_id)s", ""));  // empty is empty
  CHECK(holds("not domain_id:%(domain_id)s"));
}

TEST_CASE("A caller without attributes and roles passes no check that asks for one") {
  const Result<AccessRules> rules =
      AccessRules::parse({{"a", "role:reader or project_id:%(project_id)s", ""}});
  REQUIRE(rules.ok());
  CHECK_FALSE(rules.value().allows("a", Credentials{}, p1_and_u2));
  CHECK(rules.value().allows("a", member, p1_and_u2));
}

TEST_CASE("Not binds closest, then and, then or") {
  const std::vector<std::pair<const char*, bool>> table{
      {"@ or @ and !", true},        // not (@ or @) and !
      {"! and @ or @", true},        // not ! and (@ or @)
      {"@ or ! and !", true},        //
      {"(@ or @) and !", false},     //
      {"! and (@ or @)", false},     //
      {"not ! and !", false},        // not not (! and !)
      {"not (! and !)", true},       //
      {"not @ or @", true},          // not not (@ or @)
      {"not (@ or @)", false},       //
      {"@ and not !", true},         //
      {"@ and not @", false},        //
      {"not not @", true},           //
      {"not not not @", false},      //
      {"! or ! or @", true},         //
      {"! or ! or !", false},        //
      {"@ and @ and !", false},      //
      {"@ and @ and @", true},       //
      {"! or @ and @ or !", true},   //
      {"! or @ and ! or !", false},  //
      {"@ and ! or @ and @", true},  //
      {"((@))", true},               //
      {"( ( ! ) )", false},          //
      {"((!) or (@)) and @", true},  //
      {"@ AND @", true},             //
      {"! Or @", true},              //
      {"NOT !", true},               //
      {"  @\t and\n@  ", true},      //
  };
  for (const auto& [check, expected] : table) {
    CAPTURE(check);
    CHECK(holds(check) == expected);
  }
}

TEST_CASE("And and or follow their truth tables for any three operands") {
  const auto word = [](bool value) { return std::string(value ? "@" : "!"); };
  for (int bits = 0; bits < 8; ++bits) {
    const bool a = (bits & 1) != 0;
    const bool b = (bits & 2) != 0;
    const bool c = (bits & 4) != 0;
    const std::string wa = word(a);
    const std::string wb = word(b);
    const std::string wc = word(c);
    CAPTURE(a, b, c);
    CHECK(holds(wa + " and " + wb + " or " + wc) == ((a && b) || c));
    CHECK(holds(wa + " or " + wb + " and " + wc) == (a || (b && c)));
    CHECK(holds("(" + wa + " or " + wb + ") and " + wc) == ((a || b) && c));
    CHECK(holds(wa + " and (" + wb + " or " + wc + ")") == (a && (b || c)));
    CHECK(holds("not " + wa + " and " + wb + " or not " + wc) == ((!a && b) || !c));
    CHECK(holds(wa + " and " + wb + " and " + wc) == (a && b && c));
    CHECK(holds(wa + " or " + wb + " or " + wc) == (a || b || c));
  }
}

TEST_CASE("A reference to a rule evaluates the rule's check") {
  const Result<AccessRules> rules = AccessRules::parse({
      {"show", "rule:reader or rule:admin", ""},
      {"reader", "role:reader and project_id:%(project_id)s", ""},
      {"admin", "role:admin", ""},
      {"others", "not rule:admin", ""},
  });
  REQUIRE(rules.ok());
  const Credentials admin{{{"project_id", "p9"}}, {"admin"}};
  const Credentials stranger{{{"project_id", "p9"}}, {"reader"}};
  CHECK(rules.value().allows("show", member, p1_and_u2));
  CHECK(rules.value().allows("show", admin, p1_and_u2));
  CHECK_FALSE(rules.value().allows("show", stranger, p1_and_u2));
  CHECK(rules.value().allows("others", member, p1_and_u2));
  CHECK_FALSE(rules.value().allows("others", admin, p1_and_u2));
}

TEST_CASE("An unknown rule denies") {
  const Result<AccessRules> rules = AccessRules::parse({{"a", "@", ""}});
  REQUIRE(rules.ok());
  CHECK(rules.value().allows("a", member, p1_and_u2));
  CHECK_FALSE(rules.value().allows("b", member, p1_and_u2));
  CHECK_FALSE(rules.value().allows("A", member, p1_and_u2));
  CHECK_FALSE(rules.value().allows("", member, p1_and_u2));
  const Result<AccessRules> none = AccessRules::parse({});
  REQUIRE(none.ok());
  CHECK_FALSE(none.value().allows("a", member, p1_and_u2));
}

TEST_CASE("The names of the rules are listed sorted") {
  const Result<AccessRules> rules =
      AccessRules::parse({{"b", "@", ""}, {"c", "!", ""}, {"a", "rule:b", ""}});
  REQUIRE(rules.ok());
  CHECK(rules.value().names() == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("Moved rules evaluate as before") {
  Result<AccessRules> parsed = AccessRules::parse({{"a", "rule:b", ""}, {"b", "@", ""}});
  REQUIRE(parsed.ok());
  AccessRules moved = std::move(parsed).value();
  CHECK(moved.allows("a", member, p1_and_u2));
  Result<AccessRules> other = AccessRules::parse({{"a", "!", ""}});
  REQUIRE(other.ok());
  moved = std::move(other).value();
  CHECK_FALSE(moved.allows("a", member, p1_and_u2));
  CHECK(moved.names() == std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace console_policy
