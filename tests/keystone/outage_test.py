# SPDX-License-Identifier: Apache-2.0
"""Keystone stopped under load: cached callers succeed, others get 503 in time, and it recovers."""

import concurrent.futures
import time
import unittest

from world import Daemon, Keystone, consoles

DEADLINE_SECONDS = 1.5
SLACK_SECONDS = 1.5  # of a machine with other things to do
QUICK_SECONDS = 1.0
NEW_CALLERS = 12
HEALTH_SECONDS = 20  # a probe each 5 s, the cache's 8 s, and slack


class Outage(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.keystone = Keystone()
        cls.demo = consoles(cls.keystone.projects['demo'])

    def new_tokens(self, count):
        return [self.keystone.token('alice', 'demo') for _ in range(count)]

    def freeze(self):
        self.keystone.freeze()
        self.addCleanup(self.keystone.thaw)

    def assert_unavailable(self, answer):
        self.assertEqual(answer.status, 503, answer)
        self.assertIn('retry-after', answer.headers)

    def test_frozen_under_load_cached_callers_succeed_and_new_ones_get_503_in_time(self):
        known, *new = self.new_tokens(1 + NEW_CALLERS)
        with Daemon(timeout_seconds=DEADLINE_SECONDS) as daemon:
            self.assertEqual(daemon.ask(self.demo, known).status, 200)
            self.freeze()
            with concurrent.futures.ThreadPoolExecutor(1) as load:
                waiting = load.submit(daemon.all, self.demo, new)
                served = 0
                while not waiting.done():
                    answer = daemon.ask(self.demo, known)
                    self.assertEqual(answer.status, 200, answer)
                    self.assertLess(answer.seconds, QUICK_SECONDS)
                    self.assertEqual(daemon.ask('/healthcheck').status, 200)
                    served += 1
                    time.sleep(0.01)
                self.assertGreater(served, 10)
                for answer in waiting.result():
                    self.assert_unavailable(answer)
                    self.assertLess(answer.seconds, DEADLINE_SECONDS + SLACK_SECONDS)
            self.keystone.thaw()
            self.assertEqual({answer.status for answer in daemon.all(self.demo, new)}, {200})

    def test_when_too_many_tokens_wait_for_a_frozen_keystone_the_rest_get_503_at_once(self):
        new = self.new_tokens(6)
        with Daemon(timeout_seconds=DEADLINE_SECONDS, max_validations=4) as daemon:
            self.freeze()
            answers = daemon.all(self.demo, new)
            for answer in answers:
                self.assert_unavailable(answer)
            at_once = [answer for answer in answers if answer.seconds < DEADLINE_SECONDS / 2]
            self.assertEqual(len(at_once), 4, [answer.seconds for answer in answers])
            self.keystone.thaw()
            # One after the other: one client address may have half of max_validations in flight.
            self.assertEqual({daemon.ask(self.demo, token).status for token in new}, {200})

    def assert_health(self, daemon, status, reason):
        """Polls like a load balancer until the health check reports it."""
        until = time.monotonic() + HEALTH_SECONDS
        while True:
            began = time.monotonic()
            answer = daemon.ask('/healthcheck')
            self.assertLess(time.monotonic() - began, QUICK_SECONDS)
            if (answer.status, answer.body.decode()) == (status, reason):
                return
            self.assertLess(time.monotonic(), until, answer)
            time.sleep(0.05)

    def test_the_health_names_keystone_and_fails_only_when_no_caller_can_be_served(self):
        token, = self.new_tokens(1)
        with Daemon(timeout_seconds=0.5, token_cache_seconds=8) as daemon:
            self.assertEqual(daemon.ask(self.demo, token).status, 200)
            self.assert_health(daemon, 200, 'OK')
            self.freeze()
            self.assert_health(
                daemon, 200, 'OK\nkeystone: it cannot be asked; whom it vouched for lately goes on')
            self.assert_health(daemon, 503, 'keystone: it cannot be asked')
            self.assert_unavailable(daemon.ask(self.demo, token))
            self.keystone.thaw()
            self.assert_health(daemon, 200, 'OK')

    def test_the_health_of_a_service_with_static_tokens_is_never_a_fault_of_keystones(self):
        with Daemon(static='{enabled: true}', timeout_seconds=0.5, token_cache_seconds=1) as daemon:
            self.freeze()
            time.sleep(1.5)
            self.assert_health(daemon, 200, 'OK\nkeystone: it cannot be asked; static tokens work')
            self.keystone.thaw()
            self.assert_health(daemon, 200, 'OK')

    def test_an_admin_does_not_lose_a_domains_deny_to_an_outage(self):
        admin = self.keystone.token('admin', 'admin')
        with Daemon(timeout_seconds=DEADLINE_SECONDS) as daemon:
            acme = consoles(self.keystone.projects['acme-prod'])
            self.assertEqual(daemon.ask(acme, admin).status, 200)
            self.freeze()
            self.assertEqual(daemon.ask(acme, admin).status, 200)
            self.assert_unavailable(daemon.ask(self.demo, admin))
            self.keystone.thaw()
            self.assertEqual(daemon.ask(self.demo, admin).status, 200)

    def test_it_ends_in_time_while_callers_wait(self):
        new = self.new_tokens(4)
        with Daemon(timeout_seconds=DEADLINE_SECONDS) as daemon:
            self.freeze()
            with concurrent.futures.ThreadPoolExecutor(1) as load:
                waiting = load.submit(daemon.all, self.demo, new)
                time.sleep(0.3)
                daemon.end()
                for answer in waiting.result():
                    self.assert_unavailable(answer)


if __name__ == '__main__':
    unittest.main()
