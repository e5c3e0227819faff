# SPDX-License-Identifier: Apache-2.0
"""A daemon is killed, or stopped as for an upgrade, under load behind HAProxy."""

import time
import unittest

from stage import Scenario, long
from waiting import wait_until

ROUNDS = 10 if long() else 3


class DaemonFailures(Scenario):

    def test_of_a_killed_daemon_a_client_that_retries_once_sees_nothing(self):
        self.assert_clients_see_nothing(lambda daemon: daemon.kill(), tries=2)

    def test_of_a_stopped_daemon_a_client_sees_nothing(self):
        self.assert_clients_see_nothing(lambda daemon: self.assertEqual(daemon.stop(), ''), tries=1)

    def assert_clients_see_nothing(self, end, tries):
        with self.stage.load(tries=tries) as load:
            for number in range(ROUNDS):
                daemon = self.daemons[number % len(self.daemons)]
                before = len(load.resolutions())
                end(daemon)
                wait_until(lambda: len(load.resolutions()) > before + 200, 60, 'there is hardly a resolution')
                log_end = len(daemon.log())
                daemon.start()
                # The proxy sends it requests again; until then it is not the time to end the next one.
                daemon.wait_for_log('"path":"/v1/projects/load-', start=log_end)
                moment = time.monotonic()
                wait_until(lambda: load.last_acknowledged_at() > moment, 30, 'no write is acknowledged')
        failed_writes = [result for result in load.writes() if result.status not in (200, 201)]
        self.report(f'{ROUNDS} times: {len(load.resolutions())} resolutions, {len(load.failed_resolutions())} failed; '
                    f'{len(load.writes())} writes, {len(failed_writes)} failed')
        self.assertEqual(load.failed_resolutions(), [])
        self.assertEqual(failed_writes, [])


if __name__ == '__main__':
    unittest.main()
