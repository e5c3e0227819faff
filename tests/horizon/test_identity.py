# SPDX-License-Identifier: Apache-2.0
"""As whom the shim asks, and whom: tokens, the service catalog, http."""

import os
import tempfile
from unittest import mock

from django.test import override_settings

from openstack_auth import utils as auth_utils

from fake_policy_service import FakePolicyService
from fake_policy_service import send

from console_policy_dashboard.shim import messages
from console_policy_dashboard.shim import endpoint
from console_policy_dashboard.shim import runtime
from console_policy_dashboard.shim import service

from shim_case import INSTANCE_ID
from shim_case import ShimCase
from shim_case import warnings_in

#: Of the server in Horizon's own test data.
FINGERPRINT = ('instance_updated=2012-02-28T19%3A51%3A27Z&host_id=c461ea283faa'
               '0ab5d777073c93b126c68139e4e45934d4fc37e403c2')


def entry(url, region='RegionOne', interface='public',
          service_type='console-policy'):
    """A service in Keystone's catalog with one endpoint."""
    return {'type': service_type, 'name': service_type, 'endpoints': [
        {'interface': interface, 'region': region, 'region_id': region,
         'id': 'x', 'url': url}]}


class OwnTokenTests(ShimCase):

    def test_the_question_is_put_with_the_users_own_token(self):
        self.token.project['domain_id'] = 'DOM-1'
        self.opened()
        head = self.service.heads[0]
        self.assertEqual(
            'GET /v1/projects/%s/instances/%s/consoles?%s HTTP/1.1' % (
                self.tenant.id, INSTANCE_ID, FINGERPRINT),
            head.split('\r\n')[0])
        self.assertIn('\r\nX-Auth-Token: %s\r\n' % self.request.user.token.id,
                      head)

    def test_an_administrator_asks_for_the_project_of_the_instance(self):
        self.server.tenant_id = 'another-project'
        self.opened()
        head = self.service.heads[0]
        self.assertIn('GET /v1/projects/another-project/instances/', head)
        self.assertIn('X-Auth-Token: %s\r\n' % self.request.user.token.id,
                      head)

    def test_an_answer_for_another_user_is_no_answer(self):
        self.service.caller = 'somebody-else'
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertIn('resolution.user_id is not what was asked',
                      warnings_in(records)[0])

    def test_a_token_that_would_break_the_header_is_not_sent(self):
        for token in ('a b', 'a\r\nX-Admin: yes', 'b\x00', '\u20ac',
                      'x' * 9000):
            with mock.patch.object(self.request.user.token, 'id', token), \
                    self.shim_log() as records:
                self.forget()
                self.assertEqual('VNC', self.opened())
            self.assertEqual(1, len(warnings_in(records)))
            self.assertNotIn(token, warnings_in(records)[0])
        self.assertEqual([], self.service.heads)

    def test_a_user_without_a_token_is_logged(self):
        with mock.patch.object(self.request.user, 'token', None), \
                self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertIn('the user has no token', warnings_in(records)[0])

    def test_a_refused_token_costs_no_known_deny_and_is_not_tried_again(self):
        self.service.deny(['VNC'])
        self.opened()

        def refuse(connection, head):
            send(connection, b'{"errors":[]}', '401 Unauthorized')
            return True
        self.service.behave = refuse
        self.assertRaises(messages.ConsoleDenied, self.opened, 'VNC')
        self.assertEqual(2, len(self.service.heads))

    def test_the_token_stands_in_no_log(self):
        token = self.request.user.token.id
        with self.shim_log() as records:
            self.opened()
            self.service.close()
            self.opened()
        self.assertNotIn(token, ' '.join(r.getMessage() for r in records))


class ServiceTokenTests(ShimCase):
    """With a token file: a service asks in the user's name."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, 'token')
        with open(path, 'w') as handle:
            handle.write('T0KEN\n')
        self.use_settings(TOKEN_FILE=path)

    def test_the_question_names_project_instance_user_and_domain(self):
        self.token.project['domain_id'] = 'DOM-1'
        self.opened()
        line = self.service.heads[0].split('\r\n')[0]
        self.assertEqual(
            'GET /v1/projects/%s/instances/%s/consoles?user_id=%s'
            '&domain_id=DOM-1&%s HTTP/1.1' % (
                self.tenant.id, INSTANCE_ID, self.user.id, FINGERPRINT), line)
        self.assertIn('\r\nX-Auth-Token: T0KEN\r\n', self.service.heads[0])
        self.assertNotIn(self.request.user.token.id, self.service.heads[0])

    def test_a_user_id_is_opaque(self):
        self.request.user.id = 'j\xfcrgen doe@example.org'
        self.opened()
        self.assertIn('user_id=j%C3%BCrgen+doe%40example.org&',
                      self.service.heads[0])

    def test_the_domain_of_a_foreign_project_is_left_out(self):
        self.token.project['domain_id'] = 'DOM-1'
        self.server.tenant_id = 'another-project'
        self.opened()
        self.assertNotIn('domain_id', self.service.heads[0])

    def test_a_user_id_that_the_service_does_not_take_dodges_no_deny(self):
        self.service.deny(['VNC'])
        for user_id in ('x' * 256, 'a\nb', '..', '', None):
            self.request.user.id = user_id
            self.assertRaises(messages.ConsoleDenied, self.opened, 'VNC')
            self.assertNotIn('user_id', self.service.heads[-1])


class CatalogTests(ShimCase):

    def setUp(self):
        super().setUp()
        self.use_settings(ENDPOINT=None)
        self.catalog = list(self.service_catalog)
        self.log_in()

    def log_in(self, *services, region='RegionOne'):
        """A user whose catalog has these services besides Horizon's."""
        self.setActiveUser(id=self.user.id, token=self.token,
                           tenant_id=self.tenant.id,
                           service_catalog=self.catalog + list(services))
        self.request.user = auth_utils.get_user(self.request)
        self.request.user.services_region = region

    def test_the_endpoint_is_found_in_the_catalog(self):
        self.log_in(entry(self.service.endpoint))
        self.assertEqual('SPICE', self.opened())

    def test_an_endpoint_with_the_version_in_it_is_the_same(self):
        self.log_in(entry(self.service.endpoint + '/v1/'))
        self.assertEqual('SPICE', self.opened())
        self.assertIn('GET /v1/projects/', self.service.heads[0])

    @override_settings(OPENSTACK_ENDPOINT_TYPE='internalURL')
    def test_the_interface_is_that_of_horizon(self):
        self.log_in(entry(self.service.endpoint))
        self.assertEqual('VNC', self.opened())
        self.log_in(entry(self.service.endpoint, interface='internal'))
        self.assertEqual('SPICE', self.opened())

    @override_settings(OPENSTACK_ENDPOINT_TYPE='internalURL',
                       SECONDARY_ENDPOINT_TYPE='publicURL')
    def test_the_second_interface_of_horizon_counts(self):
        self.log_in(entry(self.service.endpoint))
        self.assertEqual('SPICE', self.opened())

    def test_not_in_the_catalog_is_not_installed_and_told_once(self):
        with self.shim_log() as records:
            for _ in range(3):
                self.assertEqual('VNC', self.opened())
        self.assertEqual(
            ['console-policy: the service catalog has no console-policy '
             'publicURL endpoint in region RegionOne. Consoles open in the '
             'order of Horizon'], warnings_in(records))

    def test_each_region_has_its_own_service(self):
        other = FakePolicyService()
        self.addCleanup(other.close)
        other.caller, other.consoles = self.user.id, ['RDP']
        both = entry(self.service.endpoint)
        both['endpoints'] += entry(other.endpoint, 'RegionTwo')['endpoints']
        for region, opens in (('RegionOne', 'SPICE'), ('RegionTwo', 'RDP'),
                              ('RegionOne', 'SPICE'), ('Elsewhere', 'VNC')):
            self.log_in(both, region=region)
            self.assertEqual(opens, self.opened())
        self.assertEqual((1, 1), (self.service.accepted, other.accepted))

    def test_what_one_region_denies_is_not_known_of_another(self):
        other = FakePolicyService()
        self.addCleanup(other.close)
        other.caller = self.user.id
        both = entry(self.service.endpoint)
        both['endpoints'] += entry(other.endpoint, 'RegionTwo')['endpoints']
        self.service.deny(['VNC'])
        self.log_in(both)
        self.opened()
        other.close()
        self.log_in(both, region='RegionTwo')
        self.assertEqual('VNC', self.opened())
        self.service.close()
        self.log_in(both)
        self.assertRaises(messages.ConsoleDenied, self.opened, 'VNC')

    def test_an_endpoint_that_moves_is_followed(self):
        self.log_in(entry(self.service.endpoint))
        self.opened()
        other = FakePolicyService()
        self.addCleanup(other.close)
        other.caller, other.consoles = self.user.id, ['RDP']
        self.log_in(entry(other.endpoint))
        self.assertEqual('RDP', self.opened())

    def test_one_service_away_is_not_the_other_away(self):
        with self.shim_log():
            self.log_in(entry('http://127.0.0.1:1'))
            self.assertEqual('VNC', self.opened())
        self.log_in(entry(self.service.endpoint))
        self.assertEqual('SPICE', self.opened())

    def test_the_number_of_services_a_process_keeps_is_bounded(self):
        with self.shim_log():
            for number in range(40):
                self.log_in(entry('http://127.0.0.%d:1' % (number + 1)))
                self.assertEqual('VNC', self.opened())
        kept = runtime.current().services
        self.assertEqual(service.MAX_SERVICES, len(kept._services))

    def test_the_number_of_things_told_once_is_bounded(self):
        with self.shim_log():
            for number in range(40):
                self.log_in(entry('http://x', 'Region%d-' % number),
                            region='Region%d' % number)
                self.assertEqual('VNC', self.opened())
        self.assertEqual(service.MAX_SERVICES,
                         len(runtime.current().services._logged))

    def test_a_url_that_is_none_is_reported_once_without_being_shown(self):
        self.log_in(entry('http://me:s3cr3t@127.0.0.1/'))
        with self.shim_log() as records:
            for _ in range(3):
                self.assertEqual('VNC', self.opened())
        said = warnings_in(records)
        self.assertEqual(1, len(said))
        self.assertIn('in the service catalog cannot be used', said[0])
        self.assertNotIn('s3cr3t', said[0])

    def test_a_named_endpoint_wins_over_the_catalog(self):
        self.use_settings()
        self.log_in(entry('http://127.0.0.1:1'))
        self.assertEqual('SPICE', self.opened())


class PlainHttpTests(ShimCase):

    def allowed(self, url, nova, allow_http=None):
        with mock.patch.object(endpoint, 'in_catalog', return_value=nova):
            return endpoint.may_carry_token(endpoint.parse_url(url),
                                            self.request, allow_http)

    def test_https_and_loopback_carry_a_token(self):
        for url in ('https://policy.example.org', 'http://127.0.0.1:9797',
                    'http://127.9.9.9', 'http://[::1]:9797',
                    'http://localhost:9797'):
            for allow_http in (None, True, False):
                self.assertTrue(self.allowed(url, 'https://nova', allow_http))

    def test_plain_http_carries_one_where_it_does_so_to_nova(self):
        for url in ('http://10.0.0.1:9797', 'http://localhost.example.org',
                    'http://127.0.0.1.example.org'):
            self.assertTrue(self.allowed(url, 'http://10.0.0.1:8774/v2.1'))
            self.assertFalse(self.allowed(url, 'https://nova/v2.1'))
            self.assertFalse(self.allowed(url, None))

    def test_the_setting_has_the_last_word(self):
        url = 'http://10.0.0.1:9797'
        self.assertTrue(self.allowed(url, 'https://nova', True))
        self.assertFalse(self.allowed(url, 'http://nova', False))

    def test_a_token_that_must_not_cross_http_is_not_sent(self):
        self.use_settings(ALLOW_HTTP=False)
        with mock.patch.object(endpoint.Endpoint, 'is_private', False), \
                self.shim_log() as records:
            for _ in range(3):
                self.assertEqual('VNC', self.opened())
        self.assertEqual([], self.service.heads)
        self.assertEqual(0, self.service.accepted)
        said = warnings_in(records)
        self.assertEqual(1, len(said))
        self.assertIn('is not asked: the token would cross plain http',
                      said[0])
