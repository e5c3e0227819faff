# SPDX-License-Identifier: Apache-2.0
"""Reports cost no page; they are dropped and never repeated."""

import os
import signal
import threading
import time
from unittest import mock

from console_policy_dashboard import reports
from console_policy_dashboard import site
from console_policy_dashboard import tally

from nova_case import NovaCase
from shim_case import INSTANCE_ID


def own_thread_sends():
    """Whether the reports of this process's site go out by themselves."""
    queue = site.CURRENT.site().reports
    until = time.monotonic() + 5
    while not queue._queue.empty() and time.monotonic() < until:
        time.sleep(0.02)
    sending = queue._queue.empty() and queue._thread.is_alive()
    queue.close(2)
    return sending


class ReportTests(NovaCase):
    """Reports that are really sent."""

    reporting = True

    def setUp(self):
        super().setUp()
        self.service.consoles = ['SPICE', 'VNC']
        self.nova_api.answers = {'SPICE': 400}
        self.addCleanup(lambda: site.CURRENT.site().close())

    def sent(self, number=1, within=5):
        until = time.monotonic() + within
        while len(self.service.reports) < number and \
                time.monotonic() < until:
            time.sleep(0.01)
        return self.service.reports

    def test_a_report_is_a_post_with_the_users_token(self):
        self.opened()
        (head, report), = self.sent()
        self.assertEqual(
            'POST /v1/projects/%s/instances/%s/outcomes HTTP/1.1' % (
                self.tenant.id, INSTANCE_ID), head.split('\r\n')[0])
        self.assertIn('X-Auth-Token: %s\r\n' % self.request.user.token.id,
                      head)
        self.assertEqual(
            [('SPICE', 'unavailable'), ('VNC', 'opened')],
            [(o['type'], o['outcome']) for o in report['outcomes']])

    def test_a_report_that_hangs_costs_no_page(self):
        block = threading.Event()
        self.addCleanup(block.set)
        with mock.patch.object(reports.Reports, '_send',
                               lambda *args: block.wait(10)):
            for _ in range(3):
                self.new_request()
                with self.within(0.5):
                    self.opened()

    def test_a_report_that_is_refused_is_dropped(self):
        self.service.report_status = '503 Service Unavailable'
        self.opened()
        self.sent()
        time.sleep(0.3)
        self.assertEqual(1, len(self.service.reports))
        self.assertEqual('VNC', self.opened())

    def test_too_many_reports_are_dropped(self):
        block = threading.Event()
        self.addCleanup(block.set)
        queue = reports.Reports()
        with mock.patch.object(reports.Reports, '_send',
                               lambda *args: block.wait(10)):
            begin = time.monotonic()
            for _ in range(1000):
                queue.offer(mock.Mock())
            self.assertLess(time.monotonic() - begin, 1)
            self.assertLessEqual(queue._queue.qsize(), reports.MAX_QUEUED)
            queue.close()

    def test_a_report_that_had_no_thread_goes_with_the_next(self):
        queue = reports.Reports()
        self.addCleanup(queue.close)
        source = mock.Mock()
        source.tally.is_empty = True
        report = reports.Report(source, 't', 'p', 'i', None, [])
        with mock.patch.object(threading.Thread, 'start',
                               side_effect=RuntimeError('no thread')):
            queue.offer(report)
        queue.offer(report)
        until = time.monotonic() + 5
        while source.send.call_count < 2 and time.monotonic() < until:
            time.sleep(0.01)
        self.assertEqual(2, source.send.call_count)

    def test_the_thread_ends_when_there_is_nothing_to_send(self):
        queue = reports.Reports()
        source = mock.Mock()
        source.tally.is_empty = True
        with mock.patch.object(tally.Tally, 'MAX_WAIT', 0.05):
            for _ in range(2):
                queue.offer(reports.Report(source, 't', 'p', 'i', None, []))
                thread = queue._thread
                thread.join(5)
                self.assertFalse(thread.is_alive())
        self.assertEqual(2, source.send.call_count)
        queue.close()

    def test_counts_without_a_report_are_sent_alone(self):
        queue = reports.Reports()
        source = mock.Mock()
        counted = tally.Tally()
        source.tally = counted
        source.send.side_effect = lambda report: counted.take()
        counted.opening('VNC', 'opened')
        with mock.patch.object(tally.Tally, 'MAX_WAIT', 0.05):
            queue.offer(reports.Report(source, 't', 'p', 'i', None, [{}]))
            until = time.monotonic() + 5
            while source.send.call_count < 1 and time.monotonic() < until:
                time.sleep(0.01)
            counted.opening('VNC', 'opened')
            while source.send.call_count < 2 and time.monotonic() < until:
                time.sleep(0.01)
        self.assertEqual([], source.send.call_args[0][0].outcomes)
        self.assertTrue(counted.is_empty)
        queue.close()

    def test_a_process_that_forks_reports_with_a_thread_of_its_own(self):
        self.opened()
        self.sent()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.opened()
                # Its own thread sends; the one of the parent is not here.
                status = 0 if own_thread_sends() else 1
            finally:
                os._exit(status)
        until = time.monotonic() + 20
        done = (0, 0)
        while done[0] == 0 and time.monotonic() < until:
            time.sleep(0.05)
            done = os.waitpid(child, os.WNOHANG)
        if done[0] == 0:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        self.assertEqual((child, 0), done)
        self.assertEqual(2, len(self.sent(2)))

    def test_the_end_of_the_process_waits_a_little_and_not_for_ever(self):
        queue = reports.Reports()
        block = threading.Event()
        self.addCleanup(block.set)
        with mock.patch.object(reports.Reports, '_send',
                               lambda *args: block.wait(10)):
            queue.offer(mock.Mock())
            time.sleep(0.1)
            with self.within(1.5):
                queue.close(reports.LAST_WORDS)
