# SPDX-License-Identifier: Apache-2.0
"""Names through Keystone and Nova, and the catalog: a FakeKeystone, that gives tokens of the real daemon."""

import json
import time
from unittest import mock

from cases import INSTANCE, DaemonCase, world
from fakes import FakeKeystone

LOG_SECONDS = 5
OTHER = '22222222-2222-4222-8222-222222222222'
REQUEST = r' \(Request-ID: req-[0-9a-f-]{36}\)'


class NamesCase(DaemonCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keystone = FakeKeystone(world).__enter__()
        cls.addClassCleanup(cls.keystone.__exit__)
        cls.options = cls.in_keystone('admin')

    @classmethod
    def in_keystone(cls, user):
        return ('--os-auth-url', cls.keystone.url + '/v3', '--os-username', user, '--os-password', 'any',
                '--os-project-name', 'apollo', '--os-user-domain-name', 'Default',
                '--os-project-domain-name', 'Default', '--os-identity-api-version', '3')

    def setUp(self):
        super().setUp()
        self.keystone.endpoint = f'http://127.0.0.1:{self.daemon.port}'
        self.keystone.may_list = True
        self.keystone.hidden = self.keystone.failure = ()


class AdminTests(NamesCase):

    def test_names_and_ids_are_found(self):
        for arguments, path in (
                ('--domain acme', 'domains/acme-id'), ('--domain acme-id', 'domains/acme-id'),
                ('--project borealis', 'projects/project-b'), ('--project project-b', 'projects/project-b'),
                ('--project twin --project-domain acme', 'projects/project-d'),
                ('--user max', 'users/max'),
                ('--instance web-1', f'projects/project-a/instances/{INSTANCE}'),
                (f'--instance {INSTANCE}', f'projects/project-a/instances/{INSTANCE}'),
                ('--instance db.1', f'projects/project-b/instances/{OTHER}'),
                ('--instance web-1 --project apollo', f'projects/project-a/instances/{INSTANCE}')):
            with self.subTest(arguments):
                self.remove_everything()
                self.does(f'set {arguments} --prefer SERIAL')
                self.assertEqual(self.stored(path)['prefer'], ['SERIAL'])
        self.remove_everything()
        self.does('set --prefer VNC --user', 'Max Member')
        self.assertEqual(self.stored('users/max')['prefer'], ['VNC'])

    def test_what_is_not_there_or_not_clear_is_reported(self):
        for arguments, says in (
                ('--project nowhere', "No project with a name or ID of 'nowhere' exists\\."),
                ('--domain nowhere', "No domain with a name or ID of 'nowhere' exists\\."),
                ('--user nobody', "No user with a name or ID of 'nobody' exists\\."),
                ('--project twin', 'More than one Project exists with the name .twin.\\.'),
                ('--instance web', "No server with a name or ID of 'web' exists\\."),
                ('--instance db.1 --project apollo', 'Instance db\\.1 belongs to project project-b, not to project-a')):
            with self.subTest(arguments):
                self.fails(f'show {arguments}', says=says)

    def test_the_policy_of_an_instance_that_is_gone_can_be_removed(self):
        gone = OTHER.replace('2', '4')
        self.store(f'projects/project-a/instances/{gone}', prefer=['VNC'])
        self.fails(f'delete --instance {gone}', says=f"No server with a name or ID of '{gone}' exists\\.")
        self.does(f'delete --instance {gone} --project apollo')
        self.assertIsNone(self.stored(f'projects/project-a/instances/{gone}'))

    def test_the_endpoint_may_end_with_the_version(self):
        self.keystone.endpoint += '/v1/'
        self.assertEqual(self.gives('list'), [])

    def test_a_catalog_without_the_service_is_reported(self):
        endpoint, self.keystone.endpoint = self.keystone.endpoint, None
        self.fails('list', says='The service catalog has no console-policy endpoint \\(.*\\): register it, or set '
                   'OS_CONSOLE_POLICY_ENDPOINT_OVERRIDE')
        self.environment = {'OS_CONSOLE_POLICY_ENDPOINT_OVERRIDE': endpoint}
        self.assertEqual(self.gives('list'), [])

    def test_without_a_project_the_tokens_counts(self):
        self.assertEqual(self.gives('resolve', options=self.in_keystone('member'))['project_id'], 'project-a')


class LabelTests(NamesCase):
    """--names: Keystone is asked with the caller's own token."""

    def setUp(self):
        super().setUp()
        self.store('projects/project-a', prefer=['VNC'])
        self.store(f'projects/project-b/instances/{OTHER}', prefer=['SERIAL'])
        self.store('domains/acme-id', deny=['RDP'])
        self.store('users/mona', prefer=['MKS'])

    def owner_names(self, options=None):
        rows = self.gives('list --names', options=options) if options else self.gives('list --names')
        return {row['Scope']: row['Owner Name'] for row in rows}

    def asked_for(self, path):
        return [headers['X-Auth-Token'] for _, asked, headers, _ in self.keystone.requests if asked == path]

    def test_each_name_is_looked_up_once(self):
        self.keystone.requests.clear()
        self.assertEqual(self.owner_names(), {
            'domain': 'acme', 'project': 'apollo', 'user': 'mona', 'instance': 'borealis'})
        self.assertEqual(len(self.asked_for('/v3/projects/project-b')), 1)

    def test_names_that_the_caller_may_not_read_stay_empty(self):
        self.keystone.may_list = False
        self.keystone.requests.clear()
        self.assertEqual(self.owner_names(), {'domain': None, 'project': None, 'user': None, 'instance': None})
        tokens = {headers.get('X-Auth-Token') for _, path, headers, _ in self.keystone.requests
                  if path.startswith(('/v3/projects/', '/v3/users/', '/v3/domains/'))}
        self.assertEqual(tokens, {world.PERSONAS['admin'].token})

    def test_a_refused_name_does_not_hide_the_others(self):
        self.store('users/max', prefer=['MKS'])
        self.keystone.hidden = {'max'}
        names = {row['ID']: row['Owner Name'] for row in self.gives('list --names --scope user')}
        self.assertEqual(names, {'max': None, 'mona': 'mona'})

    def test_an_id_is_one_segment_of_the_path(self):
        self.store('users/mona%3Fx', prefer=['MKS'])
        names = {row['ID']: row['Owner Name'] for row in self.gives('list --names --scope user')}
        self.assertEqual(names, {'mona': 'mona', 'mona?x': None})

    def test_a_failing_keystone_costs_the_names_and_not_the_list(self):
        json_type = {'Content-Type': 'application/json'}
        for failure in (None, (503, {}, b''), (200, json_type, b'no JSON'), (200, json_type, b'[]')):
            with self.subTest(failure):
                self.keystone.failure = failure
                self.keystone.requests.clear()
                outcome = self.run_shell('list --names -f json')
                self.assertEqual(outcome.status, 0, outcome)
                self.assertEqual([row['Owner Name'] for row in json.loads(outcome.output)], [None] * 4)
                self.assertRegex(outcome.errors, r'\AKeystone did not answer a name lookup \(.+\): '
                                 r'the remaining names are left out\n\Z')
                lookups = {path for _, path, *_ in self.keystone.requests
                           if path.startswith(('/v3/projects/', '/v3/users/', '/v3/domains/'))}
                self.assertEqual(len(lookups), 1)

    def test_lookups_are_bounded(self):
        with mock.patch('osc_console_policy.labels.MAX_REQUESTS', 1):
            outcome = self.run_shell('list --names -f json')
        self.assertEqual(outcome.status, 0, outcome)
        names = [row['Owner Name'] for row in json.loads(outcome.output)]
        self.assertEqual(len(names) - names.count(None), 1)
        self.assertEqual(outcome.errors, 'More than 1 names to look up: the remaining names are left out\n')

    def test_the_names_in_the_callers_own_token_need_no_request(self):
        self.keystone.may_list = False
        self.remove_everything()
        manager = self.in_keystone('manager')
        self.does('set --project apollo --prefer VNC', options=manager)
        shown = self.gives('show --project apollo --names', options=manager)
        self.assertEqual((shown['project_name'], shown['updated_by_name']), ('apollo', 'manager'))

    def test_one_policy_and_the_history_have_them_too(self):
        shown = self.gives('show --domain acme --names')
        self.assertEqual(shown['domain_name'], 'acme')
        self.assertIn('updated_by_name', shown)
        newest = self.gives('history --limit 1 --names')[0]
        self.assertEqual(newest['Owner Name'], 'mona')


class MemberTests(NamesCase):
    """Who may not list projects, users and other projects' servers."""

    def setUp(self):
        super().setUp()
        self.keystone.may_list = False

    def test_own_names_are_known(self):
        manager = self.in_keystone('manager')
        self.does('set --project apollo --prefer VNC', options=manager)
        self.assertEqual(self.stored('projects/project-a')['updated_by'], 'mona')
        self.does('set --user manager --prefer MKS', options=manager)
        self.assertEqual(self.stored('users/mona')['prefer'], ['MKS'])
        self.does('set --instance web-1 --prefer SERIAL', options=self.in_keystone('member'))
        self.assertEqual(self.stored(f'projects/project-a/instances/{INSTANCE}')['updated_by'], 'max')
        self.store('domains/default', deny=['RDP'])
        self.assertEqual(self.gives('show --domain Default', options=manager)['deny'], ['RDP'])

    def test_own_other_projects_are_known_by_name(self):
        self.fails('set --project twin --prefer VNC', options=self.in_keystone('manager'),
                   says=r'Forbidden: .* \(HTTP 403\)' + REQUEST)
        self.was_asked('GET /v1/policies/projects/project-c')

    def test_other_names_are_taken_for_ids(self):
        self.fails('set --project borealis --prefer VNC', options=self.in_keystone('manager'),
                   says=r'Forbidden: .* \(HTTP 403\)' + REQUEST)
        self.was_asked('GET /v1/policies/projects/borealis')

    def test_a_server_of_another_project_is_not_there(self):
        self.fails('show --instance db.1', options=self.in_keystone('member'),
                   says="No server with a name or ID of 'db\\.1' exists\\.")

    def was_asked(self, request):
        """By the daemon's log, whose lines come a moment after their answers."""
        deadline = time.monotonic() + LOG_SECONDS
        while request not in self.paths() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertIn(request, self.paths())

    def paths(self):
        """The requests in the daemon's log."""
        lines = [json.loads(line) for line in self.daemon.log().splitlines() if line.startswith('{')]
        return [f'{line["method"]} {line["path"]}' for line in lines if 'path' in line]
