# SPDX-License-Identifier: Apache-2.0
"""A real Keystone with its people, and console-policyd that asks it."""

import concurrent.futures
import datetime
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass

from keystoneauth1 import session
from keystoneauth1.identity import v3
from promise import Promise

URL = os.environ['OS_AUTH_URL']
PASSWORDS = {'admin': os.environ['RIG_ADMIN_PASS'], 'svc': os.environ['RIG_SERVICE_PASS']}
USER_PASSWORD = os.environ['RIG_USER_PASS']
START_SECONDS = 10
STOP_SECONDS = 15
PROMISE = Promise()
CLIENT_SECONDS = 20  # no answer may take longer, however Keystone is


class Keystone:
    """Keystone as its administrator sees it."""

    def __init__(self):
        self.admin = self.login('admin', 'admin')
        # domains distinguish equal names of projects and users in the rig
        self.domains = {one['name']: one['id'] for one in self.get('/domains')['domains']}
        self.projects = {one['name']: one['id'] for one in self.get('/projects')['projects']}
        self.users = {one['name']: one['id'] for one in self.get('/users')['users']}
        self.roles = {one['name']: one['id'] for one in self.get('/roles')['roles']}

    @staticmethod
    def login(user, project=None, *, domain='Default', user_domain='Default', **scope):
        if project:
            scope.update(project_name=project, project_domain_name=domain)
        return session.Session(auth=v3.Password(
            auth_url=URL, username=user, password=PASSWORDS.get(user, USER_PASSWORD),
            user_domain_name=user_domain, **scope))

    def token(self, *args, **kwargs):
        """A token that is not in any cache."""
        return self.login(*args, **kwargs).get_token()

    def get(self, path):
        return self.admin.get(URL + path).json()

    def call(self, method, path, body=None, headers=None, by=None):
        answer = (by or self.admin).request(URL + path, method, json=body, headers=headers or {})
        return answer.json() if answer.text else {}

    def revoke(self, token):
        self.call('DELETE', '/auth/tokens', headers={'X-Subject-Token': token})

    def application_credential(self, user, project, **fields):
        by = self.login(user, project)
        made = self.call('POST', f'/users/{self.users[user]}/application_credentials', {
            'application_credential': dict(fields, name=uuid.uuid4().hex)}, by=by)
        return made['application_credential']

    @staticmethod
    def token_of_credential(credential):
        return session.Session(auth=v3.ApplicationCredential(
            auth_url=URL, application_credential_id=credential['id'],
            application_credential_secret=credential['secret'])).get_token()

    def expired_token(self, user, project):
        """A token that this Keystone's own keys have signed, and that ended an hour ago."""
        ended = (datetime.datetime.utcnow() - datetime.timedelta(hours=1)).strftime(
            '%Y-%m-%dT%H:%M:%S.000000Z')
        return subprocess.run(
            [sys.executable, str(pathlib.Path(__file__).with_name('sign_token.py')),
             os.environ['RIG_KEYSTONE_CONF'], self.users[user], self.projects[project], ended],
            check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    @staticmethod
    def signal(number):
        """To every process of Keystone. It leads a process group of its own."""
        pid = int(pathlib.Path(os.environ['RIG_KEYSTONE_PID_FILE']).read_text('ascii'))
        os.killpg(pid, number)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes
    seconds: float

    def json(self):
        return json.loads(self.body)


class Daemon:
    """console-policyd on a free port with a data folder of its own; a context manager.

    `keystone` are keys of the section identity.keystone, over those of the service's own user;
    `static` are those of identity.static."""

    def __init__(self, static='{enabled: false}', **keystone):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='console-policy-keystone-'))
        self.port = free_port()
        self._process = None
        self.secrets = []
        settings = {'auth_url': URL}
        if 'application_credential_id' not in keystone:
            settings.update(username='svc', project_name='service',
                            password_file=self.secret_file(PASSWORDS['svc']))
        settings.update(keystone)
        lines = [f'data_dir: {self.folder}/data', 'listen:', '  - address: 127.0.0.1',
                 f'    port: {self.port}', 'identity:', f'  static: {static}', '  keystone:']
        lines += [f'    {key}: {json.dumps(value)}' for key, value in settings.items()]
        self._settings = self.folder / 'console-policyd.yaml'
        self._settings.write_text('\n'.join(lines) + '\n', encoding='utf-8')

    def secret_file(self, secret):
        self.secrets.append(secret)
        path = self.folder / uuid.uuid4().hex
        path.touch(mode=0o600)
        path.write_text(secret + '\n', encoding='utf-8')
        return str(path)

    def rewrite(self, old, new):
        """Puts `new` for `old` in the settings."""
        text = self._settings.read_text('utf-8')
        self._settings.write_text(text.replace(json.dumps(old), json.dumps(new)), 'utf-8')

    def __enter__(self):
        with open(self.folder / 'log', 'wb') as log:
            self._process = subprocess.Popen(
                [os.environ['CONSOLE_POLICYD'], '--config', str(self._settings)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if self.ask('/healthcheck').status == 200:
                    return self
            except OSError:
                time.sleep(0.02)
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                self._process.wait()
                raise RuntimeError('it did not start: ' + self.log())

    def __exit__(self, failure, *_):
        if failure is None:
            self.end()
        elif self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            sys.stderr.write(self.log()[-3000:])
        shutil.rmtree(self.folder)

    def end(self):
        """Ends it as systemd would. AssertionError when it does not go cleanly."""
        if self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = f'{self._process.wait()}: it did not end in {STOP_SECONDS} s'
        log = self.log()
        assert status == 0, f'{status}\n{log[-3000:]}'
        assert not re.search(r'Sanitizer|runtime error:', log), log[-6000:]
        for secret in self.secrets:
            assert secret not in log, 'the log holds a secret'

    def ask(self, path, token=None, method='GET', body=None, service_token=None, headers=None):
        """One request on a connection of its own."""
        headers = dict(headers or {})
        for name, secret in (('X-Auth-Token', token), ('X-Service-Token', service_token)):
            if secret is not None:
                headers[name] = secret
                self.secrets.append(secret)
        if body is not None:
            headers['Content-Type'] = 'application/json'
        began = time.monotonic()
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=CLIENT_SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, fields, response.read(), time.monotonic() - began)
        finally:
            connection.close()

    def all(self, path, tokens):
        """The same request with each of the tokens, all at once."""
        with concurrent.futures.ThreadPoolExecutor(len(tokens)) as callers:
            return list(callers.map(lambda token: self.ask(path, token), tokens))

    def revision(self, token):
        """The number of the last change that the store has accepted."""
        answer = self.ask('/v1/changes?limit=1', token)
        assert answer.status == 200, answer
        return max((change['revision'] for change in answer.json()['changes']), default=0)

    def log(self):
        return (self.folder / 'log').read_text(encoding='utf-8', errors='replace')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def consoles(project_id):
    return f'/v1/projects/{project_id}/consoles'
