# SPDX-License-Identifier: Apache-2.0
"""Keeps a service that is away from costing each click its deadline."""

import logging
import threading
import time

LOG = logging.getLogger(__name__)

#: At most one warning in this many seconds, also when the service comes
#: and goes.
WARNING_INTERVAL = 60.0


class Seldom:
    """True at most once in WARNING_INTERVAL seconds. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._next = 0.0

    def now(self):
        """Whether it is time to say it."""
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return False
            self._next = now + WARNING_INTERVAL
            return True


class Outage:
    """Whether the service may be asked now, and the log lines about it.

    After one unanswered question nobody asks for `retry_after` seconds;
    then one opening asks, and the others go on without until it is
    answered. One warning when an outage begins, one line when it ends.
    Safe for concurrent use; each process has its own.
    """

    def __init__(self, endpoint, retry_after):
        self._endpoint = endpoint
        self._retry_after = retry_after
        self._lock = threading.Lock()
        self._ask_again_at = None
        self._told = False
        self._warning_due = Seldom()

    @property
    def is_on(self):
        """Whether the last question was not answered."""
        with self._lock:
            return self._ask_again_at is not None

    def may_ask(self):
        """Whether this opening should ask the service."""
        now = time.monotonic()
        with self._lock:
            if self._ask_again_at is None:
                return True
            if now < self._ask_again_at:
                return False
            self._ask_again_at = now + self._retry_after
            return True

    def answered(self):
        """The service answered: the outage, if any, is over."""
        with self._lock:
            told, self._told = self._told, False
            self._ask_again_at = None
        if told:
            LOG.info('console-policy: %s answers again', self._endpoint)

    def away(self, why):
        """The service did not answer: leave it alone for a while."""
        with self._lock:
            self._ask_again_at = time.monotonic() + self._retry_after
        self._warn('does not answer', why)

    def failed(self, why):
        """The service answered with an error, and at once: keep asking.

        It cost the opening nothing, and may concern its user only.
        """
        with self._lock:
            self._ask_again_at = None
        self._warn('fails', why)

    def refused(self, why):
        """The service answered at once that it will not: keep asking."""
        with self._lock:
            self._ask_again_at = None
        self._warn('does not take the question (check CONSOLE_POLICY and the '
                   'identity settings of the service)', why)

    def not_asked(self, why):
        """The service is not asked, because of the settings."""
        self._warn('is not asked', why)

    def _warn(self, what, why):
        """One warning per outage; each further one is a debug line."""
        with self._lock:
            say = not self._told and self._warning_due.now()
            self._told = self._told or say
        text = ('console-policy: %s %s: %s. Meanwhile consoles open by the '
                'last known answers, else in the order of Horizon')
        LOG.log(logging.WARNING if say else logging.DEBUG, text,
                self._endpoint, what, why)
