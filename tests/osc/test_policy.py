# SPDX-License-Identifier: Apache-2.0
"""set, delete, unset, show, preview and restore."""

import datetime
import json
import time

from cases import INSTANCE, DaemonCase, world

UUID = '22222222-2222-4222-8222-222222222222'
REQUEST = r' \(Request-ID: req-[0-9a-f-]{36}\)'


class SetTests(DaemonCase):

    def test_each_scope_has_its_option(self):
        for arguments, path in (
                ('--cloud', 'cloud'),
                ('--domain default', 'domains/default'),
                ('--project project-a', 'projects/project-a'),
                ('--user max', 'users/max'),
                (f'--instance {INSTANCE} --project project-a', f'projects/project-a/instances/{INSTANCE}')):
            with self.subTest(arguments):
                self.does(f'set {arguments} --prefer SERIAL')
                self.assertEqual(self.stored(path)['prefer'], ['SERIAL'])

    def test_an_empty_name_is_not_an_option_that_was_not_given(self):
        # What a script has of a variable that is not set.
        self.store('projects/project-a', prefer=['SERIAL'])
        for arguments in ('unset --project project-a --instance=', 'set --project project-a --instance= --prefer VNC',
                          'set --cloud --project= --prefer VNC', 'show --cloud --user=', 'list --project=',
                          'export --project=', 'resolve --project project-a --instance=',
                          'resolve --project project-a --domain=', 'history --changed-by='):
            with self.subTest(arguments):
                self.fails(arguments, says='(?s:usage: .*): a name or an ID is wanted', status=2)
                self.assertEqual(self.stored('projects/project-a')['prefer'], ['SERIAL'])
                self.assertIsNone(self.stored('cloud'))

    def test_types_come_one_by_one_or_with_commas_and_in_any_case(self):
        self.does('set --project project-a --prefer spice,VNC --prefer MKS --deny rdp')
        policy = self.stored('projects/project-a')
        self.assertEqual((policy['prefer'], policy['deny']), (['SPICE', 'VNC', 'MKS'], ['RDP']))

    def test_what_is_given_changes_and_the_rest_stays(self):
        self.store('projects/project-a', prefer=['VNC'], deny=['RDP'], reason='old', expires_at='2099-01-01T00:00:00Z')
        self.does('set --project project-a --prefer SPICE')
        policy = self.stored('projects/project-a')
        self.assertEqual((policy['prefer'], policy['deny'], policy['reason'], policy['expires_at']),
                         (['SPICE'], ['RDP'], 'old', '2099-01-01T00:00:00.000000Z'))

    def test_setting_what_is_stored_already_succeeds_for_those_who_may_only(self):
        self.store('projects/project-a', prefer=['VNC'])
        self.does('set --project project-a --prefer VNC', options=self.as_('manager'))
        self.fails('set --project project-a --prefer VNC', options=self.as_('member'),
                   says=r'Forbidden: .* \(HTTP 403\)' + REQUEST)

    def test_the_answer_is_the_stored_policy(self):
        shown = self.gives('set --domain default --deny RDP --reason', 'not audited, für uns')
        self.assertEqual(shown, self.stored('domains/default'))
        self.assertEqual(shown['reason'], 'not audited, für uns')

    def test_a_span_is_counted_from_now(self):
        self.does('set --project project-a --prefer VNC --expires-in 1d12h')
        end = datetime.datetime.fromisoformat(self.stored('projects/project-a')['expires_at'].replace('Z', '+00:00'))
        left = end - datetime.datetime.now(datetime.timezone.utc)
        self.assertAlmostEqual(left.total_seconds(), 36 * 3600, delta=60)

    def test_a_time_may_have_an_offset_and_is_utc_without(self):
        for given, stored in (('2099-01-01T02:00:00+02:00', '2099-01-01T00:00:00.000000Z'),
                              ('2099-01-01T05:00', '2099-01-01T05:00:00.000000Z'),
                              ('2099-01-01T05:00:00.25Z', '2099-01-01T05:00:00.250000Z')):
            self.does('set --project project-a --prefer VNC --expires-at', given)
            self.assertEqual(self.stored('projects/project-a')['expires_at'], stored)

    def test_an_allow_reaches_the_service(self):
        self.does('set --project project-a --allow SPICE')
        self.assertEqual(self.stored('projects/project-a')['allow'], ['SPICE'])

    def test_an_expired_policy_starts_without_its_old_fields(self):
        self.store('projects/project-a', prefer=['MKS'], deny=['RDP'], expires_at=soon())
        time.sleep(1.6)
        self.does('set --project project-a --prefer VNC')
        policy = self.stored('projects/project-a')
        self.assertEqual((policy['prefer'], policy['deny'], policy['expires_at']), (['VNC'], [], None))

    def test_bad_options_are_reported_without_a_request(self):
        for arguments, says, status in (
                ('--project project-a', 'Nothing to set: give --prefer, .*', 1),
                ('--prefer VNC', 'Whose policy\\? Give one of --cloud, .*', 1),
                ('--cloud --user max --prefer VNC', 'Only one of --cloud and --user may be given', 1),
                ('--project .. --prefer VNC', r"'\.\.' is not the ID of a project: .*", 1),
                ('--project .. --prefer VNC', "'..' is not the ID of a project: .*", 1),
                ('--instance web-1 --project project-a --prefer VNC', "'web-1' is not the ID of a instance: .*", 1),
                (f'--instance {INSTANCE} --prefer VNC', 'Nova cannot be asked .*: give --project too', 1),
                ('--cloud --prefer VNC --expires-in 4x', "(?s:usage: .*)'4x' is not a span such as .*", 2),
                ('--cloud --prefer VNC --expires-in 0h', "(?s:usage: .*)'0h' is not a span such as .*", 2),
                ('--cloud --prefer VNC --expires-in 999999999w', "(?s:usage: .*) is not a span such as .*", 2),
                ('--cloud --prefer VNC --expires-at tomorrow', "(?s:usage: .*)'tomorrow' is not a time such as .*", 2),
                ('--cloud --prefer VNC --expires-at 2026-13-01', "(?s:usage: .*) is not a time such as .*", 2),
                ('--cloud --prefer VNC --expires-at 0001-01-01T00:00+23:00', "(?s:usage: .*) is not a time .*", 2),
                ('--cloud --prefer VNC,,SPICE', "(?s:usage: .*)'VNC,,SPICE': a type is empty", 2)):
            with self.subTest(arguments):
                outcome = self.fails('set ' + arguments, says=says, status=status)
                self.assertEqual(outcome.output, '')

    def test_what_the_service_refuses_is_reported_in_its_words(self):
        self.fails('set --project project-a --prefer TELNET',
                   says=r'Bad Request: policy\.prefer\[0\]: not a console type; .* \(HTTP 400\)' + REQUEST)
        self.fails('set --cloud --allow VNC', says=r'Bad Request: .*allow.* \(HTTP 400\)' + REQUEST)
        self.fails('set --project project-a --prefer VNC --deny VNC', says=r'Bad Request: .* \(HTTP 400\)' + REQUEST)

    def test_a_manager_may_set_the_own_project_and_no_other(self):
        self.does('set --project project-a --prefer VNC', options=self.as_('manager'))
        for persona, project in (('manager', 'project-b'), ('member', 'project-a'), ('stranger', 'project-a')):
            self.fails(f'set --project {project} --prefer VNC', options=self.as_(persona),
                       says=r'Forbidden: .* \(HTTP 403\)' + REQUEST)

    def test_a_wrong_token_is_reported(self):
        options = list(self.options)
        options[3] = 'wrong'
        self.fails('set --cloud --prefer VNC', options=options, says=r'Unauthorized: .* \(HTTP 401\)' + REQUEST)


class DeleteTests(DaemonCase):

    def test_the_policy_is_deleted(self):
        self.store('projects/project-a', prefer=['VNC'])
        self.assertEqual(self.does('delete --project project-a'), '')
        self.assertIsNone(self.stored('projects/project-a'))

    def test_nothing_to_delete_is_an_error(self):
        self.fails('delete --project project-a',
                   says=r'Not Found: No policy is stored for this project\. \(HTTP 404\)' + REQUEST)


class UnsetTests(DaemonCase):

    def test_without_a_field_it_deletes_and_names_the_new_command(self):
        self.store('projects/project-a', prefer=['VNC'])
        outcome = self.run_shell('unset --project project-a')
        self.assertEqual((outcome.status, outcome.output), (0, ''))
        self.assertEqual(outcome.errors,
                         '"console policy unset" without a field is deprecated: use "console policy delete"\n')
        self.assertIsNone(self.stored('projects/project-a'))

    def test_with_fields_only_those_are_emptied(self):
        self.store('projects/project-a', prefer=['VNC'], deny=['RDP'], reason='why', expires_at='2099-01-01T00:00:00Z')
        self.does('unset --project project-a --deny --expires-at')
        policy = self.stored('projects/project-a')
        self.assertEqual((policy['prefer'], policy['deny'], policy['reason'], policy['expires_at']),
                         (['VNC'], [], 'why', None))

    def test_the_last_word_taken_away_removes_the_policy(self):
        self.store('projects/project-a', deny=['RDP'], reason='why')
        self.does('unset --project project-a --deny')
        self.assertIsNone(self.stored('projects/project-a'))

    def test_nothing_to_empty_is_an_error(self):
        self.fails('unset --project project-a --deny',
                   says=r'Not Found: No policy is stored for this project\. \(HTTP 404\)' + REQUEST)


class PreviewTests(DaemonCase):

    def report(self):
        path = f'/v1/projects/project-a/instances/{UUID}/outcomes'
        report = {'instance_updated': '2026-11-23T10:00:00Z', 'host_id': '', 'outcomes': [
            {'type': 'SPICE', 'outcome': 'opened'}, {'type': 'VNC', 'outcome': 'opened'}]}
        answer = self.daemon.request('POST', path, world.PERSONAS['admin'].token,
                                     json.dumps({'report': report}).encode(), [('Content-Type', 'application/json')])
        self.assertEqual(answer.status, 204, answer)

    def test_set_shows_the_effect_and_writes_nothing(self):
        self.report()
        shown = self.gives('set --project project-a --prefer VNC --preview')
        self.assertEqual((shown['instances'], shown['open_another_type'], shown['lose_every_console']), (1, 1, 0))
        self.assertIn('1 of project project-a: VNC instead of SPICE',
                      self.does('set --project project-a --prefer VNC --preview'))
        self.assertIn('no console instead of SPICE', self.does('set --project project-a --deny ALL --preview'))
        self.assertIsNone(self.stored('projects/project-a'))

    def test_a_file_is_previewed(self):
        self.report()
        file = self.file('version: 1\npolicies:\n  - {scope: project, project_id: project-a, prefer: [VNC]}\n')
        self.assertEqual(self.gives('preview -f', file)['open_another_type'], 1)
        self.does('apply -f', file)
        self.assertEqual(self.gives('preview -f', file)['open_another_type'], 0)


class RestoreTests(DaemonCase):

    def test_the_policy_before_a_change_is_put_back(self):
        self.store('projects/project-a', prefer=['VNC'], reason='first')
        self.store('projects/project-a', prefer=['SPICE'], reason='second')
        revision = self.stored('projects/project-a')['revision']
        self.assertEqual(self.does(f'restore {revision}'), '')
        self.assertEqual(self.stored('projects/project-a')['reason'], 'first')
        self.fails(f'restore {revision} --after',
                   says=r'Conflict: The policy has changed since .* \(HTTP 409\)' + REQUEST)
        self.does(f'restore {revision} --after --force')
        self.assertEqual(self.stored('projects/project-a')['reason'], 'second')

    def test_a_deleted_policy_is_put_back(self):
        self.store('domains/default', deny=['RDP'], reason='why')
        self.does('delete --domain default')
        revision = self.gives('history --limit 1')[0]['Revision']
        self.does(f'restore {revision}')
        self.assertEqual(self.stored('domains/default')['reason'], 'why')
        self.does('delete --domain default')
        self.does(f'restore {revision} --force')
        self.assertEqual(self.stored('domains/default')['reason'], 'why')

    def test_an_unknown_change_is_an_error(self):
        self.fails('restore 99999', says=r'Not Found: .* \(HTTP 404\)' + REQUEST)


class ShowTests(DaemonCase):

    def test_all_formats_show_it(self):
        self.store('projects/project-a', prefer=['VNC', 'SPICE'], reason='why')
        self.assertEqual(self.gives('show --project project-a'), self.stored('projects/project-a'))
        self.assertIn("| prefer     | VNC, SPICE ", self.does('show --project project-a'))
        self.assertIn('prefer:\n- VNC\n- SPICE\n', self.does('show --project project-a -f yaml'))
        self.assertEqual(self.does('show --project project-a -f value -c reason -c scope'), 'project\nwhy\n')
        self.assertIn('reason="why"\n', self.does('show --project project-a -f shell'))

    def test_nothing_stored_is_an_error(self):
        for arguments, kind in (('--cloud', 'cloud'), ('--user max', 'user'),
                                (f'--instance {UUID} --project project-a', 'instance')):
            self.fails('show ' + arguments, says=rf'Not Found: .*{kind}.* \(HTTP 404\)' + REQUEST)


def soon():
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1.5)
    return moment.strftime('%Y-%m-%dT%H:%M:%S.%fZ')
