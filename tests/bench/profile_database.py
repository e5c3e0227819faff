# SPDX-License-Identifier: Apache-2.0
"""The database under the real profile: how it gets its observations, and how it fails and comes back."""

import fcntl
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse

import profile_world as world

COLUMNS = ('project_id', 'instance_id', 'console_type', 'status', 'host_id', 'instance_updated', 'seen_at',
           'nova_status', 'milliseconds')
ROWS_A_STATEMENT = 1000
MICROSECONDS = 1_000_000
# SQLite's locks on the WAL-index (https://sqlite.org/walformat.html): one for writers, one for checkpoints, one for
# recovery, five for readers.
FIRST_LOCK, LOCKS = 120, 8
LOCK_DEADLINE = 30
LOAD_SECONDS = 300


def observations(instances):
    """Rows of COLUMNS: every instance has been opened once within the last hours."""
    now = int(time.time() * MICROSECONDS)
    for number in range(instances):
        for kind, outcome in world.outcomes(number):
            yield (world.project(number), world.instance(number), kind, outcome, world.host(number),
                   world.FIRST_UPDATE * MICROSECONDS, now - number * 10_000, -1, 80)


def wait_until_loaded(daemon, instances):
    """Until resolutions obey the newest and the oldest observation: neither instance has SPICE."""
    end = time.monotonic() + LOAD_SECONDS
    for number in (0, (instances - 1) // 3 * 3):
        path = (f'/v1/projects/{world.project(number)}/instances/{world.instance(number)}/consoles?domain_id=default'
                f'&instance_updated={world.rfc3339(world.FIRST_UPDATE)}&host_id={world.host(number)}')
        while True:
            status, text = daemon.ask(path=path)
            if status == 200 and json.loads(text)['resolution']['consoles'][0] != 'SPICE':
                break
            if time.monotonic() > end:
                raise RuntimeError(f'an observation does not count after {LOAD_SECONDS} s: {status} {text!r}')
            time.sleep(0.1)


class Sqlite:
    """policy.db of the daemon's data directory."""

    settings = {}
    name, title = 'sqlite', 'SQLite'

    def __init__(self, data_dir):
        self._path = data_dir / 'policy.db'
        self._locked = None

    def prepare(self):
        """The daemon creates the database."""

    def insert(self, instances):
        database = sqlite3.connect(self._path)
        database.execute('PRAGMA synchronous=OFF')
        marks = ','.join('?' * len(COLUMNS))
        with database:
            database.executemany(f'INSERT INTO availability ({", ".join(COLUMNS)}) VALUES ({marks})',
                                 sorted(observations(instances)))
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        database.close()

    def stop(self):
        """Holds every lock of the WAL-index, so that each transaction, of a reader too, waits and then fails."""
        self._locked = os.open(f'{self._path}-shm', os.O_RDWR)
        end = time.monotonic() + LOCK_DEADLINE
        for lock in range(FIRST_LOCK, FIRST_LOCK + LOCKS):
            while True:
                try:
                    fcntl.lockf(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, lock)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise RuntimeError('the daemon does not release its locks of the database') from None
                    time.sleep(0.0005)

    def start(self):
        os.close(self._locked)


class MariaDb:
    """A database that already runs. `stop` and `start` are functions that return when that is done."""

    name, title = 'galera', 'MariaDB Galera'

    def __init__(self, url, password_file, stop, start):
        self._url, self._password_file = urllib.parse.urlsplit(url), pathlib.Path(password_file).resolve()
        self.stop, self.start = stop, start
        self.settings = {'store': {'url': url, 'password_file': str(self._password_file)}}

    def prepare(self):
        """Refuses a database with tables: it may be in use, and two runs must start with the same rows."""
        if self._run('SHOW TABLES').strip():
            raise RuntimeError(f'{self._url.path.lstrip("/")} has tables already; drop and create it first')

    def insert(self, instances):
        with tempfile.TemporaryFile('w+') as sql:
            rows = []
            for row in sorted(observations(instances)):
                rows.append('(' + ','.join(f"'{v}'" if isinstance(v, str) else str(v) for v in row) + ')')
                if len(rows) == ROWS_A_STATEMENT:
                    self._write(sql, rows)
                    rows = []
            self._write(sql, rows)
            sql.seek(0)
            self._run(sql)

    @staticmethod
    def _write(sql, rows):
        if rows:
            sql.write(f'INSERT INTO availability ({", ".join(COLUMNS)}) VALUES {",".join(rows)};\n')

    def _run(self, sql):
        """The output of SQL, a text or a file, by Debian's client; the password stays out of the process list."""
        with tempfile.NamedTemporaryFile('w', suffix='.cnf') as options:  # mode 0600
            options.write(f'[client]\nuser={self._url.username}\nhost={self._url.hostname}\n'
                          f'port={self._url.port or 3306}\nprotocol=tcp\n'
                          f'password={self._password_file.read_text("utf-8").strip()}\n')
            options.flush()
            source = {'input': sql} if isinstance(sql, str) else {'stdin': sql}
            done = subprocess.run(['mariadb', f'--defaults-extra-file={options.name}', '--batch',
                                   self._url.path.lstrip('/')], check=True, text=True, stdout=subprocess.PIPE, **source)
            return done.stdout
