// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_names.h"

#include <algorithm>
#include <vector>

namespace console_policy::identity {
namespace {

void add(OwnerNames& found, Named kind, const std::string& id, const std::string& name) {
  switch (kind) {
    case Named::project:
      found.projects.emplace(ProjectId::parse(id).value(), name);
      return;
    case Named::domain:
      found.domains.emplace(DomainId::parse(id).value(), name);
      return;
    case Named::user:
      found.users.emplace(UserId::parse(id).value(), name);
      return;
  }
}

}  // namespace

struct KeystoneNames::Search {
  HttpClient::Deadline deadline;
  std::string request_id;
  Done done;

  std::mutex mutex;  // guards all below
  OwnerNames found;
  std::vector<Key> missing;  // not asked for yet
  std::size_t askers{0};     // each has one question under way at most
  std::size_t answers{0};
};

KeystoneNames::KeystoneNames(const KeystoneOptions& options, KeystoneClient& client,
                             platform::Clock clock)
    : believed_for_(options.token_cache),
      client_(client),
      clock_(std::move(clock)),
      cache_(max_names) {}

void KeystoneNames::find(const OwnerIds& wanted, const std::string& request_id, Done done) {
  const auto search = std::make_shared<Search>();
  look_up(Named::project, wanted.projects, *search);
  look_up(Named::domain, wanted.domains, *search);
  look_up(Named::user, wanted.users, *search);
  if (search->missing.empty() || !admit()) return done(std::move(search->found));
  search->deadline = std::chrono::steady_clock::now() + find_within;
  search->request_id = request_id;
  search->done = std::move(done);
  const std::size_t askers = std::min(questions_at_once, search->missing.size());
  search->askers = askers;
  for (std::size_t i = 0; i < askers; ++i) ask_next(search);
}

template <class IdType>
void KeystoneNames::look_up(Named kind, const std::set<IdType>& ids, Search& search) {
  const Timestamp now = clock_();
  for (const IdType& id : ids) {
    Key key{kind, id.text()};
    const std::optional<Name> known = cache_.find(key, now);
    if (!known.has_value()) {
      search.missing.push_back(std::move(key));
    } else if (known->has_value()) {
      add(search.found, kind, id.text(), **known);
    }
  }
}

bool KeystoneNames::admit() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (searches_ >= max_searches) return false;
  if (rest_until_.has_value() && clock_() < *rest_until_) return false;
  ++searches_;
  return true;
}

void KeystoneNames::ask_next(const SearchPtr& search) {
  Key key;
  bool over = std::chrono::steady_clock::now() >= search->deadline;
  {
    const std::lock_guard<std::mutex> lock(search->mutex);
    over = over || search->missing.empty();
    if (!over) {
      key = std::move(search->missing.back());
      search->missing.pop_back();
    }
  }
  if (over) return leave(search);
  client_.name_of(key.first, key.second, search->request_id, search->deadline,
                  [this, search, key](const Result<Name>& said) { told(search, key, said); });
}

void KeystoneNames::told(const SearchPtr& search, const Key& key, const Result<Name>& said) {
  // Who gets no answer does not ask on: with all of them gone, the search ends.
  if (!said.ok()) return leave(search);
  remember(key, said.value());
  {
    const std::lock_guard<std::mutex> lock(search->mutex);
    ++search->answers;
    if (said.value().has_value()) add(search->found, key.first, key.second, *said.value());
  }
  ask_next(search);
}

void KeystoneNames::leave(const SearchPtr& search) {
  bool answered = false;
  {
    const std::lock_guard<std::mutex> lock(search->mutex);
    if (--search->askers > 0) return;
    answered = search->answers > 0;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    --searches_;
    if (!answered) rest_until_ = clock_() + rest_for;
  }
  search->done(std::move(search->found));
}

void KeystoneNames::remember(const Key& key, const Name& name) {
  const Timestamp now = clock_();
  const std::chrono::milliseconds unknown = unknown_for;
  cache_.put(key, name, now,
             now + (name.has_value() ? believed_for_ : std::min(believed_for_, unknown)));
}

}  // namespace console_policy::identity
