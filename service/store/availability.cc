// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "service/store/availability_rows.h"
#include "service/store/database_error.h"
#include "service/store/rows.h"
#include "service/store/soci_store.h"

namespace console_policy::store {
namespace {

// What a report takes away beside what it adds: more than it adds, so that the store shrinks when a
// bound was lowered, and little, so that it stays quick.
constexpr std::size_t forgotten_by_a_report = 16;

InstanceKey key_of(const ProjectId& project, const InstanceId& instance) {
  return InstanceKey{project.text(), instance.text()};
}

Result<std::vector<SeenType>> read_seen(Session& session, const InstanceKey& key) {
  std::vector<SeenType> seen;
  for (const SeenRow& row : session.seen_statement().run(key.project_id, key.instance_id)) {
    Result<SeenType> type = to_seen_type(row);
    if (!type.ok()) return std::move(type).error();
    seen.push_back(std::move(type).value());
  }
  return seen;
}

long long oldest_kept(const AvailabilityBounds& bounds, Timestamp now) {
  return to_microseconds(now - bounds.keep);
}

}  // namespace

Status SociStore::write_seen(const SeenWork& work) {
  return without_exceptions(path_, [&]() -> Status {
    const Deadline until = deadline();
    const std::optional<FairSemaphore::Permit> seen_turn = seen_turn_.acquire(until);
    if (!seen_turn) return busy_error(path_);
    return in_write_turn(until, [&work](const OpenWrite& open) -> Status {
      Written written;
      Status done = work(open.lease.session(), written.seen);
      if (!done.ok()) return done;
      // In doubt or not: a report that is made again changes nothing more.
      open.transaction.commit();
      open.carry.committed(written);
      return Success{};
    });
  });
}

Status SociStore::learn(const ProjectId& project, const InstanceId& instance, Timestamp now,
                        const Learn& learn) {
  const InstanceKey key = key_of(project, instance);
  // Most reports bring nothing new: those need no lock and no disk.
  Result<std::vector<SeenType>> before = seen(project, instance);
  if (!before.ok()) return std::move(before).error();
  if (learn(before.value()).empty()) return Success{};

  return write_seen([&](Session& session, WrittenSeen& written) -> Status {
    soci::session& sql = session.sql();
    written = WrittenSeen{key.project_id, key.instance_id, false};
    Result<std::vector<SeenType>> standing = read_seen(session, key);
    if (!standing.ok()) return std::move(standing).error();
    for (const SeenType& type : learn(standing.value())) store_seen(sql, key, to_row(type));
    std::size_t gone = delete_expired(sql, oldest_kept(availability_, now), forgotten_by_a_report);
    gone += delete_beyond(sql, availability_, key.project_id, forgotten_by_a_report);
    gone += delete_beyond_all(sql, availability_, forgotten_by_a_report);
    written.others = gone > 0;
    return Success{};
  });
}

Result<std::vector<SeenType>> SociStore::seen(const ProjectId& project,
                                              const InstanceId& instance) {
  const std::optional<WalIndex::Header> before = wal_index_.header();
  const InstanceKey key = key_of(project, instance);
  if (before) {
    std::optional<std::vector<SeenType>> known =
        seen_cache_.find(key.project_id, key.instance_id, *before);
    if (known) return *std::move(known);
  }
  return without_exceptions(path_, [&]() -> Result<std::vector<SeenType>> {
    std::optional<SessionPool::Lease> lease = lookup_pool_.lease(deadline());
    if (!lease) return busy_error(path_);
    Result<std::vector<SeenType>> seen = read_seen(lease->session(), key);
    if (seen.ok() && before) {
      seen_cache_.put(key.project_id, key.instance_id, seen.value(), *before);
    }
    return seen;
  });
}

Status SociStore::forget(const ProjectId& project, const InstanceId& instance) {
  return write_seen([&](Session& session, WrittenSeen& written) -> Status {
    const InstanceKey key = key_of(project, instance);
    written = WrittenSeen{key.project_id, key.instance_id, false};
    delete_seen(session.sql(), key);
    return Success{};
  });
}

Result<std::size_t> SociStore::forget_old(Timestamp now) {
  std::size_t gone = 0;
  Status done = write_seen([&](Session& session, WrittenSeen& written) -> Status {
    soci::session& sql = session.sql();
    gone = delete_expired(sql, oldest_kept(availability_, now), max_forgotten);
    gone += delete_beyond_all(sql, availability_, max_forgotten - gone);
    written.others = gone > 0;
    return Success{};
  });
  if (!done.ok()) return std::move(done).error();
  return gone;
}

}  // namespace console_policy::store
