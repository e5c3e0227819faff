# SPDX-License-Identifier: Apache-2.0
"""log.file: its mode, its rotation, and an output that accepts nothing."""

import json
import os
import threading
import unittest

from daemon import Daemon, quick, wait_until

ROTATIONS = 5 if quick() else 20
RELOADED = 'certificates reloaded'  # the last line about a SIGHUP
REFUSED = 50  # requests of each of three clients, while a write waits for the log


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
        """The complete lines."""
        text = file.read_text() if file.exists() else ''
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith('\n')]

    def wait_for(self, file, message):
        wait_until(lambda: any(line['message'] == message for line in self.lines(file)),
                   f'{file.name} has no line {message!r}', seconds=30)

    def mode(self, file):
        return file.stat().st_mode & 0o777

    def open_files(self):
        folder = f'/proc/{self.daemon.process.pid}/fd'
        for number in os.listdir(folder):
            try:
                yield os.readlink(f'{folder}/{number}')
            except FileNotFoundError:
                pass  # a connection that was closed meanwhile

    def test_a_new_file_is_not_readable_by_others(self):
        self.start()
        self.assertEqual(self.mode(self.file), 0o640)
        self.assertEqual(self.mode(self.file.parent), 0o750)

    def test_rotation_under_load_loses_no_line(self):
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
                self.assertNotIn(str(files[-1]), list(self.open_files()))
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

    def test_an_existing_file_keeps_its_mode(self):
        self.start()
        self.file.rename(self.file.with_suffix('.0'))
        self.file.touch()
        self.file.chmod(0o600)
        self.daemon.hang_up()
        self.wait_for(self.file, RELOADED)
        self.assertEqual(self.mode(self.file), 0o600)

    def test_after_a_failed_reopen_the_old_file_continues(self):
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


class BlockedLog(unittest.TestCase):
    """The log is a pipe without a reader."""

    def start(self, settings=''):
        daemon = Daemon('log:\n  file: pipe\n' + settings)
        self.addCleanup(daemon.close)
        os.mkfifo(daemon.folder / 'pipe')
        self.reading = os.open(daemon.folder / 'pipe', os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, self.reading)
        return daemon

    def fill(self, daemon):
        """Leaves no room in the pipe."""
        with open(os.open(daemon.folder / 'pipe', os.O_WRONLY | os.O_NONBLOCK), 'wb', buffering=0) as pipe:
            for size in (4096, 1):
                while pipe.write(bytes(size)):
                    pass

    def test_it_delays_neither_requests_nor_the_end(self):
        daemon = self.start('healthcheck:\n  disable_by_file: disabled\n')
        (daemon.folder / 'disabled').touch()
        daemon.start()
        # Each is an error in the log; together they are more than a pipe has room for.
        for _ in range(1000):
            self.assertEqual(daemon.ask('GET', '/healthcheck').status, 503)
        # A write waits for its audit line, for a bounded time.
        daemon.put('projects/p', prefer=['VNC'])
        self.assertEqual(daemon.stop(), '')

    def test_refused_writes_and_resolutions_do_not_wait_for_it(self):
        daemon = self.start()
        daemon.start()
        self.assertEqual(daemon.put('projects/p', prefer=['VNC']).status, 201)
        self.fill(daemon)
        accepted, wrong = [], []
        write = threading.Thread(target=lambda: accepted.append(daemon.put('projects/p', prefer=['SPICE']).status))

        def refused():
            connection = daemon.connect()
            for _ in range(REFUSED):
                put = daemon.ask('PUT', '/v1/policies/cloud', {'policy': {}}, token='', connection=connection)
                resolution = daemon.ask('GET', '/v1/projects/p/consoles', connection=connection)
                if (put.status, resolution.status) != (401, 200):
                    wrong.append((put.status, resolution.status))
            connection.close()

        write.start()
        clients = [threading.Thread(target=refused) for _ in range(3)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        # The accepted write waits for its audit line for 5 s; all others were answered before.
        self.assertEqual((accepted, wrong), ([], []))
        while os.read(self.reading, 1 << 16) and write.is_alive():  # now the log has room
            write.join(0.01)
        write.join()
        self.assertEqual(accepted, [200])


if __name__ == '__main__':
    unittest.main(verbosity=2)
