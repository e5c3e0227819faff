# SPDX-License-Identifier: Apache-2.0
"""Compute hosts that do not answer: told at once, tried by one."""

import threading
import time
from unittest import mock

from django.core.cache import cache

from horizon import exceptions

from console_policy_dashboard.shim import messages
from console_policy_dashboard.shim import hosts
from console_policy_dashboard.shim import server
from console_policy_dashboard.shim import nova as nova_calls
from console_policy_dashboard.shim import runtime

from nova_case import HOST
from nova_case import NovaCase
from shim_case import INSTANCE_ID
from shim_case import OTHER_ID
from shim_case import ShimCase

ALL = ['SPICE', 'VNC', 'SERIAL', 'RDP', 'MKS']


class HostTests(NovaCase):

    settings = {'NOVA_TIMEOUT': 1, 'HOST_RETRY_AFTER': 1}

    def told(self):
        """The message, and the seconds until it."""
        self.new_request()
        begin = time.monotonic()
        with self.assertRaises(messages.ConsoleUnavailable) as caught:
            self.opened()
        return str(caught.exception), time.monotonic() - begin

    def test_the_second_opening_is_reported_at_once(self):
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)
        self.assertEqual(str(messages.TIMED_OUT), self.told()[0])
        text, took = self.told()
        self.assertEqual(str(messages.HOST_DOWN), text)
        self.assertLess(took, 0.5)
        self.assertEqual(1, len(self.asked()))

    def test_another_instance_on_that_host_is_reported_as_well(self):
        self.nova_api.answers = dict.fromkeys(ALL, self.nova_api.hang)
        self.told()
        self.server.id = OTHER_ID
        self.assertEqual(str(messages.HOST_DOWN), self.told()[0])

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
        self.assertEqual(str(messages.HOST_DOWN), self.told()[0])

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
            self.assertEqual(str(messages.TIMED_OUT), self.told()[0])
            self.assertEqual(str(messages.HOST_DOWN), self.told()[0])
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
        self.assertEqual(str(messages.TIMED_OUT), self.told()[0])
        self.assertEqual(str(messages.TIMED_OUT), self.told()[0])


def _on(host, instance_id=INSTANCE_ID):
    return server.Instance(instance_id, 'p', status='ACTIVE', host_id=host)


class HostMemoryTests(ShimCase):

    def test_one_probe_at_a_time(self):
        known = hosts.Hosts(0.05, 15, 'default')
        known.timed_out(_on(HOST))
        time.sleep(0.06)
        begun, allowed = threading.Barrier(8), []

        def click():
            begun.wait(5)
            allowed.append(known.may_try(_on(HOST)))
        threads = [threading.Thread(target=click) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        self.assertEqual(1, allowed.count(True))
        self.assertEqual(8, len(allowed))
        known.answered(_on(HOST))
        self.assertTrue(known.may_try(_on(HOST)))

    def test_the_keys_in_the_cache_are_bounded_and_go(self):
        known = hosts.Hosts(30, 15, 'default')
        vms = [_on('%056x' % number, 'vm-%d' % number)
               for number in range(1000)]
        for vm in vms:
            known.timed_out(vm)
            known.may_try(vm)
            known.may_try(server.Instance(vm.instance_id, None))
        self.assertLessEqual(len(cache._cache), 4 * hosts.SLOTS)
        for vm in vms:
            known.answered(vm)
        self.assertEqual(0, len(cache._cache))

    def test_without_a_shared_cache_this_process_knows_it(self):
        known = hosts.Hosts(30, 15, None)
        known.timed_out(_on(HOST))
        self.assertFalse(known.may_try(_on(HOST)))
        self.assertEqual(0, len(cache._cache))

    def test_a_cache_that_fails_costs_no_console(self):
        known = hosts.Hosts(30, 15, 'default')
        with mock.patch.object(type(cache._connections['default']), 'get',
                               side_effect=OSError('cache away')):
            known.timed_out(_on(HOST))
            self.assertTrue(known.may_try(_on(HOST)))

    def test_garbage_in_the_cache_is_not_believed(self):
        known = hosts.Hosts(30, 15, 'default')
        for slot in range(hosts.SLOTS):
            cache.set('console-policy.host.1.%d' % slot, [HOST, 'x'])
        self.assertTrue(known.may_try(_on(HOST)))

    def test_the_site_remembers_as_configured(self):
        self.use_settings(HOST_RETRY_AFTER=0)
        here = runtime.current().hosts
        here.timed_out(_on(HOST))
        self.assertTrue(here.may_try(_on(HOST)))

    def test_an_unknown_host_is_keyed_by_instance(self):
        known = hosts.Hosts(30, 15, 'default')
        unknown = server.Instance(INSTANCE_ID, None)
        known.timed_out(unknown)
        self.assertFalse(known.may_try(unknown))
        self.assertTrue(known.may_try(server.Instance(OTHER_ID, None)))
        # It may be elsewhere by now.
        self.assertTrue(known.may_try(_on(HOST)))
        known.answered(_on(HOST))
        self.assertTrue(known.may_try(unknown))
