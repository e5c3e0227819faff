# SPDX-License-Identifier: Apache-2.0
"""The store's file fails under the running daemon: the Nth call, once and from then on.

After each: the answer states that the store is away, or the write is there; the stored state is the old
or the new one, whole; the database's own check finds nothing; and the daemon serves again as soon
as the fault is gone, by itself. Batches, so that half of one would show.
"""

import concurrent.futures
import contextlib
import errno
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time
import unittest

from daemon import Daemon, long, quick, wait_until
from failing_io import HANGS, OPEN, OWN_FILE, READ, SYNC, WRITE, FailingIo

SETTINGS = 'store:\n  wait_timeout_seconds: 0.5\n'
SCOPES = 30 if long() else 3
# A write makes fewer calls than this; a loop that does not come to its end by then has failed.
MAX_CALLS = 1000
RECOVERY_SECONDS = 10
CHECKPOINT_BYTES = 6 << 20  # SQLite begins one at 1,000 pages, which are 4 MiB
LISTS = 20  # at once: more than there are workers
# A request that waits for the database does not end within this time.
DELAY_SECONDS = 2
ERRORS = {'I/O error': errno.EIO, 'full disk': errno.ENOSPC, 'read-only': errno.EROFS, 'no permission': errno.EACCES}


def body(text, scopes=SCOPES):
    return {'operations': [{'action': 'put', 'target': {'scope': 'project', 'project_id': f'p{i}'},
                            'policy': {'prefer': ['VNC'], 'reason': text}} for i in range(scopes)]}


class StoreFaults(unittest.TestCase):
    def start(self, settings=SETTINGS):
        daemon = Daemon(settings)
        self.addCleanup(daemon.close)
        self.io = FailingIo(daemon.folder)
        daemon.env = self.io.environment
        daemon.start()
        self.text = 0
        self.write(daemon)
        return daemon

    def write(self, daemon, scopes=SCOPES):
        """A batch that must succeed."""
        self.text += 1
        answer = daemon.ask('POST', '/v1/policies/batch', body(f'text {self.text}', scopes))
        self.assertEqual(answer.status, 200, answer.body)
        self.known = {f'text {self.text}'}

    def attempt(self, daemon):
        """A batch under a fault: it succeeds, or states what is wrong."""
        self.text += 1
        answer = daemon.ask('POST', '/v1/policies/batch', body(f'text {self.text}'))
        if answer.status == 200:
            self.known = {f'text {self.text}'}
        else:
            self.assertEqual(answer.status, 503, answer.body)
            self.assertRegex(answer.json['errors'][0]['detail'],
                             'the policy store is (not available|busy|full)'
                             '|the policy store failed; it is not known whether the change was stored')
            self.known |= {f'text {self.text}'}
        return answer.status

    def check_whole(self, daemon):
        """Old or new, and all of it, in the file and over HTTP."""
        with contextlib.closing(sqlite3.connect(daemon.database, timeout=10)) as database:
            self.assertEqual(database.execute('PRAGMA integrity_check').fetchall(), [('ok',)])
            counter, last, number = database.execute(
                'SELECT (SELECT revision FROM revision_counter), max(revision), count(*) FROM change_log').fetchone()
            self.assertEqual((counter, counter), (last, number))
        answer = daemon.ask('GET', '/v1/policies?scope=project&limit=1000')
        self.assertEqual(answer.status, 200, answer.body)
        texts = {policy['reason'] for policy in answer.json['policies']}
        self.assertEqual(len(texts), 1, 'half a batch')
        self.assertLessEqual(texts, self.known)
        self.known = texts

    def recovers(self, daemon):
        wait_until(lambda: self.health(daemon) == b'OK', 'the daemon does not recover', RECOVERY_SECONDS)
        self.check_whole(daemon)
        self.write(daemon)

    def health(self, daemon, connection=None):
        answer = daemon.ask('GET', '/healthcheck', token='', connection=connection)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.body

    def change_the_file(self, daemon):
        """From outside, so that no session can read on from the pages that it has in memory."""
        with contextlib.closing(sqlite3.connect(daemon.database, timeout=10)) as database, database:
            database.execute('UPDATE revision_counter SET revision = revision')

    def loop(self, name, persistent, step):
        daemon = self.start()
        refused = 0
        for number in range(1, MAX_CALLS, step):
            self.io.fail(ERRORS[name], number, persistent)
            status = self.attempt(daemon)
            hit = self.io.failed()
            self.io.heal()
            if not hit:
                break
            refused += status != 200
            self.recovers(daemon)
        else:
            self.fail('there is always one more call to fail')
        self.assertGreater(refused, 0, 'no fault showed')
        how = 'from then on' if persistent else 'once'
        print(f'{name}, {how}: {number - 1} calls, of which {refused} answered 503',
              flush=True)

    def test_the_nth_call_fails_once(self):
        for name in ERRORS:
            with self.subTest(name):
                self.loop(name, False, 1 if long() else 31 if quick() else 2)

    def test_all_calls_from_the_nth_on_fail(self):
        for name in ERRORS:
            with self.subTest(name):
                self.loop(name, True, 1 if long() else 31 if quick() else 3)

    def test_calls_of_a_checkpoint_fail(self):
        # A checkpoint comes with some thousand pages: among many writes.
        daemon = self.start()
        for kinds in (WRITE, SYNC, READ):
            for number in (1, 3, 10, 40, 100)[:2 if quick() else 5]:
                self.io.fail(errno.EIO, number, False, kinds)
                for _ in range(12):
                    self.attempt(daemon)
                self.io.heal()
                self.recovers(daemon)
        # And one that is asked for, while writing fails.
        self.io.fail(errno.EIO, 1, True, WRITE | SYNC)
        self.assertEqual(self.attempt(daemon), 503)
        self.io.heal()
        self.recovers(daemon)

    def test_writes_go_on_while_checkpoints_fail(self):
        daemon = self.start()
        wal = daemon.database.with_name('policy.db-wal')
        self.io.fail(errno.EIO, 1, True, WRITE | OWN_FILE)
        while wal.stat().st_size < CHECKPOINT_BYTES:
            self.write(daemon, 100)
        self.assertGreater(self.io.failed(), 0)
        self.check_whole(daemon)
        without = daemon.database.stat().st_size
        self.io.heal()

        def checkpoint_succeeds():
            self.write(daemon, 100)
            return daemon.database.stat().st_size > without

        wait_until(checkpoint_succeeds, 'no checkpoint after the fault')
        self.check_whole(daemon)

    def test_what_waits_for_a_disk_that_hangs_is_answered_in_time(self):
        daemon = self.start()
        self.io.fail(HANGS, 1, True, SYNC)
        with concurrent.futures.ThreadPoolExecutor(4) as clients:
            hanging = clients.submit(daemon.put, 'projects/hangs', prefer=['VNC'])
            while not self.io.failed():
                time.sleep(0.01)
            began = time.monotonic()
            waiting = [clients.submit(daemon.put, f'projects/waits-{i}', prefer=['VNC']) for i in range(2)]
            waiting.append(clients.submit(self.attempt, daemon))
            self.assertEqual(daemon.ask('GET', '/v1/projects/p1/consoles').status, 200)
            # No other request comes that would wake anything.
            self.assertEqual([put.result().status for put in waiting[:2]] + [waiting[2].result()], [503] * 3)
            took = time.monotonic() - began
            self.assertFalse(hanging.done())  # its result is not known yet
            self.io.heal()
            self.assertEqual(hanging.result().status, 201)
        self.assertGreater(took, 0.4)
        self.assertLess(took, 2)
        self.assertEqual(daemon.ask('GET', '/v1/policies/projects/hangs').status, 200)
        self.assertEqual(daemon.ask('GET', '/v1/policies/projects/waits-0').status, 404)

    def test_a_read_that_hangs_delays_no_resolution_and_no_healthcheck(self):
        daemon = self.start()
        with concurrent.futures.ThreadPoolExecutor(LISTS) as clients, \
                contextlib.closing(daemon.connect(timeout=DELAY_SECONDS)) as connection:
            self.io.fail(HANGS, 1, True, READ)
            self.change_the_file(daemon)
            lists = [clients.submit(daemon.ask, 'GET', '/v1/policies') for _ in range(LISTS)]
            try:
                wait_until(self.io.failed, 'nothing is read')
                # Until the follower, whose read hangs, too, counts as an outage.
                wait_until(lambda: self.resolve(daemon, connection) and b'does not answer' in
                           self.health(daemon, connection), 'the health check has no remark')
            finally:
                self.io.heal()
            statuses = sorted(each.result().status for each in lists)
        self.assertEqual((statuses[0], statuses[-1]), (200, 503), statuses)
        self.recovers(daemon)

    def resolve(self, daemon, connection=None):
        answer = daemon.ask('GET', '/v1/projects/p1/consoles', connection=connection)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json['resolution']['consoles'][0] == 'VNC'

    def test_without_the_database_resolutions_go_on_and_lists_answer_503(self):
        daemon = self.start()
        self.io.fail(errno.EIO, 1, True)
        self.change_the_file(daemon)
        wait_until(lambda: self.health(daemon) != b'OK', 'the health check has no remark')
        remark = b'^OK\nstore: policies from memory, [0-9]+ s old: the policy store is'
        self.assertRegex(self.health(daemon), remark)
        self.assertTrue(self.resolve(daemon))
        self.assertEqual(daemon.ask('GET', '/v1/policies').status, 503)
        self.assertEqual(self.attempt(daemon), 503)
        self.io.heal()
        self.recovers(daemon)

    def test_resolutions_go_on_while_nothing_can_be_written(self):
        daemon = self.start()
        for name, error in ERRORS.items():
            with self.subTest(name):
                self.io.fail(error, 1, True, WRITE | SYNC)
                self.assertEqual(self.attempt(daemon), 503)
                self.assertEqual(daemon.ask('GET', '/v1/projects/p1/consoles').status, 200)
                self.io.heal()
                self.recovers(daemon)

    def test_a_start_under_faults_refuses_or_serves(self):
        daemon = self.start()
        refused = 0
        for kinds in (OPEN, READ, WRITE):
            for number in range(1, MAX_CALLS, 1 if long() else 50 if quick() else 5):
                daemon.stop()
                self.io.fail(errno.EIO, number, True, kinds)
                done = daemon.command('db', 'check')
                daemon.launch()
                deadline = time.monotonic() + 30
                while (serving := not self.is_serving(daemon)) and daemon.process.poll() is None:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.02)
                hit = self.io.failed()
                if daemon.process.poll() is not None:
                    refused += 1
                    self.assertEqual(daemon.process.returncode, 1)
                    daemon.process = None
                    self.assertIn(str(daemon.database), daemon.log().splitlines()[-1] + daemon.log().splitlines()[-2])
                self.io.heal()
                if daemon.process is None:
                    daemon.start()
                self.recovers(daemon)
                if not hit:
                    break
                self.assertIn(done.returncode, (0, 1))
                self.assertFalse(serving and daemon.process is None)
        self.assertGreater(refused, 0)

    def is_serving(self, daemon):
        with contextlib.suppress(OSError):
            return bool(daemon.ask('GET', '/healthcheck', token='').status)
        return False

    def test_another_program_holds_the_lock(self):
        daemon = self.start()
        with contextlib.closing(sqlite3.connect(daemon.database, isolation_level=None)) as other:
            other.execute('BEGIN IMMEDIATE')
            began = time.monotonic()
            self.assertEqual(self.attempt(daemon), 503)
            self.assertLess(time.monotonic() - began, 5)
            self.assertEqual(daemon.ask('GET', '/v1/projects/p1/consoles').status, 200)
            other.execute('ROLLBACK')
        self.recovers(daemon)

    @unittest.skipUnless(os.geteuid() == 0, 'a file system of a megabyte takes root')
    def test_a_disk_that_is_really_full(self):
        mount = pathlib.Path(tempfile.mkdtemp(prefix='console-policy-full-'))
        self.addCleanup(mount.rmdir)
        done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', str(mount)], capture_output=True)
        if done.returncode != 0:
            self.skipTest('no file system can be mounted here')
        self.addCleanup(subprocess.run, ['umount', str(mount)], check=True)
        (mount / 'filler').touch()
        daemon = Daemon(f'store:\n  url: sqlite:///{mount}/policy.db\n')
        self.addCleanup(daemon.close)
        self.text = 0
        daemon.start()
        self.write(daemon)
        for _ in range(2):
            with contextlib.suppress(OSError), open(mount / 'filler', 'wb', buffering=0) as filler:
                while True:
                    filler.write(b'x' * 4096)
            statuses = [self.attempt(daemon) for _ in range(3)]
            self.assertIn(503, statuses)
            self.assertEqual(daemon.ask('GET', '/v1/projects/p1/consoles').status, 200)
            (mount / 'filler').write_bytes(b'')
            deadline = time.monotonic() + RECOVERY_SECONDS
            while self.attempt(daemon) != 200:
                self.assertLess(time.monotonic(), deadline, 'the daemon does not recover')
        self.assertEqual(daemon.command('db', 'check').returncode, 0)

    def test_a_page_that_is_damaged(self):
        # While it runs: what lies on the page is answered as the store being away, the rest is served.
        daemon = self.start()
        for i in range(40):
            self.assertIn(daemon.put(f'users/u{i}', prefer=['VNC'], reason='x' * 400).status, (200, 201))
        daemon.stop()
        whole = daemon.database.read_bytes()
        self.assertEqual(len(whole) % 4096, 0)
        with contextlib.closing(sqlite3.connect(daemon.database)) as database:
            checked_at_start = {page for page, in database.execute(
                'SELECT pageno FROM dbstat JOIN sqlite_master USING (name) '
                "WHERE tbl_name IN ('policy', 'revision_counter', 'schema_version')")}
        for page in range(1, len(whole) // 4096, 12 if quick() else 1):
            damaged = bytearray(whole)
            damaged[page * 4096:page * 4096 + 4096] = b'\x5a' * 4096
            daemon.database.write_bytes(damaged)
            checked = daemon.command('db', 'check')
            if checked.returncode == 0:
                continue  # a free page
            self.assertIn('damaged', checked.stderr)
            self.assertIn('db restore', checked.stderr)
            if page + 1 not in checked_at_start:
                continue  # reported by db check alone
            started = daemon.command()
            self.assertEqual(started.returncode, 1)
            self.assertIn(str(daemon.database), started.stderr)
            self.assertIn('db restore', started.stderr)
        for damaged in (b'', b'not a database' * 1000, whole[:5000]):
            daemon.database.write_bytes(damaged)
            if damaged:
                started = daemon.command()
                self.assertEqual((started.returncode, 'db restore' in started.stderr), (1, True), started.stderr)
        daemon.database.write_bytes(whole)
        daemon.start()
        self.check_whole(daemon)


if __name__ == '__main__':
    unittest.main(verbosity=2)
