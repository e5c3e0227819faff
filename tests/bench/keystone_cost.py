# SPDX-License-Identifier: Apache-2.0
"""What a cached Keystone token costs: the same resolution with a static token and with Keystone's, in turns.

usage: tests/keystone/run [--keep] CONSOLE-POLICYD keystone_cost     (it needs a real Keystone, and wrk)
One daemon takes both tokens. wrk asks on a few connections kept open, as fast as the daemon answers, so the time is
the daemon's; which token goes first changes with each round. Prints the time of a request by each (its inverse rate)
and the ratio, round by round: median, least and most.
"""

import re
import statistics
import subprocess
import unittest

from world import Daemon, Keystone, consoles

ROUNDS = 15
SECONDS = 2  # of a turn
CONNECTIONS = 8
THREADS = 1  # of wrk; the daemon has its two


def microseconds(url, token):
    """Of one request, in the mean of a turn."""
    said = subprocess.run(
        ['wrk', f'-t{THREADS}', f'-c{CONNECTIONS}', f'-d{SECONDS}s', '-H', f'X-Auth-Token: {token}', url],
        check=True, stdout=subprocess.PIPE, text=True, timeout=SECONDS + 30).stdout
    assert 'Non-2xx' not in said and 'Socket errors' not in said, said
    return 1e6 / float(re.search(r'Requests/sec:\s+([0-9.]+)', said).group(1))


class Cost(unittest.TestCase):

    def test_a_cached_keystone_token_against_a_static_one(self):
        keystone = Keystone()
        tokens = {'Keystone': keystone.token('alice', 'demo')}
        # Stated for the static token, which knows no domain, and the project's own: the same scopes for both.
        path = consoles(keystone.projects['demo']) + '?domain_id=default'
        with Daemon(static='{enabled: true}') as daemon:
            tokens['static'] = (daemon.folder / 'data' / 'admin.token').read_text('ascii').strip()
            url = f'http://127.0.0.1:{daemon.port}{path}'
            took = {name: [] for name in tokens}
            for name, token in tokens.items():  # into the caches
                self.assertEqual(daemon.ask(path, token).status, 200)
                microseconds(url, token)
            for number in range(ROUNDS):
                for name in sorted(tokens, reverse=number % 2 == 0):
                    took[name].append(microseconds(url, tokens[name]))
        ratios = sorted(cached / fixed for fixed, cached in zip(took['static'], took['Keystone']))
        static, cached = (statistics.median(took[name]) for name in ('static', 'Keystone'))
        print(f'\nstatic {static:.1f} us, Keystone cached {cached:.1f} us; ratio {statistics.median(ratios):.3f} '
              f'({ratios[0]:.3f} to {ratios[-1]:.3f}); {ROUNDS} rounds of {SECONDS} s each, '
              f'{CONNECTIONS} connections')


if __name__ == '__main__':
    unittest.main()
