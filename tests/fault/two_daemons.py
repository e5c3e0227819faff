# SPDX-License-Identifier: Apache-2.0
"""Two daemons on one SQLite file: what one of them stores, the other one answers from memory."""

import contextlib
import fcntl
import time
import unittest

from daemon import Daemon, wait_until

VISIBLE_SECONDS = 5
# Byte ranges of SQLite's locks: https://sqlite.org/walformat.html#locks and SHARED_FIRST in its os.h
LOCKS_OF_SHM = (8, 120)  # length, start
SHARED_LOCK = (510, 0x40000002)
STORE = 'wait_timeout_seconds: 0.5'
FINGERPRINT = {'instance_updated': '2026-01-01T00:00:00Z', 'host_id': 'abc'}
INSTANCES = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']


@contextlib.contextmanager
def locked(database):
    """Locks the database exclusively: no other process can read or write it."""
    with open(database, 'rb') as file, open(f'{database}-shm', 'r+b') as shm:
        fcntl.lockf(file, fcntl.LOCK_SH, *SHARED_LOCK)  # else the last session to close deletes the other file
        fcntl.lockf(shm, fcntl.LOCK_EX, *LOCKS_OF_SHM)
        yield


class TwoDaemons(unittest.TestCase):
    def setUp(self):
        self.one = Daemon(f'store:\n  {STORE}\n').start()
        self.addCleanup(self.one.close)
        self.other = self.one.beside(f'  {STORE}\n').start()
        self.addCleanup(self.other.close)

    def prefers(self, daemon, project):
        answer = daemon.ask('GET', f'/v1/projects/{project}/consoles')
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json['resolution']['consoles'][0]

    def report(self, daemon, instance, outcome):
        answer = daemon.ask('POST', f'/v1/projects/p/instances/{instance}/outcomes',
                            {'report': {**FINGERPRINT, 'outcomes': [{'type': 'SPICE', 'outcome': outcome}]}})
        self.assertEqual(answer.status, 204, answer.body)

    def known(self, daemon, instance):
        """SPICE in a resolution with the fingerprint of the reports."""
        query = '&'.join(f'{name}={value}' for name, value in FINGERPRINT.items())
        answer = daemon.ask('GET', f'/v1/projects/p/instances/{instance}/consoles?{query}')
        self.assertEqual(answer.status, 200, answer.body)
        resolution = answer.json['resolution']
        if 'SPICE' in resolution['known_available']:
            return 'opened'
        return 'unavailable' if resolution['known_unavailable'] else None

    def test_a_policy_stored_by_one_is_resolved_by_the_other(self):
        slowest = 0
        for number in range(20):
            writer, reader = (self.one, self.other) if number % 2 else (self.other, self.one)
            self.assertEqual(writer.put(f'projects/p{number}', prefer=['MKS']).status, 201)
            began = time.monotonic()
            wait_until(lambda: self.prefers(reader, f'p{number}') == 'MKS', f'write {number}', VISIBLE_SECONDS)
            slowest = max(slowest, time.monotonic() - began)
        print(f'visible to the other daemon after {slowest:.2f} s at most', flush=True)

    def test_resolutions_of_both_stay_in_memory_while_reports_flow_into_both(self):
        self.report(self.one, INSTANCES[0], 'unavailable')
        self.report(self.other, INSTANCES[1], 'opened')
        both = [(daemon, instance) for daemon in (self.one, self.other) for instance in INSTANCES]
        wait_until(lambda: [self.known(*each) for each in both] == ['unavailable', 'opened'] * 2,
                   'a report does not reach the other daemon')
        with locked(self.one.database):
            for number in range(20):
                outcome = ('opened', 'unavailable')[number % 2]
                for daemon, instance in zip((self.one, self.other), INSTANCES):
                    self.report(daemon, instance, outcome)
                    self.assertEqual(self.known(daemon, instance), outcome)
                self.assertEqual(self.known(self.one, INSTANCES[1]), 'opened')
                self.assertEqual(self.known(self.other, INSTANCES[0]), 'unavailable')
            for daemon in (self.one, self.other):
                wait_until(lambda: daemon.ask('GET', '/healthcheck').body != b'OK', 'the lock is not noticed')
        wait_until(lambda: [self.known(*each) for each in both] == ['unavailable'] * 4,
                   'a report from during the lock does not reach the other daemon')

    def test_after_a_restore_both_hold_exactly_what_is_stored(self):
        backup = self.one.folder / 'backup.db'
        self.one.put('projects/kept', prefer=['VNC'])
        self.assertEqual(self.one.command('db', 'backup', str(backup)).returncode, 0)
        self.other.put('projects/kept', prefer=['RDP'])
        for number in range(3):
            self.other.put(f'projects/later-{number}', prefer=['MKS'])
        projects = ['kept', 'later-0', 'later-1', 'later-2']
        daemons = (self.one, self.other)
        wait_until(lambda: [self.prefers(self.one, each) for each in projects] == ['RDP'] + ['MKS'] * 3, 'not followed')
        self.assertEqual(self.one.command('db', 'restore', str(backup)).returncode, 0)
        for daemon in daemons:
            wait_until(lambda: [self.prefers(daemon, each) for each in projects] == ['VNC'] + ['SPICE'] * 3,
                       'the restore is not seen')
            wait_until(daemon.reloads, 'the reload is not logged')
        # From here on they follow again.
        self.assertEqual(self.other.put('projects/new', prefer=['MKS']).status, 201)
        wait_until(lambda: self.prefers(self.one, 'new') == 'MKS', 'not followed after the restore')
        self.assertEqual([len(daemon.reloads()) for daemon in daemons], [1, 1])


if __name__ == '__main__':
    unittest.main(verbosity=2)
