# SPDX-License-Identifier: Apache-2.0
"""The service in a real Keystone's catalog, as examples/keystone/register puts it there."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from keystoneauth1 import adapter

from world import Daemon, Keystone

REGISTER = pathlib.Path(__file__).resolve().parents[2] / 'examples' / 'keystone' / 'register'
COMMAND_SECONDS = 300  # a command takes a second or two, on a busy machine ten
TYPE = 'console-policy'


def run(*words):
    """A command's output. Raises CalledProcessError if it fails."""
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True,
                          timeout=COMMAND_SECONDS).stdout


def openstack(*words):
    """OpenStackClient's output, as JSON."""
    return json.loads(run('/usr/bin/openstack', '--os-identity-api-version', '3', *words, '-f', 'json'))


class Catalog(unittest.TestCase):
    """The daemon runs as the user that was registered, with the password that was made for it."""

    @classmethod
    def setUpClass(cls):
        cls.keystone = Keystone()
        # The test removes it at the end, so it must not exist before.
        assert not cls.services(), 'this Keystone has console-policy already'
        folder = tempfile.TemporaryDirectory(prefix='console-policy-register-')
        cls.addClassCleanup(folder.cleanup)
        cls.password = pathlib.Path(folder.name, 'keystone.password')
        cls.daemon = Daemon(username=TYPE, password_file=str(cls.password))
        cls.url = f'http://127.0.0.1:{cls.daemon.port}'
        cls.addClassCleanup(cls.forget, {kind: cls.ids(kind) for kind in ('user', 'role')})
        cls.first, cls.second = cls.register(), cls.register()
        cls.daemon.__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)

    @classmethod
    def register(cls):
        """The steps it prints: 'made', 'kept' or 'changed', and the object."""
        said = run('/bin/bash', str(REGISTER), '--url', cls.url, '--password-file', str(cls.password))
        return [line.split(None, 1) for line in said.partition('\n\n')[0].splitlines()]

    @classmethod
    def services(cls):
        return cls.keystone.get(f'/services?type={TYPE}')['services']

    @classmethod
    def ids(cls, kind):
        return {one['id'] for one in cls.keystone.get(f'/{kind}s')[f'{kind}s']}

    @classmethod
    def forget(cls, before):
        for service in cls.services():
            cls.keystone.call('DELETE', f'/services/{service["id"]}')
        for kind, known in before.items():
            for made in cls.ids(kind) - known:
                cls.keystone.call('DELETE', f'/{kind}s/{made}')

    def test_registering_makes_what_is_missing_and_doing_it_again_changes_nothing(self):
        self.assertIn(['made', f'service {TYPE}'], self.first)
        # The user may be there from a registration before this one.
        self.assertIn(f'user {TYPE}', [what for _, what in self.first])
        self.assertEqual({done for done, _ in self.second}, {'kept'})
        self.assertEqual(len(self.second), len(self.first))
        self.assertEqual(self.password.stat().st_mode & 0o777, 0o600)

    def test_openstack_catalog_show_gives_its_endpoints(self):
        shown = openstack('catalog', 'show', TYPE)
        self.assertEqual((shown['type'], shown['name']), (TYPE, TYPE))
        self.assertEqual({one['interface']: one['url'] for one in shown['endpoints']},
                         {interface: self.url for interface in ('public', 'internal', 'admin')})

    def test_openstack_versions_show_gives_its_version(self):
        shown, = openstack('versions', 'show', '--service', TYPE, '--interface', 'public')
        self.assertEqual(shown['Status'], 'CURRENT')
        self.assertEqual((shown['Version'], shown['Min Microversion'], shown['Max Microversion']),
                         ('1.0', '1.0', '1.0'))
        self.assertEqual(shown['Endpoint'], self.url + '/v1/')

    def test_keystoneauth_discovers_it_and_asks_with_a_users_own_token(self):
        alice = self.keystone.login('alice', 'demo')
        client = adapter.Adapter(alice, service_type=TYPE, interface='public', min_version='1', max_version='1.latest')
        data = client.get_endpoint_data()
        self.assertEqual((data.url, data.api_version), (self.url + '/v1/', (1, 0)))
        self.assertEqual((data.min_microversion, data.max_microversion), ((1, 0), (1, 0)))
        answer = client.get(f'/projects/{self.keystone.projects["demo"]}/consoles', microversion='1.0')
        self.assertEqual(answer.json()['resolution']['user_id'], self.keystone.users['alice'])
        self.assertEqual(answer.headers['OpenStack-API-Version'], 'console-policy 1.0')


if __name__ == '__main__':
    unittest.main()
