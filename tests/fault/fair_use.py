# SPDX-License-Identifier: Apache-2.0
"""A flood of writes: it is bounded for each client and token, and resolutions do not wait for it."""

import http.client
import multiprocessing
import re
import select
import socket
import statistics
import threading
import time
import unittest

from daemon import Daemon, quick, sanitizer
from failing_io import SYNC, FailingIo, slow_by

# A resolution's 99th percentile under a flood may be so many times its quiet one. Short quiet and flooded turns
# alternate, so that what else the machine does meets both; each turn has its percentile, and the medians are compared.
FACTOR = 10
# And so many times, when the disk is slow: then a flood takes little of the processors, and what waits for a writer
# waits for the disk.
FACTOR_SLOW_DISK = 3
SLOW_DISK_MS = 100
TURNS = 2 if quick() else 11
SAMPLES = 300
TURN_SECONDS = 3
FLOODING = 16


class Flood:
    """Clients that write as fast as they are answered."""

    def __init__(self, daemon, number, source='127.0.0.1', token=None):
        self.daemon, self.ended, self.statuses = daemon, threading.Event(), {}
        self.token = token or daemon.token
        self.threads = [threading.Thread(target=self.run, args=(i, source)) for i in range(number)]

    def run(self, number, source):
        connection = self.daemon.connect(source=source)
        while not self.ended.is_set():
            try:
                answer = self.daemon.ask('PUT', f'/v1/policies/projects/flood-{number}',
                                         {'policy': {'prefer': ['VNC']}}, self.token, connection)
                self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
                if answer.status == 429 and 'Retry-After' not in answer.headers:
                    self.statuses['no Retry-After'] = 1
            except (OSError, http.client.HTTPException) as error:
                self.statuses[repr(error)] = 1
                return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()


class FloodApart:
    """Clients that write as fast as they are answered, in a process of its own, between go() and rest().

    One thread and prepared requests: they take as little of the processors as they can.
    """

    def __init__(self, daemon, number):
        context = multiprocessing.get_context('fork')
        self.daemon, self.number, self.statuses = daemon, number, {}
        self.ours, self.theirs = context.Pipe()
        self.process = context.Process(target=self.run)

    def run(self):
        address, token = ('127.0.0.1', self.daemon.port), self.daemon.token
        body = b'{"policy":{"prefer":["VNC"]}}'
        clients = {}
        for number in range(self.number):
            head = (f'PUT /v1/policies/projects/flood-{number} HTTP/1.1\r\nHost: flood\r\nX-Auth-Token: {token}\r\n'
                    f'Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n')
            clients[socket.create_connection(address, 10)] = head.encode() + body
        while self.theirs.recv() == 'go':
            self.flood(clients)
            self.theirs.send('rested')
        self.theirs.send(self.statuses)

    def flood(self, clients):
        begun, ending = set(clients), False
        for client in begun:
            client.sendall(clients[client])
        while begun:
            ready = select.select([*begun] if ending else [self.theirs, *begun], [], [], 10)[0]
            if not ready:
                self.statuses['no answer'] = len(begun)
                return
            for client in ready:
                if client is self.theirs:
                    ending = self.theirs.recv() == 'rest'
                    continue
                self.take_answer(client)
                if ending:
                    begun.remove(client)
                else:
                    client.sendall(clients[client])

    def take_answer(self, client):
        answer = b''
        while b'\r\n\r\n' not in answer:
            answer += client.recv(65536)
        head, _, body = answer.partition(b'\r\n\r\n')
        left = int(re.search(rb'\r\nContent-Length: (\d+)', head).group(1)) - len(body)
        while left > 0:
            left -= len(client.recv(left))
        status = int(head.split()[1])
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def go(self):
        self.ours.send('go')

    def rest(self):
        self.ours.send('rest')
        self.ours.recv()

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.ours.send('end')
        self.statuses = self.ours.recv()
        self.process.join()


class FairUse(unittest.TestCase):
    def percentile(self, connection, token):
        """Of one turn's resolutions, the 99th, in milliseconds. A turn that takes too long shows it."""
        times, ending = [], time.perf_counter() + TURN_SECONDS
        for _ in range(100 if quick() else SAMPLES):
            began = time.perf_counter()
            if began > ending:
                break
            connection.request('GET', '/v1/projects/p/consoles', headers={'X-Auth-Token': token})
            answer = connection.getresponse()
            answer.read()
            times.append((time.perf_counter() - began) * 1000)
            self.assertEqual(answer.status, 200)
        return sorted(times)[int(len(times) * 0.99)]

    def quiet_and_flooded(self, daemon):
        """The medians of the turns' percentiles, and how many writes there were."""
        quiet, flooded = [], []
        token, connection = daemon.token, daemon.connect(source='127.0.0.9')
        with FloodApart(daemon, FLOODING) as flood:
            for _ in range(TURNS):
                quiet.append(self.percentile(connection, token))
                flood.go()
                time.sleep(0.1)
                flooded.append(self.percentile(connection, token))
                flood.rest()
        connection.close()
        self.assertLessEqual(set(flood.statuses), {200, 201})
        found = statistics.median(quiet), statistics.median(flooded), sum(flood.statuses.values())
        print('99th percentile of a resolution: quiet {:.2f} ms, under a flood of writes {:.2f} ms; {} writes'
              .format(*found), flush=True)
        return found

    def test_resolutions_do_not_wait_for_a_flood_of_writes(self):
        with Daemon() as daemon:
            quiet, flooded, writes = self.quiet_and_flooded(daemon)
        self.assertGreater(writes, FLOODING * TURNS)
        if not sanitizer():
            self.assertLess(flooded / quiet, FACTOR)

    def test_resolutions_do_not_wait_for_writes_that_wait_for_a_slow_disk(self):
        daemon = Daemon()
        self.addCleanup(daemon.close)
        io = FailingIo(daemon.folder)
        daemon.env = io.environment
        daemon.start()
        io.fail(slow_by(SLOW_DISK_MS), 1, True, SYNC)
        quiet, flooded, writes = self.quiet_and_flooded(daemon)
        self.assertGreater(io.failed(), TURNS - 1)
        self.assertGreater(writes, FLOODING)
        io.heal()
        if not sanitizer():
            self.assertLess(flooded / quiet, FACTOR_SLOW_DISK)

    def test_one_client_has_so_many_writes_at_once_and_others_their_own(self):
        with Daemon('fair_use:\n  writes_at_once: 2\n') as daemon:
            with Flood(daemon, 12) as flood:
                time.sleep(1)
            self.assertLessEqual(set(flood.statuses), {200, 201, 429})
            self.assertGreater(flood.statuses.get(429, 0), 0)
            self.assertGreater(flood.statuses.get(200, 0), 0)
            self.assertEqual(daemon.put('projects/after', prefer=['VNC']).status, 201)

    def test_a_proxy_is_not_counted_as_one_client(self):
        with Daemon('fair_use:\n  writes_at_once: 2\n  exempt_addresses: ["127.0.0.1"]\n') as daemon:
            tokens = (daemon.data / 'tokens.yaml').read_text()
            self.assertIn('sha256', tokens)
            with Flood(daemon, 2) as flood:
                time.sleep(0.5)
            self.assertLessEqual(set(flood.statuses), {200, 201})
            # Its callers' tokens are.
            with Flood(daemon, 12) as flood:
                time.sleep(1)
            self.assertGreater(flood.statuses.get(429, 0), 0)


if __name__ == '__main__':
    unittest.main(verbosity=2)
