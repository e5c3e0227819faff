# SPDX-License-Identifier: Apache-2.0
"""console-policyd as the scenarios run it: the real program, its own data folder, tokens made on the fly."""
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time

import requests

from . import rig

LISTEN = '127.0.0.1:' + os.environ['RIG_SERVICE_PORT']
URL = 'http://' + LISTEN
HORIZON_TOKEN = os.path.join(rig.STATE, 'scenarios/horizon.token')
READY_WITHIN = 10               # seconds
STOPS_WITHIN = 20
ANSWER_WITHIN = 10
_DATA = os.path.join(rig.STATE, 'scenarios/console-policyd')
_PID_FILE = os.path.join(rig.STATE, 'pid/console-policyd.pid')


def _write_secret(path, text):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), 'w') as file:
        file.write(text)


def _entry(token, user, project, role):
    return ('  - sha256: %s\n    user_id: %s\n    project_id: %s\n    project_domain_id: default\n    roles: [%s]\n' % (
        hashlib.sha256(token.encode()).hexdigest(), user, project, role))


class Daemon:
    """The process. Stored policies outlive kill() and start(), as they would on a controller."""

    def __init__(self, program):
        self._program = program
        self._process = None
        self.admin_token, horizon_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        shutil.rmtree(_DATA, ignore_errors=True)
        os.makedirs(_DATA, mode=0o700)
        _write_secret(HORIZON_TOKEN, horizon_token + '\n')
        _write_secret(os.path.join(_DATA, 'tokens.yaml'), 'tokens:\n' +
                      _entry(horizon_token, 'horizon', 'service', 'service') +
                      _entry(self.admin_token, 'scenarios', 'admin', 'admin'))

    def start(self):
        """Start it and wait until it is healthy."""
        environment = dict(os.environ, CONSOLE_POLICY_DATA_DIR=_DATA, CONSOLE_POLICY_LISTEN=LISTEN)
        with open(os.path.join(rig.LOGS, 'console-policyd.log'), 'a') as log:
            self._process = subprocess.Popen([self._program], env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=log, start_new_session=True)
        with open(_PID_FILE, 'w') as pid_file:
            pid_file.write('%d\n' % self._process.pid)
        deadline = time.monotonic() + READY_WITHIN
        while not self._healthy():
            if self._process.poll() is not None:
                raise RuntimeError('%s ended with %d; see %s' % (self._program, self._process.returncode, log.name))
            if time.monotonic() > deadline:
                raise RuntimeError('%s is not healthy after %d s; see %s' % (self._program, READY_WITHIN, log.name))
            time.sleep(0.05)

    def _healthy(self):
        try:
            return requests.get(URL + '/healthcheck', timeout=1).status_code == 200
        except requests.RequestException:
            return False

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def kill(self):
        """SIGKILL: it gets no chance to say goodbye."""
        self._process.kill()
        self._ended()

    def stop(self):
        if self.running:
            self.thaw()
            self._process.terminate()
            self._ended()

    def freeze(self):
        """It still accepts connections (the kernel does), and never answers."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def _ended(self):
        self._process.wait(STOPS_WITHIN)
        os.unlink(_PID_FILE)


class Policies:
    """The daemon's REST interface, as an operator with an admin token uses it."""

    def __init__(self, daemon):
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers['X-Auth-Token'] = daemon.admin_token

    def close(self):
        self._session.close()

    def _call(self, method, path, expected, body=None):
        answer = self._session.request(method, URL + path, json=body, timeout=ANSWER_WITHIN)
        if answer.status_code not in expected:
            raise RuntimeError('%s %s -> %d %s' % (method, path, answer.status_code, answer.text))
        return answer

    def put(self, scope, **policy):
        """Store what one scope says; scope: `projects/ID`, `domains/ID`, `projects/ID/instances/ID`, ..."""
        self._call('PUT', '/v1/policies/' + scope, (200, 201), {'policy': policy})

    def delete(self, scope):
        self._call('DELETE', '/v1/policies/' + scope, (204,))

    def clear(self):
        for policy in self._call('GET', '/v1/policies', (200,)).json()['policies']:
            self.delete(_scope(policy))


def _scope(policy):
    if policy['scope'] == 'instance':
        return 'projects/%(project_id)s/instances/%(instance_id)s' % policy
    if policy['scope'] == 'cloud':
        return 'cloud'
    return '%ss/%s' % (policy['scope'], policy[policy['scope'] + '_id'])
