# SPDX-License-Identifier: Apache-2.0
"""Names beside the ids, as a real Keystone knows them."""

import time
import unittest

from world import Daemon, Keystone, PROMISE

NOBODY = 'f' * 32
DEADLINE_SECONDS = 1.0  # KeystoneNames::find_within
SLACK_SECONDS = 1.0
WRITTEN = {'policy': {'prefer': ['VNC']}}


class Names(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.keystone = Keystone()
        cls.admin = cls.keystone.token('admin', 'admin')
        cls.demo = cls.keystone.projects['demo']
        cls.acme = cls.keystone.domains['acme']
        cls.alice = cls.keystone.users['alice']

    def start(self, **settings):
        daemon = Daemon(**settings).__enter__()
        self.addCleanup(daemon.__exit__, None, None, None)
        for path in ('cloud', f'domains/{self.acme}', f'projects/{self.demo}', f'projects/{NOBODY}',
                     f'users/{self.alice}'):
            answer = daemon.ask('/v1/policies/' + path, self.admin, 'PUT', WRITTEN)
            self.assertEqual(answer.status, 201, answer)
        return daemon

    def get(self, daemon, path, token=None, status=200):
        answer = daemon.ask(path, token or self.admin)
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(
            PROMISE.answer_errors('GET', path.partition('?')[0], status, answer.headers, answer.json()), [])
        return answer.json()

    def test_projects_domains_and_users_have_names_and_unknown_ones_are_null(self):
        daemon = self.start()
        policies = self.get(daemon, '/v1/policies?names=true')['policies']
        named = {(one['scope'], one.get('project_id')): one for one in policies}
        self.assertEqual(named['domain', None]['domain_name'], 'acme')
        self.assertEqual(named['project', self.demo]['project_name'], 'demo')
        self.assertIsNone(named['project', NOBODY]['project_name'])
        self.assertEqual(named['user', None]['user_name'], 'alice')
        self.assertEqual({one['updated_by_name'] for one in policies}, {'admin'})
        without = self.get(daemon, '/v1/policies')['policies']
        self.assertEqual([{name: value for name, value in one.items() if not name.endswith('_name')}
                          for one in policies], without)

    def test_one_policy_and_the_changes_have_names_too(self):
        daemon = self.start()
        one = self.get(daemon, f'/v1/policies/projects/{self.demo}?names=true')['policy']
        self.assertEqual((one['project_name'], one['updated_by_name']), ('demo', 'admin'))
        changes = self.get(daemon, '/v1/changes?names=true')['changes']
        self.assertEqual({change['user_name'] for change in changes}, {'admin'})
        self.assertIn('demo', [change['target'].get('project_name') for change in changes])
        page = self.get(daemon, '/v1/policies?names=true&limit=1')
        self.assertIn('names=true', page['links'][0]['href'])

    def test_an_unchanged_policy_with_its_names_is_304(self):
        daemon = self.start()
        path = f'/v1/policies/projects/{self.demo}?names=true'
        tag = daemon.ask(path, self.admin).headers['etag']
        self.assertNotEqual(tag, daemon.ask(path.partition('?')[0], self.admin).headers['etag'])
        again = daemon.ask(path, self.admin, headers={'If-None-Match': tag})
        self.assertEqual(again.status, 304, again)

    def test_names_are_for_those_who_see_the_rows(self):
        daemon = self.start()
        alice = self.keystone.token('alice', 'demo')
        for path in ('/v1/policies?names=true', f'/v1/policies?names=true&project_id={NOBODY}',
                     f'/v1/policies/projects/{NOBODY}?names=true', '/v1/changes?names=true'):
            self.get(daemon, path, alice, 403)
        policies = self.get(daemon, f'/v1/policies?names=true&project_id={self.demo}', alice)['policies']
        self.assertEqual([one['project_name'] for one in policies], ['demo'])

    def test_where_the_services_user_may_not_ask_for_names_they_are_null(self):
        keeper = self.keystone.application_credential('svc', 'service', roles=[{'name': 'service'}])
        daemon = Daemon(application_credential_id=keeper['id'],
                        application_credential_secret_file='secret')
        daemon.rewrite('secret', daemon.secret_file(keeper['secret']))
        with daemon:
            path = f'/v1/policies/projects/{self.demo}'
            self.assertEqual(daemon.ask(path, self.admin, 'PUT', WRITTEN).status, 201)
            one = self.get(daemon, path + '?names=true')['policy']
            self.assertEqual((one['project_name'], one['updated_by_name']), (None, None))

    def test_a_frozen_keystone_makes_a_list_a_little_late_and_its_names_null(self):
        daemon = self.start(timeout_seconds=10)
        self.keystone.freeze()
        self.addCleanup(self.keystone.thaw)
        began = time.monotonic()
        policies = self.get(daemon, '/v1/policies?names=true')['policies']
        self.assertLess(time.monotonic() - began, DEADLINE_SECONDS + SLACK_SECONDS)
        self.assertEqual(len(policies), 5)
        self.assertEqual({one['updated_by_name'] for one in policies}, {None})
        began = time.monotonic()
        self.get(daemon, '/v1/policies?names=true')
        self.assertLess(time.monotonic() - began, DEADLINE_SECONDS)  # not asked again so soon


if __name__ == '__main__':
    unittest.main()
