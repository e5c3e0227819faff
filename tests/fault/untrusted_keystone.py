# SPDX-License-Identifier: Apache-2.0
"""A Keystone whose certificate no authority signed, and one whose answers have no end.

No caller gets in; neither the refused handshakes nor the answers leave anything behind."""

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
FIRST = 20 if sanitizer() else 80  # handshakes at least, until one-time memory is there: arenas, cached refusals
MORE = 20 if quick() else 2000 if long() else 80
KIB_EACH = 10  # what one handshake takes while it lasts is some 20 KiB
KIB_OF_CACHES = 512  # that the allocator's may still fill with
PIECE = 64 * 1024
MOST_SENT = 512 * 1024 * 1024  # of an endless answer, where it is not cut off
KIB_OF_ANSWERS = 16 * 1024  # that endless answers may take at the most, one after the other
ENDLESS = {  # the header that frames it, and what is sent over and over
    'length': ('Content-Length: 100000000000', b' ' * PIECE),
    'chunked': ('Transfer-Encoding: chunked', b'%x\r\n%s\r\n' % (PIECE, b' ' * PIECE)),
    'until the end': ('Cache-Control: no-store', b' ' * PIECE),
}


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


class Talker(threading.Thread):
    """A fake: a Keystone that gives the service its token, and a given answer to every other question."""

    def __init__(self, framing, piece, endless):
        super().__init__()
        self.framing, self.piece, self.endless = framing, piece, endless
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.sent = 0
        self.talking = 0  # answers that are being sent
        self.asked = 0

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,)).start()

    def serve(self, connection):
        connection.settimeout(10)
        with connection, contextlib.suppress(OSError):
            asked = b''
            while b'\r\n\r\n' not in asked:
                asked += connection.recv(65536) or b'\r\n\r\n'
            if asked.startswith(b'POST'):
                body = '{"token": {"expires_at": "2099-01-01T00:00:00.000000Z"}}'
                connection.sendall(f'HTTP/1.1 201 Created\r\nX-Subject-Token: own\r\nConnection: close\r\n'
                                   f'Content-Length: {len(body)}\r\n\r\n{body}'.encode())
                return
            self.asked += 1
            self.talk(connection)

    def talk(self, connection):
        self.talking += 1
        try:
            connection.sendall(f'HTTP/1.1 200 OK\r\nConnection: close\r\n{self.framing}\r\n\r\n'.encode() + self.piece)
            sent = 0
            while self.endless and sent < MOST_SENT:
                connection.sendall(self.piece)
                sent += len(self.piece)
                self.sent += len(self.piece)
        finally:
            self.talking -= 1

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join()


def settings(folder, auth_url):
    """A daemon's, that asks the Keystone there."""
    password = folder / 'password'
    password.write_text('secret\n')
    password.chmod(0o600)
    return (f'identity:\n  static: {{enabled: true}}\n  keystone:\n    auth_url: {auth_url}\n'
            f'    username: console-policy\n    password_file: {password}\n    project_name: service\n')


class EndlessKeystone(unittest.TestCase):
    def start(self, framing, piece, endless):
        talker = Talker(framing, piece, endless)
        talker.start()
        self.addCleanup(talker.close)
        folder = Daemon().folder
        daemon = Daemon(settings(folder, f'http://127.0.0.1:{talker.port}/v3'), folder=folder)
        self.addCleanup(daemon.close)
        return daemon.start(), talker

    def test_an_answer_without_end_is_cut_off(self):
        for name, (framing, piece) in ENDLESS.items():
            with self.subTest(name):
                daemon, talker = self.start(framing, piece, endless=True)
                self.hold(name, daemon, talker)

    def hold(self, name, daemon, talker):
        """Every caller has a 503 at once, and nothing is read on once they have it."""
        daemon.ask('GET', '/v1/projects/p/consoles?domain_id=default')
        daemon.forget_peak()
        before, began = daemon.memory_kib('VmRSS'), time.monotonic()
        for _ in range(3):
            answer = daemon.ask('GET', '/v1/projects/p/consoles', token=uuid.uuid4().hex)
            self.assertEqual(answer.status, 503)
        took = time.monotonic() - began
        deadline = time.monotonic() + SETTLING_SECONDS
        while talker.talking and time.monotonic() < deadline:
            time.sleep(0.05)
        grown = daemon.memory_kib('VmHWM') - before
        print(f'{name}: {talker.sent // 1024} KiB sent, {grown} KiB more at the most, {took:.1f} s', flush=True)
        self.assertEqual(talker.talking, 0)
        self.assertEqual(talker.asked, 3)  # an answer that is too long is not asked for again
        if not sanitizer():  # whose memory is given back late
            self.assertLess(grown, KIB_OF_ANSWERS)
        self.assertEqual(daemon.ask('GET', '/v1/projects/p/consoles?domain_id=default').status, 200)

    def test_a_chunk_whose_size_is_none_ends_the_answer_only(self):
        for size in ('-1', '-2', 'zz'):
            with self.subTest(size):
                daemon, _ = self.start('Transfer-Encoding: chunked', f'{size}\r\n{{}}\r\n0\r\n\r\n'.encode(),
                                       endless=False)
                answer = daemon.ask('GET', '/v1/projects/p/consoles', token=uuid.uuid4().hex)
                self.assertEqual(answer.status, 503)
                self.assertEqual(daemon.ask('GET', '/v1/projects/p/consoles?domain_id=default').status, 200)


class UntrustedKeystone(unittest.TestCase):
    def start(self, trusted):
        """The daemon, with an authority of its own to trust or the system's."""
        folder = Daemon().folder
        stranger = Stranger(*make_certificate(folder, 'stranger'))
        stranger.start()
        self.addCleanup(stranger.close)
        cafile = f'    cafile: {make_certificate(folder, "ca", "/CN=another CA")[0]}\n' if trusted else ''
        daemon = Daemon(settings(folder, f'https://127.0.0.1:{stranger.port}/v3') + cafile, folder=folder)
        self.addCleanup(daemon.close)  # under a sanitizer a leak is reported here
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
        deadline = time.monotonic() + SETTLING_SECONDS  # the last handshakes may be in progress
        while daemon.descriptors() > descriptors + 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        print(f'{MORE} refused handshakes: {grown} KiB more, descriptors {descriptors} to {daemon.descriptors()}',
              flush=True)
        self.assertLessEqual(daemon.descriptors(), descriptors + 4)
        if not sanitizer():  # whose memory is given back late
            self.assertLess(grown, MORE * KIB_EACH + KIB_OF_CACHES)
        # A caller that needs no Keystone is served all the same.
        self.assertEqual(daemon.ask('GET', '/v1/projects/p/consoles?domain_id=default').status, 200)

    def test_an_authority_that_is_another(self):
        self.hold(trusted=True)

    def test_the_systems_authorities(self):
        self.hold(trusted=False)


if __name__ == '__main__':
    unittest.main(verbosity=2)
