# SPDX-License-Identifier: Apache-2.0
"""keystoneauth, as every OpenStack client uses it, finds the versions and negotiates one."""

import unittest

from keystoneauth1 import adapter, discover, exceptions, session, token_endpoint

from world import PERSONAS, Daemon


class WhatKeystoneauthFinds(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.daemon.__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.root = f'http://{cls.daemon.host}:{cls.daemon.port}'

    def session(self, endpoint):
        plugin = token_endpoint.Token(endpoint, PERSONAS['admin'].token)
        return session.Session(auth=plugin)

    def test_the_root_and_the_version_agree(self):
        for url in (self.root, self.root + '/', self.root + '/v1', self.root + '/v1/'):
            with self.subTest(url):
                found = discover.Discover(self.session(url), url).version_data()
                self.assertEqual([(one['version'], one['url'], one['status'],
                                   one['min_microversion'], one['max_microversion'])
                                  for one in found],
                                 [((1, 0), self.root + '/v1/', 'CURRENT', (1, 0), (1, 0))])

    def test_discovery_needs_no_token(self):
        found = discover.get_version_data(session.Session(), self.root)
        self.assertEqual([one['id'] for one in found], ['v1.0'])

    def test_an_adapter_finds_the_version_from_any_endpoint(self):
        for endpoint in (self.root, self.root + '/v1'):
            with self.subTest(endpoint):
                client = adapter.Adapter(self.session(endpoint), service_type='console-policy',
                                         min_version='1', max_version='1.latest')
                self.assertEqual(client.get_endpoint_data().url, self.root + '/v1/')
                self.assertEqual(client.get_api_major_version(), (1, 0))

    def test_an_adapter_asks_in_the_given_version(self):
        client = adapter.Adapter(self.session(self.root), service_type='console-policy',
                                 endpoint_override=self.root + '/v1',
                                 default_microversion='1.0')
        answer = client.get('/policies')
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.request.headers['OpenStack-API-Version'], 'console-policy 1.0')
        self.assertEqual(answer.headers['OpenStack-API-Version'], 'console-policy 1.0')

    def test_an_adapter_gets_the_range_when_it_asks_for_too_much(self):
        client = adapter.Adapter(self.session(self.root), service_type='console-policy',
                                 endpoint_override=self.root + '/v1',
                                 default_microversion='1.9')
        with self.assertRaises(exceptions.NotAcceptable) as refused:
            client.get('/policies')
        error = refused.exception.response.json()['errors'][0]
        self.assertEqual((error['min_version'], error['max_version']), ('1.0', '1.0'))


if __name__ == '__main__':
    unittest.main()
