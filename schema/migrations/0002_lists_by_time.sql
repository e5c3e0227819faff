-- SPDX-License-Identifier: Apache-2.0
-- Lists that begin with what was written last, and changes by who made them, where and when.
--
-- Each index ends with what its list is ordered by, so a page is a search that needs no sorting.

CREATE INDEX policy_updated ON policy (updated_at, revision);

CREATE INDEX policy_scope_updated ON policy (scope, updated_at, revision);

CREATE INDEX policy_owner_updated ON policy (owner_id, updated_at, revision);

CREATE INDEX change_log_user ON change_log (user_id, revision);

CREATE INDEX change_log_scope ON change_log (scope, revision);

CREATE INDEX change_log_time ON change_log (changed_at, revision);

CREATE INDEX change_log_owner_time ON change_log (owner_id, changed_at, revision);

CREATE INDEX change_log_user_time ON change_log (user_id, changed_at, revision);

CREATE INDEX change_log_scope_time ON change_log (scope, changed_at, revision);
