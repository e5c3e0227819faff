-- SPDX-License-Identifier: Apache-2.0
-- What was seen of the consoles of instances, and how much is kept of each project.
--
-- host_id and instance_updated are the fingerprint of the instance when it was seen: Nova's hostId
-- and updated. nova_status and milliseconds are -1 when they were not reported.

CREATE TABLE availability (
  project_id VARCHAR(64) NOT NULL,
  instance_id VARCHAR(36) NOT NULL,
  console_type VARCHAR(16) NOT NULL,
  status VARCHAR(16) NOT NULL,
  host_id VARCHAR(64) NOT NULL,
  instance_updated BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  nova_status BIGINT NOT NULL,
  milliseconds BIGINT NOT NULL,
  PRIMARY KEY (project_id, instance_id, console_type)
) ${TABLE_OPTIONS};

-- The list by type and status.
CREATE INDEX availability_type_status
  ON availability (console_type, status, project_id, instance_id);

-- The list of a host.
CREATE INDEX availability_host ON availability (host_id, project_id, instance_id, console_type);

-- The summary.
CREATE INDEX availability_summary ON availability (project_id, host_id, console_type, status);

-- What is oldest, in all and of a project.
CREATE INDEX availability_seen ON availability (seen_at);

CREATE INDEX availability_project_seen ON availability (project_id, seen_at);

-- How many rows each project has in availability; the sum of all under the empty id.
CREATE TABLE availability_count (
  project_id VARCHAR(64) NOT NULL,
  row_count BIGINT NOT NULL,
  PRIMARY KEY (project_id)
) ${TABLE_OPTIONS};

CREATE INDEX availability_count_rows ON availability_count (row_count);

INSERT INTO availability_count (project_id, row_count) VALUES ('', 0);
