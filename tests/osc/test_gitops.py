# SPDX-License-Identifier: Apache-2.0
"""export and apply."""

import collections
import json
import pathlib
import re
import tempfile
import textwrap
import urllib.parse

import shell
from cases import INSTANCE, ROOT, DaemonCase, ShellCase, world
from fakes import Fake

REQUEST = r' \(Request-ID: req-[0-9a-f-]{36}\)'


# A fake's answer where no policy is stored.
NOT_FOUND = (404, {'Content-Type': 'application/json'}, json.dumps({'errors': [{
    'request_id': 'req-4c6a3f0e-2f0b-4a52-9d3a-0d4d8f5b7c11', 'code': 'console-policy.not_found', 'status': 404,
    'title': 'Not Found', 'detail': 'No policy.', 'links': []}]}).encode())


class ExportTests(DaemonCase):

    def store_everything(self):
        self.store('users/0123', prefer=['SPICE'])
        self.store(f'projects/project-a/instances/{INSTANCE}', prefer=['SERIAL'])
        self.store('projects/project-b', deny=['ALL'], reason='closed: für "alle" #1',
                   expires_at='2099-01-01T00:00:00Z')
        self.store('projects/project-a', prefer=['VNC'], allow=['SPICE'])
        self.store('domains/default', deny=['RDP', 'MKS'])
        self.store('cloud', prefer=['SPICE', 'VNC'])

    def test_the_file_is_stable_and_goes_from_broad_to_narrow(self):
        self.store_everything()
        self.assertEqual(self.does('export'), textwrap.dedent(f'''\
            version: 1
            filter: {{}}
            policies:
              - scope: cloud
                prefer: [SPICE, VNC]
              - scope: domain
                domain_id: default
                deny: [RDP, MKS]
              - scope: project
                project_id: project-a
                prefer: [VNC]
                allow: [SPICE]
              - scope: project
                project_id: project-b
                deny: [ALL]
                reason: 'closed: für "alle" #1'
                expires_at: '2099-01-01T00:00:00.000000Z'
              - scope: user
                user_id: '0123'
                prefer: [SPICE]
              - scope: instance
                project_id: project-a
                instance_id: {INSTANCE}
                prefer: [SERIAL]
            '''))

    def test_an_empty_store_exports_no_policies(self):
        self.assertEqual(self.does('export'), 'version: 1\nfilter: {}\npolicies: []\n')

    def test_a_filter_chooses_and_is_written_down(self):
        self.store_everything()
        text = self.does('export --project project-a')
        self.assertIn('filter:\n  project_id: project-a\n', text)
        self.assertNotIn('project-b', text)
        text = self.does('export --scope domain')
        self.assertEqual((text.count('- scope:'), 'filter:\n  scope: domain\n' in text), (1, True))

    def test_what_is_exported_applies_to_an_empty_store_and_then_changes_nothing(self):
        self.store_everything()
        path = str(self.folder / 'all.yaml')
        self.assertEqual(self.does('export --file', path), '')
        before = self.does('export')
        self.assertEqual(self.gives('apply --prune -f', path), [])
        self.remove_everything()
        self.assertEqual({row['Result'] for row in self.gives('apply -f', path)}, {'done'})
        self.assertEqual(self.does('export'), before)
        self.assertEqual(pathlib.Path(path).read_text(encoding='utf-8'), before)

    def test_the_output_is_utf_8_whatever_the_encoding_of_the_terminal(self):
        self.store('projects/project-b', prefer=['VNC'], reason='für "alle"')
        wanted = self.does('export')
        for encoding in ('latin-1', 'ascii', 'utf-8'):
            with self.subTest(encoding):
                outcome = shell.program([*self.options, 'console', 'policy', 'export'],
                                        {'PYTHONIOENCODING': encoding})
                self.assertEqual((outcome.status, outcome.output), (0, wanted), outcome)

    def test_a_file_that_cannot_be_written_is_reported(self):
        self.fails('export --file', str(self.folder / 'no' / 'such'), says=r'.*No such file or directory.*')


class ReadTests(ShellCase):

    def test_apply_reads_only_the_scopes_of_its_file(self):
        with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file, Fake(lambda *_: NOT_FOUND) as service:
            file.write('version: 1\npolicies:\n  - {scope: project, project_id: a, prefer: [VNC]}\n'
                       '  - {scope: cloud, prefer: [VNC]}\n')
            file.flush()
            self.does('apply --dry-run -f', file.name, options=(
                '--os-auth-type', 'admin_token', '--os-token', 'x', '--os-endpoint', service.url))
            self.assertEqual({(method, path) for method, path, _, _ in service.requests},
                             {('GET', '/v1/policies/projects/a'), ('GET', '/v1/policies/cloud')})


class ApplyTests(DaemonCase):

    WANTED = textwrap.dedent('''\
        version: 1
        filter: {project_id: project-a}
        policies:
          - {scope: project, project_id: project-a, prefer: [VNC], reason: slow line}
        ''')

    def rows(self, *arguments, **how):
        return [(row['Action'], row['ID'], row['Result']) for row in self.gives('apply', *arguments, **how)]

    def test_a_dry_run_shows_and_writes_nothing(self):
        self.store('projects/project-a', prefer=['SPICE'])
        self.assertEqual(self.rows('--dry-run', '-f', self.file(self.WANTED)), [('update', 'project-a', 'dry run')])
        self.assertEqual(self.stored('projects/project-a')['prefer'], ['SPICE'])
        self.assertIn('| prefer SPICE | prefer VNC; (slow line) | dry run |',
                      self.does('apply --dry-run -f', self.file(self.WANTED)))

    def test_applying_twice_changes_nothing_the_second_time(self):
        file = self.file(self.WANTED)
        self.assertEqual(self.rows('-f', file), [('create', 'project-a', 'done')])
        revision = self.daemon.revision()
        self.assertEqual(self.rows('-f', file), [])
        self.assertEqual(self.rows('--unchanged', '-f', file), [('unchanged', 'project-a', '')])
        self.assertEqual(self.daemon.revision(), revision)

    def test_the_input_is_read_for_a_dash(self):
        self.assertEqual(self.rows('-f', '-', stdin=self.WANTED), [('create', 'project-a', 'done')])

    def test_prune_removes_only_within_the_filter(self):
        self.store(f'projects/project-a/instances/{INSTANCE}', prefer=['SERIAL'])
        self.store('projects/project-b', prefer=['MKS'])
        file = self.file(self.WANTED)
        self.assertEqual(self.rows('-f', file), [('create', 'project-a', 'done')])
        self.assertEqual(self.rows('--prune', '--dry-run', '-f', file), [('delete', INSTANCE, 'dry run')])
        self.assertEqual(self.rows('--prune', '-f', file), [('delete', INSTANCE, 'done')])
        self.assertIsNotNone(self.stored('projects/project-b'))

    def test_prune_needs_a_filter_in_the_file(self):
        file = self.file(self.WANTED.replace('filter: {project_id: project-a}\n', ''))
        self.store('projects/project-b', prefer=['MKS'])
        self.fails('apply --prune -f', file, says='.*policies.yaml: --prune needs the key filter, .*')
        self.assertEqual(self.rows('-f', file), [('create', 'project-a', 'done')])
        self.assertIsNotNone(self.stored('projects/project-b'))

    def test_a_manager_applies_the_own_project(self):
        manager = self.as_('manager')
        self.assertEqual(self.rows('--prune', '-f', self.file(self.WANTED), options=manager),
                         [('create', 'project-a', 'done')])
        # Without a filter, and without the right to list everything.
        file = self.file(self.WANTED.replace('filter: {project_id: project-a}\n', '').replace('VNC', 'MKS'))
        self.assertEqual(self.rows('-f', file, options=manager), [('update', 'project-a', 'done')])

    def test_a_refused_change_is_named_and_nothing_is_stored(self):
        file = self.file(textwrap.dedent(f'''\
            version: 1
            filter: {{project_id: project-a}}
            policies:
              - {{scope: project, project_id: project-a, prefer: [VNC]}}
              - {{scope: instance, project_id: project-a, instance_id: {INSTANCE}, allow: [SPICE]}}
              - {{scope: instance, project_id: project-a, instance_id: {INSTANCE[:-1]}2, prefer: [VNC]}}
            '''))
        outcome = self.fails(
            'apply --format json -f', file, options=self.as_('manager'),  # may not allow
            says=rf'0 of 3 changes are done, and these are refused \(HTTP 403\){REQUEST}:\n'
            rf'{re.escape(file)}:5:5: instance {INSTANCE} of project project-a: policy\.allow: .*')
        self.assertEqual([row['Result'] for row in json.loads(outcome.output)], ['not done', 'refused', 'not done'])
        self.assertEqual(self.gives('list'), [])
        # A user with all rights.
        self.assertEqual([row[2] for row in self.rows('-f', file)], ['done', 'done', 'done'])

    def test_a_concurrent_write_is_not_lost(self):
        self.store('projects/project-a', prefer=['MKS'])
        options = self.as_('admin')

        def between(method, path, query, headers, body):
            if method == 'POST':  # another user writes after the policies were read
                self.store('projects/project-a', prefer=['RDP'])
            answer = self.daemon.request(method, path + ('?' + urllib.parse.urlencode(query) if query else ''),
                                         world.PERSONAS['admin'].token, body or None,
                                         [('Content-Type', 'application/json')] if body else ())
            return answer.status, {'Content-Type': 'application/json'}, answer.body
        with Fake(between) as proxy:
            file = self.file(self.WANTED)
            outcome = self.fails('apply --format json -f', file, options=(*options[:-1], proxy.url),
                                 says=r'0 of 1 changes are done, and these are refused \(HTTP 412\):\n'
                                 rf'{re.escape(file)}:4:5: project project-a: what is there has the revision \d+ now\.')
        self.assertEqual([row['Result'] for row in json.loads(outcome.output)], ['refused'])
        self.assertEqual(self.stored('projects/project-a')['prefer'], ['RDP'])

    def test_the_outcome_of_an_unanswered_request_is_not_claimed(self):
        def break_off(method, *_):
            if method == 'POST':
                return 502, {'Content-Type': 'text/html'}, b'<html>broken</html>'
            return NOT_FOUND
        with Fake(break_off) as proxy:
            outcome = self.fails('apply --format json -f', self.file(self.WANTED),
                                 options=(*self.as_('admin')[:-1], proxy.url),
                                 says=r'0 of 1 changes are done: Bad Gateway, and .*: broken \(HTTP 502\)')
        self.assertEqual([row['Result'] for row in json.loads(outcome.output)], ['unknown'])

    def test_an_entry_that_is_over_asks_for_nothing(self):
        file = self.file(self.WANTED.replace('slow line}', 'slow, expires_at: 2020-01-01T00:00:00Z}'))
        self.assertEqual(self.rows('-f', file), [])
        self.store('projects/project-a', prefer=['SPICE'])
        self.fails('apply -f', file, says=r'.*policies.yaml:4:5: expires_at: 2020-01-01T00:00:00Z is over, and .*')
        self.assertEqual(self.stored('projects/project-a')['prefer'], ['SPICE'])

    def test_the_readmes_example_applies(self):
        readme = (ROOT / 'service/clients/openstackclient/README.md').read_text(encoding='utf-8')
        example = readme.split('```yaml\n')[1].split('```')[0]
        self.assertEqual({row[2] for row in self.rows('-f', self.file(example))}, {'done'})

    def test_the_example_file_applies(self):
        path = str(ROOT / 'examples' / 'openstackclient' / 'policies.yaml')
        self.assertEqual({row[2] for row in self.rows('--prune', '-f', path)}, {'done'})
        self.assertEqual(self.rows('--prune', '-f', path), [])


class ManyChangesTests(DaemonCase):
    """More than one request can hold."""

    WORD = r'1001 changes are more than one request holds: they go in 2, each of which is done whole or not at all'

    @staticmethod
    def document(count, reason, last='prefer: [VNC]'):
        """A file for `count` instances; the last one has `last`."""
        entries = [f'  - {{scope: instance, project_id: project-a, instance_id: {INSTANCE[:-4]}{number:04}, {says}}}\n'
                   for number, says in enumerate([f'prefer: [VNC], reason: "{reason}"'] * (count - 1) + [last])]
        return 'version: 1\nfilter: {project_id: project-a}\npolicies:\n' + ''.join(entries)

    def apply(self, text, **how):
        """Its exit status, its standard error, and how many rows have which result."""
        outcome = self.run_shell('apply --format json -f', self.file(text), **how)
        results = collections.Counter(row['Result'] for row in json.loads(outcome.output))
        return outcome.status, outcome.errors, results

    def requests(self):
        """The statuses of all batches so far."""
        lines = [json.loads(line) for line in self.daemon.log().splitlines() if line.startswith('{')]
        return [line['status'] for line in lines if line.get('path') == '/v1/policies/batch']

    def test_they_go_in_several_requests_and_that_is_reported(self):
        text, before = self.document(1001, 'many'), self.requests()
        self.assertEqual(self.apply(text), (0, self.WORD + '\n', {'done': 1001}))
        self.assertEqual(self.requests(), before + [200, 200])
        self.assertEqual(self.apply(text), (0, '', {}))

    def test_what_the_second_request_is_refused_leaves_the_first(self):
        text = self.document(1001, 'many', 'allow: [VNC]')
        status, errors, results = self.apply(text, options=self.as_('manager'))  # may not allow
        self.assertEqual((status, results), (1, {'done': 1000, 'refused': 1}))
        self.assertRegex(errors, rf'\A{self.WORD}\n1000 of 1001 changes are done, and these are refused .*:\n'
                         rf'.*policies.yaml:1004:5: instance {INSTANCE[:-4]}1000 of project project-a: .*\n\Z')
        self.assertEqual(self.apply(text), (0, '', {'done': 1}))

    def test_a_request_stays_below_the_services_bound_in_bytes(self):
        # 999 reasons of 500 bytes that take 1,000 in JSON: more than 1 MiB.
        before = self.requests()
        status, _, results = self.apply(self.document(1000, '\\"' * 500))
        self.assertEqual((status, results), (0, {'done': 1000}))
        self.assertEqual(self.requests(), before + [200, 200])


class BadFileTests(DaemonCase):

    def test_every_mistake_has_its_place(self):
        file = self.file(textwrap.dedent(f'''\
            version: 2
            filter: {{project_id: project-a, colour: red}}
            policies:
              - {{scope: project, project_id: project-a, prefer: [VNC, TELNET, VNC]}}
              - scope: project
                project_id: project-a
                prefer: [SPICE]
              - {{scope: project, project_id: project-b, prefer: [VNC]}}
              - {{scope: instance, project_id: project-a, prefer: [VNC]}}
              - {{scope: user, user_id: max, deny: [VNC], project_id: project-a}}
              - {{scope: planet, prefer: [VNC]}}
              - {{scope: cloud, deny: [VNC, ALL], allow: [MKS]}}
              - {{scope: instance, project_id: project-a, instance_id: {INSTANCE}, prefer: VNC, reason: ""}}
              - {{scope: instance, project_id: project-a, instance_id: ABC, prefer: [[VNC]]}}
              - just words
            '''))
        self.store('projects/project-a', prefer=['MKS'])
        errors = self.fails('apply -f', file, says='(?s:.*)').errors
        at = [line[len(file):].split(': ', 1) for line in errors.splitlines()]
        self.assertEqual(at, [list(pair) for pair in (
            (':1:10', 'version: 1 is wanted'),
            (':2:33', 'unknown key colour: one of scope, project_id is wanted'),
            (':4:59', 'prefer: no such console type: TELNET'),
            (':4:67', 'prefer: VNC stands there twice'),
            (':5:5', 'project project-a stands at line 4 already'),
            (':8:5', 'project project-b is not within the filter of this file'),
            (':9:5', 'instance_id: is missing'),
            (':10:5', 'user max is not within the filter of this file'),
            (':10:39', 'deny: a user may only prefer'),
            (':10:58', 'project_id: a policy of scope user has none'),
            (':11:13', 'scope: one of cloud, domain, project, user, instance is wanted'),
            (':12:5', 'the cloud is not within the filter of this file'),
            (':12:26', 'deny: ALL stands alone'),
            (':12:45', 'allow: nothing is broader than the cloud'),
            (':13:105', 'a list is wanted'),
            (':13:105', 'prefer, deny and allow are empty: such a policy says nothing'),
            (':13:118', 'reason: 1 to 500 bytes are wanted'),
            (':14:59', 'instance_id: not an ID'),
            (':15:5', 'a mapping is wanted, with scope, domain_id, project_id, user_id, instance_id, prefer, deny, '
             'allow, reason, expires_at'))])
        self.assertEqual(self.stored('projects/project-a')['prefer'], ['MKS'])

    def test_a_filter_with_an_empty_value_chooses_nothing(self):
        # What a template leaves of a variable that is not set.
        self.store('projects/project-b', prefer=['MKS'])
        no_id = 'project_id: not an ID'
        no_scope = 'scope: one of cloud, domain, project, user, instance is wanted'
        for filters, says in (
                ('{project_id: }', '2:21: ' + no_id),
                ('{project_id: ""}', '2:22: ' + no_id),
                ('{project_id: null}', '2:22: ' + no_id),
                ('{project_id: ~, scope: project}', '2:22: ' + no_id),
                ('\n  project_id:\n', '3:14: ' + no_id),
                ('{scope: }', '2:16: ' + no_scope),
                ('{scope: ""}', '2:17: ' + no_scope),
                ('{scope: [cloud]}', r'2:17: a text is wanted\n.*'),
                ('{project_id: {}}', r'2:22: a text is wanted\n.*'),
                ('', '2:8: a mapping is wanted, with scope, project_id')):
            with self.subTest(filters):
                file = self.file(f'version: 1\nfilter: {filters}\npolicies: []\n')
                self.fails('apply --prune -f', file, says=rf'.*policies\.yaml:{says}')
                self.assertIsNotNone(self.stored('projects/project-b'))

    def test_a_missing_or_malformed_file_is_reported(self):
        for text, says in (
                ('', 'it is empty'),
                ('policies: [}', ':1:12: .*'),
                ('- 1\n', ':1:1: a mapping is wanted, with version, filter, policies'),
                ('version: 1\nversion: 1\npolicies: []\n', ':2:1: version: stands there twice'),
                ('version: 1\n', ':1:1: policies: is missing'),
                ('version: 1\npolicies: [{scope: cloud, ? [a] : b, prefer: [VNC]}]\n',
                 r':2:29: a key that is no text: one of scope, .* is wanted'),
                ('version: 1\npolicies: all\n', ':2:11: a list is wanted'),
                ('a: *b\n', '.*undefined alias.*'),
                ('--- 1\n--- 2\n', '.*but found another document.*'),
                ('version: 1\npolicies: [{scope: cloud, prefer: [VNC], reason: "\\ud800"}]\n',
                 ':2:50: reason: it has half of a surrogate pair'),
                ('[' * 100000, '.*')):
            with self.subTest(text[:20]):
                self.fails('apply -f', self.file(text), says=rf'.*policies\.yaml(?s:.*){says}')
        pathlib.Path(self.folder, 'policies.yaml').write_bytes(b'a: \xff\xfe\n')
        self.fails('apply -f', str(self.folder / 'policies.yaml'), says=r'.*policies\.yaml.*')
        self.fails('apply -f', str(self.folder / 'none.yaml'), says='.*No such file or directory.*')
