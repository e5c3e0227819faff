# SPDX-License-Identifier: Apache-2.0
"""Reports to the service, in a thread of their own: no page waits for one."""

import atexit
import logging
import os
import queue
import threading
from typing import NamedTuple
from typing import Optional

from console_policy_dashboard import nova
from console_policy_dashboard import tally

LOG = logging.getLogger(__name__)

#: Reports that wait; with more to say, what is new is dropped.
MAX_QUEUED = 64
#: Seconds that the end of the process waits for the report under way.
LAST_WORDS = 1.0
_COUNTED = {nova.OPENED: 'opened', nova.UNAVAILABLE: 'unavailable'}


class Report(NamedTuple):
    """What one opening taught, and as whom to say it."""

    source: object
    token: str
    project_id: str
    instance_id: str
    fingerprint: Optional[tuple]
    outcomes: list

    def body(self):
        """The report as the API has it, with the tally of the source."""
        members = {}
        if self.outcomes:
            members.update(instance_updated=self.fingerprint.updated,
                           host_id=self.fingerprint.host_id,
                           outcomes=self.outcomes)
        counted = self.source.tally.take()
        if counted is not None:
            members['tally'] = counted
        return members


class Reports:
    """Sends reports, one after another. Safe for concurrent use.

    One thread at most, begun with the first report and ended when there was
    nothing to say for a minute. It belongs to the process that made this:
    after a fork another Reports is needed.
    """

    def __init__(self):
        self._pid = os.getpid()
        self._queue = queue.Queue(MAX_QUEUED)
        self._lock = threading.Lock()
        self._thread = None
        atexit.register(self.close, LAST_WORDS)

    def offer(self, report):
        """Send a Report soon, or drop it if too many wait."""
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
                # It waits, and the next one tries again.
                LOG.debug('console-policy: no thread for reports: %s', e)
            else:
                self._thread = thread

    def close(self, wait=0.0):
        """Send nothing more; wait for the report under way so many seconds."""
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
            thread.join(wait)

    def _run(self):
        last = None
        while True:
            try:
                report = self._queue.get(timeout=tally.Tally.MAX_WAIT)
                if report is None:
                    return
            except queue.Empty:
                if last is None or last.source.tally.is_empty:
                    with self._lock:
                        if self._queue.empty():
                            self._thread = None
                            return
                    continue
                # Nobody has opened anything since: the counts alone.
                report = last._replace(outcomes=[])
            last = report
            self._send(report)

    @staticmethod
    def _send(report):
        try:
            report.source.send(report)
        except Exception as e:
            LOG.debug('console-policy: a report was dropped: %s', e)


def outcomes_of(tries, decision, fingerprint):
    """What a walk taught, as the API has it, and what it only counted.

    :param tries: nova.Try of each type that was asked for.
    :returns: (outcomes, [(type, outcome), ...])
    """
    learnt, counted = [], []
    teachable = (fingerprint is not None and
                 decision.known_unavailable is not None)
    for tried in tries:
        outcome = _COUNTED.get(tried.outcome, 'failed')
        known = {'opened': decision.known_available,
                 'unavailable': decision.known_unavailable}.get(outcome)
        if (teachable and outcome != 'failed' and
                tried.console_type not in (known or ())):
            learnt.append({'type': tried.console_type, 'outcome': outcome,
                           'nova_status': tried.status,
                           'milliseconds': tried.milliseconds})
        else:
            counted.append((tried.console_type, outcome))
    return learnt, counted
