# SPDX-License-Identifier: Apache-2.0
"""store.max_policies and store.max_policies_per_project: no project can fill the store of all."""

import json
import random
import unittest
import uuid

from handlers import PROMISE
from world import INSTANCE, PERSONAS, PROJECT_A, PROJECT_B, Daemon

OF_PROJECT = 12
OF_ALL = 20
BATCH = 5
JSON = ('Content-Type', 'application/json')


def invented_ids(count):
    """Ids of instances that do not exist: random ones, and ones whose halves differ by a constant."""
    for number in range(count):
        half = random.getrandbits(64)
        other = random.getrandbits(64) if number % 2 else half ^ 0x9e3779b97f4a7c15
        yield str(uuid.UUID(int=half << 64 | other))


class Quotas(unittest.TestCase):

    def setUp(self):
        self.daemon = Daemon(f'store: {{max_policies: {OF_ALL}, max_policies_per_project: {OF_PROJECT}}}\n')
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def ask(self, method, path, persona, body=None):
        """The answer, which keeps to the document."""
        body = None if body is None else json.dumps(body).encode()
        answer = self.daemon.request(method, path, PERSONAS[persona].token, body, [JSON] if body else [])
        parsed = answer.json() if answer.body else None
        self.assertEqual(PROMISE.answer_errors(method, path, answer.status, answer.headers, parsed), [], answer)
        return answer

    def put(self, instance, persona='member', project=PROJECT_A):
        return self.ask('PUT', f'/v1/policies/projects/{project}/instances/{instance}', persona,
                        {'policy': {'prefer': ['SERIAL'], 'reason': f'for {instance}'}})

    def batch(self, instances, persona='member', project=PROJECT_A):
        return self.ask('POST', '/v1/policies/batch', persona, {'operations': [
            {'action': 'put', 'policy': {'prefer': ['SERIAL'], 'reason': f'for {instance}'},
             'target': {'scope': 'instance', 'project_id': project, 'instance_id': instance}}
            for instance in instances]})

    def consoles(self, instance, persona='member', project=PROJECT_A):
        answer = self.ask('GET', f'/v1/projects/{project}/instances/{instance}/consoles', persona)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()['resolution']['consoles']

    def assert_refused(self, answer, setting, limit):
        self.assertEqual(answer.status, 403, answer)
        error, = answer.json()['errors']
        self.assertRegex(error['detail'], rf'\b{limit} policies\b.*\b{setting}\b')

    def test_a_member_who_invents_instances_is_refused_and_others_go_on(self):
        before = self.consoles(INSTANCE, 'stranger', PROJECT_B)
        stored = list(invented_ids(OF_PROJECT))
        self.assertEqual(self.batch(stored[:BATCH]).status, 200)
        for instance in stored[BATCH:-1]:
            self.assertEqual(self.put(instance).status, 201)
        revision = self.daemon.revision()
        # Of this batch only one would fit: nothing of it is stored.
        setting = 'store.max_policies_per_project'
        self.assert_refused(self.batch(invented_ids(2)), setting, OF_PROJECT)
        self.assertEqual(self.daemon.revision(), revision)
        self.assertEqual(self.put(stored[-1]).status, 201)
        for instance in invented_ids(3):
            self.assert_refused(self.put(instance), setting, OF_PROJECT)
            self.assert_refused(self.put(instance, 'admin'), setting, OF_PROJECT)
        self.assertEqual({self.consoles(instance)[0] for instance in stored}, {'SERIAL'})

        self.assertEqual(self.consoles(INSTANCE, 'stranger', PROJECT_B), before)
        self.assertEqual(self.put(INSTANCE, 'stranger', PROJECT_B).status, 201)
        self.assertEqual(self.consoles(INSTANCE, 'stranger', PROJECT_B)[0], 'SERIAL')

    def test_at_the_limit_policies_can_be_replaced_and_removed(self):
        stored = list(invented_ids(OF_PROJECT))
        self.assertEqual(self.batch(stored).status, 200)
        self.assertEqual(self.put(stored[0]).status, 200)
        removed = f'/v1/policies/projects/{PROJECT_A}/instances/{stored[1]}'
        self.assertEqual(self.ask('DELETE', removed, 'member').status, 204)
        self.assertEqual(self.put(stored[2]).status, 200)
        self.assertEqual(self.put(*invented_ids(1)).status, 201)

    def test_all_projects_together_have_a_limit(self):
        self.assertEqual(self.batch(invented_ids(OF_PROJECT)).status, 200)
        self.assertEqual(self.batch(invented_ids(OF_ALL - OF_PROJECT), 'stranger', PROJECT_B).status, 200)
        refused = self.ask('PUT', '/v1/policies/users/max', 'admin', {'policy': {'prefer': ['VNC']}})
        self.assert_refused(refused, 'store.max_policies', OF_ALL)


if __name__ == '__main__':
    unittest.main()
