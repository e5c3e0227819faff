// SPDX-License-Identifier: Apache-2.0
#include "service/api/changes.h"

#include <charconv>

#include "service/api/answer.h"
#include "service/api/marker.h"
#include "service/codec/messages.h"

namespace console_policy::api {
namespace {

Result<std::optional<Revision>> revision_marker(const Query& query) {
  const auto given = find(query, "marker");
  if (!given.has_value()) return std::optional<Revision>();
  Revision revision = 0;
  const char* const end = given->data() + given->size();
  const auto [stop, error] = std::from_chars(given->data(), end, revision);
  if (error != std::errc{} || stop != end || revision < 1) {
    return invalid_request("marker: the revision of the last change seen is expected");
  }
  return std::optional<Revision>(revision);
}

Result<std::optional<std::string>> project_filter(const Query& query) {
  const auto given = find(query, "project_id");
  if (!given.has_value()) return given;
  Result<ProjectId> id = parse_id<ProjectId>("project_id", *given);
  if (!id.ok()) return std::move(id).error();
  return given;
}

}  // namespace

Result<http::Response> list_changes(const Call& call) {
  Result<std::optional<std::string>> project = project_filter(call.query);
  if (!project.ok()) return std::move(project).error();
  Result<std::size_t> limit = page_limit(call.query);
  if (!limit.ok()) return std::move(limit).error();
  Result<std::optional<Revision>> before = revision_marker(call.query);
  if (!before.ok()) return std::move(before).error();

  Result<std::vector<Change>> found =
      call.services.store.changes(project.value(), before.value(), limit.value() + 1);
  if (!found.ok()) return std::move(found).error();
  std::vector<Change> page = std::move(found).value();
  std::optional<std::string> next;
  if (page.size() > limit.value()) {
    page.erase(page.begin() + static_cast<std::ptrdiff_t>(limit.value()), page.end());
    next = next_page("/v1/changes", call.query, std::to_string(page.back().revision));
  }
  return json_answer(200, codec::encode_changes(page, next));
}

}  // namespace console_policy::api
