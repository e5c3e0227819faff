# SPDX-License-Identifier: Apache-2.0
"""console-info, which begins without knowing the instance, and Nova.

Horizon's own clients ask a fake Nova on a real socket.
"""

import json
import time
from unittest import mock

from horizon.utils import http as http_utils

from openstack_dashboard import policy
from openstack_dashboard.api.rest import nova as rest_nova

from console_policy_dashboard.shim import messages
from console_policy_dashboard.shim import nova as nova_calls

from nova_case import HOST
from nova_case import NovaCase
from shim_case import INSTANCE_ID
from shim_case import OTHER_ID

ALL = ['SPICE', 'VNC', 'SERIAL', 'RDP', 'MKS']


class InfoCase(NovaCase):

    def setUp(self):
        super().setUp()
        self.service.consoles = ['SPICE', 'VNC', 'SERIAL']
        self.be()
        for owner, name, value in ((http_utils, 'is_ajax', True),
                                   (policy, 'check', False)):
            patch = mock.patch.object(owner, name, return_value=value)
            patch.start()
            self.addCleanup(patch.stop)

    def be(self, status='ACTIVE', task_state=None):
        """Let Nova show the instance like this."""
        self.nova_api.server = {
            'name': 'vm', 'status': status, 'tenant_id': self.tenant.id,
            'updated': '2026-11-25T13:00:00Z', 'hostId': HOST,
            'OS-EXT-STS:task_state': task_state}

    def post(self, instance_id=INSTANCE_ID):
        """The status and the answer of console-info, and the seconds."""
        user = self.request.user
        request = self.factory.post('/', '{"console_type": "AUTO"}',
                                    content_type='application/json')
        request.user, request.session = user, {}
        begin = time.monotonic()
        answer = rest_nova.RemoteConsoleInfo().post(request, instance_id)
        return (answer.status_code, json.loads(answer.content),
                time.monotonic() - begin)

    def assertTold(self, text, said):
        self.assertEqual((500, str(text)), said[:2])


class StateTests(InfoCase):

    def test_a_console_that_opens_costs_no_fetch(self):
        self.assertEqual('SPICE', self.post()[1]['type'])
        self.nova_api.answers = {'SPICE': 400, 'VNC': 501}
        self.assertEqual('SERIAL', self.post()[1]['type'])
        self.assertEqual([], self.nova_api.shown)

    def test_after_an_error_a_state_in_the_way_ends_it(self):
        self.nova_api.answers = {'SPICE': 500, 'VNC': 409}
        for status, task, name in (
                ('MIGRATING', 'migrating', 'migrating'),
                ('ACTIVE', 'deleting', 'deleting'),
                ('SHELVED_OFFLOADED', None, 'shelved'),
                ('ERROR', None, 'error'),
                ('RESIZE', 'resize_migrating', 'resizing')):
            self.be(status, task)
            self.nova_api.asked.clear()
            self.assertTold(messages.STATES[name], self.post())
            self.assertEqual(['SPICE'], self.asked())

    def test_after_an_error_without_one_it_goes_on(self):
        self.nova_api.answers = {'SPICE': 500, 'VNC': 503}
        self.assertEqual('SERIAL', self.post()[1]['type'])
        self.assertEqual(['SPICE', 'VNC', 'SERIAL'], self.asked())
        self.assertEqual([INSTANCE_ID], self.nova_api.shown)

    def test_a_look_that_fails_is_not_repeated_and_hinders_nothing(self):
        self.nova_api.answers = {'SPICE': 500, 'VNC': 500}
        for status in (404, 500):
            self.nova_api.shown.clear()
            self.nova_api.server = status
            self.assertEqual('SERIAL', self.post()[1]['type'])
            self.assertEqual([INSTANCE_ID], self.nova_api.shown)

    def test_the_tab_knows_the_state_and_does_not_fetch(self):
        self.nova_api.answers = {'SPICE': 500}
        self.assertEqual('VNC', self.opened())
        self.assertEqual([], self.nova_api.shown)


class SilentHostTests(InfoCase):

    settings = {'NOVA_TIMEOUT': 1.5, 'HOST_RETRY_AFTER': 1}

    def setUp(self):
        super().setUp()
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)

    def test_the_next_opening_is_reported_at_once_and_nova_not_asked(self):
        first = self.post()
        self.assertTold(messages.TIMED_OUT, first)
        self.assertLess(first[2], 2.0)
        self.assertEqual([INSTANCE_ID], self.nova_api.shown)
        again = self.post()
        self.assertTold(messages.HOST_DOWN, again)
        self.assertLess(again[2], 0.5)
        self.assertEqual(['SPICE'], self.asked())
        self.assertEqual([INSTANCE_ID], self.nova_api.shown)

    def test_an_opening_that_knows_the_host_fails_at_once_as_well(self):
        # A tenth of it is for fetching the instance.
        self.use_settings(NOVA_TIMEOUT=5)
        self.post()
        self.server.id = OTHER_ID
        with self.assertRaises(messages.ConsoleUnavailable) as caught:
            self.opened()
        self.assertEqual(str(messages.HOST_DOWN), str(caught.exception))

    def test_what_the_tab_met_is_known_here(self):
        with self.assertRaises(messages.ConsoleUnavailable):
            self.opened()
        self.assertTold(messages.HOST_DOWN, self.post())

    def test_a_look_that_hangs_keeps_to_the_budget(self):
        self.nova_api.server = self.nova_api.hang
        first = self.post()
        self.assertTold(messages.TIMED_OUT, first)
        self.assertLess(first[2], 2.0)
        self.assertTold(messages.HOST_DOWN, self.post())

    def test_a_late_error_counts_as_silence_and_waits_a_little(self):
        self.use_settings(NOVA_TIMEOUT=10, HOST_RETRY_AFTER=30)
        self.nova_api.server = self.nova_api.hang
        self.nova_api.answers = dict.fromkeys(
            ALL, self.nova_api.after(0.3, 500))
        with mock.patch.object(nova_calls, 'SLOW_ERROR', 0.2):
            first = self.post()
        self.assertTold(messages.TIMED_OUT, first)
        self.assertLess(first[2], 2.0)
        self.assertTold(messages.HOST_DOWN, self.post())

    def test_a_host_that_is_back_is_used_again(self):
        self.post()
        self.nova_api.answers = {}
        time.sleep(1.05)
        for _ in range(2):
            self.assertEqual('SPICE', self.post()[1]['type'])

    def test_another_instance_is_tried(self):
        self.post()
        self.nova_api.answers = {}
        self.assertEqual('SPICE', self.post(OTHER_ID)[1]['type'])
