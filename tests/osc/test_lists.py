# SPDX-License-Identifier: Apache-2.0
"""list, history and resolve."""

import json

from cases import INSTANCE, DaemonCase

REQUEST = r' \(Request-ID: req-[0-9a-f-]{36}\)'


class ListTests(DaemonCase):

    def setUp(self):
        super().setUp()
        self.store('cloud', prefer=['SPICE', 'VNC'])
        self.store('projects/project-a', prefer=['VNC'], reason='slow line')
        self.store(f'projects/project-a/instances/{INSTANCE}', deny=['ALL'])
        self.store('projects/project-b', prefer=['MKS'])

    def test_all_policies_are_listed(self):
        rows = self.gives('list')
        self.assertEqual([(row['Scope'], row['ID'], row['Prefer'], row['Deny']) for row in rows], [
            ('cloud', None, ['SPICE', 'VNC'], []), ('instance', INSTANCE, [], ['ALL']),
            ('project', 'project-a', ['VNC'], []), ('project', 'project-b', ['MKS'], [])])
        self.assertIn('| project  | project-a ', self.does('list'))
        self.assertEqual(self.does('list -f value -c ID --scope project'), 'project-a\nproject-b\n')

    def test_more_fields_are_listed_on_demand(self):
        row = self.gives('list --long --scope instance')[0]
        self.assertEqual((row['Project ID'], row['Updated By']), ('project-a', 'ada'))

    def test_a_list_can_be_of_one_kind_or_of_one_project(self):
        self.assertEqual([row['ID'] for row in self.gives('list --project project-a')], [INSTANCE, 'project-a'])
        self.assertEqual([row['ID'] for row in self.gives('list --scope cloud')], [None])

    def test_a_limit_limits(self):
        self.assertEqual(len(self.gives('list --limit 2')), 2)
        self.fails('list --limit 0', says="(?s:usage: .*)'0' is not a number above 0", status=2)

    def test_a_reader_may_list_the_own_project_only(self):
        self.assertEqual(len(self.gives('list --project project-a', options=self.as_('reader'))), 2)
        self.fails('list', options=self.as_('reader'), says=r'Forbidden: .* \(HTTP 403\)' + REQUEST)


class LongListTests(DaemonCase):

    def setUp(self):
        pass

    def test_pages_are_read_to_the_end(self):
        count = 1100  # more than the service gives at a time
        for number in range(count):
            self.store(f'users/user-{number:04}', prefer=['VNC'])
        self.assertEqual([row['ID'] for row in json.loads(self.does('list -f json'))],
                         [f'user-{number:04}' for number in range(count)])
        self.assertEqual([row['Revision'] for row in self.gives('history')], list(range(count, 0, -1)))
        self.assertEqual(len(self.gives('history --limit 1050')), 1050)


class HistoryTests(DaemonCase):

    def setUp(self):
        super().setUp()
        self.first = self.daemon.revision()
        self.store('projects/project-a', prefer=['VNC'])
        self.store('projects/project-a', prefer=['SPICE', 'VNC'], reason='faster')
        self.store(f'projects/project-a/instances/{INSTANCE}', prefer=['SERIAL'])
        self.store('users/max', prefer=['MKS'])

    def changes(self, line, **how):
        return [(row['Action'], row['Scope'], row['ID']) for row in self.gives('history ' + line, **how)
                if row['Revision'] > self.first]

    def test_changes_come_newest_first_with_before_and_after(self):
        row = self.gives('history --limit 3')[2]
        self.assertEqual((row['Action'], row['User ID'], row['Before']['prefer'], row['After']['reason']),
                         ('update', 'ada', ['VNC'], 'faster'))
        self.assertIn('| prefer VNC | prefer SPICE, VNC; (faster) |', self.does('history --limit 3'))

    def test_a_scope_chooses_its_changes(self):
        self.assertEqual(self.changes('--user max'), [('create', 'user', 'max')])
        self.assertEqual(self.changes('--project project-a'), [
            ('create', 'instance', INSTANCE), ('update', 'project', 'project-a'), ('create', 'project', 'project-a')])
        self.assertEqual(self.changes(f'--project project-a --instance {INSTANCE}'), [('create', 'instance', INSTANCE)])
        self.assertEqual(self.changes('--cloud'), [])

    def test_the_filters_are_the_services(self):
        self.assertEqual(self.changes('--scope project'), [
            ('update', 'project', 'project-a'), ('create', 'project', 'project-a')])
        self.assertEqual(self.changes('--scope project --project project-a --limit 1'),
                         [('update', 'project', 'project-a')])
        manager = self.as_('manager')
        self.does('set --user mona --prefer MKS', options=manager)
        self.assertEqual(self.changes('--changed-by mona'), [('create', 'user', 'mona')])
        self.assertEqual(self.changes('--user mona --changed-by ada'), [])
        self.assertEqual(len(self.changes('--since 1h')), 5)
        self.assertEqual(self.changes('--until 1h'), [])
        self.assertEqual(self.changes('--since 2999-01-01'), [])
        row = self.gives('history --user max')[0]
        self.assertEqual(self.changes(f'--since {row["At"]} --changed-by ada --scope user'),
                         [('create', 'user', 'max')])
        self.assertNotIn(('create', 'user', 'max'), self.changes(f'--until {row["At"]}'))

    def test_filters_that_choose_nothing_and_times_that_are_none_are_reported(self):
        self.fails('history --scope user --cloud', says='--scope user and --cloud choose nothing together')
        for time in ('yesterday', '0h', '999999999w', ''):
            self.fails(f'history --since={time}', says=r"(?s:usage: .*)'.*' is neither a time such as .*", status=2)

    def test_a_manager_sees_the_own_project(self):
        self.assertEqual(len(self.changes('--project project-a', options=self.as_('manager'))), 3)
        self.fails('history', options=self.as_('manager'), says=r'Forbidden: .* \(HTTP 403\)' + REQUEST)

    def test_more_fields_are_listed_on_demand(self):
        row = self.gives('history --long --limit 1')[0]
        self.assertRegex(row['Request ID'], r'^req-')
        self.assertIsNone(row['Project ID'])


class ResolveTests(DaemonCase):

    def setUp(self):
        super().setUp()
        self.store('domains/default', deny=['RDP'], reason='not audited')
        self.store('projects/project-a', prefer=['VNC'])
        self.store(f'projects/project-a/instances/{INSTANCE}', prefer=['SERIAL'])
        self.store('users/max', prefer=['MKS'])

    def test_a_project_is_resolved(self):
        shown = self.gives('resolve --project project-a')
        self.assertEqual((shown['consoles'], shown['denied'], shown['user_id']),
                         (['VNC', 'SPICE', 'SERIAL', 'MKS'], [], 'ada'))

    def test_an_instance_a_user_and_a_domain_count(self):
        line = f'resolve --instance {INSTANCE} --project project-a --user max --domain default'
        shown = self.gives(line)
        self.assertEqual((shown['consoles'], shown['denied'][0]['type']), (['SERIAL', 'MKS', 'VNC', 'SPICE'], 'RDP'))
        self.assertIn('| RDP: domain default (not audited) ', self.does(line))

    def test_explain_shows_the_policy_of_every_scope(self):
        line = f'resolve --instance {INSTANCE} --project project-a --user max --domain default --explain'
        text = self.does(line + ' -c explanation')
        for said in ('cloud: shipped: prefer SPICE, VNC, SERIAL, MKS -> places SPICE',
                     'domain default: stored: deny RDP; (not audited) -> denies RDP',
                     'project project-a: stored: prefer VNC -> places VNC',
                     'user max: stored: prefer MKS -> places MKS',
                     f'instance {INSTANCE}: stored: prefer SERIAL -> places SERIAL',
                     'RDP is not offered: denied'):
            self.assertIn(f'| {said} ', text)
        self.assertEqual(len(self.gives(line)['explanation']['scopes']), 5)

    def test_no_project_is_reported(self):
        self.fails('resolve', says='Which project\\? Give --project or --instance')

    def test_a_reader_may_not_ask_for_another_user(self):
        self.assertEqual(self.gives('resolve --project project-a', options=self.as_('reader'))['user_id'], 'rita')
        self.fails('resolve --project project-a --user max', options=self.as_('reader'),
                   says=r'Forbidden: .* \(HTTP 403\)' + REQUEST)
