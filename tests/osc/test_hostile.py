# SPDX-License-Identifier: Apache-2.0
"""Answers that are not the service's (a FakePolicyService), and conditions that the writes send."""

import json
import socket
import time

from cases import ShellCase
from fakes import Fake, FakePolicyService

POLICY = {'scope': 'project', 'project_id': 'project-a', 'prefer': ['VNC'], 'deny': [], 'allow': [], 'reason': None,
          'expires_at': None, 'revision': 7, 'created_at': '2026-11-23T10:00:00.000000Z',
          'updated_at': '2026-11-23T11:00:00.000000Z', 'updated_by': 'ada'}
HTML = (b'<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title><style>body {color: red}</style></head>\n'
        b'<body><center><h1>502 Bad&nbsp;Gateway</h1></center><hr>nginx &amp; co\x1b[2J</body></html>')
REQUEST_ID = 'req-4c6a3f0e-2f0b-4a52-9d3a-0d4d8f5b7c11'


def options_for(url):
    return ('--os-auth-type', 'admin_token', '--os-token', 'secret-token', '--os-endpoint', url)


class HostileAnswerTests(ShellCase):

    def told(self, fake, says, line='show --project project-a', status=1):
        with fake:
            outcome = self.fails(line, options=options_for(fake.url), says=says, status=status)
        self.assertEqual(outcome.output.strip(), '')
        self.assertTrue(outcome.errors.rstrip('\n').isprintable(), outcome.errors)
        self.assertNotIn('secret-token', outcome.errors)

    def test_a_proxys_page_is_reported_without_its_markup(self):
        says = (r'Bad Gateway, and the answer is not one of console-policy: '
                r'502 Bad Gateway 502 Bad Gateway nginx & co\?\[2J \(HTTP 502\)')
        for line in ('show --project project-a', 'list', 'history', 'resolve --project project-a', 'export',
                     'set --cloud --prefer VNC', 'delete --cloud'):
            with self.subTest(line):
                self.told(FakePolicyService(502, HTML, 'text/html'), says, line)

    def test_the_request_id_is_reported_where_there_is_one(self):
        self.told(FakePolicyService(503, b'', headers={'x-openstack-request-id': REQUEST_ID}),
                  r'Service Unavailable, and the answer is not one of console-policy: it is empty \(HTTP 503\) '
                  rf'\(Request-ID: {REQUEST_ID}\)')
        self.told(FakePolicyService(503, b'', headers={'x-openstack-request-id': 'req-\x9b2J'}),
                  r'Service Unavailable, and the answer is not one of console-policy: it is empty \(HTTP 503\)')

    def test_garbage_labelled_as_json_is_reported(self):
        for content in (b'{"errors"', b'null', b'[]', b'{"errors": []}', b'{"errors": [5]}', b'{"errors": {}}',
                        b'{"errors": [{"code": 5, "title": null}]}', b'[' * 100000, b'\xff\xfe\x00'):
            with self.subTest(content[:20]):
                self.told(FakePolicyService(400, content),
                          r'Bad Request, and the answer is not one of console-policy.* \(HTTP 400\)')

    def test_a_success_that_is_not_the_answer_is_reported(self):
        says = r'The answer holds no policy as console-policy gives it: .* \(HTTP 200\)'
        self.told(FakePolicyService(200, HTML, 'text/html'), says)
        for wrong in ({}, {'prefer': 'VNC'}, {'prefer': [5]}, {'scope': 'planet'}, {'scope': 5}, {'project_id': '..'},
                      {'expires_at': 'soon'}, {'expires_at': 5}, {'reason': 5}, {'revision': '7'}):
            with self.subTest(wrong):
                policy = dict(POLICY, **wrong) if wrong else 'a text'
                self.told(FakePolicyService(200, json.dumps({'policy': policy}).encode()), says)
        for name, line in (('policies', 'list'), ('changes', 'history'), ('resolution', 'resolve --project project-a')):
            for content in (b'', b'{}', b'5', json.dumps({name: 5}).encode(), json.dumps({name: [5]}).encode(),
                            json.dumps({name: {'consoles': ['VNC'], 'denied': 5, 'revision': 1}}).encode()):
                with self.subTest(name, content=content):
                    self.told(FakePolicyService(200, content),
                              rf'The answer holds no {name} as console-policy gives it: .* \(HTTP 200\)', line)

    def test_what_is_not_an_answer_about_availability_is_reported(self):
        self.noun = ('console', 'availability')
        seen = {'type': 'VNC', 'status': 'opened', 'instance_updated': '2026-11-25T10:00:00Z', 'host_id': '',
                'seen_at': '2026-11-25T10:00:00Z'}
        instance = '--instance 11111111-1111-4111-8111-111111111111 --project project-a'
        for name, line, wrong in (
                ('availability', 'show ' + instance, (
                    [], {'types': 5}, {'types': [5]}, {'types': [{**seen, 'type': 5}]},
                    {'types': [{**seen, 'nova_status': '400'}]})),
                ('availability', 'list', ([seen], [5], {}, [{**seen, 'project_id': 'a', 'instance_id': None}])),
                ('summary', 'summary', ([{}], {}, [{'project_id': 'a', 'host_id': '', 'type': 'VNC', 'opened': '1',
                                                    'unavailable': 0}]))):
            for value in wrong:
                with self.subTest(line, value=value):
                    self.told(FakePolicyService(200, json.dumps({name: value}).encode()),
                              rf'The answer holds no {name} as console-policy gives it: .* \(HTTP 200\)', line)
        self.told(FakePolicyService(502, HTML, 'text/html'), r'Bad Gateway, and .* \(HTTP 502\)', 'forget ' + instance)

    def test_a_404_of_something_else_is_no_missing_policy(self):
        self.told(FakePolicyService(404, b'<html>not here</html>', 'text/html'),
                  r'Not Found, and the answer is not one of console-policy: not here \(HTTP 404\)',
                  'set --project project-a --prefer VNC')

    def test_pages_that_do_not_end_are_left(self):
        page = {'policies': [POLICY], 'links': [{'rel': 'next', 'href': '/v1/policies?marker=projects%2Fproject-a'}]}
        self.told(FakePolicyService(200, json.dumps(page).encode()),
                  "The pages of policies do not end: 'projects/project-a' comes again", 'list')

    def test_an_error_of_the_service_is_reported_on_one_line(self):
        error = {'request_id': REQUEST_ID, 'code': 'console-policy.conflict', 'status': 409, 'title': 'Conflict',
                 'detail': 'others wrote\n\x1b[31mat the same time ' + 'x' * 1000, 'links': []}
        self.told(FakePolicyService(409, json.dumps({'errors': [error]}).encode()),
                  r'Conflict: others wrote \?\[31mat the same time x+\.\.\. \(HTTP 409\)')

    def test_a_refused_connection_is_reported(self):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
            began = time.monotonic()
            self.fails('list', options=options_for(f'http://127.0.0.1:{port}'),
                       says=rf'console-policy does not answer at http://127\.0\.0\.1:{port}: Connection refused')
            self.assertLess(time.monotonic() - began, 20)


class ConditionTests(ShellCase):
    """A write names the version that it replaces, so that no concurrent write is lost."""

    def written(self, line, stored):
        answer = json.dumps({'policy': POLICY}).encode()
        missing = json.dumps({'errors': [{'request_id': REQUEST_ID, 'code': 'console-policy.not_found', 'status': 404,
                                          'title': 'Not Found', 'detail': 'none', 'links': []}]}).encode()
        json_ = {'Content-Type': 'application/json'}
        with Fake(lambda method, *_: (204, {}, b'') if method == 'DELETE' else
                  (200, json_, answer) if stored or method == 'PUT' else (404, json_, missing)) as fake:
            self.does(line, options=options_for(fake.url))
        method, _, headers, _ = fake.requests[-1]
        return method, headers.get('If-Match'), headers.get('If-None-Match')

    def test_what_was_read_is_what_is_replaced(self):
        self.assertEqual(self.written('set --project project-a --deny MKS', True), ('PUT', '"7"', None))
        self.assertEqual(self.written('delete --project project-a', True), ('DELETE', '"7"', None))
        self.assertEqual(self.written('unset --project project-a --reason', True), ('PUT', '"7"', None))

    def test_what_was_not_there_is_created_only(self):
        self.assertEqual(self.written('set --project project-a --deny MKS', False), ('PUT', None, '*'))

    def test_the_version_asked_for_is_sent(self):
        for given, sent in (('1', None), ('1.0', 'console-policy 1.0')):
            with FakePolicyService(200, json.dumps({'policy': POLICY}).encode()) as fake:
                self.does('show --project project-a',
                          options=(*options_for(fake.url), '--os-console-policy-api-version', given))
            self.assertEqual(fake.requests[-1][2].get('OpenStack-API-Version'), sent)
