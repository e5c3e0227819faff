// SPDX-License-Identifier: Apache-2.0
#include "service/store/observation_writer.h"

#include <algorithm>
#include <utility>

#include "service/store/observation_rows.h"
#include "service/store/rows.h"

namespace console_policy::store {
namespace {

constexpr std::size_t rows_of_a_transaction = 1000;
constexpr std::size_t deleted_by_a_step = 256;
// At one batch a second and daemon, longer than any daemon is away and still has its memory.
constexpr long long batches_remembered = 10'000;

Timestamp now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::size_t delete_changes_before(soci::session& sql, long long time, std::size_t limit) {
  const auto count = static_cast<long long>(limit);
  long long revision = 0;
  soci::statement statement(sql);
  statement.exchange(soci::into(revision));
  statement.exchange(soci::use(time));
  statement.exchange(soci::use(count));
  prepare(statement,
          "SELECT revision FROM change_log WHERE changed_at < :time AND revision < "
          "(SELECT revision FROM revision_counter WHERE id = 1) ORDER BY changed_at LIMIT :count");
  const std::vector<long long> old = fetch_all(statement, revision);
  for (const long long each : old) {
    sql << "DELETE FROM change_log WHERE revision = :revision", soci::use(each);
  }
  return old.size();
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
      const Result<bool> claimed = claim_maintenance(now());
      if (claimed.ok() && claimed.value()) done = maintain(now());
    }
    note(done);
  }
}

Status ObservationWriter::flush() {
  for (std::size_t left = observations_.pending_count(); left > 0;) {
    std::vector<SeenOfInstance> rows;
    Status written = database_.write(
        {{},
         [&](soci::session& sql) -> Status {
           // Within the transaction, so that forget() is before or after all of this.
           rows = observations_.pending(rows_of_a_transaction);
           if (!rows.empty()) write_observations(sql, rows, next_batch(sql));
           return Success{};
         },
         [&] { observations_.remove_pending(rows.size()); }});
    if (!written.ok()) return written;
    if (rows.empty()) break;
    left -= std::min(left, rows.size());
  }
  return Success{};
}

Status ObservationWriter::forget(const std::string& project_id, const std::string& instance_id) {
  return database_.write({{},
                          [&](soci::session& sql) -> Status {
                            observations_.forget(project_id, instance_id);
                            const long long batch = next_batch(sql);
                            delete_observations(sql, {project_id, instance_id}, batch);
                            return Success{};
                          },
                          {}});
}

// One daemon a minute, whichever comes first.
Result<bool> ObservationWriter::claim_maintenance(Timestamp now) {
  const long long began_at = to_microseconds(now);
  const long long before = to_microseconds(now - maintenance_interval / 2);
  bool claimed = false;
  Status done = database_.write(
      {{},
       [&](soci::session& sql) -> Status {
         soci::statement update =
             (sql.prepare << "UPDATE maintenance SET began_at = :now "
                             "WHERE id = 1 AND began_at < :before",
              soci::use(began_at), soci::use(before));
         update.execute(true);
         claimed = update.get_affected_rows() == 1;
         return Success{};
       },
       {}});
  if (!done.ok()) return std::move(done).error();
  return claimed;
}

Status ObservationWriter::maintain(Timestamp now) {
  const long long oldest_observation = to_microseconds(now - options_.availability.keep);
  const long long oldest_change = to_microseconds(now - options_.keep_changes);
  Status done = repeat([&](soci::session& sql) {
    return delete_observations_before(sql, oldest_observation, deleted_by_a_step);
  });
  if (done.ok()) done = delete_beyond_project_bound();
  if (done.ok()) done = delete_beyond_total_bound();
  if (!done.ok()) return done;
  done = repeat([&](soci::session& sql) {
    return delete_changes_before(sql, oldest_change, deleted_by_a_step);
  });
  if (!done.ok()) return done;
  return repeat([&](soci::session& sql) -> std::size_t {
    sql << "DELETE FROM forgotten_instance WHERE batch < "
           "(SELECT batch FROM observation_counter WHERE id = 1) - :remembered",
        soci::use(batches_remembered);
    return 0;
  });
}

Status ObservationWriter::delete_beyond_project_bound() {
  const std::size_t bound = options_.availability.max_rows_per_project;
  std::vector<ProjectRows> projects;
  Status read = database_.read([&](soci::session& sql) -> Status {
    projects = projects_beyond(sql, bound);
    return Success{};
  });
  for (const ProjectRows& project : projects) {
    std::size_t excess = project.rows - bound;
    read = repeat([&](soci::session& sql) {
      const std::size_t deleted =
          delete_oldest_observations(sql, project.project_id, std::min(excess, deleted_by_a_step));
      excess -= deleted;
      return deleted;
    });
    if (!read.ok()) return read;
  }
  return read;
}

Status ObservationWriter::delete_beyond_total_bound() {
  std::size_t total = 0;
  std::vector<ProjectRows> projects;
  Status done = database_.read([&](soci::session& sql) -> Status {
    total = count_all_observations(sql);
    if (total > options_.availability.max_rows) projects = projects_beyond(sql, 0);
    return Success{};
  });
  if (!done.ok() || projects.empty()) return done;
  std::size_t excess = total - options_.availability.max_rows;
  return repeat([&](soci::session& sql) {
    const auto largest = std::max_element(
        projects.begin(), projects.end(),
        [](const ProjectRows& a, const ProjectRows& b) { return a.rows < b.rows; });
    const std::size_t deleted =
        delete_oldest_observations(sql, largest->project_id, std::min(excess, deleted_by_a_step));
    excess -= deleted;
    largest->rows -= std::min(largest->rows, deleted);
    return excess == 0 ? 0 : deleted;
  });
}

Status ObservationWriter::repeat(const std::function<std::size_t(soci::session& sql)>& step) {
  for (std::size_t deleted = deleted_by_a_step; deleted == deleted_by_a_step;) {
    if (is_stopping()) return Success{};
    Status done = database_.write({{},
                                   [&](soci::session& sql) -> Status {
                                     deleted = step(sql);
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
