# SPDX-License-Identifier: Apache-2.0
"""The plugin's README is correct: its console blocks run in order, and their output is compared.

A block is run as the manager of apollo, or as an administrator if the line before asks for one. Keystone and Nova are
a FakeKeystone. What differs from run to run (ids, times, numbers) and the widths of tables are not compared.
"""

import os
import re
import shlex

from cases import INSTANCE, ROOT
from test_availability import HOST, OPENED, UNAVAILABLE, AvailabilityCase
from test_names import NamesCase

README = ROOT / 'service' / 'clients' / 'openstackclient' / 'README.md'
# The README's ids look like those of a real cloud.
IDS = {'b1946ac92492d2347c6235b4d2611184': 'project-a', '7f1c9a52-3e0b-4c57-9a1e-2d5a4b8c6e10': INSTANCE,
       '106748f71774da208115758bf1b275e823e43959fc0a05f837df2bcd': HOST}


class ReadmeTests(NamesCase):

    report = AvailabilityCase.report
    noun = ()

    def test_the_console_blocks(self):
        self.store('domains/default', deny=['RDP'], reason='RDP is not audited')
        self.report('project-a', INSTANCE, SPICE=UNAVAILABLE, VNC=OPENED)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        commands = 0
        for language, text, is_administrators in blocks():
            if language == 'yaml':
                (self.folder / 'policies.yaml').write_text(with_ids_of_the_test(text), encoding='utf-8')
            elif language == 'console':
                options = self.in_keystone('admin' if is_administrators else 'manager')
                for command, output in transcript(text):
                    commands += 1
                    with self.subTest(command):
                        self.gives_what_stands_there(command, output, options)
        self.assertGreater(commands, 15)

    def gives_what_stands_there(self, command, output, options):
        command = with_ids_of_the_test(command).replace('$REVISION', str(self.daemon.revision()))
        program, *arguments = shlex.split(command)
        self.assertEqual(program, 'openstack')
        outcome = self.run_shell('', *arguments, options=options)
        if output:
            self.assertEqual(comparable(outcome.output + outcome.errors), comparable(output))
        else:
            self.assertEqual((outcome.status, outcome.errors), (0, ''))


def blocks():
    """The fenced blocks of the README: language, text, and whether they are an administrator's."""
    text = README.read_text(encoding='utf-8')
    for found in re.finditer(r'([^\n]*)\n*```(\w+)\n(.*?)```', text, re.DOTALL):
        yield found.group(2), found.group(3), 'administrator' in found.group(1)


def transcript(text):
    """Commands of a console block, each with the output that stands below it."""
    for part in re.split(r'(?m)^\$ ', text)[1:]:
        command, _, output = part.partition('\n')
        yield command, output


def with_ids_of_the_test(text):
    for shown, real in IDS.items():
        text = text.replace(shown, real)
    return text


def comparable(text):
    text = with_ids_of_the_test(text)
    text = re.sub(r'\d{4}-\d\d-\d\dT[0-9:.]+Z', 'TIME', text)
    text = re.sub(r'req-[0-9a-f-]{36}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'ID', text)
    text = re.sub(r'\b\d+\b', 'NUMBER', text)
    lines = [' '.join(line.split()) for line in text.splitlines() if not line.startswith('+-')]
    return '\n'.join(lines)
