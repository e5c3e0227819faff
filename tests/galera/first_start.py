# SPDX-License-Identifier: Apache-2.0
"""The first start on an empty database: the daemons create the tables."""

import contextlib
import random
import time
import unittest

from cluster import SqlError
from stage import APPLY_FIRST, Scenario, long

ROUNDS = 20 if long() else 5
VERSIONS = APPLY_FIRST + 'SELECT version FROM schema_version ORDER BY version'


class FirstStart(Scenario):

    def setUp(self):
        """Daemons and databases of its own; the cluster only has to be there."""
        self.stage.cluster.heal()

    def daemons_on_each_node(self, name):
        """Each reaches the empty database through a node of its own, which is worse than through the proxy."""
        database = self.stage.new_database(f'console_policy_{name}')
        daemons = [self.stage.new_daemon(f'{name}{node.number}',
                                         url=self.stage.tls_url(port=node.port, database=database))
                   for node in self.stage.cluster.nodes]
        for daemon in daemons:
            self.addCleanup(daemon.kill)
        return database, daemons

    def assert_works(self, database, daemons):
        for daemon in daemons:
            daemon.wait_until_healthy()
        for daemon in daemons:
            answer = daemon.put(f'projects/{daemon.folder.name}', deny=['SPICE'], reason='the first one')
            self.assertEqual(answer.status, 201, answer.body)
        versions = [int(version) for version in self.stage.sql(VERSIONS, database)]
        self.assertEqual(versions, list(range(1, len(versions) + 1)))

    def test_three_daemons_at_once(self):
        database, daemons = self.daemons_on_each_node('first_start')
        for daemon in daemons:
            daemon.launch()
        self.assert_works(database, daemons)

    def test_daemons_that_are_killed_while_they_create_the_tables(self):
        for number in range(ROUNDS):
            database, daemons = self.daemons_on_each_node(f'killed_{number}_')
            for daemon in daemons[:2]:
                daemon.launch()
                time.sleep(random.uniform(0, 0.5))  # anywhere in the work
                daemon.kill()
            self.let_claims_grow_old(database)
            daemons[2].launch()
            self.assert_works(database, daemons[2:])
            daemons[2].kill()

    def let_claims_grow_old(self, database):
        """A migration that a dead daemon has begun is taken over when it is old: the negative time of its begin."""
        with contextlib.suppress(SqlError):  # the table is not there yet
            self.stage.sql('UPDATE schema_version SET applied_at = applied_at + 3600000000 WHERE applied_at < 0',
                           database)


if __name__ == '__main__':
    unittest.main()
