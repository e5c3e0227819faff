-- SPDX-License-Identifier: Apache-2.0
-- Three daemons on one database.
--
-- Every transaction that writes observations counts up observation_counter first and marks its rows
-- with the number, so the other daemons read what is new since the last number they saw.

ALTER TABLE availability ADD COLUMN batch BIGINT NOT NULL DEFAULT 0;

CREATE INDEX availability_batch ON availability (batch);

CREATE TABLE observation_counter (
  id BIGINT NOT NULL,
  batch BIGINT NOT NULL,
  PRIMARY KEY (id)
) ${TABLE_OPTIONS};

INSERT INTO observation_counter (id, batch) VALUES (1, 0);

-- Instances whose observations were deleted on request, for the other daemons.
CREATE TABLE forgotten_instance (
  project_id VARCHAR(64) NOT NULL,
  instance_id VARCHAR(36) NOT NULL,
  batch BIGINT NOT NULL,
  PRIMARY KEY (project_id, instance_id)
) ${TABLE_OPTIONS};

CREATE INDEX forgotten_instance_batch ON forgotten_instance (batch);

-- One row: when a daemon last began to delete old rows. The daemons take turns by compare-and-set.
CREATE TABLE maintenance (
  id BIGINT NOT NULL,
  began_at BIGINT NOT NULL,
  PRIMARY KEY (id)
) ${TABLE_OPTIONS};

INSERT INTO maintenance (id, began_at) VALUES (1, 0);

-- Was one row that every new observation updated.
DROP TABLE availability_count;

-- Lists of observations are made in memory.
DROP INDEX availability_type_status ${OF availability};

DROP INDEX availability_host ${OF availability};

DROP INDEX availability_summary ${OF availability};

-- Lists of all kinds of scopes by time.
CREATE INDEX policy_updated ON policy (updated_at, revision);

CREATE INDEX change_log_time ON change_log (changed_at, revision);
