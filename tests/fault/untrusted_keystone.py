# SPDX-License-Identifier: Apache-2.0
"""A Keystone whose certificate nobody vouches for: nobody gets in, and the refused handshakes leave nothing behind."""

import contextlib
import socket
import ssl
import threading
import time
import unittest
import uuid

from daemon import Daemon, long, make_certificate, quick, sanitizer

CLIENTS = 8
SETTLING_SECONDS = 10
PATIENCE_SECONDS = 120
FIRST = 20 if sanitizer() else 80  # handshakes at the least, until what is kept once is there: arenas, cached refusals
MORE = 20 if quick() else 2000 if long() else 80
KIB_EACH = 10  # what one handshake takes while it lasts is some 20 KiB
KIB_OF_CACHES = 512  # that the allocator's may still fill with


class Stranger(threading.Thread):
    """A fake: the port where Keystone would be, with a certificate from elsewhere. Counts who turned away."""

    def __init__(self, certificate, key):
        super().__init__()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.refused = 0

    def run(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            plain.settimeout(10)
            try:
                # With TLS 1.3 our side of the handshake ends before theirs; the alert comes with what is read.
                with self.context.wrap_socket(plain, server_side=True) as connection:
                    connection.recv(1)
            except ssl.SSLError as error:
                self.refused += 'UNKNOWN_CA' in str(error)
            except OSError:
                pass
            finally:
                plain.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join()


class UntrustedKeystone(unittest.TestCase):
    def start(self, trusted):
        """The daemon, with an authority of its own to trust or the system's."""
        folder = Daemon().folder
        stranger = Stranger(*make_certificate(folder, 'stranger'))
        stranger.start()
        self.addCleanup(stranger.close)
        password = folder / 'password'
        password.write_text('secret\n')
        password.chmod(0o600)
        cafile = f'    cafile: {make_certificate(folder, "ca", "/CN=another CA")[0]}\n' if trusted else ''
        daemon = Daemon(f'identity:\n  keystone:\n    auth_url: https://127.0.0.1:{stranger.port}/v3\n'
                        f'    username: console-policy\n    password_file: {password}\n    project_name: service\n'
                        + cafile, folder=folder)
        self.addCleanup(daemon.close)  # under a sanitizer a leak is told here
        return daemon.start(), stranger

    def ask(self, daemon, stranger, number):
        """From several clients, until so many more handshakes were refused; each token is a new one."""
        goal, wrong, deadline = stranger.refused + number, [], time.monotonic() + PATIENCE_SECONDS

        def client():
            with contextlib.closing(daemon.connect()) as connection:
                while stranger.refused < goal and time.monotonic() < deadline and not wrong:
                    answer = daemon.ask('GET', '/v1/projects/p/consoles', token=uuid.uuid4().hex, connection=connection)
                    if answer.status != 503:
                        wrong.append((answer.status, answer.body))

        clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        self.assertEqual(wrong, [])
        self.assertGreaterEqual(stranger.refused, goal)

    def hold(self, trusted):
        daemon, stranger = self.start(trusted)
        self.ask(daemon, stranger, FIRST)
        memory, descriptors = daemon.memory_kib('RssAnon'), daemon.descriptors()
        self.ask(daemon, stranger, MORE)
        grown = daemon.memory_kib('RssAnon') - memory
        deadline = time.monotonic() + SETTLING_SECONDS  # the last handshakes may be under way
        while daemon.descriptors() > descriptors + 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        print(f'{MORE} refused handshakes: {grown} KiB more, descriptors {descriptors} to {daemon.descriptors()}',
              flush=True)
        self.assertLessEqual(daemon.descriptors(), descriptors + 4)
        if not sanitizer():  # whose memory is given back late
            self.assertLess(grown, MORE * KIB_EACH + KIB_OF_CACHES)
        # Who needs no Keystone is served all the same.
        self.assertEqual(daemon.ask('GET', '/v1/projects/p/consoles').status, 200)

    def test_an_authority_that_is_another(self):
        self.hold(trusted=True)

    def test_the_systems_authorities(self):
        self.hold(trusted=False)


if __name__ == '__main__':
    unittest.main(verbosity=2)
