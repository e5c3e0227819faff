# SPDX-License-Identifier: Apache-2.0
"""Two administrators change one policy at once, each through a daemon of their own."""

import concurrent.futures
import contextlib
import json
import threading
import unittest

from stage import DATABASE, Scenario
from waiting import wait_until

ROUNDS = 200
SCOPE = 'projects/concurrent-writers'


class ConcurrentWriters(Scenario):

    def test_through_the_proxy_exactly_one_wins(self):
        self.compare_and_set(self.daemons[:2])

    def test_on_two_database_nodes_exactly_one_wins(self):
        """Their transactions collide when they are certified: the database aborts one of them."""
        daemons = [self.stage.new_daemon(f'direct{node.number}', url=self.stage.tls_url(port=node.port))
                   for node in self.stage.cluster.nodes[:2]]
        for daemon in daemons:
            daemon.start()
            self.addCleanup(daemon.kill)
            daemon.wait_until_healthy()
        self.compare_and_set(daemons)

    def compare_and_set(self, daemons):
        first = daemons[0].put(SCOPE, prefer=['VNC'], reason='first')
        self.assertIn(first.status, (200, 201), first.body)
        tag, before = first.headers['ETag'], self.stage.stored_revision()
        together = threading.Barrier(2)

        def put(daemon):
            body = {'policy': {'prefer': ['VNC'], 'reason': daemon.folder.name}}
            with contextlib.closing(daemon.connect()) as connection:
                together.wait(30)
                return daemon.ask('PUT', f'/v1/policies/{SCOPE}', body, connection=connection,
                                  headers={'If-Match': tag})

        won = dict.fromkeys((daemon.folder.name for daemon in daemons), 0)
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            for number in range(ROUNDS):
                answers = list(threads.map(put, daemons))
                self.assertEqual(sorted(answer.status for answer in answers), [200, 412],
                                 [(number, answer.status, answer.body) for answer in answers])
                winner = min(answers, key=lambda answer: answer.status)
                tag = winner.headers['ETag']
                won[winner.json['policy']['reason']] += 1
        self.assertEqual(self.stage.stored_revision(), before + ROUNDS, 'the refused writes moved the revision')
        self.assert_one_change_a_round(before)
        self.report(f'{ROUNDS} rounds, won: {won}')

    def assert_one_change_a_round(self, before):
        rows = self.stage.sql(f'SELECT revision, after_body FROM change_log WHERE revision > {before} '
                              'ORDER BY revision', DATABASE)
        self.assertEqual([int(row.split('\t')[0]) for row in rows], list(range(before + 1, before + ROUNDS + 1)))
        last = json.loads(rows[-1].split('\t')[1])['reason']
        for daemon in self.daemons:
            wait_until(lambda: daemon.ask('GET', f'/v1/policies/{SCOPE}').json['policy']['reason'] == last, 10,
                       'the daemons do not agree on the last write')


if __name__ == '__main__':
    unittest.main()
