# SPDX-License-Identifier: Apache-2.0
"""fair_use.writes_per_minute: a limit of policy writes for each user, from which administrators are exempt."""

import json
import unittest

from handlers import PROMISE
from world import INSTANCE, PERSONAS, PROJECT_A, Daemon

LIMIT = 3
JSON = ('Content-Type', 'application/json')
POLICY = json.dumps({'policy': {'prefer': ['VNC']}}).encode()
PROJECT = f'/v1/policies/projects/{PROJECT_A}'
OF_INSTANCE = f'{PROJECT}/instances/{INSTANCE}'
AT_INSTANCE = f'/v1/projects/{PROJECT_A}/instances/{INSTANCE}'
REPORT = json.dumps({'report': {'instance_updated': '2026-11-23T10:00:00Z', 'host_id': '', 'outcomes': [
    {'type': 'SPICE', 'outcome': 'unavailable'}]}}).encode()


def batch(size):
    """A batch of so many policies of instances."""
    return json.dumps({'operations': [
        {'action': 'put', 'policy': {'prefer': ['VNC']},
         'target': {'scope': 'instance', 'project_id': PROJECT_A,
                    'instance_id': f'22222222-2222-4222-8222-{number:012d}'}}
        for number in range(size)]}).encode()


class WriteRate(unittest.TestCase):

    def setUp(self):
        self.daemon = Daemon(f'fair_use: {{writes_per_minute: {LIMIT}}}\n')
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def ask(self, method, path, persona, body=None):
        """The answer, which keeps to the document."""
        answer = self.daemon.request(method, path, PERSONAS[persona].token, body, [JSON] if body else [])
        parsed = answer.json() if answer.body else None
        self.assertEqual(PROMISE.answer_errors(method, path, answer.status, answer.headers, parsed), [], answer)
        return answer

    def spend(self, persona):
        """Uses up the limit of a user."""
        for _ in range(LIMIT):
            self.assertIn(self.ask('PUT', OF_INSTANCE, persona, POLICY).status, (200, 201))

    def assert_limited(self, answer):
        self.assertEqual(answer.status, 429, answer)
        error, = answer.json()['errors']
        self.assertEqual(error['code'], 'console-policy.too_many_requests')
        self.assertIn('fair_use.writes_per_minute', error['detail'])
        self.assertTrue(1 <= int(answer.headers['retry-after']) <= 60 // LIMIT, answer)

    def test_a_user_beyond_the_limit_gets_429_for_every_kind_of_write(self):
        self.spend('manager')
        before = self.daemon.revision()
        self.assert_limited(self.ask('PUT', PROJECT, 'manager', POLICY))
        self.assert_limited(self.ask('DELETE', OF_INSTANCE, 'manager'))
        self.assert_limited(self.ask('POST', '/v1/policies/batch', 'manager', batch(1)))
        self.assertEqual(self.daemon.revision(), before)

    def test_other_users_and_other_requests_go_on(self):
        self.spend('manager')
        self.assert_limited(self.ask('PUT', PROJECT, 'manager', POLICY))
        self.assertEqual(self.ask('PUT', OF_INSTANCE, 'member', POLICY).status, 200)
        self.assertEqual(self.ask('GET', OF_INSTANCE, 'manager').status, 200)
        self.assertEqual(self.ask('GET', f'{AT_INSTANCE}/consoles', 'manager').status, 200)
        self.assertEqual(self.ask('POST', f'{AT_INSTANCE}/outcomes', 'manager', REPORT).status, 204)
        self.assertEqual(self.ask('DELETE', f'{AT_INSTANCE}/availability', 'manager').status, 204)

    def test_a_batch_counts_once(self):
        for _ in range(LIMIT):
            self.assertEqual(self.ask('POST', '/v1/policies/batch', 'member', batch(LIMIT + 1)).status, 200)
        self.assert_limited(self.ask('POST', '/v1/policies/batch', 'member', batch(1)))

    def test_a_request_that_is_not_allowed_does_not_count(self):
        for _ in range(LIMIT + 1):
            self.assertEqual(self.ask('PUT', PROJECT, 'member', POLICY).status, 403)
        self.spend('member')

    def test_an_administrator_is_exempt(self):
        for _ in range(2 * LIMIT):
            self.assertIn(self.ask('PUT', PROJECT, 'admin', POLICY).status, (200, 201))


class OwnRule(unittest.TestCase):

    def test_an_operator_may_exempt_others(self):
        rules = 'fair_use:exempt: "role:manager"\n'
        with Daemon('fair_use: {writes_per_minute: 1}\naccess: {file: rules.yaml}\n',
                    {'rules.yaml': rules}) as daemon:
            for persona, last in (('manager', 200), ('admin', 429)):
                for _ in range(2):
                    answer = daemon.request('PUT', PROJECT, PERSONAS[persona].token, POLICY, [JSON])
                self.assertEqual(answer.status, last, persona)
            daemon.end()


if __name__ == '__main__':
    unittest.main()
