# SPDX-License-Identifier: Apache-2.0
"""The real console-policyd, where its path is given.

    CONSOLE_POLICYD=build/release/service/console-policyd tests/horizon/run
"""

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time

DAEMON = os.environ.get('CONSOLE_POLICYD')


class Daemon:
    """console-policyd on embedded defaults, in a folder of its own.

    :param users: pairs of a token and (user id, project id), members all;
        without any the daemon makes its own token, an administrator's.
    """

    def __init__(self, folder, users=()):
        self.folder = folder
        if users:
            self._write_tokens(users)
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.port = free.getsockname()[1]
        self.process = None
        self.start()

    @property
    def token_file(self):
        return os.path.join(self.folder, 'admin.token')

    def _write_tokens(self, users):
        admin = 'the-administrators-token'
        with open(self.token_file, 'w') as handle:
            handle.write(admin)
        entries = [(admin, 'admin', 'admin', 'admin')] + [
            (token, user, project, 'member')
            for token, (user, project) in users]
        with open(os.open(os.path.join(self.folder, 'tokens.yaml'),
                          os.O_CREAT | os.O_WRONLY, 0o600), 'w') as handle:
            handle.write('tokens:\n')
            for token, user, project, role in entries:
                handle.write(
                    '  - sha256: %s\n    user_id: "%s"\n    project_id: "%s"'
                    '\n    project_domain_id: DOM-1\n    roles: [%s]\n' % (
                        hashlib.sha256(token.encode()).hexdigest(), user,
                        project, role))

    def start(self):
        self.process = subprocess.Popen(
            [os.path.abspath(DAEMON)], cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, CONSOLE_POLICY_DATA_DIR=self.folder,
                     CONSOLE_POLICY_LISTEN='127.0.0.1:%d' % self.port))
        until = time.monotonic() + 20
        while True:
            try:
                if self.call('GET', '/healthcheck')[0] == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError('console-policyd did not start')
            time.sleep(0.05)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port,
                                                timeout=5)
        headers = {}
        if os.path.exists(self.token_file):
            with open(self.token_file) as handle:
                headers['X-Auth-Token'] = handle.read().strip()
        if body is not None:
            headers['Content-Type'] = 'application/json'
            body = json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def put(self, path, **policy):
        status, text = self.call('PUT', '/v1/policies/' + path,
                                 {'policy': policy})
        if status not in (200, 201):
            raise AssertionError('PUT %s: %d %s' % (path, status, text))

    def delete(self, path):
        status, text = self.call('DELETE', '/v1/policies/' + path)
        if status != 204:
            raise AssertionError('DELETE %s: %d %s' % (path, status, text))
