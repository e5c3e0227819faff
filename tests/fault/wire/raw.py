# SPDX-License-Identifier: Apache-2.0
"""Raw sockets to the daemon under test: bytes out, statuses back.

Where it listens, and the timeouts that it is configured with, come from the environment:

    CONSOLE_POLICY_URL                  http://127.0.0.1:9797
    CONSOLE_POLICY_HEADER_TIMEOUT_MS    header_timeout_seconds  (5000; 1000 is good)
    CONSOLE_POLICY_BODY_TIMEOUT_MS      body_timeout_seconds    (10000; 1000 is good)
"""

import contextlib
import os
import socket
import urllib.parse

URL = urllib.parse.urlsplit(os.environ.get("CONSOLE_POLICY_URL", "http://127.0.0.1:9797"))
ADDRESS = (URL.hostname, URL.port or 9797)
HEADER_TIMEOUT = int(os.environ.get("CONSOLE_POLICY_HEADER_TIMEOUT_MS", "5000")) / 1000
BODY_TIMEOUT = int(os.environ.get("CONSOLE_POLICY_BODY_TIMEOUT_MS", "10000")) / 1000
PATIENCE = 20  # seconds beyond what a case has to take: the machine may be busy

HEALTH = b"GET /healthcheck HTTP/1.1\r\nHost: wire\r\n\r\n"
POST = b"POST /v1/policies/cloud HTTP/1.1\r\nHost: wire\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
CLOSED = None  # as a status: the connection ends without an answer


def connect(patience=PATIENCE, address=ADDRESS):
    return socket.create_connection(address, timeout=patience)


def send(sock, data):
    """Sends what the daemon takes: it may have answered and closed before all is sent."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        sock.sendall(data)


def receive(sock):
    """The status of the next answer, and its bytes; (CLOSED, b"") when the connection ends."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            more = sock.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            return CLOSED, data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        more = sock.recv(65536)
        if not more:
            return CLOSED, data
        body += more
    return int(head.split(b" ", 2)[1]), head + b"\r\n\r\n" + body


def ask(data, address=ADDRESS):
    with contextlib.closing(connect(address=address)) as sock:
        send(sock, data)
        return receive(sock)
