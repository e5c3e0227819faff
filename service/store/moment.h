// SPDX-License-Identifier: Apache-2.0
// Moment: the state of the database that a cache is about, named by its header of the WAL-index.
//
// Contract: what is kept under a moment is what the database says for as long as the header is the
//           moment's. It moves on in two ways: admit() gives up what was kept, because somebody has
//           committed; carry() keeps it, because the only commit was one of this process, and the
//           cache says what that one changed. Between begin_write() and end_write() nobody but the
//           writer moves it: readers who already see the writer's commit wait for nothing, they
//           only do not keep what they read.
// Threads:  guarded by the lock of its cache.
// Lifetime: the WalIndex must outlive it.
#pragma once

#include <optional>

#include "service/store/wal_index.h"

namespace console_policy::store {

class Moment final {
 public:
  using Header = WalIndex::Header;

  explicit Moment(const WalIndex& index) : index_(&index) {}

  bool is(const Header& header) const { return header == header_; }
  // The same, or a writer's whose word on it is on its way.
  bool may_be(const Header& header) const { return writing_ || is(header); }

  // Whether what was read while the header was `before` may be kept.
  enum class Admission {
    refused,      // no: somebody has committed since, or a writer has yet to say what it changed
    as_it_is,     // beside what is kept
    after_others  // when all that was kept has been forgotten
  };
  Admission admit(const Header& before) {
    // Looked at under the cache's lock: so a reader who is late never turns it back.
    if (index_->header() != before) return Admission::refused;
    if (is(before)) return Admission::as_it_is;
    if (writing_) return Admission::refused;
    header_ = before;
    return Admission::after_others;
  }

  // The caller holds the database's one write lock, and has not written yet. False: all that was
  // kept is to be forgotten.
  bool begin_write() {
    writing_ = true;
    const std::optional<Header> now = index_->header();
    is_known_ = now.has_value();
    if (!now || is(*now)) return true;
    header_ = *now;
    return false;
  }

  // False: what is kept was of no certain moment when the write began.
  bool may_carry() const { return writing_ && is_known_; }
  // `after` was read when the only commit since begin_write() was the caller's, and what is kept
  // has been brought up to it.
  void carry(const Header& after) { header_ = after; }

  void end_write() { writing_ = false; }

 private:
  const WalIndex* index_;
  Header header_{};  // all zeros: of no database
  bool writing_{false};
  bool is_known_{false};  // the header, at begin_write()
};

}  // namespace console_policy::store
