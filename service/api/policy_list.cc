// SPDX-License-Identifier: Apache-2.0
#include "service/api/policy_list.h"

#include "service/api/answer.h"
#include "service/api/marker.h"
#include "service/codec/messages.h"

namespace console_policy::api {
namespace {

enum class Key { scope, updated_at };

struct Sort {
  Key key{Key::scope};
  store::Direction direction{store::Direction::ascending};
};

// One key: the order of each is that of an index, and no two policies are equal in it.
Result<Sort> sort_of(const Query& query) {
  const std::string given = find(query, "sort").value_or("scope");
  const std::size_t colon = std::min(given.find(':'), given.size());
  const std::string key = given.substr(0, colon);
  const std::string direction = colon == given.size() ? "asc" : given.substr(colon + 1);
  if ((key != "scope" && key != "updated_at") || (direction != "asc" && direction != "desc")) {
    return invalid_request("sort: scope or updated_at, with :asc or :desc after it, is expected");
  }
  return Sort{key == "scope" ? Key::scope : Key::updated_at,
              direction == "asc" ? store::Direction::ascending : store::Direction::descending};
}

Result<store::PolicyFilter> policy_filter(const Query& query) {
  store::PolicyFilter filter;
  Result<std::optional<ScopeKind>> kind = scope_filter(query);
  if (!kind.ok()) return std::move(kind).error();
  filter.kind = kind.value();
  Result<std::optional<std::string>> project = id_filter<ProjectId>(query, "project_id");
  if (!project.ok()) return std::move(project).error();
  filter.project_id = std::move(project).value();
  return filter;
}

// At most `count` policies after the marker.
Result<std::vector<StoredPolicy>> find_policies(const Call& call, const store::PolicyFilter& filter,
                                                const Sort& sort, std::size_t count) {
  store::Store& store = call.services.store;
  switch (sort.key) {
    case Key::scope: {
      Result<std::optional<Scope>> after = scope_marker(call.query);
      if (!after.ok()) return std::move(after).error();
      return store.list(filter, sort.direction, after.value(), count);
    }
    case Key::updated_at: {
      Result<std::optional<store::UpdatePlace>> after = update_marker(call.query);
      if (!after.ok()) return std::move(after).error();
      return store.list_by_update(filter, sort.direction, after.value(), count);
    }
  }
  return std::vector<StoredPolicy>();
}

}  // namespace

Result<http::Response> list_policies(const Call& call) {
  Result<store::PolicyFilter> filter = policy_filter(call.query);
  if (!filter.ok()) return std::move(filter).error();
  Result<Sort> sort = sort_of(call.query);
  if (!sort.ok()) return std::move(sort).error();
  Result<std::size_t> limit = page_limit(call.query);
  if (!limit.ok()) return std::move(limit).error();

  // One more than the page, to know whether there is a next one.
  Result<std::vector<StoredPolicy>> found =
      find_policies(call, filter.value(), sort.value(), limit.value() + 1);
  if (!found.ok()) return std::move(found).error();
  std::vector<StoredPolicy> page = std::move(found).value();
  std::optional<std::string> next;
  if (page.size() > limit.value()) {
    page.erase(page.begin() + static_cast<std::ptrdiff_t>(limit.value()), page.end());
    const StoredPolicy& last = page.back();
    next =
        next_page(call.prefix + "/v1/policies", call.query,
                  sort.value().key == Key::scope ? marker_of(last.scope) : update_marker_of(last));
  }
  return json_answer(200, codec::encode_policies(page, next));
}

}  // namespace console_policy::api
