# SPDX-License-Identifier: Apache-2.0
"""Every attack of attacks.py on the real daemon: what it is answered, what memory it costs, and
whether others are served meanwhile. At the end, a table of all three.
"""

import contextlib
import pathlib
import threading
import time
import unittest

import attacks
import raw
from daemon import Daemon, make_certificate, sanitizer

TIMEOUT = 1.0
WRITE_TIMEOUT = 2.0
PLACES = 12000  # of connections, so that 10,000 idle ones fit
FLOOD_PLACES = 200
# What the daemon may take at any moment of any attack, the sanitizers' shadows apart.
MEMORY_BOUND_MIB = {'': 96, 'asan': 800, 'tsan': 1200}
# How long another client may wait for an answer meanwhile, on this machine with its load.
OTHERS_SECONDS = {'': 5.0, 'asan': 10.0, 'tsan': 15.0}
README = pathlib.Path(__file__).resolve().parents[1] / 'README.md'


class Others(threading.Thread):
    """Another client that wants to be served meanwhile: on a kept connection, and on new ones."""

    def __init__(self, daemon, only_kept):
        super().__init__()
        self.address = ('127.0.0.1', daemon.port)
        self.only_kept = only_kept
        self.kept = raw.connect(address=self.address)
        self.ended = threading.Event()
        self.served, self.slowest, self.failures = 0, 0.0, []

    def once(self, sock):
        began = time.monotonic()
        raw.send(sock, raw.HEALTH)
        status, _ = raw.receive(sock)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if status == 200:
            self.served += 1
        else:
            self.failures.append(status)

    def run(self):
        while True:
            last = self.ended.is_set()
            try:
                self.once(self.kept)
                if not self.only_kept:
                    with contextlib.closing(raw.connect(address=self.address)) as sock:
                        self.once(sock)
            except OSError as error:
                self.failures.append(repr(error))
                return
            if last:
                return
            self.ended.wait(0.05)

    def end(self):
        self.ended.set()
        self.join()
        self.kept.close()


def settings(places):
    return (f'http:\n  max_connections: {places}\n  header_timeout_seconds: {TIMEOUT}\n'
            f'  body_timeout_seconds: {TIMEOUT}\n  write_timeout_seconds: {WRITE_TIMEOUT}\n')


class Attacks(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.built = sanitizer()
        cls.rows = []
        cls.daemons = {}
        for fills, places in ((False, PLACES), (True, FLOOD_PLACES)):
            daemon = Daemon(settings(places))
            certificate, key = make_certificate(daemon.folder)
            daemon = Daemon(settings(places), folder=daemon.folder,
                            tls=f'      certificate: {certificate}\n      key: {key}\n').start()
            daemon.address, daemon.tls_address = ('127.0.0.1', daemon.port), ('127.0.0.1', daemon.tls_port)
            daemon.timeout, daemon.write_timeout, daemon.places = TIMEOUT, WRITE_TIMEOUT, places
            cls.daemons[fills] = daemon
        for i in range(50):
            cls.daemons[False].put(f'projects/wire-{i}', prefer=['VNC'], reason='x' * 400)

    @classmethod
    def tearDownClass(cls):
        width = max(len(attack.name) for attack in attacks.ATTACKS)
        print(f'\n{"attack":{width}}  {"answer":14}  peak MiB  still serving (slowest)')
        for row in cls.rows:
            print(row)
        for daemon in cls.daemons.values():
            daemon.close()

    def test_the_readme_has_the_same_table(self):
        rows = [line for line in README.read_text(encoding='utf-8').splitlines() if line.count(' | ') == 3]
        table = rows[1 + rows.index('| attack | what is sent | answered | source |'):]
        self.assertEqual([attack.row() for attack in attacks.ATTACKS], table[:len(attacks.ATTACKS)])

    def test_every_attack(self):
        for attack in attacks.ATTACKS:
            with self.subTest(attack.name):
                self.play(attack)

    def play(self, attack):
        daemon = self.daemons[attack.fills]
        target = type('Target', (), {**vars(daemon), 'token': daemon.token.encode()})
        daemon.forget_peak()
        others = Others(daemon, attack.fills)
        others.start()
        try:
            seen = list(attack.play(target))
        finally:
            others.end()
        peak = daemon.memory_kib('VmHWM') / 1024
        alive = daemon.process.poll() is None and others.served > 0 and not others.failures
        answers = ' '.join(sorted({str(answer) for answer in seen}))
        width = max(len(each.name) for each in attacks.ATTACKS)
        self.rows.append(f'{attack.name:{width}}  {answers:14}  {peak:8.1f}  '
                         f'{"yes" if alive else "NO"} ({others.slowest * 1000:.0f} ms)')
        self.assertTrue(seen, 'an attack that was not made')
        for answer in seen:
            self.assertTrue(attack.allows(answer), f'{answer} is none of: {attack.answers}')
        self.assertTrue(alive, f'others: {others.served} served, {others.failures[:3]}')
        self.assertLess(others.slowest, OTHERS_SECONDS[self.built])
        self.assertLess(peak, MEMORY_BOUND_MIB[self.built], 'peak memory in MiB')


if __name__ == '__main__':
    unittest.main()
