# SPDX-License-Identifier: Apache-2.0
"""The first start: an admin token is made, with Keystone configured only on request."""

import subprocess
import unittest

from world import Daemon

KEYSTONE = """identity:
  %skeystone:
    auth_url: http://127.0.0.1:1/v3
    username: console-policy
    password_file: password
    project_name: service
"""
ENABLED = 'static: {enabled: true}\n  '


class FirstToken(unittest.TestCase):

    def first_start(self, configuration):
        """The daemon on an empty data folder; what is in the folder then, and the admin's status."""
        with Daemon(configuration, {'password': 'x\n'}, with_tokens=False) as daemon:
            made = {file.name for file in daemon.data.iterdir()} & {'admin.token', 'tokens.yaml'}
            status = None
            if 'admin.token' in made:
                token = (daemon.data / 'admin.token').read_text(encoding='ascii').strip()
                status = daemon.request('GET', '/v1/policies', token).status
            daemon.end()
        return made, status

    def test_without_keystone_a_token_is_made(self):
        self.assertEqual(self.first_start(''), ({'admin.token', 'tokens.yaml'}, 200))

    def test_with_keystone_none_is_made(self):
        self.assertEqual(self.first_start(KEYSTONE % ''), (set(), None))

    def test_with_keystone_one_is_made_if_static_tokens_are_enabled_explicitly(self):
        self.assertEqual(self.first_start(KEYSTONE % ENABLED), ({'admin.token', 'tokens.yaml'}, 200))

    def test_a_command_makes_one_that_counts_after_a_reload(self):
        with Daemon(KEYSTONE % '', {'password': 'x\n'}, with_tokens=False) as daemon:
            command = [daemon.binary, '--config', f'{daemon.folder}/console-policyd.yaml', '--make-admin-token']
            environment = {'CONSOLE_POLICY_DATA_DIR': str(daemon.data)}
            made = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            self.assertIn(str(daemon.data / 'admin.token'), made.stdout)
            token = (daemon.data / 'admin.token').read_text(encoding='ascii').strip()
            daemon.reload('tokens reloaded')
            self.assertEqual(daemon.request('GET', '/v1/policies', token).status, 200)
            again = subprocess.run(command, env=environment, capture_output=True, text=True)
            self.assertEqual(again.returncode, 1)
            self.assertIn('tokens.yaml: is there already', again.stderr)
            daemon.end()


if __name__ == '__main__':
    unittest.main()
