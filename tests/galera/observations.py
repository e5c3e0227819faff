# SPDX-License-Identifier: Apache-2.0
"""What a dashboard reports to one daemon counts on the others."""

import unittest
import uuid

from stage import Scenario
from waiting import wait_until

PROJECT = 'observations'
FINGERPRINT = {'instance_updated': '2026-01-01T00:00:00Z', 'host_id': 'a1b2c3'}
SHARED_SECONDS = 5  # written once a second, read every 0.5 s; the rest is for a busy machine


class Observations(Scenario):

    def consoles(self, daemon, instance):
        query = '&'.join(f'{name}={value}' for name, value in FINGERPRINT.items())
        answer = daemon.ask('GET', f'/v1/projects/{PROJECT}/instances/{instance}/consoles?{query}')
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json['resolution']['consoles']

    def report_unavailable(self, daemon, instance):
        report = {**FINGERPRINT, 'outcomes': [{'type': 'SPICE', 'outcome': 'unavailable'}]}
        answer = daemon.ask('POST', f'/v1/projects/{PROJECT}/instances/{instance}/outcomes', {'report': report})
        self.assertEqual(answer.status, 204, answer.body)

    def wait_for_console(self, position, instance):
        """The seconds until SPICE is at this position on all daemons."""
        return wait_until(lambda: all(self.consoles(daemon, instance)[position] == 'SPICE' for daemon in self.daemons),
                          SHARED_SECONDS, lambda: [self.consoles(daemon, instance) for daemon in self.daemons])[1]

    def test_a_report_to_one_daemon_counts_on_all_until_it_is_forgotten(self):
        first, second = self.daemons[:2]
        instance = uuid.uuid4()
        self.wait_for_console(0, instance)
        self.report_unavailable(first, instance)
        self.assertEqual(self.consoles(first, instance)[-1], 'SPICE', 'on the daemon that took it')
        reported = self.wait_for_console(-1, instance)
        answer = second.ask('DELETE', f'/v1/projects/{PROJECT}/instances/{instance}/availability')
        self.assertEqual(answer.status, 204, answer.body)
        forgotten = self.wait_for_console(0, instance)
        self.report(f'reported: on all daemons after {reported:.2f} s; forgotten: after {forgotten:.2f} s')

    def test_a_daemon_knows_them_after_a_start(self):
        instance = uuid.uuid4()
        self.report_unavailable(self.daemons[0], instance)
        self.wait_for_console(-1, instance)
        self.daemons[2].kill()
        self.daemons[2].start()
        self.daemons[2].wait_until_healthy()
        self.wait_for_console(-1, instance)


if __name__ == '__main__':
    unittest.main()
