# SPDX-License-Identifier: Apache-2.0
"""Learned availability: the fingerprint, what is reported and when, tags."""

import os
import signal
import threading
import time
from unittest import mock

from fake_policy_service import send

from horizon import exceptions

from console_policy_dashboard import instance
from console_policy_dashboard import reports
from console_policy_dashboard import site
from console_policy_dashboard import tally

from nova_case import HOST
from nova_case import NovaCase
from shim_case import INSTANCE_ID
from shim_case import ShimCase

ALL = ['VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS']


class FingerprintTests(NovaCase):

    def question(self):
        self.service.heads.clear()
        self.opened()
        return self.service.heads[0].split(' ')[1]

    def test_it_travels_with_the_question(self):
        self.facts['updated'] = '2026-11-25T13:00:00Z'
        self.assertIn('?instance_updated=2026-11-25T13%3A00%3A00Z&host_id=' +
                      HOST, self.question())

    def test_none_travels_while_a_task_is_under_way(self):
        for task in ('rebooting_hard', 'powering-on', 'image_snapshot'):
            self.facts['OS-EXT-STS:task_state'] = task
            self.assertNotIn('?', self.question())

    def test_an_instance_without_a_host_id_has_an_empty_one(self):
        self.facts['hostId'] = ''
        self.assertTrue(self.question().endswith('&host_id='))

    def test_what_is_no_fingerprint_does_not_travel(self):
        for updated in (None, '', 'yesterday', '2026-11-25T13:00:00Z\r\nX: y',
                        '2026-11-25 13:00:00', 20261125):
            self.facts['updated'] = updated
            self.assertNotIn('?', self.question())

    def test_it_costs_no_call_to_nova(self):
        resource = mock.Mock(spec=['get'])
        resource.__dict__.update(updated='2026-11-25T13:00:00Z', hostId=HOST,
                                 tenant_id='p')
        wrapped = mock.Mock(spec=['id', 'name'])
        wrapped.__dict__.update(_apiresource=resource, id=INSTANCE_ID)
        found = instance.of_server(wrapped)
        self.assertEqual(('2026-11-25T13:00:00Z', HOST), found.fingerprint)
        self.assertFalse(resource.get.called)

    def test_a_service_that_takes_none_is_asked_without_it(self):
        def old(connection, head):
            if 'instance_updated' in head:
                send(connection, b'{"errors":[]}', '400 Bad Request')
                return True
            return self.service.answer(connection, head)
        self.service.behave = old
        with self.shim_log() as records:
            self.assertEqual('SPICE', self.opened())
            self.assertEqual('SPICE', self.opened())
        self.assertEqual(3, len(self.service.heads))
        self.assertEqual([], [r for r in records if r.levelname == 'WARNING'])


class OutcomeTests(NovaCase):

    def setUp(self):
        super().setUp()
        self.service.consoles = ['SPICE', 'VNC']

    def test_what_is_new_is_reported(self):
        self.nova_api.answers = {'SPICE': 400}
        self.assertEqual('VNC', self.opened())
        report, = self.offered
        self.assertEqual([('SPICE', 'unavailable'), ('VNC', 'opened')],
                         self.learnt())
        self.assertEqual([400, 200],
                         [o['nova_status'] for o in report.outcomes])
        body = report.body()
        self.assertEqual({'instance_updated', 'host_id', 'outcomes'},
                         set(body))
        self.assertEqual(HOST, body['host_id'])
        for outcome in body['outcomes']:
            self.assertLess(outcome['milliseconds'], 5000)

    def test_what_is_known_is_counted_only(self):
        self.service.consoles = ['VNC', 'SPICE']
        self.service.known_unavailable = ['SPICE']
        self.service.known_available = ['VNC']
        self.opened()
        report, = self.offered
        self.assertEqual([], report.outcomes)
        self.assertEqual({'tally': {
            'openings': [{'type': 'VNC', 'outcome': 'opened', 'count': 1}],
            'fallbacks': []}}, report.body())

    def test_counts_wait_for_a_minute(self):
        self.service.known_available = ['SPICE']
        for number in range(3):
            self.opened()
            if number == 0:
                # As the thread does that sends it.
                self.offered[0].body()
        self.assertEqual(1, len(self.offered))
        source = self.offered[0].source
        with mock.patch.object(tally.Tally, 'MAX_WAIT', 0):
            self.opened()
        self.assertEqual(2, len(self.offered))
        self.assertEqual([{'type': 'SPICE', 'outcome': 'opened', 'count': 3}],
                         source.tally.take()['openings'])

    def test_a_type_that_opens_again_is_reported(self):
        self.service.known_unavailable = ['SPICE']
        self.opened()
        self.assertEqual([('SPICE', 'opened')], self.learnt())

    def test_a_failure_teaches_nothing_and_is_counted(self):
        self.nova_api.answers = {'SPICE': 500}
        self.opened()
        self.assertEqual([('VNC', 'opened')], self.learnt())
        self.assertEqual(
            [{'type': 'SPICE', 'outcome': 'failed', 'count': 1}],
            self.offered[0].body()['tally']['openings'])

    def test_a_walk_that_opens_nothing_is_reported(self):
        self.nova_api.answers = dict.fromkeys(ALL, 400)
        self.assertRaises(exceptions.NotAvailable, self.opened)
        self.assertEqual([('SPICE', 'unavailable'), ('VNC', 'unavailable')],
                         self.learnt())

    def test_nothing_is_learnt_while_a_task_is_under_way(self):
        self.facts['OS-EXT-STS:task_state'] = 'rebooting_hard'
        self.nova_api.answers = {'SPICE': 400}
        self.opened()
        self.assertEqual([], self.learnt())

    def test_nothing_is_learnt_by_a_service_that_cannot(self):
        self.service.known_unavailable = None
        self.nova_api.answers = {'SPICE': 400}
        self.opened()
        self.assertEqual([], self.learnt())

    def test_nothing_is_said_to_a_service_that_does_not_answer(self):
        self.service.close()
        self.forget()
        self.opened()
        self.assertEqual([], self.offered)

    def test_the_fallbacks_of_an_outage_are_told_after_it(self):
        self.use_settings(RETRY_AFTER=1)
        behave, self.service.behave = self.service.behave, None
        self.service.behave = lambda connection, head: False
        for _ in range(3):
            self.opened()
        self.service.behave = behave
        time.sleep(1.05)
        self.opened()
        fallbacks = self.offered[-1].body()['tally']['fallbacks']
        self.assertEqual([('breaker_open', 2), ('invalid_answer', 1)],
                         [(f['reason'], f['count']) for f in fallbacks])

    def test_a_fault_while_reporting_costs_no_console(self):
        with mock.patch.object(reports, 'outcomes_of',
                               side_effect=RuntimeError('a bug')), \
                self.shim_log():
            self.assertEqual('SPICE', self.opened())


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

    def test_the_thread_ends_when_there_is_nothing_to_say(self):
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

    def test_counts_that_nobody_took_along_are_sent_alone(self):
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
                status = 0 if len(self.sent(2)) == 1 else 1
                time.sleep(0.5)
                site.CURRENT.site().reports.close(1)
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


class TagTests(ShimCase):

    def setUp(self):
        super().setUp()
        self.service.tagged = True

    def test_an_unchanged_answer_is_not_sent_again(self):
        for _ in range(3):
            self.assertEqual('SPICE', self.opened())
        self.assertEqual([200, 304, 304], self.service.statuses)

    def test_a_changed_answer_is(self):
        self.opened()
        self.service.deny(['SPICE'])
        self.assertEqual('VNC', self.opened())
        self.opened()
        self.assertEqual([200, 200, 304], self.service.statuses)

    def test_another_worker_knows_the_tag_through_the_cache(self):
        self.opened()
        self.forget()
        self.assertEqual('SPICE', self.opened())
        self.assertEqual([200, 304], self.service.statuses)

    def test_an_answer_that_is_too_old_is_asked_for_anew(self):
        self.use_settings(LAST_KNOWN_MAX_AGE=0)
        self.opened()
        self.opened()
        self.assertEqual([200, 200], self.service.statuses)

    def test_not_modified_that_nobody_asked_for_is_no_answer(self):
        def lie(connection, head):
            send(connection, b'', '304 Not Modified')
            return True
        self.service.behave = lie
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertIn('status 304', records[0].getMessage())

    def test_a_tag_that_would_break_the_header_is_not_kept(self):
        for tag in ('x', '"' + 'a' * 200 + '"', '"a\tb"', '"\xe9"'):
            self.service.heads.clear()
            self.forget()

            def answer(connection, head, tag=tag):
                import json
                send(connection, json.dumps(self.service.body(head)).encode(),
                     headers=['ETag: ' + tag])
                return True
            self.service.behave = answer
            self.server.id = INSTANCE_ID[:-1] + '%x' % len(tag[:9])
            self.opened()
            self.opened()
            self.assertNotIn('If-None-Match', self.service.heads[1])

    def test_what_is_learnt_stands_in_the_known_answer(self):
        self.service.known_unavailable = ['RDP']
        self.service.known_available = ['SPICE']
        self.opened()
        self.opened()
        self.assertEqual([200, 304], self.service.statuses)
        self.assertEqual([[], []], [r.outcomes for r in self.offered])
