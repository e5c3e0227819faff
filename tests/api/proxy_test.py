# SPDX-License-Identifier: Apache-2.0
"""A proxy's headers are believed where the configuration allows it, and nowhere else."""

import json
import unittest

from keystoneauth1 import discover, session

from handlers import PROMISE
from world import PERSONAS, Daemon

ADMIN = PERSONAS['admin'].token
JSON = ('Content-Type', 'application/json')
PREFIX = ('X-Forwarded-Prefix', '/console-policy')
FROM = ('X-Forwarded-For', '203.0.113.9, 192.0.2.7')
FORGED = ('Forwarded', 'for=203.0.113.5')  # by the client: the proxy does not set this one
BODY = json.dumps({'policy': {'prefer': ['VNC']}}).encode()


class Proxy(unittest.TestCase):

    def ask(self, daemon, method, path, body=None):
        answer = daemon.request(method, path, ADMIN, body, [JSON, PREFIX, FROM, FORGED])
        self.assertEqual(PROMISE.answer_errors(method, path.partition('?')[0], answer.status,
                                               answer.headers, answer.json()), [])
        return answer

    def clients(self, daemon):
        lines = [json.loads(line) for line in daemon.log().splitlines()]
        return {line['client'] for line in lines if line.get('route', '').startswith('/v1/')}

    def hrefs(self, daemon):
        location = self.ask(daemon, 'PUT', '/v1/policies/cloud', BODY).headers['location']
        self.ask(daemon, 'PUT', '/v1/policies/users/max', BODY)
        return [location,
                self.ask(daemon, 'GET', '/').json()['versions'][0]['links'][0]['href'],
                self.ask(daemon, 'GET', '/v1').json()['version']['links'][0]['href'],
                self.ask(daemon, 'GET', '/v1/policies?limit=1').json()['links'][0]['href'],
                self.ask(daemon, 'GET', '/v1/changes?limit=1').json()['links'][0]['href']]

    PATHS = ['/v1/policies/cloud', '/v1/', '/v1/', '/v1/policies?limit=1&marker=cloud',
             '/v1/changes?limit=1&marker=2']

    def test_it_is_believed_when_switched_on(self):
        with Daemon(configuration='http:\n  proxy_headers: x-forwarded\n') as daemon:
            self.assertEqual(self.hrefs(daemon), ['/console-policy' + path for path in self.PATHS])
            daemon.end()
            # The nearest proxy's word, not what the client claimed before it.
            self.assertEqual(self.clients(daemon), {'192.0.2.7'})

    def test_it_is_not_believed_otherwise(self):
        with Daemon() as daemon:
            self.assertEqual(self.hrefs(daemon), self.PATHS)
            daemon.end()
            self.assertEqual(self.clients(daemon), {'127.0.0.1'})

    def test_discovery_works_behind_a_prefix(self):
        with Daemon(configuration='http:\n  proxy_headers: x-forwarded\n') as daemon:
            root = f'http://{daemon.host}:{daemon.port}'
            client = session.Session(additional_headers=dict([PREFIX]))
            # As behind the proxy, but for the path that it would have taken off.
            found = discover.Discover(client, root).version_data()
            self.assertEqual(found[0]['url'], root + '/console-policy/v1/')
            daemon.end()


if __name__ == '__main__':
    unittest.main()
