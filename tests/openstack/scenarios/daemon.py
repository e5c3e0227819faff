# SPDX-License-Identifier: Apache-2.0
"""console-policyd as the scenarios run it: the real program, its own data folder, Keystone's users, a static token."""
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
KEYSTONE_PASSWORD = os.path.join(rig.STATE, 'scenarios/keystone.password')     # of the user console-policy
READY_WITHIN = 10               # seconds
STOPS_WITHIN = 20
ANSWER_WITHIN = 10
_DATA = os.path.join(rig.STATE, 'scenarios/console-policyd')
_PID_FILE = os.path.join(rig.STATE, 'pid/console-policyd.pid')


def _write_secret(path, text):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), 'w') as file:
        file.write(text)


_SETTINGS = """data_dir: %(data)s
listen:
  - address: 127.0.0.1
    port: %(port)s
identity:
  static:
    tokens_file: %(data)s/tokens.yaml
  keystone:
    auth_url: %(keystone)s
    username: console-policy
    password_file: %(password)s
    project_name: service
"""
_TOKENS = """tokens:
  - sha256: %s
    user_id: break-glass
    project_id: admin
    project_domain_id: default
    roles: [admin]
"""


class Daemon:
    """The process. Stored policies outlive kill() and start(), as they would on a controller."""

    def __init__(self, program):
        self._program = program
        self._process = None
        self.admin_token = secrets.token_urlsafe(32)
        shutil.rmtree(_DATA, ignore_errors=True)
        os.makedirs(_DATA, mode=0o700)
        self._settings = os.path.join(_DATA, 'console-policyd.yaml')
        _write_secret(self._settings, _SETTINGS % {
            'data': _DATA, 'port': LISTEN.rpartition(':')[2], 'keystone': rig.KEYSTONE, 'password': KEYSTONE_PASSWORD})
        _write_secret(os.path.join(_DATA, 'tokens.yaml'),
                      _TOKENS % hashlib.sha256(self.admin_token.encode()).hexdigest())

    def start(self):
        """Start it and wait until it is healthy."""
        with open(os.path.join(rig.LOGS, 'console-policyd.log'), 'a') as log:
            self._process = subprocess.Popen([self._program, '--config', self._settings], stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log, start_new_session=True)
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
        """SIGKILL: no clean shutdown."""
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
    """The daemon's REST interface, as an operator with the break-glass token uses it."""

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
        """Stores the policy of one scope; scope: `projects/ID`, `domains/ID`, `projects/ID/instances/ID`, ..."""
        self._call('PUT', '/v1/policies/' + scope, (200, 201), {'policy': policy})

    def show(self, scope):
        return self._call('GET', '/v1/policies/' + scope, (200,)).json()['policy']

    def delete(self, scope):
        self._call('DELETE', '/v1/policies/' + scope, (204,))

    def availability(self, server):
        """What the service knows of an instance: type -> `opened` or `unavailable`."""
        rows = self._call('GET', _availability(server), (200,)).json()['availability']['types']
        return [(row['type'], row['status']) for row in rows]

    def forget(self, server):
        """Whatever was learnt of an instance."""
        self._call('DELETE', _availability(server), (204,))

    def clear(self):
        for server in rig.SERVERS.values():
            self.forget(server)
        for policy in self._call('GET', '/v1/policies', (200,)).json()['policies']:
            self.delete(_scope(policy))


def _availability(server):
    return '/v1/projects/%(project_id)s/instances/%(id)s/availability' % server


def _scope(policy):
    if policy['scope'] == 'instance':
        return 'projects/%(project_id)s/instances/%(instance_id)s' % policy
    if policy['scope'] == 'cloud':
        return 'cloud'
    return '%ss/%s' % (policy['scope'], policy[policy['scope'] + '_id'])
