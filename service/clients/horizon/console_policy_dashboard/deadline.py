# SPDX-License-Identifier: Apache-2.0
"""Sockets and name look-ups that end at one instant, whatever happens.

A socket's own timeout starts anew with each byte, so a peer that drips
keeps its caller for ever. Here every wait is cut to what is left until a
deadline (an instant of time.monotonic(), in seconds).
"""

import socket
import ssl
import threading
import time


class TooBig(Exception):
    """The peer sent more bytes than one answer may have."""


def remaining(deadline):
    """Seconds left until the deadline.

    :raises TimeoutError: none are left.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError('out of time')
    return left


class _Deadlined:
    """Mixed into a socket class: cuts each wait, counts what comes in."""

    deadline = 0.0
    bytes_left = 0

    def start(self, deadline, max_bytes):
        """Begin an exchange that ends at `deadline`."""
        self.deadline = deadline
        self.bytes_left = max_bytes

    def recv_into(self, *args, **kwargs):
        self.settimeout(remaining(self.deadline))
        count = super().recv_into(*args, **kwargs)
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise TooBig('more bytes than an answer may have')
        return count

    def sendall(self, *args, **kwargs):
        # The timeout of sendall() is for all bytes together.
        self.settimeout(remaining(self.deadline))
        return super().sendall(*args, **kwargs)


class DeadlineSocket(_Deadlined, socket.socket):
    """A TCP socket whose waits end at a deadline."""


class DeadlineSSLSocket(_Deadlined, ssl.SSLSocket):
    """The same over TLS. The handshake has one timeout for all of it."""


class _Lookup:
    """One name look-up under way, for everybody who waits for it."""

    def __init__(self):
        self.done = threading.Event()
        self.addresses = None
        self.error = None


class Resolver:
    """Finds the addresses of one host within a deadline.

    getaddrinfo() cannot be interrupted, so it runs in a thread; at most one
    at a time, and everybody waits for the same one. Answers are kept for
    KEEP seconds. Safe for concurrent use.
    """

    KEEP = 60.0

    def __init__(self, host, port):
        self._host = host
        self._port = port
        self._lock = threading.Lock()
        self._lookup = None
        self._kept = None
        self._kept_until = 0.0
        try:
            self._numeric = self._find(socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            # A name, or none: its look-up says so.
            self._numeric = None

    def addresses(self, deadline):
        """A list of (family, sockaddr).

        :raises OSError: the name is not known, or time is up.
        """
        if self._numeric:
            return self._numeric
        with self._lock:
            if self._kept and time.monotonic() < self._kept_until:
                return self._kept
            lookup = self._lookup
            if lookup is None:
                lookup = self._begin()
        if not lookup.done.wait(remaining(deadline)):
            raise TimeoutError('the name look-up takes too long')
        if lookup.error is not None:
            raise OSError('name look-up: %s' % lookup.error)
        return lookup.addresses

    def _begin(self):
        """A look-up that has begun; with the lock held."""
        lookup = _Lookup()
        try:
            threading.Thread(target=self._run, args=(lookup,),
                             name='console-policy-lookup',
                             daemon=True).start()
        except RuntimeError as e:
            raise OSError('name look-up: %s' % e)
        # Only now: nobody must wait for one that never began.
        self._lookup = lookup
        return lookup

    def _find(self, flags=0):
        found = socket.getaddrinfo(self._host, self._port,
                                   type=socket.SOCK_STREAM, flags=flags)
        return [(family, address) for family, _, _, _, address in found]

    def _run(self, lookup):
        try:
            lookup.addresses = self._find()
        except (OSError, UnicodeError) as e:
            lookup.error = str(e)
        with self._lock:
            self._lookup = None
            if lookup.addresses:
                self._kept = lookup.addresses
                self._kept_until = time.monotonic() + self.KEEP
        lookup.done.set()


def connect(addresses, deadline):
    """Connect to the first address that answers.

    An address that stays silent gets its share of the time that is left,
    so that it cannot use up that of the others.
    """
    error = OSError('the host has no address')
    for index, (family, address) in enumerate(addresses):
        share = remaining(deadline) / (len(addresses) - index)
        sock = DeadlineSocket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(share)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as e:
            sock.close()
            error = e
    raise error


def start_tls(sock, context, host, deadline):
    """TLS on a connected socket, the peer verified.

    :param context: an SSLContext from tls_context().
    """
    try:
        sock.settimeout(remaining(deadline))
        return context.wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise


def tls_context(ca_file):
    """Settings that verify the peer, TLS 1.2 at least.

    :raises OSError: the file cannot be read or has no certificate.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineSSLSocket
    return context
