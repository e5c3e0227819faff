# SPDX-License-Identifier: Apache-2.0
"""The TLS listener: a scan with openssl's client, certificates that are renewed under load, sessions
that are resumed, and clients that have to show a certificate.
"""

import http.client
import socket
import ssl
import subprocess
import threading
import time
import unittest

from daemon import Daemon, free_port, make_certificate

REFUSED = ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-RSA-AES256-SHA', 'AES128-SHA',
           'AES256-GCM-SHA384', 'DHE-RSA-AES128-GCM-SHA256', 'ADH-AES128-SHA256', 'ECDHE-ECDSA-NULL-SHA',
           'PSK-AES128-CBC-SHA']
SERVED = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305']


def trusting(ca, own=None):
    context = ssl.create_default_context(cafile=str(ca))
    if own:
        context.load_cert_chain(*map(str, own))
    return context


class TlsListener(unittest.TestCase):
    def start(self, more='', settings=''):
        self.daemon = Daemon(tls='x')  # for its folder
        self.certificate, self.key = make_certificate(self.daemon.folder)
        self.daemon = Daemon(settings, folder=self.daemon.folder, tls=f'      certificate: {self.certificate}\n'
                                                                      f'      key: {self.key}\n' + more)
        self.addCleanup(self.daemon.close)
        return self.daemon.start()

    def client(self, *words, send=''):
        done = subprocess.run(['openssl', 's_client', '-connect', f'127.0.0.1:{self.daemon.tls_port}', *words],
                              input=send, capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def test_a_scan_finds_only_what_is_meant_to_be_there(self):
        self.start()
        weakest = ('-cipher', 'ALL:COMPLEMENTOFALL@SECLEVEL=0')
        for version in ('-tls1', '-tls1_1'):
            code, text = self.client(version, *weakest)
            self.assertNotEqual(code, 0, version)
            self.assertRegex(text, 'protocol version|unsupported protocol', version)
        for version in ('-tls1_2', '-tls1_3'):
            code, text = self.client(version, '-alpn', 'h2,http/1.1')
            self.assertEqual(code, 0, text)
            self.assertIn('ALPN protocol: http/1.1', text)
            self.assertIn('Compression: NONE', text)
        for cipher in REFUSED:
            self.assertNotEqual(self.client('-tls1_2', '-cipher', cipher + '@SECLEVEL=0')[0], 0, cipher)
        for cipher in SERVED:
            self.assertEqual(self.client('-tls1_2', '-cipher', cipher)[0], 0, cipher)
        # Renegotiation that the client asks for, early data, and a heartbeat-sized greeting are not there.
        _, text = self.client('-tls1_2', send='R\n')
        self.assertRegex(text, 'no renegotiation|unexpected message|RENEGOTIATING')
        self.assertNotIn('Verify return code: 0', text.partition('RENEGOTIATING')[2])
        self.assertIn('Max Early Data: 0', self.client('-tls1_3', '-ign_eof', send='GET / HTTP/1.0\r\n\r\n')[1])

    def test_sessions_are_resumed(self):
        self.start()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = trusting(self.certificate)
            context.minimum_version = context.maximum_version = version
            first = self.daemon.connect_tls(context)
            self.assertEqual(self.daemon.ask('GET', '/healthcheck', token='', connection=first).status, 200)
            session = first.sock.session
            self.assertFalse(first.sock.session_reused)
            first.close()
            again = self.daemon.connect_tls(context)
            plain = socket.create_connection(('127.0.0.1', self.daemon.tls_port))
            again.sock = context.wrap_socket(plain, server_hostname='localhost', session=session)
            self.assertTrue(again.sock.session_reused, version)
            self.assertEqual(self.daemon.ask('GET', '/healthcheck', token='', connection=again).status, 200)
            again.close()

    def test_a_record_may_come_byte_by_byte(self):
        self.start()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusting(self.certificate).wrap_bio(incoming, outgoing, server_hostname='localhost')
        with socket.create_connection(('127.0.0.1', self.daemon.tls_port), 10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def until_done(step):
                while True:
                    try:
                        done = step()
                    except ssl.SSLWantReadError:
                        done = None
                    for byte in outgoing.read():
                        connection.sendall(bytes([byte]))
                    if done is not None:
                        return done
                    incoming.write(connection.recv(65536))

            until_done(lambda: tls.do_handshake() or True)
            for _ in range(2):  # the second while what OpenSSL holds of the first is used up
                until_done(lambda: tls.write(b'GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n'))
                self.assertTrue(until_done(lambda: tls.read(65536)).startswith(b'HTTP/1.1 200 OK'))

    def test_certificates_are_renewed_without_dropping_a_connection(self):
        metrics = free_port()
        daemon = self.start(settings=f'metrics:\n  listen:\n    address: 127.0.0.1\n    port: {metrics}\n    tls:\n'
                                     '      certificate: server.pem\n      key: server.key\n')
        old = self.certificate.read_text()
        kept = daemon.connect_tls(trusting(self.certificate))
        self.assertEqual(daemon.ask('GET', '/healthcheck', token='', connection=kept).status, 200)
        ended, failures, served = threading.Event(), [], [0]

        def ask():
            while not ended.is_set():
                try:
                    connection = daemon.connect_tls()
                    for _ in range(3):
                        if daemon.ask('GET', '/healthcheck', token='', connection=connection).status == 200:
                            served[0] += 1
                    connection.close()
                except (OSError, http.client.HTTPException) as error:
                    failures.append(repr(error))

        others = [threading.Thread(target=ask) for _ in range(3)]
        for other in others:
            other.start()
        for _ in range(5):
            make_certificate(daemon.folder)
            self.hang_up('certificates reloaded')
        ended.set()
        for other in others:
            other.join()
        self.assertEqual(failures, [])
        self.assertGreater(served[0], 5)
        self.assertEqual(daemon.ask('GET', '/healthcheck', token='', connection=kept).status, 200)
        self.assertNotEqual(old, self.certificate.read_text())
        shown = ssl.get_server_certificate(('127.0.0.1', daemon.tls_port))
        self.assertIn(shown.strip(), self.certificate.read_text())
        self.assertEqual(ssl.get_server_certificate(('127.0.0.1', metrics)), shown)
        # Files that are not good leave the certificate that is in force.
        self.key.write_text('no key')
        self.hang_up('certificates not reloaded')
        self.assertEqual(ssl.get_server_certificate(('127.0.0.1', daemon.tls_port)), shown)

    def hang_up(self, message):
        before = self.daemon.log().count(message)
        self.daemon.hang_up()
        deadline = time.monotonic() + 20
        while self.daemon.log().count(message) == before:
            self.assertLess(time.monotonic(), deadline, message)
            time.sleep(0.02)

    def test_clients_show_a_certificate_where_one_is_asked_for(self):
        folder = Daemon().folder
        ca = make_certificate(folder, 'ca', '/CN=Clients CA')
        horizon = make_certificate(folder, 'horizon', '/O=Cloud/CN=horizon', signer=ca)
        other = make_certificate(folder, 'other', '/CN=other', signer=ca)
        foreign = make_certificate(folder, 'foreign', '/CN=horizon')
        rules = folder / 'access.yaml'
        rules.write_text('"cloud_policy:write": "client_name:horizon and role:admin"\n')
        daemon = self.start(f'      client_ca: {ca[0]}\n', f'access:\n  file: {rules}\n')

        def put(own):
            connection = daemon.connect_tls(trusting(self.certificate, own))
            return daemon.ask('PUT', '/v1/policies/cloud', {'policy': {'prefer': ['VNC']}}, connection=connection)

        for own in (None, foreign):
            with self.assertRaises((OSError, http.client.HTTPException)):
                put(own)
        self.assertEqual(put(other).status, 403)
        self.assertEqual(put(horizon).status, 201)
        deadline = time.monotonic() + 10  # a line is written after its answer
        names = []
        while len(names) < 2 and time.monotonic() < deadline:
            names = [line.get('client_name') for line in daemon.log_lines() if line['message'] == 'request']
        self.assertEqual(names, ['other', 'horizon'])
        # On the plain listener no client has a name, whatever the header.
        answer = daemon.ask('PUT', '/v1/policies/cloud', {'policy': {'prefer': ['VNC']}},
                            headers={'X-Client-Name': 'horizon'})
        self.assertEqual(answer.status, 403)


if __name__ == '__main__':
    unittest.main(verbosity=2)
