# SPDX-License-Identifier: Apache-2.0
"""Two daemons on one database behind HAProxy, under load: each is ended and started again in its turn,
and no request is lost.
"""

import contextlib
import http.client
import shutil
import subprocess
import threading
import time
import unittest

from daemon import Daemon, free_port, quick

HAPROXY = shutil.which('haproxy') or '/usr/sbin/haproxy'
CONFIGURATION = '''
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    retries 3
    option redispatch
    # A connection that the daemon closed while the proxy took it up again: the request was not read.
    retry-on conn-failure empty-response

frontend console_policy
    bind 127.0.0.1:{port}
    default_backend console_policyd

backend console_policyd
    option httpchk GET /healthcheck
    http-check expect status 200
    default-server check inter 100ms fall 1 rise 1
    server old 127.0.0.1:{old}
    server new 127.0.0.1:{new}
'''


class Client(threading.Thread):
    """Writes its own project's policy and reads it back, over a kept connection."""

    def __init__(self, port, daemon, name):
        super().__init__()
        self.port, self.daemon_, self.name_, self.token = port, daemon, name, daemon.token
        self.ended, self.written, self.wrong = threading.Event(), 0, []

    def run(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        while not self.ended.is_set():
            text = f'write {self.written}'
            put = self.daemon_.ask('PUT', f'/v1/policies/projects/{self.name_}',
                                   {'policy': {'prefer': ['VNC'], 'reason': text}}, self.token, connection)
            got = self.daemon_.ask('GET', f'/v1/policies/projects/{self.name_}', None, self.token, connection)
            if put.status not in (200, 201) or got.status != 200 or got.json['policy']['reason'] != text:
                self.wrong.append((put.status, put.body[:200], got.status, got.body[:200]))
            self.written += 1


@unittest.skipUnless(shutil.which('haproxy', path='/usr/sbin:/usr/bin'), 'haproxy is not installed')
class RollingUpgrade(unittest.TestCase):
    def test_no_request_is_lost(self):
        old = Daemon().start()
        self.addCleanup(old.close)
        new = old.beside().start()
        self.addCleanup(new.close)
        port = free_port()
        configuration = old.folder / 'haproxy.cfg'
        configuration.write_text(CONFIGURATION.format(port=port, old=old.port, new=new.port))
        proxy = subprocess.Popen([HAPROXY, '-db', '-f', str(configuration)], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.kill)
        time.sleep(0.5)
        clients = [Client(port, old, f'p{i}') for i in range(6)]
        for client in clients:
            client.start()
        try:
            for _ in range(1 if quick() else 3):
                for daemon in (old, new):
                    time.sleep(0.4)
                    self.assertEqual(daemon.stop(), '')
                    time.sleep(0.4)
                    daemon.start()
                    time.sleep(0.4)
        finally:
            for client in clients:
                client.ended.set()
            for client in clients:
                client.join()
        for client in clients:
            self.assertEqual(client.wrong, [])
            self.assertGreater(client.written, 5)
        with contextlib.closing(old.connect()) as connection:
            changes = old.ask('GET', '/v1/changes?limit=1', connection=connection).json['changes'][0]
        self.assertGreaterEqual(changes['revision'], sum(client.written for client in clients))


if __name__ == '__main__':
    unittest.main(verbosity=2)
