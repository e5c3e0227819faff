# SPDX-License-Identifier: Apache-2.0
"""A start that fails ends with the reason: when clients are there already, and on a network file system."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
import unittest

from daemon import START_SECONDS, Daemon, make_certificate

CLIENTS = 8
END_SECONDS = 30
REQUEST = b'GET /v1/policies/cloud HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: of-keystone-%d\r\n\r\n'


class FrozenKeystone:
    """A fake: takes connections and never answers."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.listener.settimeout(START_SECONDS)
        self.port = self.listener.getsockname()[1]

    def taken(self):
        return self.listener.accept()[0]


class FailedStart(unittest.TestCase):
    def setUp(self):
        self.leave = contextlib.ExitStack()
        self.addCleanup(self.leave.close)

    def ask(self, daemon, number):
        """As soon as the port is open."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                client = self.leave.enter_context(socket.create_connection(('127.0.0.1', daemon.port), 5))
                return client.sendall(REQUEST % number)
            except OSError:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)

    @unittest.skipUnless(shutil.which('bindfs'), 'bindfs, a FUSE file system, is not installed')
    def test_a_database_on_fuse_is_refused_with_the_reason(self):
        daemon = Daemon()
        self.leave.callback(shutil.rmtree, daemon.folder)
        mount = daemon.folder / 'fuse'
        for folder in (mount, daemon.folder / 'behind'):
            folder.mkdir()
        mounted = subprocess.run(['bindfs', str(daemon.folder / 'behind'), str(mount)], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest('FUSE cannot be used here: ' + mounted.stderr.strip())
        self.leave.callback(subprocess.run, ['fusermount', '-u', str(mount)], check=True)
        with open(daemon.config, 'a', encoding='utf-8') as config:
            config.write(f'store: {{url: "sqlite:///{mount}/policy.db"}}\n')
        started = daemon.command()
        self.assertEqual(started.returncode, 1, started.stderr)
        self.assertIn(f'{mount}/policy.db is on a network file system (FUSE)', started.stderr)

    def test_it_ends_while_requests_wait_for_keystone(self):
        keystone = FrozenKeystone()
        self.leave.callback(keystone.listener.close)
        daemon = Daemon('http: {drain_seconds: 1}\n')
        self.leave.callback(shutil.rmtree, daemon.folder)
        # The metrics' certificate is a pipe: the start goes on when the test has written into it.
        certificate, key = daemon.folder / 'certificate.pem', make_certificate(daemon.folder)[1]
        os.mkfifo(certificate)
        password = daemon.folder / 'password'
        password.write_text('unused')
        password.chmod(0o600)
        with open(daemon.config, 'a', encoding='utf-8') as config:
            config.write('metrics:\n  listen:\n    address: 127.0.0.1\n    port: 0\n'
                         f'    tls:\n      certificate: {certificate}\n      key: {key}\n'
                         f'identity:\n  keystone:\n    auth_url: http://127.0.0.1:{keystone.port}\n'
                         f'    username: console-policy\n    password_file: {password}\n    project_name: service\n')
        daemon.launch()
        self.leave.callback(daemon.process.wait)
        self.leave.callback(daemon.process.kill)
        for number in range(CLIENTS):
            self.ask(daemon, number)
        self.leave.callback(keystone.taken().close)  # the first of them waits there
        deadline = time.monotonic() + END_SECONDS
        while daemon.process.poll() is None:
            self.assertLess(time.monotonic(), deadline, daemon.log())
            with contextlib.suppress(OSError):  # there is no reader just now
                pipe = os.open(certificate, os.O_WRONLY | os.O_NONBLOCK)
                os.write(pipe, b'no certificate')
                os.close(pipe)
            time.sleep(0.01)
        self.assertEqual(daemon.process.returncode, 1, daemon.log())
        self.assertIn('metrics.listen: ', daemon.log())


if __name__ == '__main__':
    unittest.main(verbosity=2)
