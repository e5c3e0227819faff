# SPDX-License-Identifier: Apache-2.0
"""The mixed load of `soak`: what is asked of the daemon, and what is to be answered."""

import contextlib
import http.client
import random
import socket
import ssl
import struct
import threading
import uuid

from raw import receive, send

WORKERS = 8
INSTANCES = 2000
TYPES = ['VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS']
RESET = struct.pack('ii', 1, 0)  # SO_LINGER: closed with a reset

# How often each kind is asked for, in a thousand. A `tls` is a connection with some resolutions on it.
SHARES = {'resolution': 600, 'project resolution': 60, 'put': 100, 'project put': 10, 'delete': 30, 'batch': 20,
          'outcome': 70, 'list': 15, 'availability': 5, 'changes': 10, 'bad request': 40, 'bad bytes': 15, 'tls': 25}

POLICY = '/v1/policies/projects/soak'
FIELDS = b' HTTP/1.1\r\nHost: soak\r\n'

# Refused, each with its own status, on a connection that is kept where the daemon keeps it.
BAD_REQUESTS = [
    ('PUT', POLICY, '{"policy": {"prefer": ["X"]}}', {}, 400), ('PUT', POLICY, '[' * 5000, {}, 400),
    ('PUT', POLICY, '{"policy": {"reason": "\\ud800"}}', {}, 400), ('PUT', POLICY, b'\xff\xfe', {}, 400),
    ('PUT', POLICY, '{}', {'Content-Type': 'text/plain'}, 415), ('GET', '/v1/policies?no=1', None, {}, 400),
    ('GET', POLICY + '/instances/none', None, {}, 400), ('GET', '/v1/policies?limit=-1', None, {}, 400),
    ('GET', '/v1/policies', None, {'X-Auth-Token': 'guessed'}, 401), ('GET', '/nowhere', None, {}, 404),
    ('BREW', '/v1', None, {}, 405), ('GET', '/v1/policies', None, {'OpenStack-API-Version': 'console-policy 9.9'}, 406),
    ('PUT', POLICY, '{"policy": {"prefer": ["VNC"]}}', {'If-Match': '"never"'}, 412)]

# Bytes on a connection of their own, and the status; None where the connection only ends.
BAD_BYTES = [
    (b'PUT /v1' + FIELDS + b'Transfer-Encoding: chunked\r\n\r\nzzz\r\n', 400),
    (b'PUT /v1' + FIELDS + b'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n', 400),
    (b'PUT /v1' + FIELDS + b'Content-Length: -1\r\n\r\n', 400), (b'GET /' + FIELDS + b'a b: c\r\n\r\n', 400),
    (b'GET /' + FIELDS + b'a: \x00\r\n\r\n', 400), (b'GET /\r\n\r\n', 400),
    (b'\x16\x03\x01\x02\x00\x01' + bytes(500), 400),
    (b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400), (b'PUT /v1' + FIELDS + b'Content-Length: 70000\r\n\r\n', 413),
    (b'GET /' + b'x' * 40000 + FIELDS + b'\r\n', 414), (b'GET /' + FIELDS + b'a: ' + b'x' * 40000 + b'\r\n\r\n', 431),
    (b'GET / HTTP/1.1\r\nHost: s', 408), (b'PUT /v1' + FIELDS + b'Content-Length: 9\r\n\r\n{', 408)]


class Load(threading.Thread):
    """One client. `counts` is by kind and answer, `odd` has every answer that was not asked for."""

    def __init__(self, daemon, rate, seed):
        super().__init__(daemon=True)
        self.target, self.pause, self.random = daemon, WORKERS / rate, random.Random(seed)
        self.token, self.counts, self.odd = daemon.token, {}, []
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.session = self.marker = None
        self.connection = daemon.connect()
        self.ended = threading.Event()

    def run(self):
        kinds, weights = list(SHARES), list(SHARES.values())
        while not self.ended.wait(self.pause * self.random.uniform(0.5, 1.5)):
            kind = self.random.choices(kinds, weights)[0]
            try:
                getattr(self, kind.replace(' ', '_'))(kind)
            except (OSError, http.client.HTTPException) as error:
                self.saw(kind, type(error).__name__, (), repr(error))
                self.renew()
            if self.random.random() < 0.01:
                self.renew()
        self.connection.close()

    def renew(self):
        self.connection.close()
        self.connection = self.target.connect()

    def saw(self, kind, answer, wanted, text=''):
        self.counts[kind, answer] = self.counts.get((kind, answer), 0) + 1
        if answer not in wanted:
            self.odd.append(f'{kind}: {answer} {text}')

    def ask(self, kind, wanted, method, path, body=None, headers=None, connection=None):
        answer = self.target.ask(method, path, body, self.token, connection or self.connection, headers)
        self.saw(kind, answer.status, wanted, answer.body[:200])
        return answer

    def policy(self):
        """One that was most likely never sent before, of 20 to 500 bytes."""
        types = self.random.sample(TYPES, self.random.randint(1, 5))
        return {'prefer': types[1:], 'deny': types[:1],
                'reason': 'x' * self.random.randrange(450) + str(uuid.UUID(int=self.random.getrandbits(128)))}

    @staticmethod
    def id_of(number):
        return str(uuid.UUID(int=number, version=4))

    def instance(self):
        return self.id_of(self.random.randrange(INSTANCES))

    def resolution(self, kind, connection=None):
        path = f'/v1/projects/soak/instances/{self.instance()}/consoles'
        query = self.random.choice(['', '?explain=true', '?instance_updated=2026-01-01T00:00:00Z&host_id=abc'])
        self.ask(kind, (200,), 'GET', path + query, connection=connection)

    def project_resolution(self, kind):
        self.ask(kind, (200,), 'GET', f'/v1/projects/soak-{self.random.randrange(500)}/consoles')

    def put(self, kind):
        self.ask(kind, (200, 201), 'PUT', f'{POLICY}/instances/{self.instance()}', {'policy': self.policy()})

    def project_put(self, kind):
        path = f'/v1/policies/projects/soak-{self.random.randrange(500)}'
        self.ask(kind, (200, 201), 'PUT', path, {'policy': self.policy()})

    def delete(self, kind):
        self.ask(kind, (204, 404), 'DELETE', f'{POLICY}/instances/{self.instance()}')

    def batch(self, kind):
        self.write_together(kind, {self.instance() for _ in range(20)})

    def write_together(self, kind, instances):
        self.ask(kind, (200,), 'POST', '/v1/policies/batch', {'operations': [
            {'action': 'put', 'policy': self.policy(),
             'target': {'scope': 'instance', 'project_id': 'soak', 'instance_id': each}} for each in instances]})

    def outcome(self, kind, instance=None):
        report = {'instance_updated': '2026-01-01T00:00:00Z', 'host_id': 'abc', 'outcomes': [
            {'type': 'SPICE', 'outcome': self.random.choice(['opened', 'unavailable', 'failed'])}]}
        path = f'/v1/projects/soak/instances/{instance or self.instance()}/outcomes'
        self.ask(kind, (204,), 'POST', path, {'report': report})

    def list(self, kind):
        """The page after the last one, or the first."""
        answer = self.ask(kind, (200,), 'GET', self.marker or '/v1/policies?limit=100')
        following = [link['href'] for link in answer.json['links'] if link['rel'] == 'next']
        self.marker = following[0] if following and answer.status == 200 else None

    def availability(self, kind):
        self.ask(kind, (200,), 'GET', '/v1/availability?limit=100')

    def changes(self, kind):
        self.ask(kind, (200,), 'GET', '/v1/changes?limit=100')

    def bad_request(self, kind):
        method, path, body, headers, status = self.random.choice(BAD_REQUESTS)
        self.ask(kind, (status,), method, path, body, headers)

    def bad_bytes(self, kind):
        """Hostile bytes; or a connection that is reset, on either port, in the middle of its request."""
        data, status = self.random.choice(BAD_BYTES)
        port = self.target.port
        where = self.random.random()
        if where < 0.2:
            port, status = self.target.tls_port, None
        with contextlib.closing(socket.create_connection(('127.0.0.1', port), timeout=30)) as sock:
            if where > 0.8:
                send(sock, data[:self.random.randrange(len(data))])
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.saw(kind, 'reset', ('reset',))
                return
            send(sock, data)
            self.saw(kind, self.status_of(sock), (status,))

    @staticmethod
    def status_of(sock):
        """None when it only ends, or with the alert of TLS."""
        with contextlib.suppress(ConnectionResetError):
            if sock.recv(1, socket.MSG_PEEK) == b'H':
                return receive(sock)[0]
        return None

    def tls(self, kind):
        """A connection that comes and goes, sometimes with the session of the last, sometimes in mid-handshake."""
        plain = socket.create_connection(('127.0.0.1', self.target.tls_port), timeout=30)
        if self.random.random() < 0.1:
            plain.sendall(b'\x16\x03\x01\x02\x00\x01')
            plain.close()
            self.saw(kind, 'left', ('left',))
            return
        session = self.session if self.random.random() < 0.5 else None
        connection = self.target.connect_tls(self.context)
        try:
            connection.sock = self.context.wrap_socket(plain, server_hostname='localhost', session=session)
            for _ in range(self.random.randint(1, 5)):
                self.resolution(kind, connection)
            self.session = connection.sock.session
        finally:
            connection.close()
            plain.close()
