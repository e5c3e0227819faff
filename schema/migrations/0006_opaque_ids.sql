-- SPDX-License-Identifier: Apache-2.0
-- Ids from Keystone are opaque text of up to 255 bytes. SQLite does not enforce lengths and skips
-- these statements.

ALTER TABLE policy MODIFY owner_id VARCHAR(255) NOT NULL;

ALTER TABLE change_log MODIFY owner_id VARCHAR(255) NOT NULL;

ALTER TABLE availability MODIFY project_id VARCHAR(255) NOT NULL;

ALTER TABLE forgotten_instance MODIFY project_id VARCHAR(255) NOT NULL;
