# SPDX-License-Identifier: Apache-2.0
"""Checks the README's access table: every route, every persona, own and foreign."""

import unittest
import uuid

from personas import Personas
from world import PROMISE, Daemon, Keystone

import access_table

DONE = {200, 201, 204, 404}  # 404: allowed, and nothing is stored there
PREFER = {'prefer': ['VNC']}
ALLOW = {'prefer': ['VNC'], 'allow': ['RDP']}
TARGETED = ('project_id', 'domain_id', 'user_id', 'instance_id', 'revision')
OF_OPERATIONS = ('/batch', '/preview')
WRITES = ('PUT', 'POST', 'DELETE')


def is_targeted(row):
    """Whether a row is about something that may be one's own."""
    return bool(row.parameter) or row.path.endswith(OF_OPERATIONS) or any(
        '{%s}' % name in row.path for name in TARGETED)


def request_of(row, target, instance):
    """(path with query, body) of the row's request about the target."""
    path = row.path.format(**{'revision': 1, **target, 'instance_id': instance})
    if row.parameter:
        # Another user, of one's own project or of a foreign one: the project stands in the path.
        path += f'?{row.parameter}={target["another" if row.parameter == "user_id" else row.parameter]}'
    if row.method == 'PUT':
        return path, {'policy': ALLOW if row.field else PREFER}
    if row.method != 'POST' or row.path.endswith('/restore'):
        return path, None
    if row.path.endswith(OF_OPERATIONS):
        return path, {'operations': [{'action': 'put', 'policy': PREFER, 'target': {
            'scope': 'project', 'project_id': target['project_id']}}]}
    operation = PROMISE.operation('POST', row.path)
    content = PROMISE.resolve(operation.value['requestBody'])['content']['application/json']
    return path, PROMISE.resolve(next(iter(content['examples'].values())))['value']


def without_ids(answer):
    """An answer's bytes but for its request id and the time."""
    headers = {name: value for name, value in answer.headers.items() if name != 'date'}
    name = headers.pop('x-openstack-request-id')
    return answer.status, headers, answer.body.replace(name.encode(), b'')


class Walk(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.keystone = Keystone()
        cls.people = Personas(cls.keystone, cls.addClassCleanup).by_name
        cls.rows = list(access_table.rows())
        cls.instance = str(uuid.uuid4())

    def start(self):
        daemon = Daemon().__enter__()
        self.addCleanup(daemon.__exit__, None, None, None)
        return daemon

    def ask(self, daemon, row, persona, target):
        path, body = request_of(row, dict(target, another=self.keystone.users['bob']), self.instance)
        answer = daemon.ask(path, persona.token, row.method, body)
        parsed = answer.json() if answer.headers.get('content-type') == 'application/json' and answer.body else None
        self.assertEqual(PROMISE.answer_errors(row.method, path.partition('?')[0], answer.status, answer.headers,
                                               parsed), [], (str(row), persona.name, answer))
        self.assertIn(answer.status, DONE | {403}, (str(row), persona.name, answer))
        return answer

    def cell(self, daemon, row, persona):
        """The expected cells of the table."""
        own = self.ask(daemon, row, persona, self.with_change(daemon, row, persona.own)).status != 403
        if not is_targeted(row):
            return 'yes' if own else 'no'
        foreign = self.ask(daemon, row, persona, self.with_change(daemon, row, persona.foreign)).status != 403
        self.assertFalse(foreign and not own, (str(row), persona.name))
        return 'all' if foreign else 'own' if own else 'no'

    def with_change(self, daemon, row, target):
        """The target, with the revision of a new change of its project if the row needs one."""
        if '{revision}' not in row.path:
            return target
        answer = daemon.ask(f'/v1/policies/projects/{target["project_id"]}', self.people['admin'].token, 'PUT',
                            {'policy': PREFER})
        return {**target, 'revision': answer.json()['policy']['revision']}

    def fill(self, daemon):
        """A policy everywhere that a persona is asked about."""
        admin = self.people['admin']
        for row in self.rows:
            if row.method == 'PUT' and not row.field:
                for persona in self.people.values():
                    for target in (persona.own, persona.foreign):
                        self.ask(daemon, row, admin, target)

    def test_every_cell_of_the_table_is_what_the_service_does(self):
        self.assertGreater(len(self.rows), 20)
        daemon = self.start()
        said = {str(row): row.cells for row in self.rows}
        self.assertEqual({frozenset(cells) for cells in said.values()}, {frozenset(self.people)})
        seen = {str(row): {name: self.cell(daemon, row, persona) for name, persona in self.people.items()}
                for row in self.rows}
        self.assertEqual(seen, said)

    def test_a_refusal_does_not_reveal_whether_a_policy_is_stored(self):
        daemon = self.start()
        refused = [(row, persona, target) for row in self.rows for persona in self.people.values()
                   for target in (persona.own, persona.foreign)
                   if row.cells[persona.name] in ('no', 'own' if target is persona.foreign else 'no')]
        self.assertGreater(len(refused), 100)
        empty = [without_ids(self.ask(daemon, *one)) for one in refused]
        self.fill(daemon)
        revision = daemon.revision(self.people['admin'].token)
        self.assertGreater(revision, 10)
        for one, before in zip(refused, empty):
            with self.subTest(f'{one[0]}, {one[1].name}'):
                self.assertEqual(before[0], 403)
                self.assertEqual(without_ids(self.ask(daemon, *one)), before)
        self.assertEqual(daemon.revision(self.people['admin'].token), revision)

    def test_nothing_is_done_without_a_token(self):
        daemon = self.start()
        nobody = self.people['reader']
        for row in self.rows:
            path, body = request_of(row, dict(nobody.own, another='x'), self.instance)
            for token in (None, 'garbage'):
                with self.subTest(f'{row}, {token}'):
                    self.assertEqual(daemon.ask(path, token, row.method, body).status, 401)
        for operation in PROMISE.operations:
            if not operation.rule:
                self.assertEqual(daemon.ask(operation.path).status, 200, operation.path)


if __name__ == '__main__':
    unittest.main()
