// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "service/store/migrations.h"

using console_policy::store::sql_statements;
using Statements = std::vector<std::string>;

TEST_CASE("A file of SQL is cut at its semicolons") {
  CHECK(sql_statements("CREATE TABLE a (b INT);\nINSERT INTO a VALUES (1);\n") ==
        Statements{"CREATE TABLE a (b INT)", "INSERT INTO a VALUES (1)"});
}

TEST_CASE("The last statement needs no semicolon and blank statements are dropped") {
  CHECK(sql_statements(";; SELECT 1 ;\n ;SELECT 2") == Statements{"SELECT 1", "SELECT 2"});
  CHECK(sql_statements("").empty());
  CHECK(sql_statements(" \n-- nothing").empty());
}

TEST_CASE("Comments are left out, apostrophes and semicolons in them included") {
  CHECK(sql_statements("-- it's; one\nSELECT 1; -- and; that's it\nSELECT 2; --") ==
        Statements{"SELECT 1", "SELECT 2"});
}

TEST_CASE("Semicolons and dashes inside quotes belong to the statement") {
  CHECK(sql_statements("SELECT 'a;--b''c;'; SELECT \"x;\"\"--y\"") ==
        Statements{"SELECT 'a;--b''c;'", "SELECT \"x;\"\"--y\""});
}
