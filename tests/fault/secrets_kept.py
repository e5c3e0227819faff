# SPDX-License-Identifier: Apache-2.0
"""Secrets stay where they are: not in logs, errors, crash output or cores, and not in files that
others may read. And the binary that an operator runs is hardened.
"""

import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import unittest
from unittest import mock

from daemon import ROOT, Daemon, binary, free_port, wait_until

NOBODY = 65534
UNPRIVILEGED = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups']
SECRET = 'open-sesame-4711'  # as a token, a body, a query, a header; never to be seen again
HARDENED = ROOT / 'build' / 'release' / 'service' / 'console-policyd'


class SecretsKept(unittest.TestCase):
    def provoke(self, daemon):
        """Everything that is refused, with the secret in all of its parts, and what is accepted."""
        policy = {'policy': {'prefer': ['VNC'], 'reason': SECRET}}
        for token in (SECRET, None):
            for method, path, body in (('GET', f'/v1/policies?project_id={SECRET}&{SECRET}=1', None),
                                       ('PUT', '/v1/policies/projects/p', policy),
                                       ('PUT', '/v1/policies/projects/p', {SECRET: SECRET}),
                                       ('PUT', '/v1/policies/projects/p', '{"policy": "' + SECRET),
                                       ('POST', '/v1/policies/batch', {'operations': [{SECRET: 1}]}),
                                       ('GET', f'/v1/projects/p/consoles?explain={SECRET}', None),
                                       ('DELETE', '/v1/policies/projects/p', None)):
                daemon.ask(method, path, body, token=token, headers={'X-Other': SECRET, 'Authorization': SECRET})
        for raw in (b'GET / HTTP/1.1\r\nHost: h\r\nX-Auth-Token: %s\x01\r\n\r\n',
                    b'PUT /v1 HTTP/1.1\r\nHost: h\r\nContent-Length: x%s\r\n\r\n', b'%s\r\n\r\n'):
            connection = daemon.connect()
            connection.connect()
            connection.sock.sendall(raw % SECRET.encode())
            connection.sock.recv(65536)
            connection.close()

    def all_text(self, daemon):
        """All that the daemon wrote, its stored policies apart."""
        return {path.name: path.read_bytes() for path in daemon.folder.rglob('*')
                if path.is_file() and not path.name.startswith('policy.db')}

    def test_no_log_no_error_and_no_crash_shows_one(self):
        daemon = Daemon('log:\n  level: debug\n').start()
        self.addCleanup(daemon.close)
        self.provoke(daemon)
        token = daemon.token
        daemon.process.send_signal(signal.SIGABRT)  # as an assertion or a sanitizer ends it
        daemon.process.wait()
        crashed, daemon.process = daemon.process.returncode, None
        self.assertNotEqual(crashed, 0)
        self.assertGreater(len(list(daemon.log_lines())), 20)
        for name, text in self.all_text(daemon).items():
            self.assertNotIn(SECRET.encode(), text, name)
            if name != 'admin.token':
                self.assertNotIn(token.encode(), text, name)
        self.assertEqual([path for path in daemon.folder.rglob('core*')], [])

    def test_no_log_and_no_error_shows_the_password_of_the_database(self):
        daemon = Daemon()
        self.addCleanup(daemon.close)
        password = daemon.folder / 'password'
        password.write_text(SECRET)
        password.chmod(0o600)
        plain = daemon.config.read_text()
        url = f'mysql://console_policy@127.0.0.1:{free_port()}/console_policy'  # where no server listens
        daemon.config.write_text(f'{plain}store:\n  url: {url}\n  password_file: {password}\n')
        daemon.start()
        wait_until(lambda: 'waiting for the database' in daemon.log(), 'the daemon does not say what it waits for')
        self.assertIn(b'waiting for the database', daemon.ask('GET', '/healthcheck', token='').body)
        self.assertNotIn(SECRET, daemon.command('db', 'check').stderr + daemon.log())
        daemon.stop()
        daemon.config.write_text(f'{plain}store: {{url: "{url.replace("@", f":{SECRET}@")}"}}\n')
        refused = daemon.command()
        self.assertEqual(refused.returncode, 1)
        self.assertIn('store.password_file', refused.stderr)
        self.assertNotIn(SECRET, refused.stderr)

    def test_files_are_their_owners_alone(self):
        umask = os.umask(0)
        try:
            daemon = Daemon().start()
        finally:
            os.umask(umask)
        self.addCleanup(daemon.close)
        daemon.put('projects/p', prefer=['VNC'])
        self.assertEqual(daemon.data.stat().st_mode & 0o777, 0o700)
        found = {path.name: path.stat().st_mode & 0o777 for path in daemon.data.iterdir()}
        self.assertLessEqual({'policy.db', 'policy.db-wal', 'policy.db-shm', 'tokens.yaml', 'admin.token'}, set(found))
        self.assertEqual(set(found.values()), {0o600}, found)

    def test_no_core_is_written(self):
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        daemon = Daemon().start()
        self.addCleanup(daemon.close)
        limits = pathlib.Path(f'/proc/{daemon.process.pid}/limits').read_text()
        self.assertRegex(limits, r'Max core file size +0 +0 ')
        soft, hard = re.search(r'Max open files +(\d+) +(\d+)', limits).groups()
        self.assertEqual(soft, hard)

    def test_not_even_its_own_user_looks_into_its_memory(self):
        root = os.geteuid() == 0
        # From root's point of view every process can be looked into: then it is another user's.
        before = UNPRIVILEGED if root else []
        daemon = Daemon(before=before)
        self.addCleanup(daemon.close)
        if root:
            os.chown(daemon.folder, NOBODY, NOBODY)
        program = shutil.copy(binary(), daemon.folder)  # where that user, too, can come
        with mock.patch.dict(os.environ, CONSOLE_POLICYD=program):
            daemon.start()
        with subprocess.Popen([*before, 'sleep', '60'], env={'OPEN': 'yes'}) as other:
            self.addCleanup(other.kill)
            for name in ('environ', 'maps', 'mem', 'fd'):
                def look(pid):
                    command = [*before, 'ls' if name == 'fd' else 'cat', f'/proc/{pid}/{name}']
                    return subprocess.run(command, capture_output=True, text=True)
                refused = look(daemon.process.pid)
                self.assertNotEqual(refused.returncode, 0, name)
                self.assertIn('Permission denied', refused.stderr)
                if name != 'mem':  # whose first page is not there
                    self.assertEqual(look(other.pid).returncode, 0, 'nothing is shown by this test')
            other.kill()

    @unittest.skipUnless(HARDENED.exists(), 'no release build here')
    def test_the_release_binary_is_hardened(self):
        def readelf(*words):
            return subprocess.run(['readelf', '-W', *words, str(HARDENED)], check=True, capture_output=True,
                                  text=True).stdout
        self.assertRegex(readelf('-h'), r'Type: +DYN')
        program = readelf('-l')
        self.assertIn('GNU_RELRO', program)
        self.assertRegex(program, r'GNU_STACK +\S+ +\S+ +\S+ +\S+ +\S+ +RW ')
        self.assertRegex(readelf('-d'), r'BIND_NOW|NOW')
        symbols = readelf('--dyn-syms')
        self.assertIn('__stack_chk_fail', symbols)
        self.assertRegex(symbols, r'__\w+_chk@')
        # CET: our functions begin with ENDBR64. The mark of a whole program takes every
        # object in it to have one, and those of Debian's C runtime have none: so it is the code that is counted.
        self.assertGreater(HARDENED.read_bytes().count(b'\xf3\x0f\x1e\xfa'), 1000)


if __name__ == '__main__':
    unittest.main(verbosity=2)
