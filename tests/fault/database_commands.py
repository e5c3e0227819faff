# SPDX-License-Identifier: Apache-2.0
"""console-policyd db check, backup and restore, beside a running daemon and without one; and a
database that comes from any earlier version.
"""

import contextlib
import re
import sqlite3
import threading
import unittest

from daemon import ROOT, Daemon, wait_until


class DatabaseCommands(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon().start()
        self.addCleanup(self.daemon.close)
        self.backup = self.daemon.folder / 'backup.db'

    def command(self, *words, code=0):
        done = self.daemon.command('db', *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def prefers(self, project):
        answer = self.daemon.ask('GET', f'/v1/projects/{project}/consoles')
        self.assertEqual(answer.status, 200)
        return answer.json['resolution']['consoles'][0]

    def prefer(self, *projects):
        return [self.prefers(each) for each in projects]

    def test_a_running_daemon_answers_from_a_restored_backup_after_its_next_poll(self):
        self.daemon.put('projects/kept', prefer=['VNC'])
        first = self.daemon.put('projects/changed', prefer=['VNC']).headers['ETag']
        self.command('backup', str(self.backup))
        self.assertEqual(self.backup.stat().st_mode & 0o777, 0o600)
        last = self.daemon.put('projects/changed', prefer=['RDP']).headers['ETag']
        self.daemon.put('projects/later', prefer=['MKS'])
        self.assertEqual(self.prefer('kept', 'changed', 'later'), ['VNC', 'RDP', 'MKS'])
        self.assertIn('is intact', self.command('check'))
        self.assertIn('2 policies', self.command('restore', str(self.backup)))
        wait_until(lambda: self.prefer('kept', 'changed', 'later') == ['VNC', 'VNC', 'SPICE'],
                   'the daemon does not see the restore')
        wait_until(self.daemon.reloads, 'the reload is not logged')
        self.assertEqual([line['level'] for line in self.daemon.reloads()], ['warning'])
        self.assertEqual(self.daemon.ask('GET', '/v1/policies/projects/changed').headers['ETag'], first)
        # A tag of before the restore never fits what is written after it.
        after = [self.daemon.put('projects/changed', prefer=['MKS']).headers['ETag'] for _ in range(3)]
        self.assertNotIn(last, after)
        self.assertEqual(self.daemon.ask('PUT', '/v1/policies/projects/changed', {'policy': {'prefer': ['VNC']}},
                                         headers={'If-Match': last}).status, 412)

    def test_a_write_right_after_a_restore_is_seen_by_the_next_request(self):
        # The poll is too late for this: the write itself has to notice the restore.
        self.daemon = Daemon('store: {poll_interval_seconds: 60}\n').start()
        self.addCleanup(self.daemon.close)
        self.daemon.put('projects/changed', prefer=['VNC'])
        self.command('backup', str(self.backup))
        self.daemon.put('projects/changed', prefer=['RDP'])
        self.daemon.put('projects/later', prefer=['MKS'])
        self.command('restore', str(self.backup))
        self.assertEqual(self.daemon.ask('PUT', '/v1/policies/projects/new', {'policy': {'prefer': ['VNC']}},
                                         headers={'If-Match': '"never"'}).status, 412)
        self.assertEqual(self.prefer('new', 'changed', 'later'), ['SPICE', 'VNC', 'SPICE'])
        self.assertEqual(self.daemon.put('projects/new', prefer=['MKS']).status, 201)
        self.assertEqual(self.prefer('new', 'changed', 'later'), ['MKS', 'VNC', 'SPICE'])

    def test_a_backup_under_writes_is_of_one_moment(self):
        ended = threading.Event()

        def write():
            number = 0
            while not ended.is_set():
                number += 1
                operations = [{'action': 'put', 'target': {'scope': 'project', 'project_id': f'p{i}'},
                               'policy': {'prefer': ['VNC'], 'reason': f'{number}'}} for i in range(20)]
                self.daemon.ask('POST', '/v1/policies/batch', {'operations': operations})

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for i in range(10):
                self.command('backup', f'{self.backup}.{i}')
        finally:
            ended.set()
            writer.join()
        for i in range(10):
            with contextlib.closing(sqlite3.connect(f'{self.backup}.{i}')) as database:
                self.assertEqual(database.execute('PRAGMA integrity_check').fetchall(), [('ok',)])
                self.assertLessEqual(len(database.execute('SELECT DISTINCT body FROM policy').fetchall()), 1)

    def test_a_restore_without_a_database_makes_one(self):
        self.daemon.put('projects/kept', prefer=['VNC'])
        self.command('backup', str(self.backup))
        self.daemon.stop()
        for file in self.daemon.data.glob('policy.db*'):
            file.unlink()
        self.command('restore', str(self.backup))
        self.daemon.start()
        self.assertEqual(self.prefers('kept'), 'VNC')
        self.assertEqual(sorted(file.name for file in self.daemon.data.glob('*.db*') if file.suffix == '.db'),
                         ['policy.db'])

    def test_no_tag_of_a_lost_database_fits_what_is_written_after_a_restore(self):
        self.daemon.put('projects/kept', prefer=['VNC'])
        self.command('backup', str(self.backup))
        lost = [self.daemon.put('projects/kept', prefer=[each]).headers['ETag'] for each in ('RDP', 'MKS', 'RDP')]
        self.daemon.stop()
        for file in self.daemon.data.glob('policy.db*'):
            file.unlink()
        # The daemon may have been up on an empty database before an operator remembered the backup.
        self.daemon.start()
        self.daemon.put('projects/other', prefer=['VNC'])
        self.command('restore', str(self.backup))
        new = [self.daemon.put('projects/kept', prefer=[each]).headers['ETag'] for each in ('SPICE', 'VNC', 'SPICE')]
        self.assertEqual(set(lost) & set(new), set())
        for tag in lost:
            self.assertEqual(self.daemon.ask('PUT', '/v1/policies/projects/kept', {'policy': {'prefer': ['VNC']}},
                                             headers={'If-Match': tag}).status, 412)

    def test_nothing_goes_that_the_command_has_not_made(self):
        self.daemon.put('projects/kept', prefer=['VNC'])
        for name in ('policy.db.restore', 'policy.db.new'):
            file = self.daemon.data / name
            self.command('backup', str(file))
            content = file.read_bytes()
            self.command('restore', str(file))
            self.command('backup', str(file.with_suffix('')) + '.other')
            (self.daemon.data / 'policy.db.other').unlink()
            self.assertEqual(file.read_bytes(), content)
        beside = self.backup.with_name(self.backup.name + '.new')
        beside.write_text('of somebody else')
        self.command('backup', str(self.backup))
        self.assertEqual(beside.read_text(), 'of somebody else')

    def test_a_file_that_is_no_backup_is_refused_and_changes_nothing(self):
        self.daemon.put('projects/kept', prefer=['VNC'])
        self.command('backup', str(self.backup))
        whole = self.backup.read_bytes()
        self.assertIn('exists already', self.command('backup', str(self.backup), code=1))
        self.assertIn('nowhere', self.command('restore', str(self.daemon.folder / 'nowhere'), code=1))
        self.assertIn('nowhere', self.command('backup', '/nowhere/backup.db', code=1))
        damaged = bytearray(whole)
        damaged[4096 * 3:4096 * 4] = b'\x5a' * 4096
        for name, content in (('text', b'not a database' * 500), ('damaged', bytes(damaged)), ('half', whole[:6000])):
            file = self.daemon.folder / name
            file.write_bytes(content)
            self.assertIn(name, self.command('restore', str(file), code=1))
        with contextlib.closing(sqlite3.connect(self.daemon.folder / 'foreign.db')) as foreign:
            foreign.execute('CREATE TABLE other (a)')
        self.assertIn('not a database of console-policy',
                      self.command('restore', str(self.daemon.folder / 'foreign.db'), code=1))
        with contextlib.closing(sqlite3.connect(self.backup)) as newer, newer:
            newer.execute("INSERT INTO schema_version VALUES (1000, 'later', 1)")
        self.assertIn('newer than this program', self.command('restore', str(self.backup), code=1))
        self.assertEqual(self.prefers('kept'), 'VNC')
        self.assertIn('is intact', self.command('check'))

    def test_words_that_mean_nothing_are_refused(self):
        for words in (['db'], ['db', 'backup'], ['db', 'check', 'x'], ['db', 'drop', 'x'], ['serve'],
                      ['--check-config', 'db', 'check']):
            self.assertEqual(self.daemon.command(*words).returncode, 2, words)


class Upgrades(unittest.TestCase):
    def test_a_database_of_each_earlier_version_is_brought_up_to_date(self):
        migrations = sorted((ROOT / 'schema' / 'migrations').glob('[0-9]*.sql'))
        for version in range(1, len(migrations) + 1):
            with self.subTest(version=version), contextlib.ExitStack() as stack:
                daemon = Daemon()
                stack.callback(daemon.close)
                daemon.data.mkdir(mode=0o700)
                self.make(daemon.database, migrations[:version])
                daemon.start()
                policy = daemon.ask('GET', '/v1/policies/projects/old')
                self.assertEqual((policy.status, policy.json['policy']['reason']), (200, 'from before'))
                self.assertEqual(daemon.put('projects/new', prefer=['VNC']).status, 201)
                changes = daemon.ask('GET', '/v1/changes').json['changes']
                self.assertEqual([change['revision'] for change in changes], [2, 1])
                checked = daemon.command('db', 'check')
                self.assertIn(f'schema version {len(migrations)}, revision 2, 2 policies', checked.stdout)

    def make(self, path, migrations):
        """As the program of that time left it, with one policy."""
        with contextlib.closing(sqlite3.connect(path)) as database, database:
            for number, migration in enumerate(migrations, 1):
                text = migration.read_text().replace('${TABLE_OPTIONS}', 'WITHOUT ROWID')
                text = re.sub(r'ALTER TABLE \w+ MODIFY [^;]*;', '', text)  # which SQLite skips
                database.executescript(re.sub(r'\$\{OF \w+\}', '', text))
                database.execute('INSERT INTO schema_version VALUES (?, ?, 1)', (number, migration.name))
            body = '{"prefer":["VNC"],"deny":[],"allow":[],"reason":"from before","expires_at":null}'
            database.execute('INSERT INTO policy VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
                             ('project', 'old', '', body, 1, 1, 1, 'admin'))
            database.execute('UPDATE revision_counter SET revision = 1')
            database.execute('INSERT INTO change_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
                             (1, 'c', 1, 'create', 'project', 'old', '', 'req-1', 'admin', None, body))


if __name__ == '__main__':
    unittest.main(verbosity=2)
