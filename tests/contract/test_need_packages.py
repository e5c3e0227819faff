# SPDX-License-Identifier: Apache-2.0
"""service/packaging/need-packages, as a user other than root: a copy of it, with commands that only print what they
were asked for.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / 'service' / 'packaging' / 'need-packages'
# apt-get prints whether packages may start services; sudo prints the commands that it runs.
COMMANDS = {'id': 'echo 1000',
            'dpkg-query': 'case $* in *" there") echo -n installed ;; esac',
            'sudo': 'echo "sudo $*" >>"$SAID"; SUDO=yes exec "$@"',
            'apt-get': 'echo "$1 as_root=${SUDO:-no} policy=$("$POLICY" 2>/dev/null; echo $?)" >>"$SAID"\n'
                       'exit "${FAILS:-0}"'}


class NeedPackages(unittest.TestCase):

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='console-policy-packages.'))
        self.addCleanup(shutil.rmtree, self.folder)
        self.policy, self.said = self.folder / 'policy-rc.d', self.folder / 'said'
        (self.folder / 'bin').mkdir()
        for name, text in COMMANDS.items():
            command = self.folder / 'bin' / name
            command.write_text(f'#!/bin/bash\n{text}\n')
            command.chmod(0o755)
        text = SCRIPT.read_text()
        self.assertIn('=/usr/sbin/policy-rc.d', text)
        (self.folder / 'need-packages').write_text(text.replace('=/usr/sbin/policy-rc.d', f'={self.policy}'))

    def need(self, *words, **environment):
        """The status, and what apt-get was asked for."""
        self.said.write_text('')
        ended = subprocess.run(['bash', str(self.folder / 'need-packages'), *words], capture_output=True, text=True,
                               timeout=60, check=False, stdin=subprocess.DEVNULL, env={
                                   'PATH': f'{self.folder}/bin:{os.environ["PATH"]}', 'SAID': str(self.said),
                                   'POLICY': str(self.policy), **environment})
        return ended.returncode, [line for line in self.said.read_text().splitlines() if not line.startswith('sudo')]

    def test_does_nothing_when_nothing_is_missing(self):
        self.assertEqual(self.need('--no-services', 'there'), (0, []))

    def test_installs_through_sudo(self):
        self.assertEqual(self.need('there', 'missing'), (0, ['update as_root=yes policy=127',
                                                             'install as_root=yes policy=127']))

    def test_no_service_starts_of_what_is_wanted_for_its_files(self):
        self.assertEqual(self.need('--no-services', 'missing'), (0, ['update as_root=yes policy=101',
                                                                     'install as_root=yes policy=101']))
        self.assertIn('sudo tee ', '\n'.join(self.said.read_text().splitlines()))
        self.assertFalse(self.policy.exists())

    def test_the_policy_goes_again_when_it_fails(self):
        self.assertEqual(self.need('--no-services', 'missing', FAILS='3'), (1, ['update as_root=yes policy=101']))
        self.assertFalse(self.policy.exists())

    def test_the_machines_own_policy_stays(self):
        self.policy.write_text('#!/bin/sh\nexit 104\n')
        self.policy.chmod(0o755)
        self.assertEqual(self.need('--no-services', 'missing')[1][1], 'install as_root=yes policy=104')
        self.assertTrue(self.policy.exists())


class WhoInstalls(unittest.TestCase):
    """The default tiers run for a user with sudo: only need-packages installs."""

    def test_no_default_tier_calls_apt_itself(self):
        top = SCRIPT.parents[2]
        for file in [top / 'tests' / 'run', top / 'examples' / 'quickstart', *(top / 'tests').glob('*/run')]:
            with self.subTest(file.relative_to(top).as_posix()):
                self.assertNotIn('apt-get', file.read_text(encoding='utf-8'))


if __name__ == '__main__':
    unittest.main()
