# SPDX-License-Identifier: Apache-2.0
"""SIGTERM ends the daemon within http.drain_seconds, whatever hangs."""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import threading
import unittest

from daemon import Daemon, binary, wait_until
from failing_io import HANGS, SYNC, FailingIo

SETTINGS = 'http: {drain_seconds: 1}\n'
# Nothing ends these hangs: the daemon ends by itself or not at all.
END_SECONDS = 30
PIPE_BYTES = 4096


class Shutdown(unittest.TestCase):
    def assert_ends(self, daemon, statuses):
        daemon.process.send_signal(signal.SIGTERM)
        try:
            self.assertIn(daemon.process.wait(END_SECONDS), statuses)
        finally:
            daemon.kill()

    def test_a_worker_hangs_in_the_database(self):
        daemon = Daemon(SETTINGS)
        self.addCleanup(daemon.close)
        io = FailingIo(daemon.folder)
        daemon.env = io.environment
        daemon.start()
        self.addCleanup(io.heal)
        io.fail(HANGS, 1, True, SYNC)

        def put():
            with contextlib.suppress(OSError):
                daemon.put('projects/hangs', prefer=['VNC'])

        client = threading.Thread(target=put)
        client.start()
        self.addCleanup(client.join)
        wait_until(io.failed, 'the database was not written')
        self.assert_ends(daemon, [-signal.SIGALRM])

    def test_the_log_hangs(self):
        daemon = Daemon(SETTINGS)
        self.addCleanup(daemon.close)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        daemon.process = subprocess.Popen([binary(), '--config', str(daemon.config)], stdin=subprocess.DEVNULL,
                                          stderr=writer)
        self.addCleanup(daemon.kill)
        wait_until(lambda: self.is_serving(daemon), 'it does not start')
        wait_until(lambda: not select.select([], [writer], [], 0)[1], 'the log does not fill its pipe')
        for _ in range(50):  # lines that wait
            self.assertTrue(self.is_serving(daemon))
        self.assert_ends(daemon, [0, -signal.SIGALRM])

    def is_serving(self, daemon):
        with contextlib.suppress(OSError):
            return daemon.ask('GET', '/healthcheck', token='').status == 200
        return False

    def test_a_client_sends_half_a_request(self):
        daemon = Daemon(SETTINGS).start()
        self.addCleanup(daemon.close)
        with contextlib.closing(daemon.connect()) as connection:
            connection.connect()
            connection.sock.sendall(b'PUT /v1/policies/cloud HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n')
            self.assert_ends(daemon, [0])


if __name__ == '__main__':
    unittest.main(verbosity=2)
