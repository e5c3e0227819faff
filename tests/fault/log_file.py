# SPDX-License-Identifier: Apache-2.0
"""log.file: whose it is, and what comes of it when it is rotated."""

import json
import os
import threading
import time
import unittest

from daemon import Daemon, quick

ROTATIONS = 5 if quick() else 20
SECONDS = 30
RELOADED = 'certificates reloaded'  # the last that is said of a SIGHUP


class LogFile(unittest.TestCase):

    def start(self):
        self.daemon = Daemon('log:\n  file: logs/policy.log\n')
        self.addCleanup(self.daemon.close)
        self.file = self.daemon.folder / 'logs' / 'policy.log'
        umask = os.umask(0)
        try:
            self.daemon.start()
        finally:
            os.umask(umask)

    def lines(self, file):
        """All but one that is being written."""
        text = file.read_text() if file.exists() else ''
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith('\n')]

    def wait_for(self, file, message):
        deadline = time.monotonic() + SECONDS
        while not any(line['message'] == message for line in self.lines(file)):
            self.assertLess(time.monotonic(), deadline, f'{file.name} has no line {message!r}: {self.lines(file)}')
            time.sleep(0.01)

    def mode(self, file):
        return file.stat().st_mode & 0o777

    def test_others_may_not_read_it(self):
        self.start()
        self.assertEqual(self.mode(self.file), 0o640)
        self.assertEqual(self.mode(self.file.parent), 0o750)

    def test_rotated_under_load_it_keeps_every_line(self):
        self.start()
        written, ended = [], threading.Event()

        def write():
            connection = self.daemon.connect()
            while not ended.is_set():
                answer = self.daemon.ask('PUT', '/v1/policies/projects/p', {'policy': {'prefer': ['VNC']}},
                                         connection=connection)
                written.append(answer.status)
            connection.close()

        writing = threading.Thread(target=write)
        writing.start()
        files = []
        try:
            for turn in range(ROTATIONS):
                files.append(self.file.with_suffix(f'.{turn}'))
                self.file.rename(files[-1])
                self.daemon.hang_up()
                self.wait_for(self.file, RELOADED)
                self.assertEqual(self.mode(self.file), 0o640)
                # The old one is let go of: nothing is added to it.
                size = files[-1].stat().st_size
                time.sleep(0.05)
                self.assertEqual(files[-1].stat().st_size, size)
        finally:
            ended.set()
            writing.join()
        self.assertEqual(self.daemon.stop(), '')
        self.assertLessEqual(set(written), {200, 201})
        self.assertGreater(len(written), ROTATIONS)
        lines = [line for file in (*files, self.file) for line in self.lines(file)]
        self.assertEqual(sum(line['message'] == 'audit' for line in lines), len(written))
        self.assertEqual(sum(line['message'] == 'log file reopened' for line in lines), ROTATIONS)
        self.assertEqual(lines[-1]['message'], 'ended')

    def test_made_by_who_rotates_it_keeps_its_mode(self):
        self.start()
        self.file.rename(self.file.with_suffix('.0'))
        self.file.touch()
        self.file.chmod(0o600)
        self.daemon.hang_up()
        self.wait_for(self.file, RELOADED)
        self.assertEqual(self.mode(self.file), 0o600)

    def test_without_a_new_one_the_old_one_goes_on_and_says_so(self):
        self.start()
        old = self.file.with_suffix('.0')
        self.file.rename(old)
        self.file.mkdir()
        self.daemon.hang_up()
        self.wait_for(old, 'cannot reopen the log file; still writing to the old one')
        self.wait_for(old, RELOADED)
        said = [line for line in self.lines(old) if line['message'].startswith('cannot reopen')]
        self.assertEqual((said[0]['level'], said[0]['detail']), ('error', f'{self.file}: Is a directory'))
        self.file.rmdir()
        self.daemon.hang_up()
        self.wait_for(self.file, RELOADED)


class LogThatStops(unittest.TestCase):

    def test_a_pipe_that_nobody_reads_holds_up_neither_requests_nor_the_end(self):
        daemon = Daemon('log:\n  file: pipe\nhealthcheck:\n  disable_by_file: disabled\n')
        (daemon.folder / 'disabled').touch()
        os.mkfifo(daemon.folder / 'pipe')
        reading = os.open(daemon.folder / 'pipe', os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reading)
        with daemon:
            # Each is an error in the log; together they are more than a pipe has room for.
            for _ in range(1000):
                self.assertEqual(daemon.ask('GET', '/healthcheck').status, 503)
            # A write waits for its audit line to be with the system, but not for ever.
            daemon.put('projects/p', prefer=['VNC'])


if __name__ == '__main__':
    unittest.main(verbosity=2)
