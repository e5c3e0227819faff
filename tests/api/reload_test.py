# SPDX-License-Identifier: Apache-2.0
"""SIGHUP reloads the access rules and the tokens; broken files leave those in force, and the log gives the reason."""

import hashlib
import json
import pathlib
import unittest

from world import PERSONAS, Daemon

BODY = json.dumps({'policy': {'prefer': ['VNC']}}).encode()
JSON = ('Content-Type', 'application/json')
MEMBERS_TOO = '"project_policy:write": "rule:admin or rule:project_member"\n'


class Reload(unittest.TestCase):

    def write(self, daemon, persona):
        return daemon.request('PUT', '/v1/policies/projects/project-a', PERSONAS[persona].token,
                              BODY, [JSON]).status

    def test_rules_are_replaced_one_by_one_and_broken_ones_not_at_all(self):
        with Daemon(configuration='access:\n  file: access.yaml\n',
                    files={'access.yaml': ''}) as daemon:
            file = pathlib.Path(daemon.folder, 'access.yaml')
            self.assertEqual(self.write(daemon, 'member'), 403)
            self.assertEqual(self.write(daemon, 'manager'), 201)

            file.write_text(MEMBERS_TOO, encoding='utf-8')
            self.assertEqual(self.write(daemon, 'member'), 403)
            said = daemon.reload('access rules reloaded')
            self.assertEqual(said['file'], str(file))
            self.assertEqual(self.write(daemon, 'member'), 200)
            self.assertEqual(self.write(daemon, 'reader'), 403)
            self.assertEqual(daemon.request('PUT', '/v1/policies/cloud', PERSONAS['member'].token,
                                            BODY, [JSON]).status, 403)

            for broken, why in (('"project_policy:write": "rule:nobody"\n', "'nobody'"),
                                ('"project_policy:write"', 'expected a mapping'),
                                ('"project_polcy:write": "!"\n', 'guards no operation')):
                with self.subTest(broken):
                    file.write_text(broken, encoding='utf-8')
                    said = daemon.reload('not reloaded')
                    self.assertEqual(said['level'], 'error')
                    self.assertIn(why, said['detail'])
                    self.assertIn('access.yaml:1', said['detail'])
                    self.assertEqual(self.write(daemon, 'member'), 200)
            file.unlink()
            self.assertIn('access.yaml', daemon.reload('not reloaded')['detail'])
            self.assertEqual(self.write(daemon, 'member'), 200)

            file.write_text('# as shipped\n', encoding='utf-8')
            daemon.reload('access rules reloaded')
            self.assertEqual(self.write(daemon, 'member'), 403)
            daemon.end()

    def test_tokens_are_reloaded_and_a_broken_file_leaves_those_in_force(self):
        with Daemon() as daemon:
            file = daemon.data / 'tokens.yaml'
            before = file.read_text(encoding='utf-8')
            token = PERSONAS['manager'].token
            digest = hashlib.sha256(token.encode()).hexdigest()
            self.assertEqual(self.write(daemon, 'manager'), 201)

            file.write_text('tokens: [\n', encoding='utf-8')
            said = daemon.reload('tokens not reloaded')
            self.assertEqual((said['level'], said['file']), ('error', str(file)))
            self.assertIn(file.name, said['detail'])
            self.assertEqual(self.write(daemon, 'manager'), 200)

            file.unlink()
            self.assertIn('not there', daemon.reload('tokens not reloaded')['detail'])
            self.assertEqual(self.write(daemon, 'manager'), 200)

            file.touch(mode=0o600)
            file.write_text(before.replace(digest, 'ab' * 32), encoding='utf-8')
            daemon.reload('tokens reloaded')
            self.assertEqual(self.write(daemon, 'manager'), 401)
            file.write_text(before, encoding='utf-8')
            daemon.reload('tokens reloaded')
            self.assertEqual(self.write(daemon, 'manager'), 200)
            daemon.end()

    def test_without_a_file_the_shipped_rules_stay(self):
        with Daemon() as daemon:
            daemon.reload('access rules reloaded')
            self.assertEqual(self.write(daemon, 'member'), 403)
            self.assertEqual(self.write(daemon, 'manager'), 201)
            daemon.end()


if __name__ == '__main__':
    unittest.main()
