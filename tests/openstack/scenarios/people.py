# SPDX-License-Identifier: Apache-2.0
"""Who may do what, with Keystone's own users: alice is a member, carol a manager, dave a reader of demo; frank manages
another project."""
import glob
import re

import requests

from . import daemon, openstack_command, rig
from .scenario import Scenario

SETTINGS = '/etc/openstack-dashboard/local_settings.d/_1890_console_policy.py'
REASON = 'VNC only during the audit'


def _told(outcome):
    """A command's output, without the parts that differ between runs."""
    return re.sub(r'req-[0-9a-f-]{36}', 'REQUEST', outcome.output + outcome.errors)


class AMember(Scenario):
    def test_opens_a_console_with_nothing_but_her_own_token(self):
        self.assertEqual(self._settings_with_a_secret(), [])
        self.site.policies.put(self.project('vm-new'), prefer=['VNC'])      # so that Horizon's own order is not it
        self.site.policies.put(self.instance('vm-new'), prefer=['SPICE'])
        with open(rig.LOGS + '/console-policyd.log') as log:
            log.seek(0, 2)
            self.assert_opens('vm-new', 'SPICE')
            asked = [line for line in log.read().splitlines()
                     if '/instances/%s/consoles' % self.server('vm-new')['id'] in line]
        self.assertTrue(asked)
        for line in asked:
            self.assertIn(self.site.nova_of('alice').user_id(), line, 'Horizon asked as somebody else')

    def _settings_with_a_secret(self):
        names = {}
        with open(SETTINGS) as file:
            exec(file.read(), names)        # as Horizon does
        named = [key for key in ('TOKEN_FILE', 'ENDPOINT') if names['CONSOLE_POLICY'].get(key)]
        return named + glob.glob('/etc/openstack-dashboard/**/*token*', recursive=True)


class TheProjectsManager(Scenario):
    def test_changes_the_order_on_the_command_line_and_the_next_opening_follows(self):
        server = self.server('vm-new')
        self.assertEqual(self.site.console_info(server).json().get('type'), 'SPICE')
        self._manager('set', '--project', 'demo', '--prefer', 'VNC', '--reason', REASON)
        self.assertEqual(self.site.console_info(server).json().get('type'), 'VNC')
        self.assertEqual(self.open_tab('vm-new')['type'], 'VNC')
        self.assertIn('VNC', self._manager('show', '--project', 'demo', '-f', 'value', '-c', 'prefer').output)
        self._manager('delete', '--project', 'demo')
        self.assertEqual(self.site.console_info(server).json().get('type'), 'SPICE')

    def _manager(self, *arguments):
        outcome = openstack_command.run('carol', 'demo', 'console', 'policy', *arguments)
        self.assertEqual(outcome.status, 0, outcome)
        return outcome


class WhoDoesNotManageTheProject(Scenario):
    """403, and the same 403 whether there is a policy or not."""

    def _with_and_without_a_policy(self, do):
        without = do()
        self.site.policies.put(self.project('vm-new'), prefer=['VNC'], reason=REASON)
        return without, do()

    def _set(self, user, project):
        return openstack_command.run(user, project, 'console', 'policy', 'set', '--project',
                                     self.server('vm-new')['project_id'], '--prefer', 'SPICE')

    def _assert_refused(self, user, project):
        without, with_policy = self._with_and_without_a_policy(lambda: self._set(user, project))
        self.assertNotEqual(without.status, 0, without)
        self.assertIn('HTTP 403', without.errors)
        self.assertEqual((with_policy.status, _told(with_policy)), (without.status, _told(without)))
        self.assertEqual(self.site.policies.show(self.project('vm-new'))['prefer'], ['VNC'])

    def test_a_member_gets_403_for_the_policy_and_learns_nothing_from_it(self):
        self._assert_refused('alice', 'demo')

    def test_a_foreign_manager_gets_403_and_learns_nothing_from_it(self):
        self._assert_refused('frank', 'legacy')

    def test_every_way_to_write_or_read_it_answers_a_foreign_manager_the_same(self):
        token = self.site.nova_of('frank', 'legacy').token()
        url = daemon.URL + '/v1/policies/' + self.project('vm-new')

        def answers():
            seen = {}
            for method, headers in (('GET', {}), ('PUT', {}), ('PUT', {'If-Match': '"1"'}),
                                    ('PUT', {'If-None-Match': '*'}), ('DELETE', {}), ('DELETE', {'If-Match': '"1"'})):
                answer = requests.request(method, url, headers=dict(headers, **{'X-Auth-Token': token}), timeout=10,
                                          json={'policy': {'prefer': ['SPICE']}} if method == 'PUT' else None)
                shown = sorted(name for name in answer.headers if name not in ('Date', 'Content-Length'))
                seen[method, *headers] = answer.status_code, re.sub(r'req-[0-9a-f-]{36}', '', answer.text), shown
            return seen
        without, with_policy = self._with_and_without_a_policy(answers)
        self.assertEqual({answer[0] for answer in without.values()}, {403})
        self.assertEqual(with_policy, without)


CASES = (AMember, TheProjectsManager, WhoDoesNotManageTheProject)
