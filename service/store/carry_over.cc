// SPDX-License-Identifier: Apache-2.0
#include "service/store/carry_over.h"

#include <exception>
#include <optional>

namespace console_policy::store {

CarryOver::CarryOver(Session& session, const WalIndex& index, PolicyCache& policies,
                     SeenCache& seen, Checkpoints& checkpoints)
    : session_(&session),
      index_(&index),
      policies_(&policies),
      seen_(&seen),
      checkpoints_(&checkpoints),
      version_(session.data_version()) {
  policies_->begin_write();
  seen_->begin_write();
}

CarryOver::~CarryOver() {
  policies_->end_write();
  seen_->end_write();
}

void CarryOver::committed(const Written& written) noexcept {
  try {
    // In this order: if nobody had committed by the question, nobody had by the look before it.
    const std::optional<WalIndex::Header> after = index_->header();
    if (!after) return;
    if (session_->data_version() == version_) carry(written, *after);
    checkpoints_->after_commit(*session_, WalIndex::pages_in_log(*after));
  } catch (const std::exception&) {
    // No memory, or no answer: the caches fill again. The write is stored all the same.
  }
}

void CarryOver::carry(const Written& written, const WalIndex::Header& after) {
  // A body that cannot be read is told to who asks for it.
  if (!policies_->carry(written.policies, after).ok()) return;
  seen_->carry(written.seen, after);
  policies_->end_write();
  seen_->end_write();
}

}  // namespace console_policy::store
