// SPDX-License-Identifier: Apache-2.0
#include "service/store/wal_index.h"

#include <cstddef>

namespace console_policy::store {
namespace {

// Other processes write there, so each word is read as what it is: shared between threads.
WalIndex::Header copy_at(const std::uint32_t* words) {
  WalIndex::Header header{};
  for (std::size_t i = 0; i < header.size(); ++i) {
    header[i] = __atomic_load_n(words + i, __ATOMIC_ACQUIRE);
  }
  return header;
}

}  // namespace

std::optional<WalIndex::Header> WalIndex::header() const {
  if (words_ == nullptr) return std::nullopt;
  const Header first = copy_at(words_);
  const Header second = copy_at(words_ + first.size());
  // All zeros: not made yet.
  if (first != second || first == Header{}) return std::nullopt;
  return first;
}

}  // namespace console_policy::store
