# SPDX-License-Identifier: Apache-2.0
"""console availability, and what of it counts in console policy resolve."""

import hashlib
import json

import fakes
from cases import INSTANCE, DaemonCase, world
from test_names import NamesCase

REQUEST = r' \(Request-ID: req-[0-9a-f-]{36}\)'
OTHER = INSTANCE.replace('1', '2')
UPDATED, HOST = '2026-11-25T10:00:00Z', 'abc'
OPENED, UNAVAILABLE = 'opened', 'unavailable'


class AvailabilityCase(DaemonCase):

    noun = ('console', 'availability')

    def setUp(self):
        super().setUp()
        self.forget_everything()

    def forget_everything(self):
        for row in self.listed():
            path = f'/v1/projects/{row["project_id"]}/instances/{row["instance_id"]}/availability'
            self.assertEqual(self.daemon.request('DELETE', path, world.PERSONAS['admin'].token).status, 204)

    def listed(self):
        return self.daemon.request('GET', '/v1/availability', world.PERSONAS['admin'].token).json()['availability']

    def report(self, project, instance, host=HOST, **seen):
        """As a dashboard does after an opening: the outcome of each type."""
        outcomes = [{'type': type_, 'outcome': outcome, 'nova_status': 200 if outcome == OPENED else 400,
                     'milliseconds': 41} for type_, outcome in seen.items()]
        body = {'report': {'instance_updated': UPDATED, 'host_id': host, 'outcomes': outcomes}}
        answer = self.daemon.request(
            'POST', f'/v1/projects/{project}/instances/{instance}/outcomes', world.PERSONAS['service'].token,
            json.dumps(body).encode(), [('Content-Type', 'application/json')])
        self.assertEqual(answer.status, 204, answer)


class OneInstanceTests(AvailabilityCase):

    LINE = f' --instance {INSTANCE} --project project-a'

    def test_what_was_seen_is_shown(self):
        self.report('project-a', INSTANCE, VNC=OPENED, SPICE=UNAVAILABLE)
        rows = {row.pop('Type'): row for row in self.gives('show' + self.LINE)}
        self.assertEqual({type_: row['Status'] for type_, row in rows.items()}, {'VNC': OPENED, 'SPICE': UNAVAILABLE})
        seen = rows['SPICE']
        self.assertEqual((seen['Host ID'], seen['Instance Updated'][:19], seen['Nova Status'], seen['Milliseconds']),
                         (HOST, UPDATED[:19], 400, 41))

    def test_nothing_seen_is_an_empty_table(self):
        self.assertEqual(self.gives('show' + self.LINE), [])

    def test_a_forgotten_instance_is_gone_and_can_be_forgotten_again(self):
        self.report('project-a', INSTANCE, SPICE=UNAVAILABLE)
        self.report('project-a', OTHER, SPICE=UNAVAILABLE)
        for _ in range(2):
            self.assertEqual(self.does('forget' + self.LINE), '')
        self.assertEqual([row['instance_id'] for row in self.listed()], [OTHER])

    def test_rights_are_reported(self):
        self.assertEqual(self.gives('show' + self.LINE, options=self.as_('reader')), [])
        self.does('forget' + self.LINE, options=self.as_('manager'))
        for verb, persona in (('show', 'stranger'), ('forget', 'member'), ('forget', 'stranger')):
            self.fails(verb + self.LINE, options=self.as_(persona), says=r'Forbidden: .* \(HTTP 403\)' + REQUEST)

    def test_an_instance_must_be_named(self):
        self.fails('show', says='(?s:usage: .*)--instance', status=2)
        self.fails(f'forget --instance {INSTANCE}', says='Nova cannot be asked whose instance .*: give --project too')


class AllInstancesTests(AvailabilityCase):

    def setUp(self):
        super().setUp()
        self.report('project-a', INSTANCE, VNC=OPENED, SPICE=UNAVAILABLE)
        self.report('project-a', OTHER, host='def', SPICE=OPENED)
        self.report('project-b', OTHER, host='', SPICE=UNAVAILABLE)

    def rows(self, line='', **how):
        return [(row['Project ID'], row['Instance ID'], row['Type'], row['Status'])
                for row in self.gives('list ' + line, **how)]

    def test_those_that_wait_for_their_reboot_are_listed(self):
        self.assertEqual(self.rows('--type SPICE --status unavailable'),
                         [('project-a', INSTANCE, 'SPICE', UNAVAILABLE), ('project-b', OTHER, 'SPICE', UNAVAILABLE)])

    def test_filters_choose(self):
        self.assertEqual(len(self.rows()), 4)
        self.assertEqual(self.rows('--project project-b'), [('project-b', OTHER, 'SPICE', UNAVAILABLE)])
        self.assertEqual(self.rows('--type vnc'), [('project-a', INSTANCE, 'VNC', OPENED)])
        self.assertEqual(len(self.rows('--limit 3')), 3)
        self.fails('list --type TELNET', says='(?s:usage: .*)TELNET.*', status=2)

    def test_a_host_is_named_by_its_id_or_in_a_project_by_its_name(self):
        # sha224 of project and host, as Nova makes it.
        host_id = hashlib.sha224(b'project-anode-1').hexdigest()
        self.report('project-a', OTHER, host=host_id, MKS=OPENED)
        for line in (f'--host {host_id}', '--project project-a --host node-1'):
            self.assertEqual([row[2] for row in self.rows(line)], ['MKS'])
        self.fails('list --host node-1', says="'node-1' is not the hostId of a compute host; give --project too, .*")

    def test_more_fields_are_listed_on_demand(self):
        self.assertNotIn('Milliseconds', self.gives('list')[0])
        self.assertEqual(self.gives('list --long')[0]['Milliseconds'], 41)

    def test_all_formats_list_it(self):
        line = 'list --type VNC -c Type -c Status'
        self.assertIn('| VNC  | opened |', self.does(line))
        self.assertEqual(self.does(line + ' -f value'), 'VNC opened\n')
        self.assertEqual(self.does(line + ' -f csv'), '"Type","Status"\r\n"VNC","opened"\r\n'.replace('\r', ''))
        self.assertEqual(self.does(line + ' -f yaml'), '- Status: opened\n  Type: VNC\n')

    def test_the_summary_counts_by_project_host_and_type(self):
        self.assertEqual([tuple(row.values()) for row in self.gives('summary')], [
            ('project-a', HOST, 'SPICE', 0, 1), ('project-a', HOST, 'VNC', 1, 0), ('project-a', 'def', 'SPICE', 1, 0),
            ('project-b', '', 'SPICE', 0, 1)])
        self.assertEqual(len(self.gives('summary --project project-b')), 1)
        self.assertEqual(len(self.gives('summary --limit 2')), 2)

    def test_a_reader_sees_the_own_project_only(self):
        reader = self.as_('reader')
        self.assertEqual(len(self.rows('--project project-a', options=reader)), 3)
        self.assertEqual(len(self.gives('summary --project project-a', options=reader)), 3)
        for line in ('list', 'summary', 'list --project project-b', 'summary --project project-b'):
            self.fails(line, options=reader, says=r'Forbidden: .* \(HTTP 403\)' + REQUEST)


class LongListTests(AvailabilityCase):

    def test_pages_are_read_to_the_end(self):
        everything = dict.fromkeys(('VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS'), UNAVAILABLE)
        for number in range(201):  # five rows each: more than the service gives at a time
            self.report('project-a', f'{INSTANCE[:-4]}{number:04}', **everything)
        self.assertEqual(len(self.gives('list')), 1005)
        self.assertEqual(len(self.gives('list --limit 1001')), 1001)
        self.assertEqual({row['Unavailable'] for row in self.gives('summary')}, {201})


class ResolveTests(NamesCase):
    """With Nova's fingerprint, from a FakeKeystone."""

    report = AvailabilityCase.report

    def setUp(self):
        super().setUp()
        self.report('project-a', INSTANCE, SPICE=UNAVAILABLE, VNC=OPENED)
        self.server = dict(fakes.SERVERS[0])
        self.addCleanup(fakes.SERVERS.__setitem__, 0, self.server)

    def now(self, **changes):
        """Changes Nova's answer about the instance."""
        fakes.SERVERS[0] = {**self.server, **changes}

    def test_the_order_is_the_one_that_an_opening_gets(self):
        for line in ('--instance web-1', f'--instance {INSTANCE} --project apollo'):
            shown = self.gives('resolve ' + line)
            self.assertEqual(shown['consoles'], ['VNC', 'SERIAL', 'MKS', 'SPICE'])
            self.assertEqual([entry['type'] for entry in shown['known_unavailable']], ['SPICE'])
            self.assertEqual(shown['known_available'], ['VNC'])
        table = self.does('resolve --instance web-1 --explain')
        self.assertRegex(table, r'\| known_unavailable +\| SPICE \(seen at 20\d\d-.*Z\) ')
        self.assertRegex(table, r'\| known_available +\| VNC ')
        self.assertIn(self.gives('resolve --instance web-1 --explain')['explanation']['notes'][0], table)

    def test_an_instance_that_has_changed_is_tried_again(self):
        for change in ({'updated': '2026-11-25T11:00:00Z'}, {'hostId': 'def'}):
            self.now(**change)
            shown = self.gives('resolve --instance web-1')
            self.assertEqual((shown['consoles'][0], shown['known_unavailable']), ('SPICE', []))

    def test_without_a_fingerprint_that_is_reported(self):
        self.now(**{'OS-EXT-STS:task_state': 'reboot_started_hard'})
        self.without('resolve --instance web-1', 'the instance is in the task state reboot_started_hard')
        gone = OTHER.replace('2', '4')
        self.without(f'resolve --instance {gone} --project apollo', 'Nova: .*')
        # With a token that is not Keystone's it is always so.
        shown = self.gives(f'resolve --instance {INSTANCE} --project project-a', options=self.as_('admin'))
        self.assertEqual(shown['known_unavailable'], [])

    def without(self, line, why):
        outcome = self.run_shell(line, '-f', 'json')
        self.assertEqual(outcome.status, 0, outcome)
        self.assertRegex(outcome.errors, rf'\AWhat was seen of this instance does not count here: {why}\n\Z')
        self.assertEqual(json.loads(outcome.output)['known_unavailable'], [])
