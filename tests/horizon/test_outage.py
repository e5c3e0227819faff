# SPDX-License-Identifier: Apache-2.0
"""While the service is away: last known answers, warnings, the way back."""

import threading
import time
from unittest import mock

from django.core.cache import cache

from horizon import exceptions

from console_policy_dashboard.shim import messages
from console_policy_dashboard.shim import cache as last_known
from console_policy_dashboard.shim import breaker
from console_policy_dashboard.shim import resolution
from console_policy_dashboard.shim import runtime
from console_policy_dashboard.shim import service
from console_policy_dashboard.shim import settings as shim_settings

from fake_policy_service import send

from shim_case import INSTANCE_ID
from shim_case import OTHER_ID
from shim_case import ShimCase
from shim_case import warnings_in

ALL = ['VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS']


class OutageCase(ShimCase):

    settings = {'RETRY_AFTER': 1}

    def break_service(self):
        def hang(connection, head):
            self.service.closing.wait(10)
            return False
        self.service.behave = hang

    def mend_service(self):
        self.service.behave = self.service.answer


class LastKnownAnswerTests(OutageCase):

    def test_the_last_known_order_holds(self):
        self.service.consoles = ['RDP', 'VNC']
        self.assertEqual('RDP', self.opened())
        self.break_service()
        self.assertEqual('RDP', self.opened())

    def test_the_last_known_order_of_a_service_that_learns_holds(self):
        for unavailable, available in (([], []), (['MKS'], ['RDP'])):
            self.service.consoles = ['RDP', 'VNC', 'MKS']
            self.service.known_unavailable = unavailable
            self.service.known_available = available
            self.mend_service()
            self.forget()
            self.assertEqual('RDP', self.opened())
            self.break_service()
            self.assertEqual('RDP', self.opened())

    def test_the_latest_answer_is_the_known_one(self):
        self.opened()
        self.service.consoles, self.service.revision = ['VNC'], 2
        self.opened()
        self.break_service()
        self.assertEqual('VNC', self.opened())

    def test_without_a_known_answer_the_order_of_horizon_holds(self):
        self.break_service()
        self.assertEqual('VNC', self.opened())

    def test_a_known_deny_of_one_type_stays_in_force(self):
        self.service.deny(['VNC'])
        self.opened()
        self.break_service()
        self.assertRaises(messages.ConsoleDenied, self.opened, 'VNC')
        self.assertEqual('SPICE', self.opened())

    def test_a_known_no_console_stays_in_force_with_its_reason(self):
        self.service.deny(ALL, reason='quarantine')
        self.assertRaises(messages.ConsoleDenied, self.opened)
        self.break_service()
        with self.assertRaises(messages.ConsoleDenied) as caught:
            self.opened()
        self.assertIn('quarantine', str(caught.exception))
        self.assertEqual([], self.asked())

    def test_a_known_deny_of_the_project_holds_for_its_other_instances(self):
        self.service.deny(ALL, scope='project')
        self.assertRaises(messages.ConsoleDenied, self.opened)
        self.break_service()
        self.server.id = OTHER_ID
        self.assertRaises(messages.ConsoleDenied, self.opened)
        self.assertEqual([], self.asked())

    def test_a_deny_of_one_instance_does_not_spread(self):
        self.service.deny(ALL, scope='instance')
        self.assertRaises(messages.ConsoleDenied, self.opened)
        self.break_service()
        self.server.id = OTHER_ID
        self.assertEqual('VNC', self.opened())

    def test_a_deny_of_the_project_does_not_spread_to_another(self):
        self.service.deny(ALL, scope='project')
        self.assertRaises(messages.ConsoleDenied, self.opened)
        self.break_service()
        self.server.id, self.server.tenant_id = OTHER_ID, 'another'
        self.assertEqual('VNC', self.opened())

    def test_an_instance_that_got_a_type_back_does_not_free_the_others(self):
        self.service.deny(['VNC'], scope='project')
        self.opened()
        # A policy of another instance allows it, written just now.
        self.service.denied, self.service.consoles = [], ['VNC', 'SPICE']
        self.service.revision += 1
        self.server.id = OTHER_ID
        self.assertEqual('VNC', self.opened())
        self.break_service()
        self.server.id = INSTANCE_ID[:-1] + '9'
        self.assertEqual('SPICE', self.opened())

    def test_an_answer_without_the_domain_does_not_erase_its_denies(self):
        self.service.domain_id = 'DOM-1'
        self.service.deny(['VNC'], scope='domain')
        self.opened()
        # An administrator of another project asks, whose token does not
        # name the domain.
        self.service.domain_id = None
        self.service.allow_all()
        self.server.id = OTHER_ID
        self.assertEqual('VNC', self.opened())
        self.break_service()
        self.server.id = INSTANCE_ID[:-1] + '9'
        self.assertEqual('SPICE', self.opened())

    def test_more_instances_than_entries_evict_no_deny_of_a_project(self):
        self.use_settings(LAST_KNOWN_MAX_ENTRIES=16, RETRY_AFTER=1)
        self.service.deny(['VNC'])
        self.opened()
        self.service.allow_all()
        self.server.tenant_id = 'another'
        for number in range(20):
            self.server.id = INSTANCE_ID[:-2] + '%02x' % (number + 16)
            self.opened()
        self.break_service()
        self.server.id, self.server.tenant_id = OTHER_ID, self.tenant.id
        self.assertEqual('SPICE', self.opened())

    def test_what_was_taken_back_is_not_held(self):
        self.service.deny(['VNC'], scope='project')
        self.opened()
        self.service.allow_all()
        self.opened()
        self.break_service()
        self.server.id = OTHER_ID
        self.assertEqual('VNC', self.opened())

    def test_another_worker_knows_it_through_the_shared_cache(self):
        self.use_shared_cache()
        self.service.deny(['VNC'])
        self.opened()
        self.forget()
        self.break_service()
        self.assertRaises(messages.ConsoleDenied, self.opened, 'VNC')

    def test_a_cache_in_the_memory_of_this_process_is_left_to_horizon(self):
        self.service.deny(['VNC'])
        self.opened()
        self.assertEqual({}, cache._cache)
        self.break_service()
        self.assertRaises(messages.ConsoleDenied, self.opened, 'VNC')

    def test_a_cache_that_fails_costs_no_console(self):
        self.use_shared_cache()
        backend = 'django.core.cache.backends.filebased.FileBasedCache.'
        with mock.patch(backend + 'get', side_effect=OSError('away')), \
                mock.patch(backend + 'set', side_effect=OSError('away')):
            self.service.consoles = ['RDP']
            self.assertEqual('RDP', self.opened())
            self.break_service()
            self.assertEqual('RDP', self.opened())

    def test_garbage_in_the_cache_is_not_believed(self):
        self.use_shared_cache()
        self.service.consoles = ['RDP']
        self.opened()
        self.forget()
        for garbage in ('garbage', {'x': 'y'}, {'at': time.time()},
                        {'at': time.time(), 'value': {'answer': {}}}):
            with mock.patch('django.core.cache.backends.filebased.'
                            'FileBasedCache.get', return_value=garbage):
                self.break_service()
                self.assertEqual('VNC', self.opened())


class BreakerTests(OutageCase):

    def test_only_one_click_waits_and_only_one_warning_is_written(self):
        self.break_service()
        with self.shim_log() as records:
            with self.within(0.8):
                self.opened()
            begin = time.monotonic()
            for _ in range(20):
                self.opened()
            self.assertLess(time.monotonic() - begin, 0.3)
        self.assertEqual(1, len(self.service.heads))
        said = warnings_in(records)
        self.assertEqual(1, len(said), said)
        self.assertIn('does not answer: no answer within 0.5 s', said[0])

    def test_one_warning_for_an_outage_of_many_probes(self):
        self.break_service()
        with self.shim_log() as records:
            for _ in range(3):
                self.opened()
                time.sleep(1.05)
        self.assertEqual(3, len(self.service.heads))
        self.assertEqual(1, len(warnings_in(records)))

    def test_the_service_is_used_again_after_the_retry_time(self):
        self.break_service()
        self.assertEqual('VNC', self.opened())
        self.mend_service()
        self.assertEqual('VNC', self.opened())
        time.sleep(1.05)
        with self.shim_log() as records:
            self.assertEqual('SPICE', self.opened())
        self.assertIn('answers again',
                      [r.getMessage() for r in records][0])

    def test_the_longest_retry_time_is_below_30_seconds(self):
        with self.assertRaises(shim_settings.SettingsError):
            shim_settings.parse_settings({'RETRY_AFTER': 26})

    def test_while_one_click_probes_the_others_do_not_wait(self):
        self.break_service()
        self.opened()
        time.sleep(1.05)
        took = []

        def click():
            begin = time.monotonic()
            self.opened()
            took.append(time.monotonic() - begin)
        threads = [threading.Thread(target=click) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        self.assertEqual(8, len(took))
        self.assertEqual(1, len([t for t in took if t > 0.4]), took)

    def test_a_wrong_token_is_reported_once_and_does_not_stop_the_asking(self):
        def refuse(connection, head):
            send(connection, b'{"errors":[]}', '401 Unauthorized')
            return True
        self.service.behave = refuse
        with self.shim_log() as records:
            for _ in range(5):
                self.assertEqual('VNC', self.opened())
        self.assertEqual(5, len(self.service.heads))
        self.assertEqual(1, len(warnings_in(records)))
        self.mend_service()
        self.assertEqual('SPICE', self.opened())

    def test_a_service_that_comes_and_goes_is_not_told_of_each_time(self):
        def refuse(connection, head):
            send(connection, b'{"errors":[]}', '404 Not Found')
            return True
        with self.shim_log() as records:
            for _ in range(5):
                self.service.behave = refuse
                self.opened()
                self.mend_service()
                self.opened()
        self.assertEqual(1, len(warnings_in(records)))

    def test_a_new_outage_after_a_minute_is_logged_again(self):
        state = breaker.CircuitBreaker('http://x', 1)
        with self.shim_log() as records, \
                mock.patch.object(breaker, 'WARNING_INTERVAL', 0.1):
            state.timed_out('a')
            state.succeeded()
            time.sleep(0.15)
            state.timed_out('b')
        self.assertEqual(2, len(warnings_in(records)))

    def test_a_fault_while_asking_lets_go_of_no_known_deny(self):
        self.service.deny(['VNC'])
        self.opened()
        with mock.patch('http.client.HTTPResponse.read',
                        side_effect=AttributeError('a bug')), \
                self.shim_log() as records:
            self.assertRaises(messages.ConsoleDenied, self.opened, 'VNC')
        self.assertEqual(1, len(warnings_in(records)))

    def test_a_fault_of_the_shim_itself_costs_no_console(self):
        with mock.patch.object(service.Service, 'resolve',
                               side_effect=RuntimeError('a bug')), \
                self.shim_log() as records:
            for _ in range(3):
                self.assertEqual('VNC', self.opened())
        self.assertEqual(['ERROR', 'DEBUG', 'DEBUG'],
                         [r.levelname for r in records])


class ErrorAtOnceTests(OutageCase):
    """A fast error may concern one caller only."""

    def answer_with(self, status, seconds=0):
        def error(connection, head):
            self.service.closing.wait(seconds)
            send(connection, b'{"errors":[]}', status)
            return True
        self.service.behave = error

    def assertOthersAsk(self):
        self.assertEqual('VNC', self.opened())
        self.mend_service()
        self.server.id = OTHER_ID
        self.assertEqual('SPICE', self.opened())

    def test_503_does_not_open_the_breaker(self):
        self.answer_with('503 Service Unavailable')
        self.assertOthersAsk()

    def test_429_does_not_open_the_breaker(self):
        self.answer_with('429 Too Many Requests')
        self.assertOthersAsk()

    def test_what_was_known_holds(self):
        self.service.deny(['VNC'])
        self.opened()
        self.answer_with('503 Service Unavailable')
        self.assertRaises(messages.ConsoleDenied, self.opened, 'VNC')

    def test_it_is_reported_once(self):
        self.answer_with('503 Service Unavailable')
        with self.shim_log() as records:
            for _ in range(5):
                self.opened()
        self.assertEqual(5, len(self.service.heads))
        said = warnings_in(records)
        self.assertEqual(1, len(said), said)
        self.assertIn('fails: it answers with status 503', said[0])

    def test_one_that_was_waited_for_is_an_outage(self):
        self.answer_with('503 Service Unavailable', 0.2)
        for _ in range(5):
            self.opened()
        self.assertEqual(1, len(self.service.heads))

    def test_it_ends_an_outage(self):
        self.break_service()
        self.opened()
        time.sleep(1.05)
        self.answer_with('503 Service Unavailable')
        self.opened()
        self.mend_service()
        self.assertEqual('SPICE', self.opened())


class BoundTests(ShimCase):

    def known(self, **changes):
        values = dict({'LAST_KNOWN_MAX_AGE': 100,
                       'LAST_KNOWN_MAX_ENTRIES': 32}, **changes)
        return last_known.Memory(
            shim_settings.parse_settings(values)).answers

    @staticmethod
    def answer(first='VNC'):
        return resolution.Resolution((first,), {}), None

    def test_the_number_of_answers_in_a_process_is_bounded(self):
        known = self.known()
        for number in range(1000):
            known.put((str(number),), self.answer())
        self.assertEqual(32, len(known._entries))
        self.assertIsNone(known.get(('0',)))
        self.assertIsNotNone(known.get(('999',)))

    def test_an_answer_that_is_too_old_is_forgotten(self):
        self.use_shared_cache()
        known = self.known(CACHE='shared')
        known.put(('k',), self.answer())
        with mock.patch.object(last_known.time, 'time',
                               return_value=time.time() + 101):
            self.assertIsNone(known.get(('k',)))

    def test_the_newer_of_two_workers_answers_is_used(self):
        self.use_shared_cache()
        first, second = (self.known(CACHE='shared') for _ in range(2))
        first.put(('k',), self.answer())
        second.put(('k',), self.answer('RDP'))
        self.assertEqual(('RDP',), first.get(('k',))[0].order)
        self.assertEqual(('VNC',), first.get(('k',), True)[0].order)

    def test_an_answer_that_stays_the_same_is_not_written_each_time(self):
        self.use_shared_cache()
        known = self.known(CACHE='shared')
        with mock.patch.object(known, '_share') as share:
            for first, calls in (('VNC', 1), ('VNC', 1), ('RDP', 2)):
                known.put(('k',), self.answer(first))
                self.assertEqual(calls, share.call_count)

    def test_nothing_available_stays_an_ordinary_not_available(self):
        self.only()
        with self.assertRaises(exceptions.NotAvailable) as caught:
            self.opened()
        self.assertNotIsInstance(caught.exception, messages.ConsoleDenied)
