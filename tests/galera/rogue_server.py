# SPDX-License-Identifier: Apache-2.0
"""A fake database server that wants the password: it speaks the MariaDB handshake and asks for mysql_clear_password.

It keeps every byte that clients send, before TLS and inside it.
"""

import contextlib
import socket
import socketserver
import ssl
import struct
import threading

# Capabilities: 4.1 protocol, 20-byte scramble, a database at login, authentication plugins; and TLS.
PLAIN, TLS = 0x1 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000, 0x800
SCRAMBLE = b'abcdefgh', b'ijklmnopqrst'
CLIENT_SECONDS = 5


def packet(number, payload):
    return struct.pack('<I', len(payload))[:3] + bytes([number]) + payload


def greeting(capabilities):
    low, high = capabilities & 0xffff, capabilities >> 16
    return packet(0, b'\x0a5.5.5-10.11.19-MariaDB\0' + struct.pack('<I', 1) + SCRAMBLE[0] + b'\0'
                  + struct.pack('<HBHHB', low, 45, 2, high, 21) + bytes(10) + SCRAMBLE[1] + b'\0'
                  + b'mysql_native_password\0')


def read_packet(connection):
    head = read_exactly(connection, 4)
    size = int.from_bytes(head[:3], 'little')
    return head[3], head + read_exactly(connection, size)


def read_exactly(connection, size):
    read = b''
    while len(read) < size:
        more = connection.recv(size - len(read))
        if not more:
            raise ConnectionError('the client left')
        read += more
    return read


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        server, connection = self.server, self.request
        connection.settimeout(CLIENT_SECONDS)
        with contextlib.suppress(OSError):
            connection.sendall(greeting(PLAIN | (TLS if server.context else 0)))
            number, sent = read_packet(connection)
            server.received.append(sent)
            if server.context:
                connection = server.context.wrap_socket(connection, server_side=True)
                number, sent = read_packet(connection)
                server.received.append(sent)
            connection.sendall(packet(number + 1, b'\xfemysql_clear_password\0'))
            server.received.append(read_packet(connection)[1])


class RogueServer(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1; with a certificate it offers TLS. A context manager."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, certificate=None):
        self.received, self.connections, self.context = [], 0, None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate.certificate, certificate.key)
        super().__init__(('127.0.0.1', 0), _Handler)
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections += 1
        return connection, address

    def handle_error(self, request, client_address):
        """A client that breaks the TLS handshake off is what the tests want."""

    def has_seen(self, secret):
        return secret.encode() in b'\n'.join(self.received)
