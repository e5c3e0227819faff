# SPDX-License-Identifier: Apache-2.0
"""Learned availability: the fingerprint, what is reported and when."""

import time
from unittest import mock

from horizon import exceptions

from console_policy_dashboard.shim import server
from console_policy_dashboard.shim import reports

from nova_case import HOST
from nova_case import NovaCase
from shim_case import INSTANCE_ID

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

    def test_none_travels_while_a_task_is_in_progress(self):
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
        found = server.of_server(wrapped)
        self.assertEqual(('2026-11-25T13:00:00Z', HOST), found.fingerprint)
        self.assertFalse(resource.get.called)


class OutcomeTests(NovaCase):

    @staticmethod
    def body_of(report):
        return report.body(report.service.counts.take())

    def setUp(self):
        super().setUp()
        self.service.consoles = ['SPICE', 'VNC']

    def test_a_new_observation_is_reported(self):
        self.nova_api.answers = {'SPICE': 400}
        self.assertEqual('VNC', self.opened())
        report, = self.offered
        self.assertEqual([('SPICE', 'unavailable'), ('VNC', 'opened')],
                         self.learnt())
        self.assertEqual([400, 200],
                         [o['nova_status'] for o in report.outcomes])
        body = report.body(report.service.counts.take())
        self.assertEqual({'instance_updated', 'host_id', 'outcomes'},
                         set(body))
        self.assertEqual(HOST, body['host_id'])
        for outcome in body['outcomes']:
            self.assertLess(outcome['milliseconds'], 5000)

    def test_a_known_observation_is_counted_only(self):
        self.service.consoles = ['VNC', 'SPICE']
        self.service.known_unavailable = ['SPICE']
        self.service.known_available = ['VNC']
        self.opened()
        report, = self.offered
        self.assertEqual([], report.outcomes)
        self.assertEqual({'tally': {
            'openings': [{'type': 'VNC', 'outcome': 'opened', 'count': 1}],
            'fallbacks': []}},
            report.body(report.service.counts.take()))

    def test_counts_wait_for_a_minute(self):
        self.service.known_available = ['SPICE']
        for number in range(3):
            self.opened()
            if number == 0:
                # As the thread does that sends it.
                self.body_of(self.offered[0])
        self.assertEqual(1, len(self.offered))
        service = self.offered[0].service
        with mock.patch.object(reports, 'MAX_WAIT', 0):
            self.opened()
        self.assertEqual(2, len(self.offered))
        self.assertEqual([{'type': 'SPICE', 'outcome': 'opened', 'count': 3}],
                         reports.Report(
                             service, 't', '/v1', None, []).body(
                                 service.counts.take())['tally']['openings'])

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
            self.body_of(self.offered[0])['tally']['openings'])

    def test_a_walk_that_opens_nothing_is_reported(self):
        self.nova_api.answers = dict.fromkeys(ALL, 400)
        self.assertRaises(exceptions.NotAvailable, self.opened)
        self.assertEqual([('SPICE', 'unavailable'), ('VNC', 'unavailable')],
                         self.learnt())

    def test_nothing_is_learnt_while_a_task_is_in_progress(self):
        self.facts['OS-EXT-STS:task_state'] = 'rebooting_hard'
        self.nova_api.answers = {'SPICE': 400}
        self.opened()
        self.assertEqual([], self.learnt())

    def test_nothing_is_learnt_by_a_service_that_cannot(self):
        self.service.known_unavailable = None
        self.nova_api.answers = {'SPICE': 400}
        self.opened()
        self.assertEqual([], self.learnt())

    def test_nothing_is_sent_to_a_service_that_does_not_answer(self):
        self.service.close()
        self.forget()
        self.opened()
        self.assertEqual([], self.offered)

    def test_the_fallbacks_of_an_outage_are_reported_after_it(self):
        self.use_settings(RETRY_AFTER=1)
        behave, self.service.behave = self.service.behave, None
        self.service.behave = lambda connection, head: False
        for _ in range(3):
            self.opened()
        self.service.behave = behave
        time.sleep(1.05)
        self.opened()
        fallbacks = self.body_of(self.offered[-1])['tally']['fallbacks']
        self.assertEqual([('breaker_open', 2), ('unreachable', 1)],
                         [(f['reason'], f['count']) for f in fallbacks])

    def test_a_fault_while_reporting_costs_no_console(self):
        with mock.patch.object(reports, 'outcomes_of',
                               side_effect=RuntimeError('a bug')), \
                self.shim_log():
            self.assertEqual('SPICE', self.opened())
