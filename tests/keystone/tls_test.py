# SPDX-License-Identifier: Apache-2.0
"""The way to Keystone over TLS: only the named authority counts, and only for the right host."""

import http.server
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from world import URL, Daemon, Keystone, consoles


class Forward(http.server.BaseHTTPRequestHandler):
    """What a TLS proxy in front of Keystone does."""
    protocol_version = 'HTTP/1.1'

    def forward(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ('host', 'connection', 'content-length')}
        query = urllib.request.Request(URL[:-len('/v3')] + self.path, body or None, headers,
                                       method=self.command)
        try:
            answer = urllib.request.urlopen(query, timeout=20)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            text = answer.read()
            self.send_response(answer.status)
            for name in ('Content-Type', 'X-Subject-Token'):
                if answer.headers[name]:
                    self.send_header(name, answer.headers[name])
            self.send_header('Content-Length', str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    do_GET = do_POST = forward

    def log_message(self, *_):
        pass


class Tls(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.keystone = Keystone()
        cls.alice = cls.keystone.token('alice', 'demo')
        cls.demo = consoles(cls.keystone.projects['demo'])
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix='console-policy-tls-'))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.authority('right')
        cls.authority('other')
        for host, name in (('good', 'IP:127.0.0.1'), ('elsewhere', 'DNS:keystone.example.org')):
            cls.certificate(host, name)

    @classmethod
    def openssl(cls, *words):
        subprocess.run(['openssl', *words], cwd=cls.folder, check=True, capture_output=True)

    @classmethod
    def authority(cls, name):
        cls.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                    '-keyout', f'{name}.key', '-out', f'{name}.pem', '-subj', f'/CN={name}', '-days', '2')

    @classmethod
    def certificate(cls, name, alternative):
        cls.openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                    '-keyout', f'{name}.key', '-out', f'{name}.csr', '-subj', '/CN=keystone')
        (cls.folder / 'extensions').write_text(f'subjectAltName={alternative}\n')
        cls.openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'right.pem', '-CAkey', 'right.key',
                    '-CAcreateserial', '-extfile', 'extensions', '-out', f'{name}.pem', '-days', '2')

    def serve(self, name):
        """A TLS proxy with this certificate; gives its port."""
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Forward)
        server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f'{name}.pem', self.folder / f'{name}.key')
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # clients that do not trust it hang up
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def status(self, port, authority):
        cafile = {'cafile': str(self.folder / f'{authority}.pem')} if authority else {}
        with Daemon(auth_url=f'https://127.0.0.1:{port}', timeout_seconds=10, **cafile) as daemon:
            return daemon.ask(self.demo, self.alice).status

    def test_the_named_authority_is_trusted_and_no_other(self):
        port = self.serve('good')
        self.assertEqual(self.status(port, 'right'), 200)
        self.assertEqual(self.status(port, 'other'), 503)
        self.assertEqual(self.status(port, None), 503)

    def test_a_certificate_of_another_host_is_refused(self):
        self.assertEqual(self.status(self.serve('elsewhere'), 'right'), 503)


if __name__ == '__main__':
    unittest.main()
