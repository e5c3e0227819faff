// SPDX-License-Identifier: Apache-2.0
// KeystoneNames: names as Keystone knows them.
//
// Contract: a name is believed for options.token_cache, that there is none for unknown_for. What is
//           not remembered is asked for, each id once and at most questions_at_once at a time,
//           until find_within is over; a later search goes on where this one stopped. Where
//           Keystone answers nothing at all, or forbids, nobody is kept waiting again for rest_for.
// Bounds:   max_names remembered; max_searches that ask at once: one more gets what is remembered.
// Threads:  safe for concurrent use, never blocks.
// Lifetime: borrows the client, whose finish() comes before this goes.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "service/identity/expiring_cache.h"
#include "service/identity/keystone_client.h"
#include "service/identity/names.h"

namespace console_policy::identity {

class KeystoneNames final : public Names {
 public:
  static constexpr std::size_t max_names = 20'000;
  static constexpr std::size_t max_searches = 4;
  static constexpr std::size_t questions_at_once = 8;  // of one search
  static constexpr std::chrono::milliseconds find_within{1'000};
  static constexpr std::chrono::seconds unknown_for{10};
  static constexpr std::chrono::seconds rest_for{5};

  KeystoneNames(const KeystoneOptions& options, KeystoneClient& client, platform::Clock clock);

  void find(const OwnerIds& wanted, const std::string& request_id, Done done) override;

 private:
  using Key = std::pair<Named, std::string>;  // kind and id
  using Name = std::optional<std::string>;
  struct Search;
  using SearchPtr = std::shared_ptr<Search>;

  template <class IdType>
  void look_up(Named kind, const std::set<IdType>& ids, Search& search);
  bool admit();
  void ask_next(const SearchPtr& search);
  void told(const SearchPtr& search, const Key& key, const Result<Name>& said);
  void leave(const SearchPtr& search);
  void remember(const Key& key, const Name& name);

  const std::chrono::milliseconds believed_for_;
  KeystoneClient& client_;
  const platform::Clock clock_;
  ExpiringCache<Key, Name> cache_;

  std::mutex mutex_;  // guards both below
  std::size_t searches_{0};
  std::optional<Timestamp> rest_until_;
};

}  // namespace console_policy::identity
