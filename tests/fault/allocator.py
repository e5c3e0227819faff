# SPDX-License-Identifier: Apache-2.0
"""What the C library keeps of freed memory stays bounded, however many threads took it in turn."""

import pathlib
import re
import threading
import unittest

from daemon import Daemon, sanitizer

CLIENTS = 32  # as many as there are workers
ROUNDS = 20
ARENA_BYTES = 64 << 20  # each but the first begins at a multiple of this
MOST_ARENAS = 2  # platform::max_arenas


def arenas(pid):
    """How many of glibc's arenas a process has."""
    found = 1  # the heap's
    for line in pathlib.Path(f'/proc/{pid}/maps').read_text().splitlines():
        mapping = re.fullmatch(r'([0-9a-f]+)-\S+ rw-p 00000000 00:00 0\s*', line)
        found += mapping is not None and int(mapping[1], 16) % ARENA_BYTES == 0
    return found


class Allocator(unittest.TestCase):
    @unittest.skipIf(sanitizer(), 'the sanitizer has an allocator of its own')
    def test_pools_of_free_memory_are_few(self):
        with Daemon() as daemon:
            statuses = set()

            def client(number):
                connection = daemon.connect()
                for i in range(ROUNDS):
                    statuses.add(daemon.ask('PUT', f'/v1/policies/projects/p{number}-{i}', {'policy': {
                        'prefer': ['VNC'], 'reason': 'x' * 400}}, connection=connection).status)
                    statuses.add(daemon.ask('GET', '/v1/policies?limit=100', connection=connection).status)
                connection.close()

            clients = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
            for each in clients:
                each.start()
            for each in clients:
                each.join()
            self.assertEqual(statuses, {200, 201})
            self.assertLessEqual(arenas(daemon.process.pid), MOST_ARENAS)


if __name__ == '__main__':
    unittest.main(verbosity=2)
