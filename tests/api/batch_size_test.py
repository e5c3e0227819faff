# SPDX-License-Identifier: Apache-2.0
"""A thousand writes at once, and not one more; bodies larger than others take, and not larger."""

import json
import socket
import time
import unittest

from world import PERSONAS, Daemon

JSON = ('Content-Type', 'application/json')
ADMIN = PERSONAS['admin'].token
PATH = '/v1/policies/batch'


def puts(count, reason):
    return json.dumps({'operations': [
        {'action': 'put', 'target': {'scope': 'project', 'project_id': f'project-{number}'},
         'policy': {'prefer': ['VNC'], 'reason': reason}} for number in range(count)]}).encode()


class Sizes(unittest.TestCase):

    def test_a_thousand_are_one_transaction(self):
        with Daemon() as daemon:
            body = puts(1000, 'r' * 500)
            self.assertGreater(len(body), 600_000)
            answer = daemon.request('POST', PATH, ADMIN, body, [JSON])
            self.assertEqual(answer.status, 200, answer.body[:500])
            results = answer.json()['results']
            self.assertEqual([one['revision'] for one in results], list(range(1, 1001)))
            listed = daemon.request('GET', '/v1/policies', ADMIN).json()['policies']
            self.assertEqual(len(listed), 1000)
            self.assertEqual(len({one['updated_at'] for one in listed}), 1)

            last = json.loads(body)
            last['operations'][999]['policy'] = {'prefer': ['VNC'], 'deny': ['VNC']}
            answer = daemon.request('POST', PATH, ADMIN, json.dumps(last).encode(), [JSON])
            self.assertEqual(answer.status, 400)
            self.assertRegex(answer.json()['errors'][0]['detail'], r'^operations\[999\]\.policy')
            self.assertEqual(daemon.revision(), 1000)

            # Each of them wrong, and for one scope: one error for each.
            wrong = json.dumps({'operations': [last['operations'][999]] * 1000}).encode()
            answer = daemon.request('POST', PATH, ADMIN, wrong, [JSON])
            self.assertEqual(answer.status, 400)
            self.assertEqual(len(answer.json()['errors']), 1000)

            answer = daemon.request('POST', PATH, ADMIN, puts(1001, 'r'), [JSON])
            self.assertEqual(answer.status, 400)
            self.assertRegex(answer.json()['errors'][0]['detail'], '^operations: ')
            self.assertEqual(daemon.revision(), 1000)
            daemon.end()

    def test_a_body_beyond_the_bound_of_its_route_is_refused_before_it_comes(self):
        with Daemon(configuration='http: {max_batch_body_bytes: 100000}\n') as daemon:
            length = ('Content-Length', '100001')
            for method, path, headers in (('POST', PATH, [JSON, length]),
                                          ('PUT', PATH, [JSON, ('Content-Length', '65537')]),
                                          ('PUT', '/v1/policies/cloud',
                                           [JSON, ('Content-Length', '65537')])):
                with self.subTest(method, path=path):
                    # The body is never sent.
                    self.assertEqual(daemon.request(method, path, ADMIN, headers=headers).status,
                                     413)
            self.assertEqual(daemon.request('POST', PATH, ADMIN, puts(100, 'r' * 500),
                                            [JSON]).status, 200)
            daemon.end()

    def test_one_large_batch_too_many_gets_retry_after(self):
        with Daemon(configuration='http: {max_batch_bodies: 1}\n') as daemon:
            with socket.create_connection((daemon.host, daemon.port), 20) as first:
                first.sendall(f'POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n'
                              'Expect: 100-continue\r\n\r\n'.encode())
                self.assertEqual(first.recv(12), b'HTTP/1.1 100')  # it has its place
                refused = daemon.request('POST', PATH, ADMIN, puts(200, 'r' * 500), [JSON])
                self.assertEqual(refused.status, 503, refused)
                self.assertIn('retry-after', refused.headers)
                self.assertEqual(daemon.request('POST', PATH, ADMIN, puts(10, 'r'), [JSON]).status, 200)
            until = time.monotonic() + 20
            while daemon.request('POST', PATH, ADMIN, puts(200, 'r' * 500), [JSON]).status == 503:
                self.assertLess(time.monotonic(), until)
            daemon.end()


if __name__ == '__main__':
    unittest.main()
