# SPDX-License-Identifier: Apache-2.0
"""Freed memory goes back to the system, however many threads took it at once."""

import threading
import time
import unittest

from daemon import Daemon, sanitizer

CLIENTS = 32  # as many as there are workers
POLICIES = 1000
LISTS = 5  # of all of them, by each client
BACK_SECONDS = 30  # jemalloc's decay takes 5 (service/allocator.cc)
KEPT_KIB = 8 << 10


class Allocator(unittest.TestCase):
    @unittest.skipIf(sanitizer(), 'the sanitizer has an allocator of its own')
    def test_what_long_lists_took_goes_back(self):
        with Daemon() as daemon:
            for i in range(POLICIES):
                status = daemon.ask('PUT', f'/v1/policies/projects/p{i}', {'policy': {
                    'prefer': ['VNC'], 'reason': f'{i} ' + 'x' * 400}}).status
                self.assertEqual(status, 201)
            self.assertEqual(self.list_all(daemon), {200})  # what is made once is there
            before, at_most, statuses = daemon.memory_kib(), 0, set()
            clients = [threading.Thread(target=lambda: statuses.update(self.list_all(daemon))) for _ in range(CLIENTS)]
            for each in clients:
                each.start()
            while any(each.is_alive() for each in clients):
                at_most = max(at_most, daemon.memory_kib())
                time.sleep(0.01)
            self.assertEqual(statuses, {200})
            self.assertGreater(at_most, before + KEPT_KIB, 'the lists took too little to show anything')
            deadline = time.monotonic() + BACK_SECONDS
            while daemon.memory_kib() > before + KEPT_KIB:
                self.assertLess(time.monotonic(), deadline, f'{before} KiB before, {daemon.memory_kib()} KiB now')
                time.sleep(0.2)

    @staticmethod
    def list_all(daemon):
        return {daemon.ask('GET', f'/v1/policies?limit={POLICIES}').status for _ in range(LISTS)}


if __name__ == '__main__':
    unittest.main(verbosity=2)
