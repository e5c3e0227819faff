# SPDX-License-Identifier: Apache-2.0
"""Reports of openings to the service, sent by a thread of their own."""

import atexit
import collections
import logging
import os
import queue
import threading
import time
from typing import NamedTuple
from typing import Optional

from console_policy_dashboard.shim import nova

LOG = logging.getLogger(__name__)

#: Reports that wait to be sent; further ones are dropped.
MAX_QUEUED = 64
#: Seconds that the end of the process waits for the report in flight.
EXIT_SECONDS = 1.0
#: Seconds that counts wait for a report to travel with.
MAX_WAIT = 60.0
#: The service accepts no larger count in one report.
MAX_COUNT = 10000
_OUTCOMES = {nova.OPENED: 'opened', nova.UNAVAILABLE: 'unavailable'}


class Counts:
    """Openings by type and outcome, and fallbacks by reason. Thread-safe.

    Kept until a report has delivered them.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._openings = collections.Counter()
        self._fallbacks = collections.Counter()
        self._taken_at = None

    def opening(self, console_type, outcome):
        """Count a console call that is in no report's outcomes."""
        with self._lock:
            self._openings[console_type, outcome] += 1

    def fallback(self, reason):
        """Count an opening without an answer of the service."""
        with self._lock:
            self._fallbacks[reason] += 1

    @property
    def are_due(self):
        """Whether there are counts that have waited long enough."""
        with self._lock:
            return bool(self._openings or self._fallbacks) and (
                self._taken_at is None or
                time.monotonic() - self._taken_at >= MAX_WAIT)

    @property
    def are_empty(self):
        """Whether there are no counts."""
        with self._lock:
            return not (self._openings or self._fallbacks)

    def take(self):
        """Take the counts, at most MAX_COUNT of each: a pair of Counters."""
        with self._lock:
            self._taken_at = time.monotonic()
            taken = []
            for counter in (self._openings, self._fallbacks):
                part = collections.Counter({
                    key: min(count, MAX_COUNT)
                    for key, count in counter.items()})
                counter.subtract(part)
                for key in [k for k, count in counter.items() if not count]:
                    del counter[key]
                taken.append(part)
            return tuple(taken)

    def give_back(self, taken):
        """Put back what take() returned: the report failed."""
        with self._lock:
            self._openings.update(taken[0])
            self._fallbacks.update(taken[1])


class Report(NamedTuple):
    """What one opening showed, to be sent with the user's token."""

    service: object
    token: str
    path: str
    fingerprint: Optional[tuple]
    outcomes: list

    def body(self, counts):
        """The report as the API defines it, with counts of Counts.take()."""
        members = {}
        if self.outcomes:
            members.update(instance_updated=self.fingerprint.updated,
                           host_id=self.fingerprint.host_id,
                           outcomes=self.outcomes)
        openings, fallbacks = counts
        if openings or fallbacks:
            members['tally'] = {
                'openings': [
                    {'type': console_type, 'outcome': outcome, 'count': count}
                    for (console_type, outcome), count in sorted(
                        openings.items())],
                'fallbacks': [{'reason': reason, 'count': count}
                              for reason, count in sorted(
                                  fallbacks.items())]}
        return members


class Reporter:
    """Sends reports, one after another. Safe for concurrent use.

    It has at most one thread, which starts with the first report and ends
    after a minute without one. It belongs to the process that made it: after
    a fork another Reporter is needed.
    """

    def __init__(self):
        self._pid = os.getpid()
        self._queue = queue.Queue(MAX_QUEUED)
        self._lock = threading.Lock()
        self._thread = None
        atexit.register(self.close, EXIT_SECONDS)

    def offer(self, report):
        """Send a Report soon, or drop it if the queue is full."""
        with self._lock:
            try:
                self._queue.put_nowait(report)
            except queue.Full:
                return
            if self._thread is not None:
                return
            thread = threading.Thread(
                target=self._run, name='console-policy-reports', daemon=True)
            try:
                thread.start()
            except RuntimeError as e:
                # The report stays queued, and the next one tries again.
                LOG.debug('console-policy: no thread for reports: %s', e)
            else:
                self._thread = thread

    def close(self, seconds=0.0):
        """Drop queued reports; wait for the one in flight."""
        if self._pid != os.getpid():
            return
        atexit.unregister(self.close)
        with self._lock:
            thread = self._thread
            try:
                while True:
                    self._queue.get_nowait()
            except queue.Empty:
                self._queue.put_nowait(None)
        if thread is not None:
            thread.join(seconds)

    def _run(self):
        last = None
        while True:
            try:
                report = self._queue.get(timeout=MAX_WAIT)
                if report is None:
                    return
            except queue.Empty:
                if last is None or last.service.counts.are_empty:
                    with self._lock:
                        if self._queue.empty():
                            self._thread = None
                            return
                    continue
                # No opening since: send the counts alone.
                report = last._replace(outcomes=[])
            last = report
            try:
                report.service.send(report)
            except Exception as e:
                LOG.debug('console-policy: a report was dropped: %s', e)


def outcomes_of(attempts, answer, fingerprint):
    """What an opening showed: outcomes to report, and those to count.

    :param attempts: nova.Attempt of each type that Nova was asked for.
    :param answer: the Resolution of the opening.
    :returns: (outcomes as the API defines them, [(type, outcome), ...])
    """
    learnt, counted = [], []
    teachable = (fingerprint is not None and
                 answer.known_unavailable is not None)
    for attempt in attempts:
        outcome = _OUTCOMES.get(attempt.outcome, 'failed')
        known = {'opened': answer.known_available,
                 'unavailable': answer.known_unavailable}.get(outcome)
        if (teachable and outcome != 'failed' and
                attempt.console_type not in (known or ())):
            learnt.append({'type': attempt.console_type, 'outcome': outcome,
                           'nova_status': attempt.status,
                           'milliseconds': attempt.milliseconds})
        else:
            counted.append((attempt.console_type, outcome))
    return learnt, counted
