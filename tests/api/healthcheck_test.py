# SPDX-License-Identifier: Apache-2.0
"""/healthcheck in oslo.middleware's forms, where the store is gone and where an operator says no."""

import json
import pathlib
import unittest

from handlers import PROMISE
from world import Daemon, only_on_sqlite

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

    def test_a_service_that_works_says_ok(self):
        with Daemon() as daemon:
            self.assertEqual(self.check(daemon), (200, 'OK'))
            self.assertEqual(self.check(daemon, headers=JSON),
                             (200, {'detailed': False, 'reasons': ['OK']}))
            self.assertEqual(self.check(daemon, 'HEAD'), (204, None))
            self.assertEqual(self.check(daemon, 'HEAD', JSON), (204, None))
            daemon.end()

    @only_on_sqlite('it deletes the file')
    def test_a_service_that_lost_its_store_names_it(self):
        with Daemon() as daemon:
            for file in daemon.data.glob('policy.db*'):
                file.unlink()
            status, reason = self.check(daemon)
            self.assertEqual(status, 503)
            self.assertRegex(reason, '^store: ')
            self.assertEqual(self.check(daemon, headers=JSON),
                             (503, {'detailed': False, 'reasons': [reason]}))
            self.assertEqual(self.check(daemon, 'HEAD'), (503, None))

    def test_a_file_takes_the_service_out_of_rotation_and_back(self):
        with Daemon(configuration='healthcheck:\n  disable_by_file: out-of-rotation\n') as daemon:
            self.assertEqual(self.check(daemon), (200, 'OK'))
            file = pathlib.Path(daemon.folder, 'out-of-rotation')
            file.touch()
            self.assertEqual(self.check(daemon), (503, 'DISABLED BY FILE'))
            self.assertEqual(self.check(daemon, headers=JSON),
                             (503, {'detailed': False, 'reasons': ['DISABLED BY FILE']}))
            self.assertEqual(self.check(daemon, 'HEAD'), (503, None))
            # Only a load balancer's business: who asks is answered all the same.
            self.assertEqual(daemon.request('GET', '/').status, 200)
            file.unlink()
            self.assertEqual(self.check(daemon), (200, 'OK'))
            daemon.end()


if __name__ == '__main__':
    unittest.main()
