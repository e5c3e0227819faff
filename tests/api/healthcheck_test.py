# SPDX-License-Identifier: Apache-2.0
"""/healthcheck in oslo.middleware's forms, where the store is gone and where an operator disabled it."""

import json
import pathlib
import time
import unittest

from handlers import PROMISE
from world import PERSONAS, PROJECT_A, Daemon, only_on_sqlite

SECONDS = 20
JSON = [('Accept', 'application/json')]


class Health(unittest.TestCase):

    def check(self, daemon, method='GET', headers=()):
        answer = daemon.request(method, '/healthcheck', headers=headers)
        kind = answer.headers.get('content-type', '')
        body = json.loads(answer.body) if kind == 'application/json' and answer.body else (
            answer.body.decode() or None)
        self.assertEqual(PROMISE.answer_errors(method, '/healthcheck', answer.status,
                                               answer.headers, body), [], answer)
        return answer.status, body

    def test_a_service_that_works_answers_ok(self):
        with Daemon() as daemon:
            self.assertEqual(self.check(daemon), (200, 'OK'))
            self.assertEqual(self.check(daemon, headers=JSON),
                             (200, {'detailed': False, 'reasons': ['OK']}))
            self.assertEqual(self.check(daemon, 'HEAD'), (204, None))
            self.assertEqual(self.check(daemon, 'HEAD', JSON), (204, None))
            daemon.end()

    @only_on_sqlite('it deletes the file')
    def test_a_service_that_lost_its_database_goes_on_with_a_remark(self):
        with Daemon() as daemon:
            for file in daemon.data.glob('policy.db*'):
                file.unlink()
            deadline = time.monotonic() + SECONDS
            while (found := self.check(daemon)) == (200, 'OK'):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            status, text = found
            self.assertEqual(status, 200)
            self.assertRegex(text, '^OK\nstore: ')
            status, health = self.check(daemon, headers=JSON)
            self.assertEqual((status, health['reasons'][0]), (200, 'OK'))
            self.assertRegex(health['reasons'][1], '^store: ')
            self.assertEqual(self.check(daemon, 'HEAD'), (204, None))
            path = f'/v1/projects/{PROJECT_A}/consoles'
            self.assertEqual(daemon.request('GET', path, PERSONAS['admin'].token).status, 200)

    def test_a_file_takes_the_service_out_of_rotation_and_back(self):
        with Daemon(configuration='healthcheck:\n  disable_by_file: out-of-rotation\n') as daemon:
            self.assertEqual(self.check(daemon), (200, 'OK'))
            file = pathlib.Path(daemon.folder, 'out-of-rotation')
            file.touch()
            self.assertEqual(self.check(daemon), (503, 'DISABLED BY FILE'))
            self.assertEqual(self.check(daemon, headers=JSON),
                             (503, {'detailed': False, 'reasons': ['DISABLED BY FILE']}))
            self.assertEqual(self.check(daemon, 'HEAD'), (503, None))
            # For load balancers only: other requests are answered all the same.
            self.assertEqual(daemon.request('GET', '/').status, 200)
            file.unlink()
            self.assertEqual(self.check(daemon), (200, 'OK'))
            daemon.end()


if __name__ == '__main__':
    unittest.main()
