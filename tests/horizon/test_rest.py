# SPDX-License-Identifier: Apache-2.0
"""POST /api/nova/servers/ID/console-info/: the second place of the order."""

import json
from unittest import mock

from django.test import override_settings

from horizon.utils import http as http_utils

from openstack_auth import policy as auth_policy
from openstack_auth import utils as auth_utils

from openstack_dashboard import api
from openstack_dashboard import policy
from openstack_dashboard.api.rest import nova as rest_nova

from console_policy_dashboard.shim import console
from console_policy_dashboard.shim import nova

from shim_case import INSTANCE_ID
from shim_case import PageCase
from shim_case import ShimCase
from shim_case import STOCK_ORDER

ALL = list(STOCK_ORDER)
SCRIPT = '<script>alert("x")</script> & more'
SERIAL_PAGE = '/project/instances/%s/serial' % INSTANCE_ID


class RestTests(PageCase):

    secure = False

    def setUp(self):
        super().setUp()
        for name, call in self.nova.items():
            self.patch(api.nova, 'server_%s_console' % name.lower(), new=call)
        self.patch(api.nova, 'get_microversion', return_value='2.8')
        self.patch(http_utils, 'is_ajax', return_value=True)
        self.elsewhere = self.patch(policy, 'check', return_value=False)

    def post(self, body='{"console_type": "AUTO"}', server_id=INSTANCE_ID):
        request = self.mock_rest_request(body=body)
        request.is_secure.return_value = self.secure
        request.user = self.request.user
        return rest_nova.RemoteConsoleInfo().post(request, server_id)

    def test_auto_follows_the_order_of_the_service(self):
        answer = self.post()
        self.assertStatusCode(answer, 200)
        self.assertEqual({'type': 'SPICE', 'url':
                          'http://proxy/SPICE?token=T&title=Console(%s)' %
                          INSTANCE_ID}, answer.json)
        self.assertEqual(['SPICE'], self.asked())

    def test_a_url_that_an_https_page_cannot_open_is_passed_over(self):
        self.secure = True
        self.nova['VNC'].return_value.url = 'https://proxy/?token=T'
        self.assertEqual('VNC', self.post().json['type'])
        self.assertEqual(['VNC', 'SPICE'], self.asked())

    def test_serial_by_name_is_for_a_terminal_and_may_be_plain(self):
        self.secure = True
        self.assertEqual('ws://proxy/?token=SERIAL',
                         self.post('{"console_type": "SERIAL"}').json['url'])

    def test_auto_goes_on_when_a_type_is_not_there(self):
        self.only('VNC')
        self.assertEqual('VNC', self.post().json['type'])

    def test_without_a_service_the_order_is_that_of_horizons_rest(self):
        self.service.close()
        self.forget()
        tried = []
        fetch = self.patch(nova, 'fetch', return_value=None)
        for name, call in self.nova.items():
            def fail(request, instance_id, name=name):
                tried.append(name)
                raise self.exceptions.nova
            call.side_effect = fail
        self.assertStatusCode(self.post(), 500)
        self.assertEqual(ALL, tried)
        self.assertEqual(1, fetch.call_count)

    def test_no_body_means_auto(self):
        self.assertEqual('SPICE', self.post('').json['type'])

    def test_an_explicit_type_is_never_reordered(self):
        answer = self.post('{"console_type": "VNC"}')
        self.assertEqual('VNC', answer.json['type'])
        self.assertEqual(['VNC'], self.asked())

    def test_auto_gives_serial_with_a_url_a_browser_opens(self):
        self.service.consoles = ['SERIAL']
        self.assertEqual({'type': 'SERIAL', 'url': SERIAL_PAGE},
                         self.post().json)

    def test_serial_by_name_gives_the_url_of_nova_as_horizon_does(self):
        self.assertEqual({'type': 'SERIAL', 'url': 'ws://proxy/?token=SERIAL'},
                         self.post('{"console_type": "SERIAL"}').json)

    def test_no_console_gives_the_reason_and_asks_nova_nothing(self):
        self.service.deny(ALL, reason=SCRIPT)
        answer = self.post()
        self.assertStatusCode(answer, 403)
        self.assertEqual('application/json', answer['Content-Type'])
        self.assertIn(SCRIPT, json.loads(answer.content))
        self.assertNotIn(b'<', answer.content)
        self.assertEqual([], self.asked())
        self.assertFalse(self.server_get.called)

    def test_nothing_available_is_500_as_in_horizon_with_the_denies(self):
        self.service.deny(['RDP'], reason=SCRIPT)
        self.only()
        answer = self.post()
        self.assertStatusCode(answer, 500)
        self.assertIn('RDP: Denied in this project',
                      json.loads(answer.content))
        self.assertNotIn(b'<', answer.content)

    def test_a_denied_type_by_name_gives_the_reason(self):
        self.service.deny(['VNC'], reason='Audit')
        answer = self.post('{"console_type": "VNC"}')
        self.assertStatusCode(answer, 403)
        self.assertIn('Audit', json.loads(answer.content))
        self.assertEqual([], self.asked())

    def test_an_unknown_type_is_refused_as_by_horizon(self):
        answer = self.post('{"console_type": "FAKE"}')
        self.assertStatusCode(answer, 500)
        self.assertEqual('Console type "FAKE" not supported.',
                         json.loads(answer.content))

    def test_a_type_that_is_not_a_text_is_refused(self):
        for body in ('{"console_type": ["VNC"]}', '[1]', '{"console_type": 1}',
                     '"AUTO"'):
            self.assertStatusCode(self.post(body), 400)

    def test_the_project_is_the_users_own_without_asking_nova(self):
        self.post()
        self.assertFalse(self.server_get.called)
        self.assertIn('/v1/projects/%s/' % self.tenant.id,
                      self.service.heads[0])

    def test_who_may_see_other_projects_gets_that_of_the_instance(self):
        self.elsewhere.return_value = True
        self.server.tenant_id = 'project-of-somebody'
        self.post()
        self.assertIn('/v1/projects/project-of-somebody/',
                      self.service.heads[0])

    def test_an_instance_that_is_not_there_is_left_to_nova(self):
        self.elsewhere.return_value = True
        self.server_get.side_effect = self.exceptions.nova
        self.only()
        self.assertStatusCode(self.post(), 500)

    def test_an_id_that_nova_cannot_have_made_is_not_asked_for(self):
        self.post(server_id='../../v1/policies/cloud')
        self.assertEqual([], self.service.heads)


@override_settings(POLICY_CHECK_FUNCTION='openstack_auth.policy.check')
class WhoSeesOtherProjectsTests(ShimCase):
    """With Horizon's real policy files for Nova."""

    def setUp(self):
        super().setUp()
        auth_policy.reset()
        self.addCleanup(auth_policy.reset)

    def project_asked_for(self, roles):
        self.setActiveUser(id=self.user.id, token=self.token,
                           tenant_id=self.tenant.id, roles=roles,
                           service_catalog=self.service_catalog)
        self.request.user = auth_utils.get_user(self.request)
        self.server.tenant_id = 'project-of-somebody'
        with mock.patch.object(api.nova, 'server_get',
                               return_value=self.server):
            return console._instance(self.request, INSTANCE_ID).project_id

    def test_a_member_does_not(self):
        self.assertEqual(self.tenant.id, self.project_asked_for(
            [{'name': 'member'}, {'name': 'reader'}]))

    def test_an_administrator_does(self):
        self.assertEqual('project-of-somebody', self.project_asked_for(
            [{'name': 'admin'}]))
