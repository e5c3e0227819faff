# SPDX-License-Identifier: Apache-2.0
"""The database is restored to an older state, as mariadb-dump wrote it."""

import signal
import subprocess
import unittest

from cluster import run_sql
from daemons import USER
from stage import DATABASE, Scenario
from waiting import wait_until

OLD, NEW = 'older-state-old', 'older-state-new'


class OlderState(Scenario):

    def setUp(self):
        super().setUp()
        self.serial = 0
        self.addCleanup(self.forget, OLD)
        self.addCleanup(self.forget, NEW)

    def forget(self, project):
        self.daemons[0].ask('DELETE', f'/v1/policies/projects/{project}')

    def deny(self, daemon, project):
        """One more accepted write."""
        self.serial += 1
        answer = daemon.put(f'projects/{project}', deny=['SPICE'], reason=f'write {self.serial}')
        self.assertIn(answer.status, (200, 201), answer.body)

    def socket(self):
        return f'--socket={self.stage.cluster.primary_nodes()[0].folder}/socket'

    def dump(self):
        return subprocess.run(['mariadb-dump', '--no-defaults', self.socket(), '--user=root', '--single-transaction',
                               DATABASE], check=True, capture_output=True, text=True).stdout

    def restore(self, dump):
        run_sql([self.socket(), '--user=root'], dump, DATABASE)

    def denied(self, daemon, project):
        return 'SPICE' not in daemon.consoles(project)

    def test_all_daemons_reload_it(self):
        first = self.daemons[0]
        self.deny(first, OLD)
        dump, older = self.dump(), self.stage.stored_revision()
        for _ in range(5):
            self.deny(first, NEW)
        self.stage.wait_until_same_revision()
        self.assertTrue(all(self.denied(daemon, NEW) for daemon in self.daemons))
        ends = [len(daemon.log()) for daemon in self.daemons]
        self.restore(dump)
        seconds = self.stage.wait_until_same_revision()
        self.assertEqual(self.stage.stored_revision(), older)
        for daemon, end in zip(self.daemons, ends):
            line = daemon.wait_for_log('loaded again', start=end)
            self.assertEqual((self.denied(daemon, OLD), self.denied(daemon, NEW)), (True, False))
        self.report(f'all daemons have the older state after {seconds:.2f} s; {line}')
        self.deny(first, NEW)
        self.stage.wait_until_same_revision()

    def test_no_daemon_loads_half_of_it_while_the_account_is_locked(self):
        """The procedure of examples/galera/README.md."""
        self.deny(self.daemons[0], OLD)
        dump = self.dump()
        self.deny(self.daemons[0], NEW)
        self.stage.wait_until_same_revision()
        account = f"{USER}@'127.0.0.1'"
        self.addCleanup(self.stage.sql, f'ALTER USER {account} ACCOUNT UNLOCK')
        self.stage.cluster.busiest_node(USER).sql(f'ALTER USER {account} ACCOUNT LOCK; KILL USER {USER}')
        for daemon in self.daemons:
            wait_until(lambda: daemon.health()[1].startswith('OK\nstore: policies from memory'), 30, daemon.health)
        self.restore(dump)
        self.assertEqual([self.denied(daemon, NEW) for daemon in self.daemons], [True] * 3, 'read before the end')
        self.stage.sql(f'ALTER USER {account} ACCOUNT UNLOCK')
        self.stage.wait_until_same_revision()
        self.assertEqual([(self.denied(daemon, OLD), self.denied(daemon, NEW)) for daemon in self.daemons],
                         [(True, False)] * 3)

    def test_a_daemon_that_looks_only_after_new_writes_notices_it(self):
        """The revision is higher than the daemon's own by then: it must not take the new changes for the next ones."""
        first, _, late = self.daemons
        self.deny(first, OLD)
        dump = self.dump()
        self.deny(first, NEW)
        newest = self.stage.stored_revision()
        self.stage.wait_until_same_revision()
        self.addCleanup(late.process.send_signal, signal.SIGCONT)
        late.process.send_signal(signal.SIGSTOP)
        self.restore(dump)
        wait_until(lambda: not self.denied(first, NEW), 30, 'the first daemon does not notice the older state')
        while self.stage.stored_revision() <= newest + 1:
            self.deny(first, OLD)
        late.process.send_signal(signal.SIGCONT)
        self.stage.wait_until_same_revision()
        self.assertEqual((self.denied(late, OLD), self.denied(late, NEW)), (True, False))


if __name__ == '__main__':
    unittest.main()
