// SPDX-License-Identifier: Apache-2.0
// Checkpoints: moves the write-ahead log into the database, for the most part beside the writes.
//
// A checkpoint of a full log takes as long as several groups of writes, which would wait for it.
//
// Contract: whoever has committed says so. From log_pages on a thread of its own moves what is in
//           the log while others write on; when it has ended, the next commit is followed by a
//           checkpoint of the rest, on the session that committed, so that all is in the database
//           and the log begins anew with the commit after that. A log that readers keep from that,
//           or a checkpoint that fails, is tried again with a later commit. Nothing is lost by
//           that, but the log grows: so whoever is to know is told when checkpoints begin to fail,
//           and when one has succeeded again.
// Bounds:   the log has log_pages, and what is written while so many are moved, unless readers keep
//           it.
// Errors:   none leaves after_commit().
// Threads:  after_commit() by whoever has the turn to write; failed() by any. `told` is called by
//           either thread, one call at a time. The destructor waits for a checkpoint that is under
//           way.
// Lifetime: the session is used during the call only.
// Source:   sqlite.org/c3ref/wal_checkpoint_v2.html, SQLITE_CHECKPOINT_PASSIVE.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "service/store/session.h"
#include "service/store/store.h"

namespace console_policy::store {

class Checkpoints final {
 public:
  // 16 MiB: the fewer checkpoints, the fewer pages go to the database that the next commits change
  // again.
  static constexpr std::uint32_t log_pages = 4096;
  static constexpr std::chrono::seconds lock_wait{1};  // to open a session

  Checkpoints(std::string path, CheckpointsTold told);
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;
  ~Checkpoints();

  // `session` has committed, and has no transaction; so many pages are in the log.
  void after_commit(Session& session, std::uint32_t pages_in_log);

  std::uint64_t failed() const { return failed_; }  // since the start

 private:
  enum class State { idle, aside, rest_is_left };

  void run();
  bool move_log();
  void note(const Status& moved);

  const std::string path_;
  const CheckpointsTold told_;
  std::mutex telling_;  // guards failing_
  bool failing_{false};
  std::atomic<std::uint64_t> failed_{0};
  std::unique_ptr<Session> session_;  // the thread's
  std::mutex mutex_;                  // guards what follows
  std::condition_variable changed_;
  State state_{State::idle};
  bool ending_{false};
  std::thread thread_;
};

}  // namespace console_policy::store
