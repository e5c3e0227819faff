# SPDX-License-Identifier: Apache-2.0
"""SPICE is switched on beside VNC: what an opening costs, and when an instance that lacked SPICE gets it.

Nothing is stored, so SPICE comes first. `vm-mixed` is older than SPICE on its host."""
import concurrent.futures
import time

import requests

from . import daemon, rig
from .scenario import Scenario

REPORTED_WITHIN = 5     # seconds; a report goes after the answer to the user
PAIR_PORT = 8083
PAIR = 'http://127.0.0.1:%d' % PAIR_PORT
AT_ONCE = 8


class Learning(Scenario):
    NAME = 'vm-mixed'

    def setUp(self):
        super().setUp()
        self.vm = self.server(self.NAME)
        self.alice = self.site.nova_of('alice')
        self.make_older_than_spice()

    def make_older_than_spice(self):
        """The guest without SPICE, on a host that has it switched on."""
        if rig.has_spice(self.vm):
            rig.switch_spice(self.vm['host'], 'off')
            try:
                self.alice.act(self.vm, {'reboot': {'type': 'HARD'}})
            finally:
                rig.switch_spice(self.vm['host'], 'on')
        self.assertFalse(rig.has_spice(self.vm))

    def opening(self):
        """Open its Console tab once: (type, status codes of the console calls that Nova got)."""
        nova = rig.NovaLog()
        return self.site.console_tab(self.vm).type, nova.console_calls(self.vm)

    def learn(self):
        """An opening that teaches, and what it teaches has arrived."""
        opened = self.opening()
        deadline = time.monotonic() + REPORTED_WITHIN
        while ('SPICE', 'unavailable') not in self.site.policies.availability(self.vm):
            self.assertLess(time.monotonic(), deadline, 'nothing was reported')
            time.sleep(0.05)
        return opened


class AnInstanceWithoutSpice(Learning):
    def test_the_first_opening_asks_nova_twice_and_every_later_one_once(self):
        self.assertEqual(self.learn(), ('VNC', [400, 200]))
        for _ in range(3):
            self.assertEqual(self.opening(), ('VNC', [200]))
        nova = rig.NovaLog()
        self.assertEqual(self.open_tab(self.NAME)['type'], 'VNC')
        self.assertEqual(nova.console_calls(self.vm), [200])

    def test_what_was_learnt_can_be_forgotten(self):
        self.learn()
        self.site.policies.forget(self.vm)
        self.assertEqual(self.opening(), ('VNC', [400, 200]))

    def test_asks_at_most_once_more_after_a_soft_reboot_a_new_name_and_new_metadata_and_still_opens_vnc(self):
        path = '/servers/' + self.vm['id']
        for what, do in (
                ('soft reboot', lambda: self.alice.act(self.vm, {'reboot': {'type': 'SOFT'}})),
                ('new name', lambda: self.alice.call('PUT', path, {'server': {'name': self.NAME}})),
                ('new metadata', lambda: self.alice.call('POST', path + '/metadata', {
                    'metadata': {'seen': str(time.time())}}))):
            self.learn()
            self._pass_a_second()
            do()
            with self.subTest(after=what):
                self.assertIn(self.learn(), (('VNC', [200]), ('VNC', [400, 200])))
                self.assertEqual(self.opening(), ('VNC', [200]))

    @staticmethod
    def _pass_a_second():
        time.sleep(1.1)         # Nova's `updated` has whole seconds


class AnInstanceThatGetsSpice(Learning):
    """Each of these redefines the guest; the very next opening gets SPICE and asks Nova once."""

    def assert_gets_spice(self):
        self.assertEqual(self.opening(), ('SPICE', [200]))
        self.assertEqual(self.opening(), ('SPICE', [200]))

    def test_by_a_hard_reboot(self):
        self.learn()
        self.alice.act(self.vm, {'reboot': {'type': 'HARD'}})
        self.assert_gets_spice()
        self.assertEqual(self.open_tab(self.NAME)['type'], 'SPICE')

    def test_by_stop_and_start(self):
        self.learn()
        self.alice.act(self.vm, {'os-stop': None})
        self.alice.act(self.vm, {'os-start': None})
        self.assert_gets_spice()

    def test_by_a_rebuild(self):
        self.learn()
        self.alice.act(self.vm, {'rebuild': {'imageRef': self.alice.show(self.vm)['image']['id']}})
        self.assert_gets_spice()

    def test_by_a_migration(self):
        admin = self.site.nova_of('admin')

        def migrate(to):
            admin.act(self.vm, {'migrate': {'host': to}}, '2.56', status='VERIFY_RESIZE')
            admin.act(self.vm, {'confirmResize': None}, status='ACTIVE')
        self.learn()
        migrate('new')
        try:
            self.assert_gets_spice()
        finally:
            migrate(self.vm['host'])


class TwoWorkersAndTwoUsers(Learning):
    def test_open_one_instance_at_once_without_an_error_and_leave_one_row(self):
        rig.shell('tools/horizon start pair %d --processes 2' % PAIR_PORT)
        self.addCleanup(rig.shell, 'tools/horizon stop pair')
        users = [self.site.dashboard(user) for user in ('alice', 'carol')]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in range(2):
                opened = list(pool.map(lambda n: users[n % 2].console_tab(self.vm, horizon=PAIR), range(AT_ONCE)))
                self.assertEqual([(tab.status, tab.type) for tab in opened], [(200, 'VNC')] * AT_ONCE)
        self.assertEqual(self.learn(), ('VNC', [200]))
        rows = self.site.policies.availability(self.vm)
        self.assertEqual([row for row in rows if row[0] == 'SPICE'], [('SPICE', 'unavailable')])
        self.assertEqual(len(rows), len({name for name, _ in rows}))
        self.assertEqual(self.opening(), ('VNC', [200]))


class WhoReportsWhatIsNotSo(Learning):
    def _report(self, user, project, project_id, fingerprint, name='SPICE', outcome='unavailable'):
        answer = requests.post(
            '%s/v1/projects/%s/instances/%s/outcomes' % (daemon.URL, project_id, self.vm['id']), timeout=10,
            headers={'X-Auth-Token': self.site.nova_of(user, project).token()}, json={'report': {
                'instance_updated': fingerprint[0], 'host_id': fingerprint[1],
                'outcomes': [{'type': name, 'outcome': outcome}]}})
        return answer.status_code

    def _fingerprint(self):
        seen = self.alice.show(self.vm)
        return seen['updated'], seen['hostId']

    def test_a_member_of_another_project_gets_403_and_changes_nothing(self):
        fingerprint = self._fingerprint()
        self.assertEqual(self._report('bob', 'legacy', self.vm['project_id'], fingerprint, 'VNC'), 403)
        self.assertEqual(self.site.policies.availability(self.vm), [])
        self.learn()
        self.assertEqual(self._report('bob', 'legacy', self.vm['project_id'], fingerprint, 'SPICE', 'opened'), 403)
        self.assertEqual(self.opening(), ('VNC', [200]))

    def test_it_may_report_anything_about_its_own_project_without_effect_on_others(self):
        fingerprint = self._fingerprint()
        own = self.server('vm-legacy')['project_id']
        self.assertIn(self._report('bob', 'legacy', own, fingerprint), (204, 403))
        self.assertEqual(self.site.policies.availability(self.vm), [])
        self.assertEqual(self.opening(), ('VNC', [400, 200]))

    def test_a_wrong_fingerprint_has_no_effect(self):
        self.assertEqual(self._report('alice', 'demo', self.vm['project_id'], ('2020-01-01T00:00:00Z', 'ab' * 28)), 204)
        self.assertEqual(self.opening(), ('VNC', [400, 200]))


class AnInstanceInErrorWhoseGuestRuns(Learning):
    """`openstack server set --state error`: the guest has no SPICE device, its host offers SPICE."""

    def test_it_opens_vnc_as_in_any_other_state(self):
        admin = self.site.nova_of('admin')
        self.addCleanup(admin.act, self.vm, {'os-resetState': {'state': 'active'}}, status='ACTIVE')
        admin.act(self.vm, {'os-resetState': {'state': 'error'}}, status='ERROR')
        self.assertEqual(self.opening(), ('VNC', [400, 200]))
        self.assert_opens(self.NAME, 'VNC')


CASES = (AnInstanceWithoutSpice, AnInstanceThatGetsSpice, TwoWorkersAndTwoUsers, WhoReportsWhatIsNotSo,
         AnInstanceInErrorWhoseGuestRuns)
