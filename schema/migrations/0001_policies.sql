-- SPDX-License-Identifier: Apache-2.0
-- Policies, the log of their changes, and the revision of the whole store.
--
-- ${TABLE_OPTIONS} is what each database wants after a table: see README.md.
-- Times are BIGINT: microseconds since 1970-01-01 UTC. Ids compare byte by byte.

CREATE TABLE schema_version (
  version BIGINT NOT NULL,
  name VARCHAR(255) NOT NULL,
  applied_at BIGINT NOT NULL,
  PRIMARY KEY (version)
) ${TABLE_OPTIONS};

-- One row: the number of the last change. Every write transaction touches it first, so that
-- revisions are handed out in commit order and without gaps.
CREATE TABLE revision_counter (
  id BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (id)
) ${TABLE_OPTIONS};

INSERT INTO revision_counter (id, revision) VALUES (1, 0);

-- owner_id: the id of the domain, project or user; the project of an instance; empty for the cloud.
-- instance_id: empty but for an instance. body: the policy as JSON.
CREATE TABLE policy (
  scope VARCHAR(16) NOT NULL,
  owner_id VARCHAR(64) NOT NULL,
  instance_id VARCHAR(36) NOT NULL,
  body TEXT NOT NULL,
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by VARCHAR(255) NOT NULL,
  PRIMARY KEY (scope, owner_id, instance_id)
) ${TABLE_OPTIONS};

-- One row for each accepted write. change_id is made by the writer, so that a write whose COMMIT
-- ended in doubt can be looked up and never applies twice.
CREATE TABLE change_log (
  revision BIGINT NOT NULL,
  change_id VARCHAR(64) NOT NULL,
  changed_at BIGINT NOT NULL,
  action VARCHAR(16) NOT NULL,
  scope VARCHAR(16) NOT NULL,
  owner_id VARCHAR(64) NOT NULL,
  instance_id VARCHAR(36) NOT NULL,
  request_id VARCHAR(255) NOT NULL,
  user_id VARCHAR(255) NOT NULL,
  before_body TEXT,
  after_body TEXT,
  PRIMARY KEY (revision)
) ${TABLE_OPTIONS};

CREATE UNIQUE INDEX change_log_change_id ON change_log (change_id);

CREATE INDEX change_log_owner ON change_log (owner_id, revision);
