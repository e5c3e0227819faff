-- SPDX-License-Identifier: Apache-2.0
-- A list of all kinds of scopes is made of the lists of each, so it needs no index of its own; each
-- index has to be kept at every write.

DROP INDEX policy_updated ${OF policy};

DROP INDEX change_log_time ${OF change_log};
