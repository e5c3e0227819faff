# SPDX-License-Identifier: Apache-2.0
"""What a cached Keystone token costs: the same resolution with a static token and with Keystone's, in turns.

usage: tests/keystone/run [--keep] CONSOLE-POLICYD keystone_cost     (it needs a real Keystone)
Both tokens are the same daemon's, on one connection each, one request at a time. Prints the median of each and the
ratio of the medians; shared machines swing, so the turns are short and many.
"""

import http.client
import statistics
import time
import unittest

from world import Daemon, Keystone, consoles

TURNS = 60
REQUESTS = 100  # a turn


def turn(connection, path, token):
    """Seconds of one request, the median of a turn."""
    took = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection.request('GET', path, headers={'X-Auth-Token': token})
        response = connection.getresponse()
        response.read()
        took.append(time.perf_counter() - began)
        assert response.status == 200, response.status
    return statistics.median(took)


class Cost(unittest.TestCase):

    def test_a_cached_keystone_token_against_a_static_one(self):
        keystone = Keystone()
        token = keystone.token('alice', 'demo')
        path = consoles(keystone.projects['demo']) + '?domain_id=default'  # the same scopes for both
        with Daemon(static='{}') as daemon:
            fixed = (daemon.folder / 'data' / 'admin.token').read_text('ascii').strip()
            connection = http.client.HTTPConnection('127.0.0.1', daemon.port, timeout=20)
            seconds = {fixed: [], token: []}
            for number in range(TURNS):
                for one in (fixed, token) if number % 2 else (token, fixed):
                    seconds[one].append(turn(connection, path, one))
            connection.close()
        static, cached = (statistics.median(seconds[one]) * 1e6 for one in (fixed, token))
        ratios = sorted(b / a for a, b in zip(seconds[fixed], seconds[token]))
        print(f'\nstatic {static:.0f} us, Keystone cached {cached:.0f} us, median ratio '
              f'{statistics.median(ratios):.3f} [{ratios[0]:.2f} to {ratios[-1]:.2f}], '
              f'{TURNS} turns of {REQUESTS} requests')


if __name__ == '__main__':
    unittest.main()
