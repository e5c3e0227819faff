# SPDX-License-Identifier: Apache-2.0
"""Nothing can open: a compute host that does not answer, an instance in a state without consoles. The user sees the
cause soon, and Horizon does not repeat its calls to Nova."""
import time

from . import rig
from .scenario import Scenario

BUDGET = 15             # seconds, NOVA_TIMEOUT as the shim ships it
SAID_AGAIN_WITHIN = 1   # seconds, for the next users
STOCK_SAYS = 'Unable to load console.'
UNDERWAY_WITHIN = 10    # seconds, for Nova to enter the state that was asked for


class AComputeHostThatDoesNotAnswer(Scenario):
    def test_the_user_gets_the_error_within_the_budget_and_the_next_one_at_once(self):
        server = self.server('vm-mixed')
        with rig.frozen(server['host']):
            nova = rig.NovaLog()
            first = self.site.console_tab(server)
            first_calls = nova.console_calls(server)
            second = self.site.console_tab(server)
            info = self.site.console_info(server)
            later_calls = nova.console_calls(server)[len(first_calls):]
            stock = self.site.console_tab(server, horizon=rig.STOCK_HORIZON)
        self.note = 'stock %.1f s, with the shim %.1f s, the next opening %.2f s' % (
            stock.seconds, first.seconds, second.seconds)
        self.assertIsNone(stock.type)
        for tab in (first, second):
            self.assertIsNone(tab.type)
            self.assertIn('The host of this instance did not answer', tab.text)
        self.assertLessEqual(first.seconds, BUDGET + 1)
        self.assertLessEqual(second.seconds, SAID_AGAIN_WITHIN)
        self.assertIn('The host of this instance did not answer', info.text)
        self.assertLessEqual(info.elapsed.total_seconds(), SAID_AGAIN_WITHIN)
        self.assertLess(first.seconds, stock.seconds)
        self.assertEqual(later_calls, [])
        self.assertEqual(self.site.console_tab(self.server('vm-new')).type, 'SPICE')    # another host
        # the probe: thawed, and the time during which it is left alone is over
        self.assertIsNotNone(self._opens_again(server))

    def _opens_again(self, server):
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            opened = self.site.console_tab(server).type
            if opened:
                return opened
            time.sleep(1)
        return None


class AnInstanceWithoutConsoles(Scenario):
    """Each state is reached by Nova's own actions."""

    def setUp(self):
        super().setUp()
        self.admin = self.site.nova_of('admin')
        self.vm = self.admin.create('vm-brief', 'new')
        self.addCleanup(self.admin.delete, self.vm)

    def assert_told(self, words, vm=None):
        """The tab shows the words; console-info, which does not look at the instance before the first failure, shows
        them or that it is not ready. Each asks Nova for one console at most."""
        vm = vm or self.vm
        nova = rig.NovaLog()
        tab = self.site.console_tab(vm)
        with self.subTest(words=words, by='tab'):
            self.assertIsNone(tab.type)
            self.assertIn(words, tab.text)
            self.assertNotIn(STOCK_SAYS, tab.text)
            self.assertLessEqual(len(nova.console_calls(vm)), 1)
        nova = rig.NovaLog()
        info = self.site.console_info(vm)
        with self.subTest(words=words, by='console-info'):
            self.assertGreaterEqual(info.status_code, 400)
            self.assertIn('The instance is', info.text)
            calls = nova.console_calls(vm)
            self.assertLessEqual(len(calls), 1)
            if calls == [500]:  # no reason, so the shim has looked
                self.assertIn(words, info.text)

    def wait_for(self, key, value):
        deadline = time.monotonic() + UNDERWAY_WITHIN
        while self.admin.show(self.vm)[key] != value:
            self.assertLess(time.monotonic(), deadline, '%s is not %s' % (key, value))
            time.sleep(0.1)

    def test_without_a_host_in_error(self):
        self.admin.delete(self.vm)
        vm = self.admin.create('vm-nowhere', None)
        self.addCleanup(self.admin.delete, vm)
        self.assertEqual(self.admin.show(vm)['status'], 'ERROR')
        self.assert_told('in an error state', vm)

    def test_migrating_shelved_deleting(self):
        with rig.frozen('mixed'):           # where it is to go: Nova waits for that host's word
            self.admin.act(self.vm, {'os-migrateLive': {'host': 'mixed', 'block_migration': 'auto'}}, '2.34',
                           settle=False)
            self.wait_for('OS-EXT-STS:task_state', 'migrating')
            self.assert_told('being migrated')
        self.admin.settled(self.vm)

        self.admin.act(self.vm, {'shelve': None}, settle=False)
        self.wait_for('status', 'SHELVED_OFFLOADED')
        self.assert_told('is shelved')

        doomed = self.vm = self.admin.create('vm-brief', 'new')
        self.addCleanup(self.admin.delete, doomed)
        with rig.frozen('new'):
            self.admin.delete(doomed)
            self.wait_for('OS-EXT-STS:task_state', 'deleting')
            self.assert_told('being deleted')
        self.admin.gone(doomed)


CASES = (AComputeHostThatDoesNotAnswer, AnInstanceWithoutConsoles)
