// SPDX-License-Identifier: Apache-2.0
#include "service/store/change_log_insert.h"

#include <string>
#include <utility>

namespace console_policy::store {
namespace {

// One row's values; `number` keeps the names of the parameters apart.
std::string values(std::size_t number) {
  std::string text;
  for (const char* const name : {"revision", "change_id", "changed_at", "action", "scope", "owner",
                                 "instance", "request_id", "user_id", "before", "after"}) {
    text += text.empty() ? "(:" : ", :";
    text += name;
    text += std::to_string(number);
  }
  return text + ")";
}

// FAIL: SQLite keeps no copies of the pages to undo this statement alone.
std::string insert_sql(std::size_t rows) {
  std::string text = "INSERT OR FAIL INTO change_log (" + ChangeRow::columns() + ") VALUES ";
  for (std::size_t i = 0; i < rows; ++i) text += (i == 0 ? "" : ", ") + values(i);
  return text;
}

void use(soci::statement& statement, ChangeRow& row) {
  statement.exchange(soci::use(row.revision));
  statement.exchange(soci::use(row.change_id));
  statement.exchange(soci::use(row.changed_at));
  statement.exchange(soci::use(row.action));
  statement.exchange(soci::use(row.scope));
  statement.exchange(soci::use(row.owner_id));
  statement.exchange(soci::use(row.instance_id));
  statement.exchange(soci::use(row.request_id));
  statement.exchange(soci::use(row.user_id));
  statement.exchange(soci::use(row.before_body, row.before_present));
  statement.exchange(soci::use(row.after_body, row.after_present));
}

}  // namespace

ChangeRow& ChangeLogInsert::add() {
  if (count_ == max_rows) flush();
  return rows_.at(count_++);
}

void ChangeLogInsert::flush() {
  const std::size_t count = std::exchange(count_, 0);
  if (count == 0) return;
  std::unique_ptr<soci::statement>& kept = inserts_.at(count - 1);
  if (kept == nullptr) {
    auto insert = std::make_unique<soci::statement>(sql_);
    for (std::size_t i = 0; i < count; ++i) use(*insert, rows_.at(i));
    prepare(*insert, insert_sql(count));
    kept = std::move(insert);
  }
  kept->execute(true);
}

}  // namespace console_policy::store
