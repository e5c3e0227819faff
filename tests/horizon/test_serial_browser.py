# SPDX-License-Identifier: Apache-2.0
"""The serial page in a real browser, against a WebSocket like Nova's proxy.

Skipped where there is no chromium.
"""

import base64
import hashlib
import html
import http.server
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from unittest import mock

from django.urls import reverse

from openstack_dashboard import api

from shim_case import INSTANCE_ID
from shim_case import ShimCase

TERM_JS = '/usr/share/javascript/term.js/term.js'
WAIT = 4.0
CHROMIUM = shutil.which('chromium')
# What a person at the keyboard would do, once the guest has spoken.
TYPIST = b'''<script>
setTimeout(function () { Terminal.focus.handler('ls\\u00e9'); }, 1200);
</script></body>'''


class FakeSerialProxy(threading.Thread):
    """Speaks WebSocket: sends a greeting in two halves of a letter."""

    def __init__(self):
        super().__init__(daemon=True)
        self._listener = socket.create_server(('127.0.0.1', 0))
        # Horizon's test helpers set a default timeout of a second.
        self._listener.settimeout(30)
        self.port = self._listener.getsockname()[1]
        self.head = ''
        self.received = b''

    def run(self):
        connection, _ = self._listener.accept()
        connection.settimeout(30)
        with connection, connection.makefile('rb') as stream:
            while not self.head.endswith('\r\n\r\n'):
                self.head += stream.readline().decode('latin-1')
            key = re.search(r'Sec-WebSocket-Key: (\S+)', self.head).group(1)
            proof = base64.b64encode(hashlib.sha1(
                key.encode() + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
            ).digest())
            connection.sendall(
                b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
                b'Connection: Upgrade\r\nSec-WebSocket-Protocol: binary\r\n'
                b'Sec-WebSocket-Accept: ' + proof + b'\r\n\r\n')
            greeting = 'guest says gr\u00fc\u00df dich'.encode()
            for part in (greeting[:14], greeting[14:]):
                connection.sendall(bytes([0x82, len(part)]) + part)
            while True:
                start = stream.read(2)
                if len(start) < 2 or start[0] & 0x0f == 8:
                    return
                mask = stream.read(4)
                data = stream.read(start[1] & 0x7f)
                self.received += bytes(
                    b ^ mask[i % 4] for i, b in enumerate(data))


def serve(pages):
    """A web server with these pages, in a thread.

    The browser gives its page away once all of it is loaded; /wait keeps
    that open until guest and typist have spoken.
    """
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == '/wait':
                time.sleep(WAIT)
            kind, body, headers = pages.get(
                self.path.split('?')[0], ('text/plain', None, {}))
            self.send_response(200 if body is not None else 404)
            for name, value in dict(headers, **{'Content-Type': kind}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body or b'')

        def log_message(self, *args):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *args):
            pass  # A browser hangs up as it likes.
    server = Server(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@unittest.skipUnless(CHROMIUM and os.path.exists(TERM_JS),
                     'no chromium or no term.js on this machine')
class SerialBrowserTests(ShimCase):

    def setUp(self):
        super().setUp()
        self.proxy = FakeSerialProxy()
        self.proxy.start()
        self.nova['SERIAL'].return_value.url = (
            'ws://127.0.0.1:%d/?token=T' % self.proxy.port)
        with mock.patch.object(api.nova, 'server_get',
                               return_value=self.server):
            answer = self.client.get(reverse(
                'horizon:project:instances:serial', args=[INSTANCE_ID]))
        with open(TERM_JS, 'rb') as handle:
            self.term_js = handle.read()
        self.page = answer.content
        self.frame = {'X-Frame-Options': answer['X-Frame-Options']}

    def dom(self, with_term=True):
        """The frame as the browser shows it inside a page like our tab."""
        pages = {
            '/wait': ('text/plain', b'', {}),
            '/tab': ('text/html', b'<body><iframe id=f src="/serial" '
                     b'width=900 height=600></iframe><img src="/wait">'
                     b'<script>'
                     b'setTimeout(function () { try { document.title = "ok";'
                     b'var d = document.getElementById("f").contentDocument;'
                     b'document.body.innerHTML = d.body.innerHTML; }'
                     b'catch (e) { document.body.innerHTML = "refused"; }'
                     b'}, 2500)</script></body>', {}),
            '/serial': ('text/html', self.page.replace(
                b'</body>', TYPIST if with_term else b'</body>'),
                self.frame),
        }
        if with_term:
            pages['/static/horizon/lib/termjs/term.js'] = (
                'text/javascript', self.term_js, {})
        server = serve(pages)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [CHROMIUM, '--headless', '--no-sandbox', '--disable-gpu',
                 '--user-data-dir=' + profile, '--timeout=20000',
                 '--dump-dom', 'http://127.0.0.1:%d/tab' %
                 server.server_address[1]],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                timeout=60)
        return done.stdout.decode()

    def text(self, dom):
        shown = re.sub(r'(?s)<script.*?</script>|<[^>]*>', ' ', dom)
        return re.sub(r'\s+', ' ', html.unescape(shown))

    def test_the_terminal_shows_the_guest_and_sends_keys_in_a_frame(self):
        text = self.text(self.dom())
        self.assertIn('guest says gr\u00fc\u00df dich', text)
        self.assertIn('Status: Open', text)
        self.assertEqual('\rls\u00e9'.encode(), self.proxy.received)
        self.assertIn('Sec-WebSocket-Protocol: binary', self.proxy.head)

    def test_a_missing_term_js_is_logged(self):
        self.assertIn('horizon/lib/termjs/term.js) is missing',
                      self.text(self.dom(with_term=False)))
