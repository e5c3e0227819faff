# SPDX-License-Identifier: Apache-2.0
"""Tokens of every kind, against a real Keystone."""

import os
import pathlib
import time
import unittest
import uuid

from world import URL, Daemon, Keystone, consoles

CACHE_SECONDS = 2
LOG_SECONDS = 5


class Tokens(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.keystone = Keystone()
        cls.daemon = Daemon(token_cache_seconds=CACHE_SECONDS).__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.project = {name: consoles(project) for name, project in cls.keystone.projects.items()}

    def assert_refused(self, answer):
        self.assertEqual(answer.status, 401, answer)
        self.assertEqual(answer.headers['www-authenticate'], f'Keystone uri="{URL}"')
        self.assertEqual(answer.json()['errors'][0]['code'], 'console-policy.unauthenticated')

    def test_a_member_sees_her_own_project_and_its_domain(self):
        answer = self.daemon.ask(self.project['demo'], self.keystone.token('alice', 'demo'))
        self.assertEqual(answer.status, 200, answer)
        resolution = answer.json()['resolution']
        self.assertEqual(resolution['user_id'], self.keystone.users['alice'])
        self.assertEqual(resolution['domain_id'], 'default')

    def test_a_member_sees_no_other_project_whether_or_not_there_is_one(self):
        token = self.keystone.token('alice', 'demo')
        answers = [self.daemon.ask(path, token) for path in (
            self.project['legacy'], self.project['acme-prod'], consoles(uuid.uuid4().hex))]
        self.assertEqual([answer.status for answer in answers], [403] * 3)
        self.assertEqual(len({answer.json()['errors'][0]['detail'] for answer in answers}), 1)

    def test_an_admins_answer_for_another_project_has_the_policy_of_that_projects_domain(self):
        admin = self.keystone.token('admin', 'admin')
        acme = self.keystone.domains['acme']
        policy = f'/v1/policies/domains/{acme}'
        self.addCleanup(self.daemon.ask, policy, admin, 'DELETE')
        put = self.daemon.ask(policy, admin, 'PUT', {'policy': {'deny': ['VNC']}})
        self.assertEqual(put.status, 201, put)
        resolution = self.daemon.ask(self.project['acme-prod'], admin).json()['resolution']
        self.assertEqual(resolution['domain_id'], acme)
        self.assertNotIn('VNC', resolution['consoles'])
        self.assertIn('VNC', self.daemon.ask(self.project['legacy'], admin).json()['resolution']['consoles'])
        nobodys = self.daemon.ask(consoles(uuid.uuid4().hex), admin)
        self.assertEqual(nobodys.status, 200, nobodys)
        self.assertIsNone(nobodys.json()['resolution']['domain_id'])
        stated = self.daemon.ask(self.project['acme-prod'] + '?domain_id=default', admin)
        self.assertEqual(stated.status, 400, stated)

    def test_without_a_good_token_the_answer_is_401_and_names_keystone(self):
        for token in (None, 'garbage', 'gAAAAAB' + 'x' * 180, 'x' * 4000):
            with self.subTest(token=token):
                self.assert_refused(self.daemon.ask(self.project['demo'], token))

    def test_an_expired_token_is_refused_unless_a_service_passes_it_on(self):
        expired = self.keystone.expired_token('alice', 'demo')
        self.assert_refused(self.daemon.ask(self.project['demo'], expired))
        service = self.keystone.token('svc', 'service')
        answer = self.daemon.ask(self.project['demo'], expired, service_token=service)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json()['resolution']['user_id'], self.keystone.users['alice'])
        member = self.keystone.token('bob', 'legacy')
        for other in (member, 'garbage', expired):
            with self.subTest(other):
                self.assert_refused(
                    self.daemon.ask(self.project['demo'], expired, service_token=other))
        self.assert_refused(self.daemon.ask(self.project['demo'], expired))

    def test_keystones_log_has_the_id_that_came_with_the_request(self):
        name = f'req-{uuid.uuid4()}'
        log = pathlib.Path(os.environ['RIG_KEYSTONE_LOG'])
        # Keystone writes of each token that it does not know.
        self.assert_refused(self.daemon.ask(self.project['demo'], uuid.uuid4().hex,
                                            headers={'X-OpenStack-Request-ID': name}))
        until = time.monotonic() + LOG_SECONDS
        while name not in log.read_text('utf-8', 'replace'):
            self.assertLess(time.monotonic(), until, 'Keystone did not log the id')
            time.sleep(0.1)

    def test_a_revoked_token_is_refused_after_at_most_the_cache_time(self):
        token = self.keystone.token('alice', 'demo')
        self.assertEqual(self.daemon.ask(self.project['demo'], token).status, 200)
        self.keystone.revoke(token)
        revoked = time.monotonic()
        while self.daemon.ask(self.project['demo'], token).status == 200:
            self.assertLess(time.monotonic() - revoked, CACHE_SECONDS + 1)
            time.sleep(0.1)
        self.assert_refused(self.daemon.ask(self.project['demo'], token))

    def test_a_token_of_a_domain_and_one_of_the_system_have_no_project(self):
        acme, admin = self.keystone.domains['acme'], self.keystone.users['admin']
        self.keystone.call('PUT', f'/domains/{acme}/users/{admin}/roles/{self.keystone.roles["member"]}')
        domain = self.keystone.token('admin', domain_id=acme)
        self.assertEqual(self.daemon.ask(f'/v1/policies/domains/{acme}', domain).status, 404)
        self.assertEqual(self.daemon.ask('/v1/policies/domains/default', domain).status, 403)
        self.assertEqual(self.daemon.ask(self.project['acme-prod'], domain).status, 403)
        system = self.keystone.token('admin', system_scope='all')
        self.assertEqual(self.daemon.ask('/v1/policies', system).status, 200)
        unscoped = self.keystone.token('alice', unscoped=True)
        self.assertEqual(self.daemon.ask(self.project['demo'], unscoped).status, 403)

    def test_an_application_credential_is_valid_only_for_its_access_rules(self):
        allowed = self.keystone.application_credential('alice', 'demo', access_rules=[
            {'service': 'console-policy', 'method': 'GET', 'path': '/v1/projects/*/consoles'}])
        token = self.keystone.token_of_credential(allowed)
        self.assertEqual(self.daemon.ask(self.project['demo'], token).status, 200)
        self.assert_refused(self.daemon.ask('/v1/policies/cloud', token))
        elsewhere = self.keystone.application_credential('alice', 'demo', access_rules=[
            {'service': 'compute', 'method': 'GET', 'path': '/**'}])
        self.assert_refused(
            self.daemon.ask(self.project['demo'], self.keystone.token_of_credential(elsewhere)))
        free = self.keystone.application_credential('alice', 'demo')
        self.assertEqual(
            self.daemon.ask(self.project['demo'], self.keystone.token_of_credential(free)).status, 200)


class TheServicesOwnUser(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.keystone = Keystone()
        cls.alice = cls.keystone.token('alice', 'demo')
        cls.demo = consoles(cls.keystone.projects['demo'])

    def test_may_be_an_application_credential(self):
        credential = self.keystone.application_credential('svc', 'service')
        daemon = Daemon(application_credential_id=credential['id'],
                        application_credential_secret_file='secret')
        daemon.rewrite('secret', daemon.secret_file(credential['secret']))
        with daemon:
            answer = daemon.ask(self.demo, self.alice)
            self.assertEqual(answer.status, 200, answer)

    def test_needs_admin_for_the_domain_of_another_project_and_only_for_that(self):
        admin = self.keystone.token('admin', 'admin')
        for roles, foreign in ((['service'], 503), (['service', 'admin'], 200)):
            with self.subTest(roles=roles):
                credential = self.keystone.application_credential('svc', 'service', roles=[
                    {'name': role} for role in roles])
                daemon = Daemon(application_credential_id=credential['id'],
                                application_credential_secret_file='secret')
                daemon.rewrite('secret', daemon.secret_file(credential['secret']))
                with daemon:
                    self.assertEqual(daemon.ask(self.demo, self.alice).status, 200)
                    self.assertEqual(daemon.ask(self.demo, admin).status, foreign)

    def test_with_a_wrong_password_is_a_fault_of_ours_that_the_log_names(self):
        daemon = Daemon(password_file='secret')
        daemon.rewrite('secret', daemon.secret_file('wrong-password'))
        with daemon:
            answer = daemon.ask(self.demo, self.alice)
            self.assertEqual(answer.status, 503, answer)
            daemon.end()  # a line is written after its answer
            self.assertIn("refuses the service's own credentials", daemon.log())

    def test_has_its_own_token_revoked_and_goes_on_with_another(self):
        with Daemon() as daemon:
            self.assertEqual(daemon.ask(self.demo, self.alice).status, 200)
            svc = self.keystone.users['svc']
            # Keystone revokes every token of a user whose password is set.
            self.keystone.call('PATCH', f'/users/{svc}', {'user': {'password': 'another'}})
            self.keystone.call('PATCH', f'/users/{svc}', {'user': {'password': daemon.secrets[0]}})
            # Keystone counts the revocation in whole seconds: a token of the same second is revoked too.
            time.sleep(1.1)
            answer = daemon.ask(self.demo, self.keystone.token('alice', 'demo'))
            self.assertEqual(answer.status, 200, answer)

    def test_is_not_needed_by_static_tokens(self):
        with Daemon(static='{enabled: true}', auth_url='http://127.0.0.1:1') as daemon:
            admin = (daemon.folder / 'data' / 'admin.token').read_text('ascii').strip()
            self.assertEqual(daemon.ask(self.demo + '?domain_id=default', admin).status, 200)
            answer = daemon.ask(self.demo, self.alice)
            self.assertEqual(answer.status, 503, answer)
            self.assertIn('retry-after', answer.headers)


if __name__ == '__main__':
    unittest.main()
