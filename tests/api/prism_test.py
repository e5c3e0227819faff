# SPDX-License-Identifier: Apache-2.0
"""Prism's validating proxy finds nothing wrong with a call of each operation, nor with its answer."""

import http.client
import json
import subprocess
import time
import unittest

import every_status_test as calls
from handlers import PROMISE
from world import PERSONAS, Daemon, free_port

from npm_tools import tool
from promise import OPENAPI

SECONDS = 60


class Prism:
    """The proxy in front of a daemon; a context manager."""

    def __init__(self, daemon):
        self.port = free_port()
        self._process = subprocess.Popen(
            [tool('prism'), 'proxy', '--host', '127.0.0.1', '--port', str(self.port), '--verboseLevel', 'error',
             str(OPENAPI), f'http://{daemon.host}:{daemon.port}'], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return self if self.request('GET', '/v1') else None
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    self.__exit__()
                    raise
                time.sleep(0.1)

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def request(self, method, path, token='', body=None):
        """(status, what the proxy finds wrong) of a request."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=SECONDS)
        headers = {'X-Auth-Token': token} if token else {}
        if body is not None:
            headers['Content-Type'] = 'application/json'
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            response.read()
            return response.status, json.loads(response.headers.get('sl-violations', '[]'))
        finally:
            connection.close()


class ThroughAValidatingProxy(unittest.TestCase):
    maxDiff = None

    def test_every_operation_keeps_to_the_document(self):
        tool('prism')
        daemon = Daemon().__enter__()
        self.addCleanup(daemon.__exit__, None, None, None)
        with Prism(daemon) as prism:
            for operation in PROMISE.operations:
                with self.subTest(operation.id):
                    calls.put_all(daemon)
                    path = calls.path_of(operation, calls.change(daemon))
                    token = PERSONAS['admin'].token if operation.rule else ''
                    status, violations = prism.request(operation.method, path, token, calls.body_of(operation))
                    self.assertIn(status, (200, 201, 204))
                    self.assertEqual(violations, [])
        daemon.end()


if __name__ == '__main__':
    unittest.main()
