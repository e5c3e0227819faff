# SPDX-License-Identifier: Apache-2.0
"""A deny that one daemon stores holds on the others."""

import concurrent.futures
import random
import statistics
import time
import unittest

from stage import Scenario, long
from waiting import wait_until

ROUNDS = 100 if long() else 20
# The promise is 1 s. In CI other work runs on the same machine.
BOUND_SECONDS = 1 if long() else 5


class Propagation(Scenario):

    def test_a_deny_through_one_daemon_holds_on_the_others(self):
        first, *others = self.daemons
        took = []
        with concurrent.futures.ThreadPoolExecutor(len(others)) as threads:
            for number in range(ROUNDS):
                project = f'propagation-{number}'
                time.sleep(random.uniform(0, 0.5))  # so that the writes do not follow the rhythm of the followers
                answer = first.put(f'projects/{project}', deny=['SPICE'], reason='does it hold everywhere?')
                self.assertEqual(answer.status, 201, answer.body)
                self.assertNotIn('SPICE', first.consoles(project), 'on the daemon that stored it')
                took += threads.map(lambda daemon: self.seconds_until_denied(daemon, project), others)
        self.report(f'{len(took)} times: median {statistics.median(took):.3f} s, maximum {max(took):.3f} s')
        self.assertLess(max(took), BOUND_SECONDS)

    @staticmethod
    def seconds_until_denied(daemon, project):
        return wait_until(lambda: 'SPICE' not in daemon.consoles(project), 10, 'the deny does not hold')[1]


if __name__ == '__main__':
    unittest.main()
