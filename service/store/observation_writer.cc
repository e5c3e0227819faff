// SPDX-License-Identifier: Apache-2.0
#include "service/store/observation_writer.h"

#include <algorithm>
#include <utility>

#include "service/platform/time_text.h"
#include "service/store/observation_rows.h"
#include "service/store/rows.h"

namespace console_policy::store {
namespace {

constexpr std::size_t rows_of_a_transaction = 1000;
constexpr long long deleted_by_a_step = 256;

std::string day_of(Timestamp time) {
  constexpr std::size_t characters = 10;  // of "2026-12-01"
  return platform::format_time(time).substr(0, characters);
}

}  // namespace

ObservationWriter::ObservationWriter(Database& database, ObservationMap& observations,
                                     const Options& options, Report report)
    : database_(database),
      observations_(observations),
      options_(options),
      report_(std::move(report)) {}

ObservationWriter::~ObservationWriter() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  note(flush());
}

void ObservationWriter::start() {
  thread_ = std::thread([this] { run(); });
}

void ObservationWriter::run() {
  auto maintained = std::chrono::steady_clock::now();
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (stopped_.wait_for(lock, interval, [this] { return stopping_; })) return;
    }
    Status done = flush();
    if (done.ok() && std::chrono::steady_clock::now() - maintained > maintenance_interval) {
      maintained = std::chrono::steady_clock::now();
      observations_.remove_before(now() - options_.availability.keep);
      const Result<bool> claimed = claim_maintenance(now());
      if (claimed.ok() && claimed.value()) done = maintain(now());
    }
    note(done);
  }
}

Status ObservationWriter::flush() {
  if (evicted_.empty()) evicted_ = observations_.take_evicted();
  std::size_t left = std::max(observations_.pending_count(), evicted_.size());
  for (; left > 0; left -= std::min(left, rows_of_a_transaction)) {
    std::vector<SeenOfInstance> rows;
    const std::size_t kept = evicted_.size() - std::min(evicted_.size(), rows_of_a_transaction);
    WriteJob job;
    // Pending rows are read within the transaction, so that forget() is before or after all of it.
    job.work = [&](soci::session& sql) -> Status {
      rows = observations_.pending(rows_of_a_transaction);
      write_observations(sql, rows, next_batch(sql));
      for (std::size_t i = kept; i < evicted_.size(); ++i) {
        const InstanceKey& key = evicted_[i];
        const bool came_back = !observations_.find(key.project_id, key.instance_id).empty();
        if (!came_back) delete_observations(sql, key);
      }
      return Success{};
    };
    job.committed = [&] {
      observations_.remove_pending(rows.size());
      evicted_.resize(kept);
    };
    Status written = database_.write(job);
    if (!written.ok()) return written;
  }
  return Success{};
}

Status ObservationWriter::forget(const std::string& project_id, const std::string& instance_id) {
  const InstanceKey key{project_id, instance_id};
  const Timestamp began = now();
  long long batch = 0;
  return database_.write({{},
                          [&](soci::session& sql) -> Status {
                            batch = next_batch(sql);
                            mark_forgotten(sql, key, batch);
                            delete_observations(sql, key);
                            return Success{};
                          },
                          [&] { observations_.forget(key, batch, began); }});
}

// One daemon a minute, whichever comes first.
Result<bool> ObservationWriter::claim_maintenance(Timestamp now) {
  bool claimed = false;
  Status done = database_.write([&](soci::session& sql) -> Status {
    const Timestamp last_turn = now - maintenance_interval / 2;
    claimed = execute(sql, {"UPDATE maintenance SET began_at = ? WHERE id = 1 AND began_at < ?",
                            {to_microseconds(now), to_microseconds(last_turn)}}) == 1;
    return Success{};
  });
  if (!done.ok()) return std::move(done).error();
  return claimed;
}

Status ObservationWriter::maintain(Timestamp now) {
  Status counted = count_day(now);
  if (!counted.ok()) return counted;
  long long oldest = to_microseconds(now - options_.availability.keep);
  long long batch = 0;
  Status done = database_.read([&](soci::session& sql) -> Status {
    const auto bound = oldest_of_newest(sql, options_.availability.max_rows);
    oldest = std::max(oldest, bound.value_or(oldest));
    batch = newest_batch(sql);
    return Success{};
  });
  if (done.ok()) done = delete_before("availability", "seen_at", oldest, "1 = 1");
  if (!done.ok()) return done;
  done = delete_before("change_log", "changed_at", to_microseconds(now - options_.keep_changes),
                       "revision < (SELECT revision FROM revision_counter WHERE id = 1)");
  if (!done.ok()) return done;
  return delete_before("forgotten_instance", "batch", batch - batches_remembered, "1 = 1");
}

Status ObservationWriter::count_day(Timestamp now) {
  const auto counts = observations_.count_opened();
  return database_.write({{},
                          [&](soci::session& sql) -> Status {
                            write_history(sql, day_of(now), counts);
                            constexpr std::chrono::hours day(24);
                            delete_history_before(sql, day_of(now - Store::history_days * day));
                            return Success{};
                          },
                          {}});
}

Status ObservationWriter::delete_before(const std::string& table, const std::string& time,
                                        long long end, const std::string& condition) {
  const std::string rows = " FROM " + table + " WHERE " + condition;
  const std::string row_after_a_step =
      "SELECT " + time + rows + " ORDER BY " + time + " LIMIT 1 OFFSET ?";
  const std::string deletion = "DELETE" + rows + " AND " + time + " < ?";
  bool more = true;
  while (more && !is_stopping()) {
    Status done = database_.write(
        {{},
         [&](soci::session& sql) -> Status {
           const auto last = select_number(sql, {row_after_a_step, {deleted_by_a_step}});
           more = last && *last < end;
           execute(sql, {deletion, {more ? *last + 1 : end}});
           return Success{};
         },
         {}});
    if (!done.ok()) return done;
  }
  return Success{};
}

bool ObservationWriter::is_stopping() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stopping_;
}

void ObservationWriter::note(const Status& done) {
  if (done.ok() == !failing_) return;
  failing_ = !done.ok();
  if (failing_) {
    report_(Severity::warning, "observations cannot be written: they wait in memory",
            done.error().internal);
  } else {
    report_(Severity::info, "observations are written again", {});
  }
}

}  // namespace console_policy::store
