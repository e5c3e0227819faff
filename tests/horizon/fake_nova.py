# SPDX-License-Identifier: Apache-2.0
"""A Keystone and a Nova controlled by a test, on a real socket.

Horizon's own clients speak to it: a token for a token, the console actions,
each answered from `answers`, and a server from `server`. What was asked
for is in `asked`, what was shown in `shown`.
"""

import http.server
import json
import threading
import time

TYPES = {'os-getVNCConsole': 'VNC', 'os-getSPICEConsole': 'SPICE',
         'os-getRDPConsole': 'RDP', 'os-getSerialConsole': 'SERIAL'}
MKS = {'protocol': 'mks', 'type': 'webmks'}


class FakeNova:
    """answers: type to a status, or to a function that is given the handler
    and returns one (it may wait, or answer by itself and return None).
    server: the members of a server, or a status, or such a function.
    """

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.server = 404
        self.shown = []
        self.tokens = 0
        self.token_status = 201
        self.closing = threading.Event()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                fake.get(self)

            def do_POST(self):
                fake.post(self)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args):
                pass  # A client that gives up closes the connection.
        self._server = Server(('127.0.0.1', 0), Handler)
        self.url = 'http://127.0.0.1:%d' % self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def close(self):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def hang(self, handler):
        """An answer that does not come."""
        self.closing.wait(30)
        return 500

    def after(self, seconds, status):
        """An answer that comes late."""
        def answer(handler):
            time.sleep(seconds)
            return status
        return answer

    def send(self, handler, status, document, headers=()):
        body = json.dumps(document).encode()
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header('Content-Type', 'application/json')
        handler.send_header('Content-Length', str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def get(self, handler):
        if '/servers/' in handler.path:
            self.show(handler)
            return
        if '/v3' in handler.path:
            version = {'id': 'v3.14', 'status': 'stable', 'links': [
                {'rel': 'self', 'href': self.url + '/v3/'}]}
        else:
            version = {'id': 'v2.1', 'status': 'CURRENT', 'version': '2.90',
                       'min_version': '2.1', 'links': []}
        self.send(handler, 200, {'version': version})

    def show(self, handler):
        server_id = handler.path.rpartition('/')[2]
        self.shown.append(server_id)
        found = self.server
        if callable(found):
            found = found(handler)
        if isinstance(found, dict):
            self.send(handler, 200, {'server': dict(found, id=server_id)})
        elif found is not None:
            self.refuse(handler, found)

    def refuse(self, handler, status):
        self.send(handler, status, {'badRequest': {
            'code': status, 'message': 'as the test has it'}})

    def post(self, handler):
        length = int(handler.headers.get('Content-Length', 0))
        body = json.loads(handler.rfile.read(length))
        if handler.path.endswith('/auth/tokens'):
            self.tokens += 1
            self.send(handler, self.token_status, {'token': {
                'methods': ['token'], 'expires_at': '2099-01-01T00:00:00Z',
                'issued_at': '2026-01-01T00:00:00Z',
                'user': {'id': 'u', 'name': 'u', 'domain': {'id': 'd'}},
                'catalog': []}}, [('X-Subject-Token', 'a-new-token')])
            return
        name, = body
        console_type = TYPES.get(name, 'MKS')
        self.asked.append(console_type)
        status = self.answers.get(console_type, 200)
        if callable(status):
            status = status(handler)
        if status == 200:
            url = ('ws://proxy/?token=%d' if console_type == 'SERIAL' else
                   'http://proxy/?token=%d') % len(self.asked)
            key, kind = (('remote_console', MKS) if name == 'remote_console'
                         else ('console', {'type': 'x'}))
            self.send(handler, 200, {key: dict(kind, url=url)})
        elif status is not None:
            self.refuse(handler, status)
