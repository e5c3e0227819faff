# SPDX-License-Identifier: Apache-2.0
"""The walk from type to type: Nova's statuses, the budget, states.

Horizon's own clients ask a fake Nova on a real socket.
"""

from unittest import mock

from horizon import exceptions

from openstack_dashboard.api import _nova

from console_policy_dashboard.shim import messages
from console_policy_dashboard.shim import server

from nova_case import NovaCase

ALL = ['SPICE', 'VNC', 'SERIAL', 'RDP', 'MKS']


class StatusTests(NovaCase):

    def setUp(self):
        super().setUp()
        self.service.consoles = ['SPICE', 'VNC', 'SERIAL']

    def assertTold(self, text, console_type='AUTO'):
        with self.assertRaises(messages.ConsoleUnavailable) as caught:
            self.opened(console_type)
        self.assertEqual(str(text), caught.exception.title)
        self.assertNotIsInstance(caught.exception, messages.ConsoleDenied)

    def test_the_first_type_opens_with_one_call(self):
        self.assertEqual('SPICE', self.opened())
        self.assertEqual(['SPICE'], self.asked())

    def test_it_goes_on_after_400_and_501(self):
        self.nova_api.answers = {'SPICE': 400, 'VNC': 501}
        self.assertEqual('SERIAL', self.opened())
        self.assertEqual(['SPICE', 'VNC', 'SERIAL'], self.asked())

    def test_it_goes_on_after_a_quick_500(self):
        self.nova_api.answers = {'SPICE': 500}
        self.assertEqual('VNC', self.opened())

    def test_it_stops_on_403_404_409_and_429_with_the_reason(self):
        for status, text in ((403, messages.FORBIDDEN),
                             (404, messages.NOT_FOUND),
                             (409, messages.CONFLICT), (429, messages.BUSY)):
            self.nova_api.answers = dict.fromkeys(ALL, status)
            self.nova_api.asked.clear()
            self.assertTold(text)
            self.assertEqual(['SPICE'], self.asked())

    def test_401_is_horizons_own_affair_and_asked_once(self):
        self.nova_api.answers = dict.fromkeys(ALL, 401)
        self.assertRaises(exceptions.NotAuthorized, self.opened)
        # novaclient itself gets one new token and tries once more.
        self.assertLessEqual(len(self.asked()), 2)
        self.assertEqual({'SPICE'}, set(self.asked()))

    def test_a_token_that_keystone_refuses_is_horizons_own_affair(self):
        self.nova_api.token_status = 401
        self.assertRaises(exceptions.NotAuthorized, self.opened)
        self.assertEqual([], self.asked())

    def test_a_type_by_name_is_asked_for_alone(self):
        self.nova_api.answers = {'VNC': 400}
        with self.assertRaises(exceptions.NotAvailable):
            self.opened('VNC')
        self.assertEqual(['VNC'], self.asked())

    def test_mks_reaches_nova(self):
        self.assertEqual('MKS', self.opened('MKS'))
        self.assertEqual(['MKS'], self.asked())

    def test_a_nova_that_cannot_be_reached_is_logged(self):
        self.nova_api.close()
        with self.within(3):
            self.assertTold(messages.UNREACHABLE)


class BudgetTests(NovaCase):

    settings = {'NOVA_TIMEOUT': 1, 'HOST_RETRY_AFTER': 0}

    def test_one_budget_for_all_types(self):
        self.service.consoles = ALL
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)
        with self.within(1.6), \
                self.assertRaises(messages.ConsoleUnavailable) as caught:
            self.opened()
        self.assertEqual(str(messages.TIMED_OUT), str(caught.exception))
        self.assertEqual(['SPICE'], self.asked())

    def test_late_errors_use_up_the_same_budget(self):
        self.use_settings(NOVA_TIMEOUT=2, HOST_RETRY_AFTER=0)
        self.service.consoles = ALL
        self.nova_api.answers = dict.fromkeys(
            ALL, self.nova_api.after(0.8, 500))
        with self.within(2.6), self.assertRaises(messages.ConsoleUnavailable):
            self.opened()
        # After two of them too little is left to begin another.
        self.assertEqual(['SPICE', 'VNC'], self.asked())

    def test_a_token_that_does_not_come_uses_it_too(self):
        with mock.patch.object(self.nova_api, 'post',
                               self.nova_api.hang), self.within(1.6), \
                self.assertRaises(messages.ConsoleUnavailable):
            self.opened()

    def test_mks_is_held_to_it_as_well(self):
        self.nova_api.answers = {'MKS': self.nova_api.hang}
        with self.within(1.8), self.assertRaises(messages.ConsoleUnavailable):
            self.opened('MKS')

    def test_other_calls_of_the_page_have_their_own_time(self):
        client = _nova.novaclient(self.request)
        before = dict(client.client.session.adapters)
        self.opened()
        self.assertEqual(before, dict(client.client.session.adapters))

    def test_a_quick_error_before_the_end_leaves_time_for_the_next(self):
        self.nova_api.answers = {'SPICE': self.nova_api.after(0.3, 503)}
        self.assertEqual('VNC', self.opened())


class StateTests(NovaCase):

    def setUp(self):
        super().setUp()
        self.service.consoles = ['SPICE', 'VNC', 'SERIAL']

    def calls_in(self, status='ACTIVE', task_state=None, answer=500):
        """The number of calls to Nova, and the user's message."""
        self.facts.update({'status': status,
                           'OS-EXT-STS:task_state': task_state})
        self.nova_api.answers = dict.fromkeys(ALL, answer)
        self.nova_api.asked.clear()
        with self.assertRaises(messages.ConsoleUnavailable) as caught:
            self.opened()
        return len(self.asked()), str(caught.exception)

    def test_where_nova_opens_none_it_is_not_asked(self):
        for status, task, name in (
                ('MIGRATING', 'migrating', 'migrating'),
                ('ACTIVE', 'deleting', 'deleting'),
                ('SHELVED_OFFLOADED', None, 'shelved'),
                ('DELETED', None, 'deleted')):
            self.assertEqual((0, str(messages.STATES[name])),
                             self.calls_in(status, task))

    def test_an_error_in_such_a_state_ends_the_walk(self):
        for status, task, name in (
                ('ERROR', None, 'error'), ('SHELVED', None, 'shelved'),
                ('SOFT_DELETED', None, 'deleted'),
                ('RESIZE', 'resize_migrating', 'resizing'),
                ('ACTIVE', 'shelving_image_uploading', 'shelving'),
                ('BUILD', 'spawning', 'building'),
                ('SHELVED_OFFLOADED', 'unshelving', 'shelved')):
            for answer in (409, 500):
                calls, text = self.calls_in(status, task, answer)
                self.assertLessEqual(calls, 1)
                self.assertEqual(str(messages.STATES[name]), text)

    def test_in_any_open_state_a_type_that_is_not_there_is_passed_over(self):
        for status, task in (('ERROR', None), ('RESIZE', 'resize_prep'),
                             ('SHELVED', None), ('ACTIVE', 'spawning')):
            for answer in (400, 501):
                self.facts.update({'status': status,
                                   'OS-EXT-STS:task_state': task})
                self.nova_api.answers = {'SPICE': answer}
                self.assertEqual('VNC', self.opened())
        self.assertEqual((3, str(messages.STATES['error'])),
                         self.calls_in('ERROR', None, 400))

    def test_an_instance_in_error_that_has_a_console_opens_it(self):
        self.facts['status'] = 'ERROR'
        self.assertEqual('SPICE', self.opened())

    def test_every_state_has_a_text(self):
        named = set()
        for table in ('_CLOSED_TASKS', '_TASKS', '_CLOSED_STATUSES',
                      '_STATUSES'):
            named.update(getattr(server, table).values())
        self.assertEqual(named, set(messages.STATES))

    def test_an_ordinary_task_hinders_nothing(self):
        for task in ('rebooting', 'powering-off', 'image_snapshot'):
            self.facts['OS-EXT-STS:task_state'] = task
            self.assertEqual('SPICE', self.opened())
