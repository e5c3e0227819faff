# SPDX-License-Identifier: Apache-2.0
"""A rolling upgrade: a newer daemon, on the same database, has stored what this version does not know."""

import unittest

from stage import DATABASE, Scenario

PROJECT = 'upgraded'
# What a newer daemon does, in one transaction: the policy prefers a console type that is not known here.
STORE_UNKNOWN_TYPE = '''
START TRANSACTION;
UPDATE revision_counter SET revision = revision + 1;
SET @revision = (SELECT revision FROM revision_counter);
UPDATE policy SET body = REPLACE(body, '"SERIAL"', '"HOLOGRAM"'), revision = @revision
  WHERE scope = 'project' AND owner_id = '{project}';
INSERT INTO change_log (revision, change_id, changed_at, action, scope, owner_id, instance_id, request_id, user_id,
                        before_body, after_body)
  SELECT @revision, UUID(), changed_at, 'update', scope, owner_id, instance_id, 'req-newer', user_id, after_body,
         REPLACE(after_body, '"SERIAL"', '"HOLOGRAM"') FROM change_log
    WHERE scope = 'project' AND owner_id = '{project}' ORDER BY revision DESC LIMIT 1;
COMMIT;
'''
NEWER_SCHEMA = '''
INSERT INTO schema_version (version, name, applied_at) SELECT MAX(version) + 1, 'of_a_newer_version', 0
  FROM schema_version
'''


class RollingUpgrade(Scenario):

    def test_a_policy_with_an_unknown_console_type_breaks_nothing(self):
        first = self.daemons[0]
        self.assertEqual(first.put(f'projects/{PROJECT}', prefer=['SERIAL', 'VNC'], deny=['RDP'],
                                   reason='before').status, 201)
        self.addCleanup(first.ask, 'DELETE', f'/v1/policies/projects/{PROJECT}')
        ends = [len(daemon.log()) for daemon in self.daemons]
        self.stage.sql(STORE_UNKNOWN_TYPE.format(project=PROJECT), DATABASE)
        self.stage.wait_until_same_revision()
        for daemon, end in zip(self.daemons, ends):
            self.assert_read_without_it(daemon)
            line = daemon.wait_for_log('HOLOGRAM', start=end)
            self.assertEqual(daemon.log()[end:].count('HOLOGRAM'), 1, 'it is logged once')
        self.report(line)
        # The same at a start, where all policies are read.
        self.assertEqual(first.stop(), '')
        first.start()
        first.wait_until_healthy()
        self.assert_read_without_it(first)

    def assert_read_without_it(self, daemon):
        self.assertEqual(daemon.consoles(PROJECT)[0], 'VNC')
        self.assertNotIn('RDP', daemon.consoles(PROJECT))
        for path in (f'/v1/policies/projects/{PROJECT}', f'/v1/policies?project_id={PROJECT}',
                     f'/v1/changes?project_id={PROJECT}'):
            answer = daemon.ask('GET', path)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertNotIn(b'HOLOGRAM', answer.body)

    def test_a_newer_schema_stops_no_daemon(self):
        self.stage.sql(NEWER_SCHEMA, DATABASE)
        self.addCleanup(self.stage.sql, "DELETE FROM schema_version WHERE name = 'of_a_newer_version'", DATABASE)
        running, restarted = self.daemons[:2]
        self.assertEqual(restarted.stop(), '')
        restarted.start()
        restarted.wait_until_healthy()
        for daemon in (running, restarted):
            answer = daemon.put('projects/newer-schema', prefer=['VNC'], reason=daemon.folder.name)
            self.assertIn(answer.status, (200, 201), answer.body)
            self.assertEqual(daemon.consoles('newer-schema')[0], 'VNC')


if __name__ == '__main__':
    unittest.main()
