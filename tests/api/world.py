# SPDX-License-Identifier: Apache-2.0
"""The world that the API tests run in: a real daemon, and the people who talk to it."""

import hashlib
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'contract'))

PROJECT_A = 'project-a'
PROJECT_B = 'project-b'
INSTANCE = '11111111-1111-4111-8111-111111111111'
START_SECONDS = 10
STOP_SECONDS = 15
# mysql://user@host:port/ of a MariaDB server, whose user may create databases called console_policy_…: each daemon gets
# one of its own there instead of a SQLite file. Its password is in the file.
MYSQL = os.environ.get('CONSOLE_POLICY_TEST_MYSQL', '')
MYSQL_PASSWORD_FILE = os.environ.get('CONSOLE_POLICY_TEST_MYSQL_PASSWORD_FILE', '')


@dataclass(frozen=True)
class Persona:
    """A user with a token. Each run has new tokens."""
    name: str
    user_id: str
    project_id: str
    roles: tuple
    expires_at: str = ''
    token: str = ''


def _persona(name, user_id, project_id, *roles, expires_at=''):
    return Persona(name, user_id, project_id, roles, expires_at, secrets.token_hex(24))


PERSONAS = {persona.name: persona for persona in [
    _persona('admin', 'ada', 'operations', 'admin'),
    _persona('service', 'horizon', 'service', 'service'),
    _persona('manager', 'mona', PROJECT_A, 'manager', 'member', 'reader'),
    _persona('member', 'max', PROJECT_A, 'member', 'reader'),
    _persona('colleague', 'carl', PROJECT_A, 'member', 'reader'),
    _persona('reader', 'rita', PROJECT_A, 'reader'),
    _persona('stranger', 'bert', PROJECT_B, 'member', 'reader'),
    # Manages another project of the same domain; a static token is never for a whole domain.
    _persona('neighbour', 'dora', 'project-d', 'manager', 'member', 'reader'),
    _persona('powerless', 'nobody', PROJECT_A),
    _persona('expired', 'old-ada', 'operations', 'admin', expires_at='2020-01-01T00:00:00Z'),
]}


def tokens_file():
    """The text of a tokens file: hashes, never the tokens."""
    lines = ['tokens:']
    for persona in PERSONAS.values():
        digest = hashlib.sha256(persona.token.encode()).hexdigest()
        lines += [f'  - sha256: {digest}',
                  f'    user_id: {persona.user_id}',
                  f'    project_id: {persona.project_id}',
                  '    project_domain_id: default',
                  f'    roles: [{", ".join(persona.roles)}]']
        if persona.expires_at:
            lines.append(f'    expires_at: {persona.expires_at}')
    return '\n'.join(lines) + '\n'


def give_tokens_to_environment():
    """$ENVIRON['ADMIN_TOKEN'] and so on, for the declarative tests."""
    for persona in PERSONAS.values():
        os.environ[f'{persona.name.upper()}_TOKEN'] = persona.token


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes

    def json(self):
        return json.loads(self.body)


def only_on_sqlite(reason):
    """For a test that reaches into the database file."""
    return unittest.skipIf(MYSQL, f'only on SQLite: {reason}')


class Database:
    """A new database on the MariaDB server that CONSOLE_POLICY_TEST_MYSQL names."""

    def __init__(self):
        self.name = f'console_policy_{secrets.token_hex(6)}'
        self.url = f'{MYSQL.rstrip("/")}/{self.name}'
        self._execute(f'CREATE DATABASE {self.name} CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin')

    def drop(self):
        self._execute(f'DROP DATABASE {self.name}')

    @staticmethod
    def _execute(statement):
        server = urllib.parse.urlsplit(MYSQL)
        password = pathlib.Path(MYSQL_PASSWORD_FILE).read_text(encoding='utf-8').strip()
        subprocess.run(['mariadb', '--no-defaults', f'--host={server.hostname}', f'--port={server.port}',
                        f'--user={server.username}', '--skip-ssl'], input=statement, text=True, check=True,
                       env={**os.environ, 'MYSQL_PWD': password})


class Daemon:
    """console-policyd on a free port with a data folder of its own; a context manager."""

    def __init__(self, configuration='', files=None, with_tokens=True):
        self._with_tokens = with_tokens  # False: as on a first start
        self._files = files or {}  # texts by name, in `folder`
        self._configuration = configuration  # the text of a file in `folder`
        self.binary = os.environ.get(
            'CONSOLE_POLICYD', str(ROOT / 'build' / 'release' / 'service' / 'console-policyd'))
        self.host = '127.0.0.1'
        self.port = free_port()
        self.folder = None
        self.data = None  # the data folder
        self._process = None
        self._database = None  # None: a SQLite file in the data folder

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='console-policy-api-')
        data = self.data = pathlib.Path(self.folder, 'data')
        data.mkdir(mode=0o700)
        configuration = pathlib.Path(self.folder, 'console-policyd.yaml')
        configuration.write_text(self._configuration, encoding='utf-8')
        for name, text in self._files.items():
            file = pathlib.Path(self.folder, name)
            file.touch(mode=0o600)
            file.write_text(text, encoding='utf-8')
        tokens = data / 'tokens.yaml'
        if self._with_tokens:
            tokens.touch(mode=0o600)
            tokens.write_text(tokens_file(), encoding='utf-8')
        environment = {'PATH': os.environ['PATH'],
                       'CONSOLE_POLICY_CONFIG': str(configuration),
                       'CONSOLE_POLICY_DATA_DIR': str(data),
                       'CONSOLE_POLICY_LISTEN': f'{self.host}:{self.port}'}
        if MYSQL:
            self._database = Database()
            environment['CONSOLE_POLICY_STORE_URL'] = self._database.url
            environment['CONSOLE_POLICY_STORE_PASSWORD_FILE'] = MYSQL_PASSWORD_FILE
        # The options of a sanitizer as well: its suppressions.
        environment.update((name, value) for name, value in os.environ.items() if name.endswith('SAN_OPTIONS'))
        with open(self._log_path(), 'wb') as log:
            self._process = subprocess.Popen([self.binary], stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=subprocess.STDOUT, env=environment)
        try:
            self._wait_until_it_answers()
        except BaseException:
            self._process.kill()
            self._process.wait()
            sys.stderr.write(self.log())
            self._drop_database()
            raise
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._drop_database()
        shutil.rmtree(self.folder)

    def _drop_database(self):
        if self._database is not None:
            self._database.drop()

    def request(self, method, path, token='', body=None, headers=()):
        """One request on a connection of its own. `path` goes out as it stands."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if token:
                connection.putheader('X-Auth-Token', token)
            if body is not None:
                connection.putheader('Content-Length', str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, fields, response.read())
        finally:
            connection.close()

    def reload(self, said):
        """SIGHUP, and the log's next line that holds `said`."""
        before = len(self.log())
        self._process.send_signal(signal.SIGHUP)
        return self.logged(said, before)

    def logged(self, said, start=0):
        """The log's first line after `start` that holds `said`, once it is there."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for line in self.log()[start:].splitlines(keepends=True):
                if said in line and line.endswith('\n'):
                    return json.loads(line)
            time.sleep(0.02)
        raise AssertionError(f'the log does not say {said!r}: {self.log()[start:]}')

    def revision(self):
        """The number of the last change that the store has accepted."""
        path = f'/v1/projects/{PROJECT_A}/consoles'
        answer = self.request('GET', path, PERSONAS['admin'].token)
        assert answer.status == 200, answer
        return answer.json()['resolution']['revision']

    def log(self):
        return self._log_path().read_text(encoding='utf-8', errors='replace')

    def end(self):
        """Ends the daemon as systemd would. AssertionError if it does not go cleanly."""
        assert self._process.poll() is None, f'it ended by itself: {self._process.returncode}'
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(timeout=STOP_SECONDS)
        log = self.log()
        assert status == 0, f'exit status {status}\n{log[-2000:]}'
        for persona in PERSONAS.values():
            assert persona.token not in log, f'the log holds the token of {persona.name}'
        assert not re.search(r'Sanitizer|runtime error:', log), log[-4000:]

    def _log_path(self):
        return pathlib.Path(self.folder, 'log')

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(f'{self.binary} ended with {self._process.returncode}')
            try:
                if self.request('GET', '/healthcheck').status == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise RuntimeError(f'{self.binary} did not answer within {START_SECONDS} s')
            time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
