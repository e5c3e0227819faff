# SPDX-License-Identifier: Apache-2.0
"""A policy service controlled by a test, on a real socket."""

import hashlib
import json
import re
import select
import socket
import threading
from urllib import parse

_PATH = re.compile(r'/v1/projects/([^/]+)/instances/([^/]+)/consoles\Z')


class FakePolicyService:
    """Listens on loopback and answers each request through `behave`.

    behave(connection, head) gets the accepted socket and the request's head
    as text; it sends what it likes and returns True to keep the connection.
    """

    def __init__(self, family=socket.AF_INET, tls=None):
        self._listener = socket.socket(family)
        self._listener.bind(('::1' if family == socket.AF_INET6
                             else '127.0.0.1', 0))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]
        self._tls = tls
        self._lock = threading.Lock()
        self._open = set()
        self._threads = []
        self.closing = threading.Event()
        self.accepted = 0
        self.heads = []
        self.consoles = ['SPICE', 'VNC']
        self.denied = []
        # None: a service that learns nothing.
        self.known_unavailable = None
        self.known_available = None
        self.tagged = False
        self.statuses = []
        self.reports = []
        self.report_status = '204 No Content'
        self.domain_id = 'default'
        self.denied_in_project = []
        self.revision = 1
        self.caller = 'the-caller'
        self.behave = self.answer
        self._spawn(self._accept)

    @property
    def endpoint(self):
        return '%s://127.0.0.1:%d' % ('https' if self._tls else 'http',
                                      self.port)

    def close(self):
        self.closing.set()
        self._listener.close()
        self.drop_connections()
        for thread in self._threads:
            thread.join(5)

    def drop_connections(self):
        """Close every open connection, as a service that ends does."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def deny(self, types, scope='project', reason=None):
        self.denied = [{'type': t, 'denied_by': [
            {'scope': scope, scope + '_id': 'x', 'reason': reason}]}
            for t in types]
        self.consoles = [t for t in self.consoles if t not in types]
        self.denied_in_project = [] if scope == 'instance' else self.denied
        self.revision += 1

    def allow_all(self):
        self.denied, self.denied_in_project = [], []
        self.consoles = ['VNC', 'SPICE']
        self.revision += 1

    def body(self, head):
        """A right answer to the question in the head."""
        target = head.split(' ')[1]
        parts = parse.urlsplit(target)
        project_id, instance_id = map(
            parse.unquote, _PATH.search(parts.path).groups())
        query = dict(parse.parse_qsl(parts.query))
        document = {'resolution': {
            'project_id': project_id, 'instance_id': instance_id,
            'user_id': query.get('user_id', self.caller),
            'domain_id': self.domain_id,
            'denied_in_project': self.denied_in_project,
            'consoles': self.consoles, 'denied': self.denied,
            'revision': self.revision}}
        if self.known_unavailable is not None:
            document['resolution'].update(
                known_unavailable=[
                    {'type': t, 'seen_at': '2026-11-25T13:00:00Z'}
                    for t in self.known_unavailable],
                known_available=self.known_available or [])
        return document

    def answer(self, connection, head):
        body = json.dumps(self.body(head)).encode()
        tag = '"%s"' % hashlib.sha256(body).hexdigest()[:32]
        headers = ['ETag: ' + tag] if self.tagged else []
        if self.tagged and 'If-None-Match: %s\r\n' % tag in head:
            self.statuses.append(304)
            send(connection, b'', '304 Not Modified', headers)
        else:
            self.statuses.append(200)
            send(connection, body, headers=headers)
        return True

    def answer_with(self, change):
        """Behave rightly, but for what change(document) does."""
        def behave(connection, head):
            document = self.body(head)
            changed = change(document)
            body = changed if isinstance(changed, bytes) else json.dumps(
                document if changed is None else changed).encode()
            send(connection, body)
            return True
        self.behave = behave

    def _spawn(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self.closing.is_set():
            try:
                if not select.select([self._listener], [], [], 0.05)[0]:
                    continue
                connection, _ = self._listener.accept()
            except (OSError, ValueError):
                return
            self.accepted += 1
            self._spawn(self._serve, connection)

    def _serve(self, connection):
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection,
                                                   server_side=True)
            with self._lock:
                self._open.add(connection)
            with connection:
                while self._serve_one(connection):
                    pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)

    def _serve_one(self, connection):
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            byte = connection.recv(1)
            if not byte:
                return False
            head += byte
        text = head.decode('latin-1')
        if text.startswith('POST '):
            length = int(re.search(r'Content-Length: (\d+)', text).group(1))
            body = b''
            while len(body) < length:
                body += connection.recv(length - len(body))
            self.reports.append((text, json.loads(body)['report']))
            send(connection, b'', self.report_status)
            return True
        self.heads.append(text)
        return self.behave(connection, text)


def send(connection, body, status='200 OK', headers=()):
    """Send one whole HTTP answer."""
    lines = ['HTTP/1.1 ' + status, 'Content-Type: application/json',
             'Content-Length: %d' % len(body)] + list(headers)
    connection.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + body)
