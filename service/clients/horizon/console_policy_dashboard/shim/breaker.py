# SPDX-License-Identifier: Apache-2.0
"""A circuit breaker: an outage of the service costs one opening a wait."""

import logging
import threading
import time

LOG = logging.getLogger(__name__)

#: Seconds between two warnings, also if the service comes and goes.
WARNING_INTERVAL = 60.0


class RateLimit:
    """Allows one event in WARNING_INTERVAL seconds. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._next = 0.0

    def allows(self):
        """Whether the event may happen now."""
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return False
            self._next = now + WARNING_INTERVAL
            return True


class CircuitBreaker:
    """Whether the service may be asked, and the log lines about it.

    A request without an answer opens the breaker: no opening asks for
    `retry_after` seconds. Then one opening asks, and the others do not until
    it has an answer. The log has one warning when an outage begins and one
    line when it ends. Thread-safe; each process has its own.
    """

    def __init__(self, endpoint, retry_after):
        self._endpoint = endpoint
        self._retry_after = retry_after
        self._lock = threading.Lock()
        self._retry_at = None
        self._warned = False
        self._warnings = RateLimit()

    @property
    def is_open(self):
        """Whether the last request had no answer."""
        with self._lock:
            return self._retry_at is not None

    def allows(self):
        """Whether this opening may ask the service."""
        now = time.monotonic()
        with self._lock:
            if self._retry_at is None:
                return True
            if now < self._retry_at:
                return False
            self._retry_at = now + self._retry_after
            return True

    def succeeded(self):
        """The service answered: an outage is over."""
        with self._lock:
            warned, self._warned = self._warned, False
            self._retry_at = None
        if warned:
            LOG.info('console-policy: %s answers again', self._endpoint)

    def timed_out(self, why):
        """The opening waited without an answer: do not ask for a while."""
        with self._lock:
            self._retry_at = time.monotonic() + self._retry_after
        self._warn('does not answer', why)

    def failed(self, what, why):
        """The service answered with an error, at once: go on asking.

        The opening did not wait, and the error may concern its user only.
        """
        with self._lock:
            self._retry_at = None
        self._warn(what, why)

    def misconfigured(self, why):
        """The settings do not allow to ask the service."""
        self._warn('is not asked', why)

    def _warn(self, what, why):
        """One warning per outage; the others are debug lines."""
        with self._lock:
            warn = not self._warned and self._warnings.allows()
            self._warned = self._warned or warn
        LOG.log(logging.WARNING if warn else logging.DEBUG,
                'console-policy: %s %s: %s. Meanwhile consoles open by the '
                'last known answers, else in the order of Horizon',
                self._endpoint, what, why)
