# SPDX-License-Identifier: Apache-2.0
"""The plugin in `openstack` itself: its commands, help, completion; and that it conforms to the API document."""

import importlib.metadata
import re
import subprocess
import sys
import unittest

import yaml

import shell
from cases import INSTANCE, ROOT, DaemonCase

from osc_console_policy import fields, scope

VERBS = {'policy': ['apply', 'delete', 'export', 'history', 'list', 'preview', 'resolve', 'restore', 'set', 'show',
                    'unset'],
         'availability': ['forget', 'list', 'show', 'summary']}
COMMANDS = [('console', noun, verb) for noun, verbs in VERBS.items() for verb in verbs]
FOLDER = ROOT / 'service' / 'clients' / 'openstackclient'


class ProgramTests(DaemonCase):
    """New processes of `openstack`, nothing shared."""

    def program(self, *arguments, options=()):
        outcome = shell.program([*options, *arguments])
        self.assertEqual((outcome.status, outcome.errors), (0, ''))
        return outcome.output

    def test_a_policy_is_set_shown_and_removed(self):
        policy = ('console', 'policy')
        self.program(*policy, 'set', '--project', 'project-a', '--prefer', 'SPICE,VNC', options=self.options)
        self.assertEqual(self.program(*policy, 'show', '--project', 'project-a', '-f', 'value', '-c', 'prefer',
                                      options=self.options), "['SPICE', 'VNC']\n")
        self.program(*policy, 'delete', '--project', 'project-a', options=self.options)
        self.assertIsNone(self.stored('projects/project-a'))

    def test_completion_lists_the_commands_beside_those_of_nova(self):
        outcome = shell.program(['complete'])
        # Other plugins that are installed may complain here.
        self.assertEqual((outcome.status, 'policy' in outcome.errors), (0, False), outcome.errors)
        script = outcome.output
        listed = dict(re.findall(r"^  cmds_(console\w*)='(.*)'$", script, re.MULTILINE))
        self.assertEqual(listed['console'], 'availability log policy url')
        for noun, verbs in VERBS.items():
            self.assertEqual(listed['console_' + noun].split(), verbs)
        for option in ('--prefer', '--deny', '--allow', '--expires-in', '--instance'):
            self.assertIn(option, listed['console_policy_set'].split())
        # And bash, given that script, completes them.
        for typed, word, offered in (('console policy', '', VERBS['policy']),
                                     ('console availability', '', VERBS['availability']),
                                     ('console policy res', 'res', ['resolve', 'restore']),
                                     ('console policy set --exp', '--exp', ['--expires-at', '--expires-in'])):
            self.assertEqual(complete(script, typed, word), offered)


def complete(script, typed, word):
    """What bash offers after `openstack TYPED`, of which `word` is the last."""
    words = ['openstack', *typed.split()] + ([''] if not word else [])
    program = '\n'.join((
        'source /usr/share/bash-completion/bash_completion', script,
        f'COMP_WORDS=({" ".join(repr(w) for w in words)})', f'COMP_CWORD={len(words) - 1}',
        f'COMP_LINE="{" ".join(words)}"', 'COMP_POINT=${#COMP_LINE}', '_openstack',
        'printf "%s\\n" "${COMPREPLY[@]}"'))
    done = subprocess.run(['bash', '-c', program], capture_output=True, text=True, timeout=20, check=True)
    return sorted(done.stdout.split())


class StartTests(unittest.TestCase):

    def test_loading_the_plugin_imports_only_its_entry(self):
        """OpenStackClient does so for every command of every service."""
        program = ('import sys\nfrom osc_lib import utils\nsys.stderr.write("plugin:\\n")\n'
                   'import osc_console_policy.plugin')
        done = subprocess.run(['/usr/bin/python3', '-X', 'importtime', '-c', program], capture_output=True, text=True,
                              timeout=60, check=True)
        imported = re.findall(r'\| +(\S+)$', done.stderr.split('plugin:\n')[1], re.MULTILINE)
        self.assertEqual(imported, ['osc_console_policy', 'osc_console_policy.plugin'])


class PromiseTests(unittest.TestCase):

    def test_each_command_has_a_class_that_documents_it(self):
        groups = importlib.metadata.entry_points().select(group='openstack.console_policy.v1')
        commands = {entry.name: entry.load() for entry in groups}
        self.assertEqual(sorted(commands), sorted('_'.join(words) for words in COMMANDS))
        for name, class_ in commands.items():
            outcome = shell.run([*name.split('_'), '--help'])
            self.assertEqual((outcome.status, outcome.errors), (0, ''))
            self.assertIn(class_.__doc__.split('\n')[0], ' '.join(outcome.output.split()))
            self.assertIn('provided by the osc-console-policy plugin', ' '.join(outcome.output.split()))

    def test_types_scopes_and_ids_are_those_of_the_api(self):
        with open(ROOT / 'schema' / 'openapi.yaml', encoding='utf-8') as file:
            schemas = yaml.safe_load(file)['components']['schemas']
        self.assertEqual(list(fields.CONSOLE_TYPES), schemas['ConsoleType']['enum'])
        self.assertEqual(list(scope.KINDS), schemas['ScopeKind']['enum'])
        for text in ('.', '..', '...', 'a', 'a' * 255, 'a' * 256, 'a/b', '', 'ä', 'a\n', '0f3c1d7e8a4b4f6d9e2a5b6c'):
            self.assertEqual(scope.is_id('project_id', text),
                             bool(re.search(schemas['KeystoneId']['pattern'] + r'\Z', text)), text)
        for text in (INSTANCE, INSTANCE.replace('1', 'A'), INSTANCE + '\n', INSTANCE[1:], ''):
            self.assertEqual(scope.is_id('instance_id', text),
                             bool(re.search(schemas['InstanceId']['pattern'] + r'\Z', text)), text)

    def test_the_readme_names_every_command_and_every_option_in_it_exists(self):
        readme = (FOLDER / 'README.md').read_text(encoding='utf-8')
        for words in COMMANDS:
            command = ' '.join(words)
            examples = re.findall(rf'^\$ openstack {command}\b.*$', readme, re.MULTILINE)
            self.assertTrue(examples, command)
            told = shell.run([*words, '--help']).output
            for option in set(re.findall(r' (--?[a-z][a-z-]*)', ' '.join(examples))):
                self.assertRegex(told, rf'(?m){option}\b', f'{command} {option}')

    def test_it_needs_nothing_but_what_it_declares(self):
        declared = set(re.findall(r'^    "([A-Za-z0-9-]+)>=', (FOLDER / 'pyproject.toml').read_text(), re.MULTILINE))
        packages = {'keystoneauth1': 'keystoneauth1', 'openstack': 'openstacksdk', 'osc_lib': 'osc-lib',
                    'yaml': 'PyYAML', 'cliff': 'python-openstackclient'}
        imported = set()
        for file in (FOLDER / 'osc_console_policy').glob('*.py'):
            imported |= set(re.findall(r'^(?:from|import) (\w+)', file.read_text(), re.MULTILINE))
        imported -= set(sys.stdlib_module_names) | {'osc_console_policy'}
        self.assertEqual({packages[name] for name in imported} | {'python-openstackclient'}, declared)
