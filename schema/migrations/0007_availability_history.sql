-- SPDX-License-Identifier: Apache-2.0
-- For each day (UTC, "2026-12-01"): how many observed instances last opened exactly these types.
-- "opened" has their names with commas between them, or is empty.

CREATE TABLE availability_history (
  day VARCHAR(10) NOT NULL,
  opened VARCHAR(64) NOT NULL,
  instances BIGINT NOT NULL,
  PRIMARY KEY (day, opened)
) ${TABLE_OPTIONS};
