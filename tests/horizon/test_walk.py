# SPDX-License-Identifier: Apache-2.0
"""The walk from type to type: Nova's statuses, the budget, states, hosts.

Horizon's own clients ask a fake Nova on a real socket.
"""

import threading
import time
from unittest import mock

from django.core.cache import cache

from horizon import exceptions

from console_policy_dashboard import denial
from console_policy_dashboard import hosts
from console_policy_dashboard import nova as nova_calls
from console_policy_dashboard import site

from nova_case import HOST
from nova_case import NovaCase
from shim_case import OTHER_ID
from shim_case import ShimCase

ALL = ['SPICE', 'VNC', 'SERIAL', 'RDP', 'MKS']


class StatusTests(NovaCase):

    def setUp(self):
        super().setUp()
        self.service.consoles = ['SPICE', 'VNC', 'SERIAL']

    def assertTold(self, text, console_type='AUTO'):
        with self.assertRaises(denial.ConsoleUnavailable) as caught:
            self.opened(console_type)
        self.assertEqual(str(text), caught.exception.title)
        self.assertNotIsInstance(caught.exception, denial.ConsoleDenied)

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

    def test_it_stops_on_403_404_409_and_429_and_says_why(self):
        for status, text in ((403, denial.FORBIDDEN),
                             (404, denial.NOT_FOUND),
                             (409, denial.CONFLICT), (429, denial.BUSY)):
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

    def test_a_nova_that_cannot_be_reached_is_told_of(self):
        self.nova_api.close()
        with self.within(3):
            self.assertTold(denial.UNREACHABLE)


class BudgetTests(NovaCase):

    settings = {'NOVA_TIMEOUT': 1, 'HOST_RETRY_AFTER': 0}

    def test_one_budget_for_all_types(self):
        self.service.consoles = ALL
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)
        with self.within(1.6), \
                self.assertRaises(denial.ConsoleUnavailable) as caught:
            self.opened()
        self.assertEqual(str(denial.TIMED_OUT), str(caught.exception))
        self.assertEqual(['SPICE'], self.asked())

    def test_late_errors_use_up_the_same_budget(self):
        self.service.consoles = ALL
        self.nova_api.answers = dict.fromkeys(
            ALL, self.nova_api.after(0.35, 500))
        with self.within(1.6), self.assertRaises(denial.ConsoleUnavailable):
            self.opened()
        # After two of them too little is left to begin another.
        self.assertEqual(['SPICE', 'VNC'], self.asked())

    def test_a_token_that_does_not_come_uses_it_too(self):
        with mock.patch.object(self.nova_api, 'post',
                               self.nova_api.hang), self.within(1.6), \
                self.assertRaises(denial.ConsoleUnavailable):
            self.opened()

    def test_mks_is_held_to_it_as_well(self):
        self.nova_api.answers = {'MKS': self.nova_api.hang}
        with self.within(1.8), self.assertRaises(denial.ConsoleUnavailable):
            self.opened('MKS')

    def test_other_calls_of_the_page_have_their_own_time(self):
        from openstack_dashboard.api import _nova
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
        """How often Nova is asked, and what the user is told."""
        self.facts.update({'status': status,
                           'OS-EXT-STS:task_state': task_state})
        self.nova_api.answers = dict.fromkeys(ALL, answer)
        self.nova_api.asked.clear()
        with self.assertRaises(denial.ConsoleUnavailable) as caught:
            self.opened()
        return len(self.asked()), str(caught.exception)

    def test_where_nova_opens_none_it_is_not_asked(self):
        for status, task, name in (
                ('MIGRATING', 'migrating', 'migrating'),
                ('ACTIVE', 'deleting', 'deleting'),
                ('SHELVED_OFFLOADED', None, 'shelved'),
                ('DELETED', None, 'deleted')):
            self.assertEqual((0, str(denial.OBSTACLES[name])),
                             self.calls_in(status, task))

    def test_where_one_try_tells_it_is_one(self):
        for status, task, name in (
                ('ERROR', None, 'error'), ('SHELVED', None, 'shelved'),
                ('SOFT_DELETED', None, 'deleted'),
                ('RESIZE', 'resize_migrating', 'resizing'),
                ('ACTIVE', 'shelving_image_uploading', 'shelving'),
                ('BUILD', 'spawning', 'building'),
                ('SHELVED_OFFLOADED', 'unshelving', 'shelved')):
            for answer in (400, 409, 500):
                calls, text = self.calls_in(status, task, answer)
                self.assertLessEqual(calls, 1)
                self.assertEqual(str(denial.OBSTACLES[name]), text)

    def test_an_instance_in_error_that_has_a_console_opens_it(self):
        self.facts['status'] = 'ERROR'
        self.assertEqual('SPICE', self.opened())

    def test_every_obstacle_has_its_words(self):
        from console_policy_dashboard import instance
        named = set()
        for table in ('_CLOSED_TASKS', '_TELLING_TASKS', '_CLOSED_STATUSES',
                      '_TELLING_STATUSES'):
            named.update(getattr(instance, table).values())
        self.assertEqual(named, set(denial.OBSTACLES))

    def test_an_ordinary_task_hinders_nothing(self):
        for task in ('rebooting', 'powering-off', 'image_snapshot'):
            self.facts['OS-EXT-STS:task_state'] = task
            self.assertEqual('SPICE', self.opened())


class HostTests(NovaCase):

    settings = {'NOVA_TIMEOUT': 1, 'HOST_RETRY_AFTER': 1}

    def told(self):
        """What is told, and in how many seconds."""
        self.new_request()
        begin = time.monotonic()
        with self.assertRaises(denial.ConsoleUnavailable) as caught:
            self.opened()
        return str(caught.exception), time.monotonic() - begin

    def test_the_second_opening_is_told_at_once(self):
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)
        self.assertEqual(str(denial.TIMED_OUT), self.told()[0])
        text, took = self.told()
        self.assertEqual(str(denial.HOST_DOWN), text)
        self.assertLess(took, 0.5)
        self.assertEqual(1, len(self.asked()))

    def test_another_instance_on_that_host_is_told_as_well(self):
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)
        self.told()
        self.server.id = OTHER_ID
        self.assertEqual(str(denial.HOST_DOWN), self.told()[0])

    def test_an_instance_on_another_host_is_not(self):
        self.nova_api.answers = {'SPICE': self.nova_api.hang}
        self.told()
        self.facts['hostId'] = 'a' * 56
        self.nova_api.answers = {}
        self.new_request()
        self.assertEqual('SPICE', self.opened())

    def test_another_worker_knows_it_through_the_cache(self):
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)
        self.told()
        self.forget()
        self.assertEqual(str(denial.HOST_DOWN), self.told()[0])

    def test_a_host_that_is_back_is_used_again(self):
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)
        self.told()
        self.nova_api.answers = {}
        time.sleep(1.05)
        self.new_request()
        self.assertEqual('SPICE', self.opened())
        self.assertEqual('SPICE', self.opened())

    def test_a_slow_error_counts_as_a_host_that_is_down(self):
        self.use_settings(NOVA_TIMEOUT=5, HOST_RETRY_AFTER=30)
        self.nova_api.answers = dict.fromkeys(
            ALL, self.nova_api.after(0.3, 500))
        with mock.patch.object(nova_calls, 'SLOW_ERROR', 0.2):
            self.assertEqual(str(denial.TIMED_OUT), self.told()[0])
            self.assertEqual(str(denial.HOST_DOWN), self.told()[0])
        self.assertEqual(1, len(self.asked()))

    def test_a_type_that_is_not_there_does_not_make_a_host_down(self):
        self.nova_api.answers = dict.fromkeys(ALL, 400)
        for _ in range(2):
            self.new_request()
            with self.assertRaises(exceptions.NotAvailable):
                self.opened()
        self.assertEqual(4, len(self.asked()))

    def test_nothing_of_it_without_a_host_id(self):
        self.facts['hostId'] = ''
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)
        self.assertEqual(str(denial.TIMED_OUT), self.told()[0])
        self.assertEqual(str(denial.TIMED_OUT), self.told()[0])


class HostMemoryTests(ShimCase):

    def test_one_probe_at_a_time(self):
        known = hosts.Hosts(0.05, 15, 'default')
        known.timed_out(HOST)
        time.sleep(0.06)
        begun, allowed = threading.Barrier(8), []

        def click():
            begun.wait(5)
            allowed.append(known.may_try(HOST))
        threads = [threading.Thread(target=click) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        self.assertEqual(1, allowed.count(True))
        self.assertEqual(8, len(allowed))
        known.answered(HOST)
        self.assertTrue(known.may_try(HOST))

    def test_the_keys_in_the_cache_are_bounded_and_go(self):
        known = hosts.Hosts(30, 15, 'default')
        for number in range(1000):
            known.timed_out('%056x' % number)
            known.may_try('%056x' % number)
        self.assertLessEqual(len(cache._cache), 2 * hosts.SLOTS)
        for number in range(1000):
            known.answered('%056x' % number)
        self.assertEqual(0, len(cache._cache))

    def test_without_a_shared_cache_this_process_knows_it(self):
        known = hosts.Hosts(30, 15, None)
        known.timed_out(HOST)
        self.assertFalse(known.may_try(HOST))
        self.assertEqual(0, len(cache._cache))

    def test_a_cache_that_fails_costs_no_console(self):
        known = hosts.Hosts(30, 15, 'default')
        with mock.patch.object(type(cache._connections['default']), 'get',
                               side_effect=OSError('cache away')):
            known.timed_out(HOST)
            self.assertTrue(known.may_try(HOST))

    def test_garbage_in_the_cache_is_not_believed(self):
        known = hosts.Hosts(30, 15, 'default')
        for slot in range(hosts.SLOTS):
            cache.set('console-policy.host.1.%d' % slot, [HOST, 'x'])
        self.assertTrue(known.may_try(HOST))

    def test_the_site_remembers_where_the_settings_say(self):
        self.use_settings(HOST_RETRY_AFTER=0)
        here = site.CURRENT.site().hosts
        here.timed_out(HOST)
        self.assertTrue(here.may_try(HOST))
