# SPDX-License-Identifier: Apache-2.0
"""A preview counts every observed instance, and stores nothing.

It prints the time of a preview; CONSOLE_POLICY_INSTANCES sets the number of instances.
"""

import json
import os
import sqlite3
import time
import unittest
import uuid

from world import PERSONAS, PROJECT_A, Daemon, only_on_sqlite

ADMIN = PERSONAS['admin'].token
JSON = ('Content-Type', 'application/json')
ONLY_VNC = {'operations': [{'action': 'put', 'target': {'scope': 'cloud'},
                            'policy': {'prefer': ['VNC'], 'reason': 'SPICE is being replaced'}}]}
INSTANCES = int(os.environ.get('CONSOLE_POLICY_INSTANCES', 10_000))
PROJECTS = 1_000
DAY = 86_400_000_000  # in microseconds
SECONDS = 30


@only_on_sqlite('it fills the file')
class Previews(unittest.TestCase):

    def start(self, **options):
        daemon = Daemon(**options)
        daemon.__enter__()
        self.addCleanup(daemon.__exit__, None, None, None)
        return daemon

    def preview(self, daemon):
        answer = daemon.request('POST', '/v1/policies/preview', ADMIN, json.dumps(ONLY_VNC).encode(), [JSON])
        self.assertEqual(answer.status, 200, answer)
        return answer.json()['preview']['impact']

    def test_counts_each_instance_once(self):
        daemon = self.start(configuration='availability: {max_rows: 300000}\n')
        now = time.time_ns() // 1000
        rows = []
        for number in range(INSTANCES):
            instance = str(uuid.UUID(int=number))
            for kind in ('SPICE', 'VNC'):
                rows.append((f'project-{number % PROJECTS}', instance, kind, 'opened', 'a0', now - DAY, now - 1))
        with sqlite3.connect(daemon.data / 'policy.db', SECONDS) as database:
            database.executemany(
                'INSERT INTO availability (project_id, instance_id, console_type, status, host_id, instance_updated,'
                ' seen_at, nova_status, milliseconds, batch) VALUES (?, ?, ?, ?, ?, ?, ?, -1, -1, 1)', rows)
            database.execute('UPDATE observation_counter SET batch = 1')
        until = time.monotonic() + SECONDS
        while self.preview(daemon)['instances'] < INSTANCES:
            self.assertLess(time.monotonic(), until)
        began = time.monotonic()
        impact = self.preview(daemon)
        print(f'a preview of {INSTANCES} instances took {time.monotonic() - began:.2f} s')
        self.assertEqual(impact['instances'], INSTANCES)
        self.assertEqual(impact['other_type']['instances'], INSTANCES)
        self.assertEqual({group['instances'] for group in impact['other_type']['by_project']},
                         {INSTANCES // PROJECTS})
        self.assertEqual(len(impact['other_type']['by_project']), PROJECTS)
        self.assertEqual(len(impact['other_type']['first']), 100)

    def test_a_thousand_previews_change_nothing(self):
        daemon = self.start()
        path = f'/v1/policies/projects/{PROJECT_A}'
        self.assertEqual(daemon.request('PUT', path, ADMIN, b'{"policy": {"prefer": ["VNC"]}}', [JSON]).status, 201)

        def contents():
            with sqlite3.connect(f'file:{daemon.data / "policy.db"}?mode=ro', uri=True) as database:
                return list(database.iterdump())

        before = contents()
        for _ in range(1000):
            self.preview(daemon)
        self.assertEqual(contents(), before)
        self.assertEqual(daemon.revision(), 1)
        daemon.end()
        self.assertNotIn('"audit"', ''.join(line for line in daemon.log().splitlines() if 'preview' in line))


if __name__ == '__main__':
    unittest.main()
