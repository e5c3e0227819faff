// SPDX-License-Identifier: Apache-2.0
#include "service/api/changes.h"

#include "service/api/answer.h"
#include "service/api/marker.h"
#include "service/api/writing.h"
#include "service/codec/messages.h"
#include "service/platform/time_text.h"

namespace console_policy::api {
namespace {

Result<std::optional<Revision>> revision_marker(const Query& query) {
  const auto given = find(query, "marker");
  if (!given.has_value()) return std::optional<Revision>();
  const std::optional<Revision> revision = parse_revision(*given);
  if (!revision.has_value()) {
    return invalid_request("marker: the revision of the last change seen is expected");
  }
  return revision;
}

Result<std::optional<Timestamp>> time_filter(const Query& query, const std::string& parameter) {
  const auto given = find(query, parameter);
  if (!given.has_value()) return std::optional<Timestamp>();
  Result<Timestamp> time = platform::parse_time(*given);
  if (!time.ok()) return invalid_request(parameter + ": " + time.error().message);
  return std::optional<Timestamp>(time.value());
}

Result<store::ChangeFilter> change_filter(const Query& query) {
  Result<std::optional<ScopeKind>> kind = scope_filter(query);
  if (!kind.ok()) return std::move(kind).error();
  Result<std::optional<std::string>> project = id_filter<ProjectId>(query, "project_id");
  if (!project.ok()) return std::move(project).error();
  Result<std::optional<std::string>> user = id_filter<UserId>(query, "user_id");
  if (!user.ok()) return std::move(user).error();
  Result<std::optional<Timestamp>> since = time_filter(query, "since");
  if (!since.ok()) return std::move(since).error();
  Result<std::optional<Timestamp>> until = time_filter(query, "until");
  if (!until.ok()) return std::move(until).error();
  return store::ChangeFilter{kind.value(), std::move(project).value(), std::move(user).value(),
                             since.value(), until.value()};
}

}  // namespace

Result<http::Response> list_changes(const Call& call) {
  Result<store::ChangeFilter> filter = change_filter(call.query);
  if (!filter.ok()) return std::move(filter).error();
  Result<std::size_t> limit = page_limit(call.query);
  if (!limit.ok()) return std::move(limit).error();
  Result<std::optional<Revision>> before = revision_marker(call.query);
  if (!before.ok()) return std::move(before).error();

  Result<std::vector<Change>> found =
      call.services.store.changes(filter.value(), before.value(), limit.value() + 1);
  if (!found.ok()) {
    Error error = std::move(found).error();
    // All that a store can find wrong with what it is asked is the place to go on from.
    if (error.code == ErrorCode::invalid_request) error.message = "marker: " + error.message;
    return error;
  }
  std::vector<Change> page = std::move(found).value();
  std::optional<std::string> next;
  if (page.size() > limit.value()) {
    page.erase(page.begin() + static_cast<std::ptrdiff_t>(limit.value()), page.end());
    next = next_page(call.prefix + "/v1/changes", call.query, std::to_string(page.back().revision));
  }
  return json_answer(200, codec::encode_changes(page, next));
}

Result<Change> change_in_path(const Call& call) {
  const std::optional<Revision> revision = parse_revision(call.path.at("revision"));
  if (!revision.has_value()) {
    return invalid_request("revision: the revision of a change is expected");
  }
  Result<std::optional<Change>> found = call.services.store.change(*revision);
  if (!found.ok()) return std::move(found).error();
  std::optional<Change> change = std::move(found).value();
  // A change that does not exist is one of no project: a refusal does not reveal it.
  constexpr std::string_view rule = "changes:list";
  const Target target = change.has_value() ? target_of(change->scope) : Target();
  if (!call.access.allows(rule, call.caller.credentials(), target)) return not_allowed(rule);
  if (change.has_value()) return *std::move(change);
  return Error{ErrorCode::not_found,
               "The log has no change with this revision; old changes are deleted.",
               {}};
}

Result<http::Response> show_change(const Call& call) {
  Result<Change> change = change_in_path(call);
  if (!change.ok()) return std::move(change).error();
  return json_answer(200, codec::encode_change(change.value()));
}

}  // namespace console_policy::api
