# SPDX-License-Identifier: Apache-2.0
"""Bytes that a declarative test cannot hold: bodies, paths and tokens as they never should be."""

import json
import socket
import unittest

from handlers import PROMISE
from world import INSTANCE, PERSONAS, Daemon

PATH = '/v1/policies/projects/project-a'
JSON = ('Content-Type', 'application/json')
MAX_BODY_BYTES = 64 * 1024


class WithADaemon(unittest.TestCase):

    def setUp(self):
        self.daemon = self.enterContext(Daemon())
        self.admin = PERSONAS['admin'].token

    def assert_promised(self, method, path, answer):
        kind = answer.headers.get('content-type', '')
        body = answer.json() if kind == 'application/json' else (answer.body.decode() or None)
        errors = PROMISE.answer_errors(method, path.partition('?')[0], answer.status,
                                       answer.headers, body)
        self.assertEqual(errors, [], answer)

    def assert_refused(self, status, body, headers=(JSON,), path=PATH, promised_as=PATH):
        with self.subTest(body[:60]):
            answer = self.daemon.request('PUT', path, self.admin, body, headers)
            self.assertEqual(answer.status, status, answer)
            self.assert_promised('PUT', promised_as, answer)
            self.assertEqual(self.daemon.revision(), 0)
            return answer

    def body_of(self, size):
        """A good policy in exactly `size` bytes."""
        body = b'{"policy":{"prefer":["VNC"]}}'
        return body + b' ' * (size - len(body))


class BodiesThatAreNotUtf8(WithADaemon):

    def test_invalid_utf8_is_refused_wherever_it_stands(self):
        broken = {
            'a lone continuation byte': b'\x80',
            'a byte that UTF-8 never has': b'\xff',
            'a sequence cut short': b'\xe2\x82',
            'an overlong slash': b'\xc0\xaf',
            'an overlong NUL': b'\xe0\x80\x80',
            'a surrogate': b'\xed\xa0\x80',
            'beyond the last code point': b'\xf4\x90\x80\x80',
            'Latin-1': 'Übung'.encode('latin-1'),
        }
        for what, piece in broken.items():
            with self.subTest(what):
                self.assert_refused(400, b'{"policy":{"prefer":["VNC"],"reason":"a%sb"}}' % piece)
                self.assert_refused(400, b'{"policy":{"prefer":["VNC"],"%s":1}}' % piece)
                self.assert_refused(400, b'{"policy":{"prefer":["VNC"]}}%s' % piece)

    def test_other_encodings_are_refused(self):
        text = '{"policy":{"prefer":["VNC"]}}'
        self.assert_refused(400, text.encode('utf-16'))
        self.assert_refused(400, text.encode('utf-16-le'))
        self.assert_refused(400, text.encode('utf-32-be'))

    def test_a_byte_order_mark_is_refused(self):
        self.assert_refused(400, b'\xef\xbb\xbf{"policy":{"prefer":["VNC"]}}')

    def test_bytes_that_are_no_space_in_json_are_refused(self):
        for space in (b'\x0b', b'\x0c', b'\x00', b'\xc2\xa0'):
            self.assert_refused(400, b'{"policy":%s{"prefer":["VNC"]}}' % space)
            self.assert_refused(400, b'{"policy":{"prefer":["VNC"]}}%s' % space)


class BodiesThatAreTooMuch(WithADaemon):

    def test_a_body_of_64_kib_is_read_and_one_byte_more_is_not(self):
        answer = self.assert_refused(413, self.body_of(MAX_BODY_BYTES + 1))
        self.assertEqual(answer.json()['errors'][0]['code'], 'console-policy.content_too_large')
        answer = self.daemon.request('PUT', PATH, self.admin, self.body_of(MAX_BODY_BYTES), [JSON])
        self.assertEqual(answer.status, 201, answer)

    def test_a_body_in_chunks_is_refused(self):
        body = self.body_of(100)
        head = ('PUT {} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {}\r\nConnection: close\r\n'
                'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n')
        chunks = b'%x\r\n%s\r\n0\r\n\r\n' % (len(body), body)
        self.assertEqual(self.status_of(head.format(PATH, self.admin).encode() + chunks), 411)
        self.assertEqual(self.daemon.revision(), 0)

    def test_an_unread_body_is_bounded_too(self):
        for method in ('GET', 'DELETE'):
            answer = self.daemon.request(method, PATH, self.admin, b'x' * (MAX_BODY_BYTES + 1))
            self.assertEqual(answer.status, 413, answer)
            self.assert_promised(method, PATH, answer)

    def test_an_announced_huge_body_is_refused_before_it_comes(self):
        head = ('PUT {} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {}\r\n'
                'Content-Type: application/json\r\nContent-Length: 8000000000\r\n\r\n')
        self.assertEqual(self.status_of(head.format(PATH, self.admin).encode()), 413)

    def test_deep_nesting_is_refused(self):
        for depth in (40, 1000, 20000):
            self.assert_refused(400, b'{"policy":{"prefer":' + b'[' * depth + b']' * depth + b'}}')
            self.assert_refused(400, b'{"a":' * min(depth, 8000) + b'1' + b'}' * min(depth, 8000))
            self.assert_refused(400, b'[' * depth)

    def test_a_reason_has_at_most_500_bytes_however_few_characters(self):
        def reason(text):
            return json.dumps({'policy': {'prefer': ['VNC'], 'reason': text}},
                              ensure_ascii=False).encode()

        answer = self.assert_refused(400, reason('x' * 501))
        self.assertRegex(answer.json()['errors'][0]['detail'], r'^policy\.reason')
        self.assert_refused(400, reason('ü' * 251))
        answer = self.daemon.request('PUT', PATH, self.admin, reason('ü' * 250), [JSON])
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json()['policy']['reason'], 'ü' * 250)

    def status_of(self, request):
        """Sends bytes as they are; the status of the first answer."""
        with socket.create_connection((self.daemon.host, self.daemon.port), timeout=10) as wire:
            try:
                wire.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has answered already
            return int(wire.recv(65536).split(b' ')[1])


class RequestsThatAreOdd(WithADaemon):

    def test_a_put_without_a_content_type_is_refused(self):
        self.assert_refused(415, self.body_of(100), headers=())

    def test_a_put_without_any_body_is_refused(self):
        answer = self.daemon.request('PUT', PATH, self.admin, None, [JSON, ('Content-Length', '0')])
        self.assertEqual(answer.status, 400, answer)
        self.assert_promised('PUT', PATH, answer)
        self.assertEqual(self.daemon.revision(), 0)

    def test_paths_that_lead_astray_are_refused(self):
        for path, status in {
                '/v1/policies/projects/..': 400,
                '/v1/policies/projects/.': 400,
                '/v1/policies/projects/%2e%2e': 400,
                '/v1/policies/projects/a%00b': 400,
                '/v1/policies/projects/a%0d%0ab': 400,
                '/v1/policies/projects/%ff%fe': 400,
                '/v1/policies/projects/%zz': 400,
                '/v1/policies/projects/%2': 400,
                '/v1/policies/projects/': 400,
                '/v1/policies/projects/../cloud': 404,
                '//v1/policies/cloud': 404,
                '/v1//policies/cloud': 404,
                '/v1/policies/cloud/': 404,
                '/v1/policies/cloud%2F': 404,
        }.items():
            with self.subTest(path):
                answer = self.daemon.request('PUT', path, self.admin, self.body_of(100), [JSON])
                self.assertEqual(answer.status, status, answer)
                self.assert_promised('PUT', PATH if answer.status == 400 else '/nowhere', answer)
                self.assertEqual(self.daemon.revision(), 0)

    def test_an_id_may_be_percent_encoded(self):
        answer = self.daemon.request('PUT', '/v1/policies/projects/project%2Da', self.admin,
                                     self.body_of(100), [JSON])
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json()['policy']['project_id'], 'project-a')

    def test_query_strings_that_are_broken_are_refused(self):
        for query in ('limit=%zz', 'limit=%', 'marker=%ff', 'marker=a%00', '=1', 'limit=1&=',
                      'limit=1&&x', 'limit=1;scope=cloud'):
            with self.subTest(query):
                answer = self.daemon.request('GET', f'/v1/policies?{query}', self.admin)
                self.assertEqual(answer.status, 400, answer)
                self.assert_promised('GET', '/v1/policies', answer)

    def test_two_tokens_are_none(self):
        answer = self.daemon.request('GET', '/v1/policies', self.admin,
                                     headers=[('X-Auth-Token', PERSONAS['member'].token)])
        self.assertEqual(answer.status, 401, answer)
        answer = self.daemon.request('GET', '/v1/policies', self.admin,
                                     headers=[('X-Auth-Token', self.admin)])
        self.assertEqual(answer.status, 401, answer)

    def test_unknown_methods_are_refused(self):
        for method, status in {'TRACE': 501, 'CONNECT': 501, 'BREW': 405, 'PROPFIND': 405,
                               'get': 405}.items():
            with self.subTest(method):
                answer = self.daemon.request(method, '/v1/policies/cloud', self.admin)
                self.assertEqual(answer.status, status, answer)
                self.assert_promised(method, '/v1/policies/cloud', answer)

    def test_the_answer_to_trace_does_not_hold_the_token(self):
        answer = self.daemon.request('TRACE', '/v1/policies/cloud', self.admin)
        self.assertNotIn(self.admin.encode(), answer.body)

    def test_a_long_target_and_a_long_header_are_refused(self):
        answer = self.daemon.request('GET', '/v1/policies?marker=' + 'a' * 20000, self.admin)
        self.assertEqual(answer.status, 414, answer)
        self.assert_promised('GET', '/v1/policies', answer)
        answer = self.daemon.request('GET', '/v1/policies', self.admin,
                                     headers=[('X-Long', 'a' * 20000)])
        self.assertEqual(answer.status, 431, answer)
        self.assert_promised('GET', '/v1/policies', answer)

    def test_the_same_facts_give_the_same_bytes(self):
        path = f'/v1/projects/project-a/instances/{INSTANCE}/consoles?explain=true'
        self.daemon.request('PUT', PATH, self.admin, self.body_of(100), [JSON])
        first = self.daemon.request('GET', path, self.admin)
        second = self.daemon.request('GET', path, self.admin)
        self.assertEqual(first.status, 200)
        self.assertEqual(first.body, second.body)

    def test_no_answer_shows_the_libraries_of_the_service(self):
        for answer in (self.daemon.request('GET', '/'),
                       self.daemon.request('GET', '/v1/policies/cloud', self.admin),
                       self.daemon.request('PUT', PATH, self.admin, b'{', [JSON])):
            self.assertNotRegex(answer.body.decode(),
                                r'(?i)sqlite|soci|beast|cpprest|exception|/tmp/|\.cc\b|what\(\)')


if __name__ == '__main__':
    unittest.main()
