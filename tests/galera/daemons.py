# SPDX-License-Identifier: Apache-2.0
"""console-policyd on a shared MariaDB database."""

import contextlib
import hashlib
import http.client
import pathlib
import re
import secrets
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / 'fault'))

import daemon as console_policyd  # noqa: E402  (found by the path above)
from waiting import wait_until  # noqa: E402

USER = 'console_policy'
WAIT_TIMEOUT_SECONDS = 10  # more than the 6 s for which the survivors of a killed node stand still
READY_SECONDS = 30
SETTINGS = '''store:
  url: {url}
  password_file: {password_file}
  wait_timeout_seconds: {wait_timeout}
identity:
  static:
    tokens_file: {tokens_file}
http:
  proxy_headers: x-forwarded
metrics:
  listen:
    address: 127.0.0.1
    port: {metrics_port}
'''


class Credentials:
    """The administrator's token and the password of the database user, in files for the daemons."""

    def __init__(self, folder):
        self.token = secrets.token_hex(24)
        self.password = secrets.token_hex(12)
        self.tokens_file, self.password_file = folder / 'tokens.yaml', folder / 'database.password'
        digest = hashlib.sha256(self.token.encode()).hexdigest()
        self._write(self.tokens_file, f'tokens:\n  - sha256: {digest}\n    user_id: ada\n    project_id: operations\n'
                                      '    project_domain_id: default\n    roles: [admin]\n')
        self._write(self.password_file, self.password + '\n')

    @staticmethod
    def _write(file, text):
        file.touch(mode=0o600)
        file.write_text(text, encoding='utf-8')


class Daemon(console_policyd.Daemon):
    """One daemon. Its database is `url`; its data folder keeps the snapshot of the policies."""

    def __init__(self, folder, credentials, url, wait_timeout=WAIT_TIMEOUT_SECONDS, metrics_port=None, tls=None,
                 **listeners):
        self._token = credentials.token
        self.metrics_port = metrics_port or console_policyd.free_port()
        folder.mkdir()
        settings = SETTINGS.format(url=url, password_file=credentials.password_file, wait_timeout=wait_timeout,
                                   tokens_file=credentials.tokens_file, metrics_port=self.metrics_port)
        tls = f'      certificate: {tls.certificate}\n      key: {tls.key}\n' if tls else ''
        super().__init__(settings, tls, folder=folder, **listeners)

    @property
    def token(self):
        return self._token

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def health(self):
        """The status and the text of the health check; (0, '') while nothing listens."""
        try:
            answer = self.ask('GET', '/healthcheck', token='')
            return answer.status, answer.body.decode()
        except (OSError, http.client.HTTPException):
            return 0, ''

    def wait_until_healthy(self):
        """The database is there: the health check has no remark."""
        wait_until(lambda: self.health() == (200, 'OK'), READY_SECONDS,
                   lambda: f'{self.health()}\n{self.log()[-3000:]}')

    def resolve(self, project, instance=None, user=None, connection=None):
        """The answer to the question which consoles to try."""
        path = f'/v1/projects/{project}/' + (f'instances/{instance}/' if instance else '') + 'consoles'
        return self.ask('GET', path + (f'?user_id={user}' if user else ''), connection=connection)

    def consoles(self, project):
        answer = self.resolve(project)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json['resolution']['consoles']

    def revision(self):
        """The revision that resolutions are made from."""
        answer = self.resolve('any')
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json['resolution']['revision']

    def metric(self, name):
        """The value of a metric without labels."""
        with contextlib.closing(http.client.HTTPConnection('127.0.0.1', self.metrics_port, timeout=10)) as connection:
            connection.request('GET', '/metrics')
            text = connection.getresponse().read().decode()
        value, = re.findall(rf'^{name} (\S+)$', text, re.MULTILINE)
        return float(value)

    def wait_for_snapshot(self, revision):
        """The snapshot file has the policies of this revision."""
        def written():
            return any(file.read_bytes().startswith(b'console-policy-snapshot-1\t%d\t' % revision)
                       for file in self.data.iterdir() if 'snapshot' in file.name and file.suffix != '.new')
        wait_until(written, READY_SECONDS, lambda: f'{list(self.data.iterdir())}\n{self.log()[-3000:]}')

    def wait_for_log(self, pattern, seconds=READY_SECONDS, start=0):
        """The first line of the log after `start` that matches."""
        def found():
            return re.search(f'^.*(?:{pattern}).*$', self.log()[start:], re.MULTILINE)
        return wait_until(found, seconds, lambda: f'{pattern!r} in the log:\n{self.log()[start:][-3000:]}')[0].group()
