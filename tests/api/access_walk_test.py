# SPDX-License-Identifier: Apache-2.0
"""Walks every operation of schema/openapi.yaml: a new one cannot be forgotten here."""

import json
import unittest

from handlers import PROMISE
from world import INSTANCE, PERSONAS, PROJECT_A, PROJECT_B, Daemon

BODY = json.dumps({'policy': {'prefer': ['VNC']}}).encode()
BATCH = json.dumps({'operations': [{'action': 'put', 'policy': {'prefer': ['VNC']}, 'target': {
    'scope': 'project', 'project_id': PROJECT_A}}]}).encode()
REPORT = json.dumps({'report': {'instance_updated': '2026-11-23T10:00:00Z', 'host_id': '', 'outcomes': [
    {'type': 'SPICE', 'outcome': 'unavailable'}]}}).encode()
BODIES = {'write_policies': BATCH, 'preview_policies': BATCH, 'report_outcomes': REPORT}
JSON = ('Content-Type', 'application/json')
GUARDED = [operation for operation in PROMISE.operations if operation.rule]


def path_of(operation, project):
    """A request target for the operation; filters by the project where that is a parameter."""
    path = operation.path.format(domain_id='heaven', project_id=project, user_id='ada',
                                 instance_id=INSTANCE, revision=1)
    if any(p['in'] == 'query' and p['name'] == 'project_id' for p in operation.parameters):
        path += f'?project_id={project}'
    if operation.id == 'restore_change':
        path += '?to=after'  # which deletes nothing
    return path


class Walk(unittest.TestCase):
    """One daemon for all the tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.daemon.__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)

    def ask(self, operation, token='', project=PROJECT_A, method=None):
        method = method or operation.method
        body = BODY if method == 'PUT' else BODIES.get(operation.id)
        path = path_of(operation, project)
        answer = self.daemon.request(method, path, token, body, [JSON] if body else [])
        kind = answer.headers.get('content-type', '')
        parsed = answer.json() if kind == 'application/json' and answer.body else (
            answer.body.decode() or None)
        self.assertEqual(PROMISE.answer_errors(method, path.partition('?')[0], answer.status,
                                               answer.headers, parsed), [], answer)
        return answer


class EveryOperation(Walk):

    def test_refuses_no_token_with_401(self):
        self.assertGreater(len(GUARDED), 15)
        for operation in GUARDED:
            with self.subTest(operation.id):
                answer = self.ask(operation)
                self.assertEqual(answer.status, 401, answer)
                self.assertTrue(answer.headers['www-authenticate'])

    def test_refuses_an_unknown_an_expired_and_a_malformed_token_with_401(self):
        for operation in GUARDED:
            for token in ('unknown', PERSONAS['expired'].token, 'two tokens', 'a' * 5000):
                with self.subTest(operation.id, token=token[:12]):
                    self.assertEqual(self.ask(operation, token).status, 401)

    def test_refuses_a_powerless_token_with_403(self):
        for operation in GUARDED:
            with self.subTest(operation.id):
                answer = self.ask(operation, PERSONAS['powerless'].token)
                self.assertEqual(answer.status, 403, answer)

    def test_answers_head_as_get_to_those_whom_it_refuses_too(self):
        for operation in GUARDED:
            if operation.method == 'GET':
                with self.subTest(operation.id):
                    self.assertEqual(self.ask(operation, '', method='HEAD').status, 401)
                    answer = self.ask(operation, PERSONAS['powerless'].token, method='HEAD')
                    self.assertEqual(answer.status, 403)
                    self.assertEqual(answer.body, b'')

    def test_needs_no_token_exactly_where_the_document_has_no_rule(self):
        for operation in PROMISE.operations:
            if not operation.rule:
                with self.subTest(operation.id):
                    self.assertEqual(self.ask(operation).status, 200)

    def test_stores_nothing_for_those_whom_it_refuses(self):
        before = self.daemon.revision()
        for operation in GUARDED:
            for token in ('', 'unknown', PERSONAS['powerless'].token):
                self.ask(operation, token)
        self.assertEqual(self.daemon.revision(), before)

    def test_admits_an_admin(self):
        for operation in sorted(GUARDED, key=lambda one: ('PUT', 'POST', 'GET', 'DELETE').index(one.method)):
            with self.subTest(operation.id):
                self.assertIn(self.ask(operation, PERSONAS['admin'].token).status, {200, 201, 204})


class AForeignProject(Walk):

    ABOUT_A_PROJECT = [operation for operation in GUARDED
                       if '{project_id}' in operation.path or 'project_id=' in path_of(operation, 'x')]
    EMPTY = 'project-nowhere'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for path in (f'/v1/policies/projects/{PROJECT_B}',
                     f'/v1/policies/projects/{PROJECT_B}/instances/{INSTANCE}'):
            answer = cls.daemon.request('PUT', path, PERSONAS['admin'].token, BODY, [JSON])
            assert answer.status == 201, answer

    def without_request_id(self, answer):
        body = answer.json()
        del body['errors'][0]['request_id']
        headers = {name: value for name, value in answer.headers.items()
                   if name not in ('x-openstack-request-id', 'date')}
        return answer.status, headers, body

    def test_gives_the_same_403_whether_or_not_a_policy_exists(self):
        self.assertGreater(len(self.ABOUT_A_PROJECT), 8)
        before = self.daemon.revision()
        for operation in self.ABOUT_A_PROJECT:
            for persona in ('manager', 'member', 'reader', 'neighbour', 'powerless'):
                with self.subTest(operation.id, persona=persona):
                    token = PERSONAS[persona].token
                    stored = self.ask(operation, token, PROJECT_B)
                    empty = self.ask(operation, token, self.EMPTY)
                    self.assertEqual(stored.status, 403, stored)
                    self.assertEqual(self.without_request_id(stored),
                                     self.without_request_id(empty))
        self.assertEqual(self.daemon.revision(), before)

    def test_is_the_own_project_of_another_user(self):
        for operation in self.ABOUT_A_PROJECT:
            if operation.method == 'GET' and not operation.rule.startswith('changes:'):
                with self.subTest(operation.id):
                    answer = self.ask(operation, PERSONAS['stranger'].token, PROJECT_B)
                    self.assertEqual(answer.status, 200, answer)


if __name__ == '__main__':
    unittest.main()
