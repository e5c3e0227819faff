# SPDX-License-Identifier: Apache-2.0
"""The ports of one run. They lie below those that the kernel gives to outgoing connections: a server that a test
kills must find its port free again.
"""

import contextlib
import socket

FIRST, LAST, SIZE = 23000, 31900, 100


class PortBlock:
    """A block of free ports. A context manager; while it is open, no other run takes the same block."""

    def __init__(self):
        for base in range(FIRST, LAST, SIZE):
            self._reservation = self._reserve(base)
            if self._reservation is not None:
                self._base = base
                return
        raise RuntimeError(f'no {SIZE} free ports in a row between {FIRST} and {LAST}')

    @staticmethod
    def _reserve(base):
        """Listens on the first port of the block, which marks it as taken; None if any of its ports is in use."""
        reservation = socket.socket()
        try:
            reservation.bind(('127.0.0.1', base))
            reservation.listen()
            for port in range(base + 1, base + SIZE):
                with contextlib.closing(socket.socket()) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(('127.0.0.1', port))
        except OSError:
            reservation.close()
            return None
        return reservation

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._reservation.close()

    def sql(self, node):
        return self._base + node

    def group(self, node):
        return self._base + 10 + node

    def ist(self, node):
        return self._base + 20 + node

    def sst(self, node):
        return self._base + 30 + node

    def node_check(self, node):
        return self._base + 40 + node

    def api(self, daemon):
        return self._base + 50 + daemon

    def metrics(self, daemon):
        return self._base + 60 + daemon

    def tls(self, daemon):
        return self._base + 80 + daemon

    @property
    def sql_proxy(self):
        return self._base + 70

    @property
    def api_proxy(self):
        return self._base + 71

    @property
    def other_database(self):
        return self._base + 72
