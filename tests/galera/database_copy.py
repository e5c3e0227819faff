# SPDX-License-Identifier: Apache-2.0
"""`console-policyd db copy` from SQLite to MariaDB and back: both ends answer with the same bytes."""

import contextlib
import random
import time
import unittest
import uuid

from stage import Scenario, long
from waiting import wait_until

POLICIES = 100_000 if long() else 2_000
PROJECTS = [f'copied-{number}' for number in range(POLICIES // 1000)]
OPERATIONS_AT_ONCE = 1000
OBSERVED = 20  # instances of which something was seen
QUESTIONS = 1000
FINGERPRINT = {'instance_updated': '2026-01-01T00:00:00Z', 'host_id': 'a1b2c3'}
TYPES = ['VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS']


class DatabaseCopy(Scenario):

    def setUp(self):
        """Daemons and databases of its own; the cluster only has to be there."""
        self.stage.cluster.heal()
        self.random = random.Random(19)

    def daemon(self, name, url):
        daemon = self.stage.new_daemon(name, url=url)
        self.addCleanup(daemon.kill)
        return daemon

    def start(self, daemon):
        daemon.start()
        daemon.wait_until_healthy()

    def sqlite_url(self, name):
        return f'sqlite:///{self.stage.folder}/{name}.db'

    def copy(self, daemon, source, target):
        done = daemon.command('db', 'copy', '--from', source, '--to', target)
        self.assertNotIn(self.stage.credentials.password, done.stdout + done.stderr)
        return done

    def test_both_ends_answer_with_the_same_bytes(self):
        first_url, last_url = self.sqlite_url('copy-first'), self.sqlite_url('copy-last')
        middle_url = self.stage.tls_url(database=self.stage.new_database('console_policy_copy'))
        first, middle, last = (self.daemon(*each) for each in (
            ('copy-first', first_url), ('copy-middle', middle_url), ('copy-last', last_url)))
        self.start(first)
        questions = self.questions(self.fill(first))
        expected = self.answers(first, questions)
        self.assertEqual(first.stop(), '')
        for daemon, source, target in ((middle, first_url, middle_url), (last, middle_url, last_url)):
            began = time.monotonic()
            done = self.copy(daemon, source, target)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.report(f'{POLICIES} policies in {time.monotonic() - began:.1f} s: {done.stdout.strip()}')
            self.start(daemon)
            # Observations are read after the start, beside the requests.
            wait_until(lambda: self.answers(daemon, questions[:OBSERVED]) == expected[:OBSERVED], 10,
                       'the observations are not there')
            self.assertEqual(self.answers(daemon, questions), expected)
            self.assertEqual(daemon.stop(), '')
        self.assert_a_target_with_policies_is_refused(middle, first_url, middle_url)

    def assert_a_target_with_policies_is_refused(self, daemon, source, target):
        done = self.copy(daemon, source, target)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('empty', done.stdout + done.stderr)

    def fill(self, daemon):
        """Stores policies of each kind, replaces and deletes some, and reports outcomes; the instances' names."""
        instances = [(self.random.choice(PROJECTS), str(uuid.UUID(int=self.random.getrandbits(128))))
                     for _ in range(POLICIES)]
        targets = [{'scope': 'instance', 'project_id': project, 'instance_id': instance}
                   for project, instance in instances]
        targets += [{'scope': 'project', 'project_id': project} for project in PROJECTS]
        targets += [{'scope': 'domain', 'domain_id': 'default'}, {'scope': 'cloud'}]
        operations = [{'action': 'put', 'target': target, 'policy': self.policy()} for target in targets]
        operations += [{'action': 'put', 'target': target, 'policy': self.policy()} for target in targets[:100]]
        operations += [{'action': 'delete', 'target': target} for target in targets[100:150]]
        for begin in range(0, len(operations), OPERATIONS_AT_ONCE):
            answer = daemon.ask('POST', '/v1/policies/batch',
                                {'operations': operations[begin:begin + OPERATIONS_AT_ONCE]})
            self.assertEqual(answer.status, 200, answer.body[:500])
        for project, instance in instances[:OBSERVED]:
            self.observe(daemon, project, instance)
        return instances

    def policy(self):
        prefer = self.random.sample(TYPES, 2)
        denied = self.random.choice([kind for kind in TYPES if kind not in prefer])
        return {'prefer': prefer, 'deny': [denied], 'reason': f'ü "\\{self.random.getrandbits(32)}'}

    def observe(self, daemon, project, instance):
        path = f'/v1/projects/{project}/instances/{instance}'
        report = {**FINGERPRINT, 'outcomes': [{'type': 'SPICE', 'outcome': 'unavailable'}]}
        self.assertEqual(daemon.ask('POST', f'{path}/outcomes', {'report': report}).status, 204)
        wait_until(lambda: daemon.ask('GET', f'{path}/availability').json['availability']['types'], 10,
                   'the observation is not stored')

    def questions(self, instances):
        fingerprint = '&'.join(f'{name}={value}' for name, value in FINGERPRINT.items())
        asked = instances[:OBSERVED] + self.random.choices(instances, k=QUESTIONS - OBSERVED)
        return [f'/v1/projects/{project}/instances/{instance}/consoles?explain=true&{fingerprint}'
                for project, instance in asked]

    def answers(self, daemon, questions):
        with contextlib.closing(daemon.connect()) as connection:
            answers = [daemon.ask('GET', question, connection=connection) for question in questions]
        self.assertEqual({answer.status for answer in answers}, {200})
        return [(answer.headers['ETag'], answer.body) for answer in answers]


if __name__ == '__main__':
    unittest.main()
