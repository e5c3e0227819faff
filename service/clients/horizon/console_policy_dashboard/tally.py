# SPDX-License-Identifier: Apache-2.0
"""What is counted of openings until the service has been told."""

import collections
import threading
import time

#: The service takes no larger count in one report.
MAX_COUNT = 10000


class Tally:
    """Openings by type and outcome, fallbacks by reason. Thread-safe."""

    #: Seconds for which counts may wait for a report to go along with.
    MAX_WAIT = 60.0

    def __init__(self):
        self._lock = threading.Lock()
        self._openings = collections.Counter()
        self._fallbacks = collections.Counter()
        self._taken_at = None

    def opening(self, console_type, outcome):
        """Count one call to Nova that stands in no report's outcomes."""
        with self._lock:
            self._openings[console_type, outcome] += 1

    def fallback(self, reason):
        """Count one opening without an answer of the service."""
        with self._lock:
            self._fallbacks[reason] += 1

    @property
    def is_due(self):
        """Whether there are counts that have waited long enough."""
        with self._lock:
            return bool(self._openings or self._fallbacks) and (
                self._taken_at is None or
                time.monotonic() - self._taken_at >= self.MAX_WAIT)

    @property
    def is_empty(self):
        """Whether nothing has been counted."""
        with self._lock:
            return not (self._openings or self._fallbacks)

    def take(self):
        """The counts as the API has them, or None; counting starts anew."""
        with self._lock:
            openings, self._openings = self._openings, collections.Counter()
            fallbacks, self._fallbacks = (self._fallbacks,
                                          collections.Counter())
            self._taken_at = time.monotonic()
        if not openings and not fallbacks:
            return None
        return {
            'openings': [
                {'type': console_type, 'outcome': outcome,
                 'count': min(count, MAX_COUNT)}
                for (console_type, outcome), count in sorted(
                    openings.items())],
            'fallbacks': [
                {'reason': reason, 'count': min(count, MAX_COUNT)}
                for reason, count in sorted(fallbacks.items())]}
