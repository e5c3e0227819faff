# SPDX-License-Identifier: Apache-2.0
"""Reports cost no page; they are dropped and never repeated."""

import os
import queue
import signal
import threading
import time
from unittest import mock

from console_policy_dashboard.shim import reports
from console_policy_dashboard.shim import runtime
from console_policy_dashboard.shim import service as shim_service

from nova_case import NovaCase
from shim_case import INSTANCE_ID


def own_thread_sends():
    """Whether the reports of this process's site go out by themselves."""
    reporter = runtime.current().reporter
    until = time.monotonic() + 20
    while not reporter._queue.empty() and time.monotonic() < until:
        time.sleep(0.02)
    sending = reporter._queue.empty() and reporter._thread.is_alive()
    reporter.close(20)
    return sending


def report_of(service, outcomes=()):
    return reports.Report(service, 't', '/v1', None, list(outcomes))


def recording_service():
    """A service without counts, and the queue of what it is sent."""
    sent = queue.Queue()
    service = mock.Mock()
    service.counts.are_empty = True
    service.send.side_effect = sent.put
    return service, sent


class ReportTests(NovaCase):
    """Reports that are really sent."""

    reporting = True

    def setUp(self):
        super().setUp()
        self.service.consoles = ['SPICE', 'VNC']
        self.nova_api.answers = {'SPICE': 400}
        self.addCleanup(lambda: runtime.current().close())

    def sent(self, number=1):
        self.wait_until(lambda: len(self.service.reports) >= number)
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
        with mock.patch.object(shim_service.Service, 'send',
                               lambda *args: block.wait(30)):
            for _ in range(3):
                self.new_request()
                with self.within(10):
                    self.opened()

    def test_a_report_that_is_refused_is_dropped(self):
        self.service.report_status = '503 Service Unavailable'
        self.opened()
        self.sent()
        self.new_request()
        self.assertEqual('VNC', self.opened())
        # The next report came, and the first was not repeated.
        self.assertEqual(2, len(self.sent(2)))

    def test_too_many_reports_are_dropped(self):
        block = threading.Event()
        self.addCleanup(block.set)
        reporter = reports.Reporter()
        service = mock.Mock()
        service.send.side_effect = lambda report: block.wait(10)
        for _ in range(1000):
            reporter.offer(report_of(service))
        self.assertLessEqual(reporter._queue.qsize(), reports.MAX_QUEUED)
        reporter.close()

    def test_a_report_that_had_no_thread_goes_with_the_next(self):
        reporter = reports.Reporter()
        self.addCleanup(reporter.close)
        service, sent = recording_service()
        with mock.patch.object(threading.Thread, 'start',
                               side_effect=RuntimeError('no thread')):
            reporter.offer(report_of(service))
        reporter.offer(report_of(service))
        for _ in range(2):
            sent.get(timeout=10)

    def test_the_thread_ends_when_there_is_nothing_to_send(self):
        reporter = reports.Reporter()
        service, sent = recording_service()
        with mock.patch.object(reports, 'MAX_WAIT', 0.05):
            for _ in range(2):
                reporter.offer(report_of(service))
                thread = reporter._thread
                thread.join(10)
                self.assertFalse(thread.is_alive())
        self.assertEqual(2, sent.qsize())
        reporter.close()

    def test_counts_without_a_report_are_sent_alone(self):
        reporter = reports.Reporter()
        self.addCleanup(reporter.close)
        service, sent = recording_service()
        service.counts = reports.Counts()
        service.counts.opening('VNC', 'opened')
        with mock.patch.object(reports, 'MAX_WAIT', 0.05):
            reporter.offer(report_of(service, [{}]))
            self.assertEqual([{}], sent.get(timeout=10).outcomes)
            self.assertEqual([], sent.get(timeout=10).outcomes)

    def test_a_failed_report_loses_no_count(self):
        self.service.report_status = '503 Service Unavailable'
        self.nova_api.answers = {'SPICE': 500}
        self.opened()
        self.sent()
        counts = runtime.current().services.of(self.request).counts
        self.wait_until(lambda: not counts.are_empty)
        self.service.report_status = '204 No Content'
        with mock.patch.object(reports, 'MAX_WAIT', 0):
            self.opened()
        tallies = [report['tally'] for _, report in self.sent(2)]
        self.assertEqual(
            [{'type': 'SPICE', 'outcome': 'failed', 'count': 2}],
            [o for o in tallies[1]['openings'] if o['outcome'] == 'failed'])

    def test_a_count_beyond_the_bound_goes_with_the_next_report(self):
        counts = reports.Counts()
        for _ in range(reports.MAX_COUNT + 1):
            counts.fallback('timeout')
        for count in (reports.MAX_COUNT, 1):
            self.assertEqual(({}, {'timeout': count}), counts.take())
        self.assertTrue(counts.are_empty)

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

    def test_the_end_of_the_process_waits_for_a_bounded_time(self):
        reporter = reports.Reporter()
        block, begun = threading.Event(), threading.Event()
        self.addCleanup(block.set)
        service = mock.Mock()

        def hang(report):
            begun.set()
            block.wait(30)
        service.send.side_effect = hang
        reporter.offer(report_of(service))
        self.assertTrue(begun.wait(10))
        with self.within(10):
            reporter.close(reports.EXIT_SECONDS)
