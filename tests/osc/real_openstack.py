# SPDX-License-Identifier: Apache-2.0
"""The commands on a real Keystone and a real Nova, as their people. `run --openstack` runs it."""

import importlib.util
import json
import os
import pathlib
import sys
import tempfile

import shell
from cases import ROOT, ShellCase, path_of

REQUEST = r' \(Request-ID: req-[0-9a-f-]{36}\)'


def _world_of_keystone():
    """tests/keystone/world.py; the module `world` is that of tests/api here."""
    spec = importlib.util.spec_from_file_location('keystone_world', ROOT / 'tests' / 'keystone' / 'world.py')
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses looks it up
    spec.loader.exec_module(module)
    return module


keystone_world = _world_of_keystone()


class OpenStackCase(ShellCase):
    """With a daemon that asks the real Keystone. carol manages the project demo, where alice is a member and vm-new
    and vm-old are; frank manages legacy, where bob is a member and vm-legacy is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keystone = keystone_world.Keystone()
        cls.daemon = keystone_world.Daemon().__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None)
        cls.environment = {'OS_CONSOLE_POLICY_ENDPOINT_OVERRIDE': f'http://127.0.0.1:{cls.daemon.port}'}
        cls.admin, cls.carol, cls.alice = cls.as_('admin', 'admin'), cls.as_('carol', 'demo'), cls.as_('alice', 'demo')
        cls.frank, cls.bob = cls.as_('frank', 'legacy'), cls.as_('bob', 'legacy')
        cls.options = cls.admin
        cls.demo = cls.keystone.projects['demo']
        servers = json.loads(pathlib.Path(os.environ['RIG_STATE'], 'servers.json').read_text('ascii'))
        cls.servers = {name: server['id'] for name, server in servers.items()}

    @classmethod
    def as_(cls, user, project):
        password = keystone_world.PASSWORDS.get(user, keystone_world.USER_PASSWORD)
        return ('--os-auth-url', keystone_world.URL, '--os-identity-api-version', '3', '--os-region-name', 'RegionOne',
                '--os-username', user, '--os-password', password, '--os-user-domain-name', 'Default',
                '--os-project-name', project, '--os-project-domain-name', 'Default')

    def setUp(self):
        token = self.keystone.token('admin', 'admin')
        for policy in self.daemon.ask('/v1/policies', token).json()['policies']:
            self.assertEqual(self.daemon.ask('/v1/policies/' + path_of(policy), token, 'DELETE').status, 204)


class AdminTests(OpenStackCase):

    def test_a_policy_is_set_shown_listed_and_removed_by_names(self):
        stored = self.gives('set --project demo --prefer SPICE,VNC --reason quick --expires-in 4h')
        self.assertEqual(stored['project_id'], self.demo)
        shown = self.gives('show --project demo --names')
        self.assertEqual((shown['prefer'], shown['project_name'], shown['updated_by_name']),
                         (['SPICE', 'VNC'], 'demo', 'admin'))
        self.does('set --domain acme --deny RDP')
        self.does('set --user bob --prefer MKS')
        self.does('set --instance vm-legacy --prefer SERIAL')
        rows = {row['Scope']: row for row in self.gives('list --names')}
        self.assertEqual({scope: row['Owner Name'] for scope, row in rows.items()},
                         {'domain': 'acme', 'project': 'demo', 'user': 'bob', 'instance': 'legacy'})
        self.assertEqual(rows['instance']['ID'], self.servers['vm-legacy'])
        self.does('set --cloud --prefer VNC')
        self.assertNotIn('cloud_name', self.gives('show --cloud --names'))
        self.does('delete --project demo')
        self.fails('show --project demo', says=r'Not Found: .* \(HTTP 404\)' + REQUEST)
        newest = self.gives('history --limit 1 --names')[0]
        self.assertEqual((newest['Action'], newest['Owner Name'], newest['User Name']), ('delete', 'demo', 'admin'))

    def test_what_keystone_or_nova_do_not_know_is_reported(self):
        for arguments, says in (('--project nowhere', "No project with a name or ID of 'nowhere' exists\\."),
                                ('--user nobody', "No user with a name or ID of 'nobody' exists\\."),
                                ('--domain nowhere', "No domain with a name or ID of 'nowhere' exists\\."),
                                ('--instance vm-none', "No server with a name or ID of 'vm-none' exists\\."),
                                # Nova is asked for the servers of that project only
                                ('--instance vm-new --project legacy',
                                 "No server with a name or ID of 'vm-new' exists\\.")):
            self.fails('show ' + arguments, says=says)

    def test_a_file_brings_the_cloud_to_its_content(self):
        with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
            file.write('version: 1\nfilter: {}\npolicies:\n  - {scope: cloud, prefer: [SPICE, VNC]}\n'
                       f'  - {{scope: project, project_id: {self.demo}, deny: [RDP], reason: not audited}}\n')
            file.flush()
            self.assertEqual([row['Result'] for row in self.gives('apply --prune --dry-run -f', file.name)],
                             ['dry run', 'dry run'])
            self.assertEqual(self.gives('list'), [])
            self.assertEqual([row['Result'] for row in self.gives('apply --prune -f', file.name)], ['done', 'done'])
            self.assertEqual(self.gives('apply --prune -f', file.name), [])


class ManagerTests(OpenStackCase):
    """Who may not ask Keystone for projects and users."""

    def setUp(self):
        super().setUp()
        self.options = self.carol

    def test_the_own_project_is_managed_by_name(self):
        self.does('set --project demo --prefer VNC --reason', 'slow line')
        self.does('set --instance vm-new --prefer SERIAL')
        self.assertEqual(self.gives('resolve --instance vm-new')['consoles'][:2], ['SERIAL', 'VNC'])
        self.assertEqual(self.gives('resolve')['consoles'][0], 'VNC')
        self.assertEqual([row['ID'] for row in self.gives('list --project demo')], [self.servers['vm-new'], self.demo])
        self.assertEqual([row['Scope'] for row in self.gives('history --project demo --changed-by carol --limit 2')],
                         ['instance', 'project'])
        text = self.does('export --project demo')
        changed = text.replace('prefer: [SERIAL]', 'prefer: [SPICE]')
        rows = self.gives('apply --prune -f -', stdin=changed)
        self.assertEqual([(row['Action'], row['ID'], row['Result']) for row in rows],
                         [('update', self.servers['vm-new'], 'done')])
        self.assertEqual(self.does('export --project demo'), changed)
        self.does('delete --instance vm-new')

    def test_another_projects_server_is_not_there(self):
        self.fails('show --instance vm-legacy', says="No server with a name or ID of 'vm-legacy' exists\\.")

    def test_new_processes_do_it_as_well(self):
        words = ('console', 'policy', 'set', '--instance', 'vm-old', '--prefer', 'VNC', '-f', 'value', '-c', 'prefer')
        outcome = shell.program([*self.carol, *words], self.environment)
        self.assertEqual((outcome.status, outcome.output, outcome.errors), (0, "['VNC']\n", ''))


class MemberTests(OpenStackCase):

    def test_a_member_sees_only_the_names_that_keystone_shows_her(self):
        self.does('set --project demo --prefer VNC', options=self.carol)
        self.does('set --instance vm-new --prefer SERIAL', options=self.alice)
        for options, others_name in ((self.alice, None), (self.admin, 'carol')):
            rows = {row['Scope']: (row['Owner Name'], row['Updated By Name'])
                    for row in self.gives('list --project demo --names', options=options)}
            self.assertEqual(rows, {'project': ('demo', others_name), 'instance': ('demo', 'alice')})


class RefusedTests(OpenStackCase):

    def test_a_member_rules_instances_and_not_the_project(self):
        self.does('set --instance vm-new --prefer VNC', options=self.alice)
        self.forbidden('set --project demo --prefer VNC', self.alice, 'project_policy:write')
        self.forbidden('history --project demo', self.alice, 'changes:list')
        self.fails('apply -f -', options=self.alice, stdin=self.file(),
                   says=r'0 of 1 changes are done, and these are refused \(HTTP 403\)' + REQUEST +
                   rf':\n-:4:5: project {self.demo}: Policy does not allow project_policy:write to be performed\.')

    def test_a_stranger_never_learns_whether_a_policy_exists(self):
        for _ in range(2):  # without a policy, and with one
            for options in (self.frank, self.bob):
                self.forbidden(f'show --project {self.demo}', options, 'project_policy:show')
                # set and delete look first, which is refused already
                self.forbidden(f'set --project {self.demo} --prefer VNC', options, 'project_policy:show')
                self.forbidden(f'delete --project {self.demo}', options, 'project_policy:show')
                self.forbidden(f'list --project {self.demo}', options, 'policies:list')
                self.forbidden(f'export --project {self.demo}', options, 'policies:list')
                self.forbidden(f'history --project {self.demo}', options, 'changes:list')
                self.forbidden(f'resolve --project {self.demo}', options, 'project_resolution:show')
                self.forbidden('apply -f -', options, 'project_policy:show', stdin=self.file())
            self.does('set --project demo --prefer VNC')

    def forbidden(self, line, options, rule, **how):
        self.fails(line, options=options, **how,
                   says=rf'Forbidden: Policy does not allow {rule} to be performed\. \(HTTP 403\)' + REQUEST)

    def file(self):
        return f'version: 1\npolicies:\n\n  - {{scope: project, project_id: {self.demo}, prefer: [MKS]}}\n'


class AvailabilityTests(OpenStackCase):
    """What a dashboard reports under Nova's own fingerprint."""

    def setUp(self):
        super().setUp()
        self.server = self.servers['vm-old']
        self.path = f'/v1/projects/{self.demo}/instances/{self.server}'
        nova = self.keystone.login('alice', 'demo')
        self.server_now = nova.get(f'http://127.0.0.1:8774/v2.1/servers/{self.server}').json()['server']
        outcomes = [{'type': 'SPICE', 'outcome': 'unavailable', 'nova_status': 400, 'milliseconds': 41},
                    {'type': 'VNC', 'outcome': 'opened', 'nova_status': 200, 'milliseconds': 40}]
        report = {'report': {'instance_updated': self.server_now['updated'], 'host_id': self.server_now['hostId'],
                             'outcomes': outcomes}}
        answer = self.daemon.ask(self.path + '/outcomes', nova.get_token(), 'POST', report)
        self.assertEqual(answer.status, 204, answer)

    def test_resolve_shows_what_an_opening_gets(self):
        shown = self.gives('resolve --instance vm-old', options=self.alice)
        self.assertEqual((shown['consoles'], shown['known_available']), (['VNC', 'SERIAL', 'MKS', 'SPICE'], ['VNC']))
        self.assertEqual([entry['type'] for entry in shown['known_unavailable']], ['SPICE'])

    def test_instances_that_wait_for_their_reboot_are_found_by_host(self):
        self.noun = ('console', 'availability')
        self.assertEqual({row['Type'] for row in self.gives('show --instance vm-old', options=self.carol)},
                         {'SPICE', 'VNC'})
        line = 'list --type SPICE --status unavailable'
        for more in ('', ' --project demo --host old', f' --host {self.server_now["hostId"]}'):
            self.assertEqual([row['Instance ID'] for row in self.gives(line + more)], [self.server])
        self.assertEqual(self.gives(line + ' --project demo --host new'), [])
        self.assertEqual([(row['Type'], row['Opened'], row['Unavailable']) for row in self.gives('summary')],
                         [('SPICE', 0, 1), ('VNC', 1, 0)])
        self.does('forget --instance vm-old', options=self.carol)
        self.assertEqual(self.gives('list'), [])
        self.noun = ('console', 'policy')
        self.assertEqual(self.gives('resolve --instance vm-old')['known_unavailable'], [])
