# SPDX-License-Identifier: Apache-2.0
"""What the user gets: the tab, the redirects, the serial page, REST."""

import json
from unittest import mock

from django.contrib.messages.storage.cookie import CookieStorage
from django.test import modify_settings
from django.test import override_settings
from django.urls import reverse

from horizon import exceptions
from horizon.utils import http as http_utils

from openstack_auth import policy as auth_policy
from openstack_auth import utils as auth_utils

from openstack_dashboard import api
from openstack_dashboard import policy
from openstack_dashboard.api.rest import nova as rest_nova
from openstack_dashboard.dashboards.admin.instances import tabs as admin_tabs
from openstack_dashboard.dashboards.project.instances import tabs
from openstack_dashboard.dashboards.project.instances import views

from console_policy_dashboard import rest

from shim_case import INSTANCE_ID
from shim_case import ShimCase
from shim_case import STOCK_ORDER

ALL = list(STOCK_ORDER)
SCRIPT = '<script>alert("x")</script> & more'
SERIAL_PAGE = '/project/instances/%s/serial' % INSTANCE_ID
X_FRAME = 'django.middleware.clickjacking.XFrameOptionsMiddleware'


class PageCase(ShimCase):

    def setUp(self):
        super().setUp()
        self.server_get = self.patch(api.nova, 'server_get',
                                     return_value=self.server)

    def patch(self, owner, name, **kwargs):
        patcher = mock.patch.object(owner, name, **kwargs)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def said(self, answer):
        """The text of the messages that come with an answer."""
        stored = CookieStorage(self.request)._decode(
            answer.cookies['messages'].value)
        return ' '.join(m.message for m in stored)

    def view(self, name, dashboard='project'):
        return self.client.get(reverse(
            'horizon:%s:instances:%s' % (dashboard, name),
            args=[INSTANCE_ID]))


class TabTests(PageCase):

    def setUp(self):
        super().setUp()
        self.patch(api.neutron, 'is_extension_supported', return_value=False)

    def tab_html(self, group=tabs.InstanceDetailTabs):
        request = self.factory.get('/?tab=instance_details__console')
        request.user, request.session = self.request.user, {}
        return group(request, instance=self.server).get_tab(
            'console').render()

    def test_the_tab_shows_the_type_that_the_service_puts_first(self):
        self.assertIn('src="http://proxy/SPICE?token=T&amp;title=',
                      self.tab_html())

    def test_the_tab_of_a_serial_console_frames_the_serial_page(self):
        self.service.consoles = ['SERIAL', 'VNC']
        html = self.tab_html()
        self.assertIn('src="%s"' % SERIAL_PAGE, html)
        self.assertNotIn('ws://', html)

    def test_the_tab_gives_the_reason_of_no_console_escaped(self):
        self.service.deny(ALL, reason=SCRIPT)
        html = self.tab_html()
        self.assertIn('No console is allowed for this instance.', html)
        self.assertIn('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; '
                      '&amp; more', html)
        self.assertNotIn('<script', html)
        self.assertNotIn('<iframe', html)
        self.assertEqual([], self.asked())

    def test_a_refusal_is_no_error_in_the_log(self):
        self.service.deny(ALL)
        log = self.patch(exceptions, 'LOG')
        with self.shim_log() as records:
            self.tab_html()
        self.assertEqual([], records)
        self.assertEqual([], log.mock_calls)

    def test_the_tab_is_horizons_own_when_nothing_is_available(self):
        self.only()
        html = self.tab_html()
        self.assertIn('Unable to load console.', html)
        self.assertNotIn('console_policy_denial', html)

    def test_the_tab_names_the_denies_when_nothing_else_is_available(self):
        self.service.deny(['RDP'], reason='Audit')
        self.only('RDP')
        log = self.patch(exceptions, 'LOG')
        html = self.tab_html()
        self.assertIn('Please reload page to try again.', html)
        self.assertIn('RDP: Denied in this project: Audit.', html)
        self.assertTrue(log.warning.called)

    def test_the_administrators_tab_is_the_same(self):
        self.assertIn(tabs.ConsoleTab,
                      admin_tabs.AdminInstanceDetailTabs.tabs)
        self.service.deny(ALL, reason='no')
        self.assertIn('No console is allowed',
                      self.tab_html(admin_tabs.AdminInstanceDetailTabs))

    @override_settings(CONSOLE_TYPE='VNC')
    def test_a_site_with_one_type_keeps_it(self):
        self.assertIn('src="http://proxy/VNC', self.tab_html())
        self.assertEqual(['VNC'], self.asked())

    @override_settings(CONSOLE_TYPE='VNC')
    def test_a_site_with_one_type_honours_its_deny(self):
        self.service.deny(['VNC'], reason='not here')
        html = self.tab_html()
        self.assertIn('The VNC console is not allowed for this instance.',
                      html)
        self.assertIn('VNC: Denied in this project: not here.', html)
        self.assertEqual([], self.asked())

    def test_the_refusal_is_translated(self):
        from django.utils import translation
        real = translation.gettext

        def german(text):
            return {'No console is allowed for this instance.':
                    'Keine Konsole erlaubt.'}.get(text, real(text))
        self.service.deny(ALL)
        with mock.patch('console_policy_dashboard.denial._', german):
            self.assertIn('Keine Konsole erlaubt.', self.tab_html())


class RedirectTests(PageCase):

    def test_auto_console_redirects_to_the_first_type(self):
        location = self.view('auto_console')['Location']
        self.assertTrue(location.startswith('http://proxy/SPICE?token=T'))

    def test_auto_console_redirects_to_the_serial_page(self):
        self.service.consoles = ['SERIAL', 'VNC']
        self.assertEqual(SERIAL_PAGE, self.view('auto_console')['Location'])

    @override_settings(CONSOLE_TYPE='SERIAL')
    def test_a_site_with_serial_only_gets_the_serial_page_too(self):
        self.assertEqual(SERIAL_PAGE, self.view('auto_console')['Location'])

    def test_auto_console_says_why_there_is_no_console(self):
        self.service.deny(ALL, reason='Audit')
        answer = self.view('auto_console')
        self.assertEqual('/project/instances/', answer['Location'])
        self.assertIn('No console is allowed for this instance. All console '
                      'types: Denied in this project: Audit.',
                      self.said(answer))
        self.assertEqual([], self.asked())

    def test_auto_console_survives_an_instance_that_is_not_there(self):
        self.server_get.side_effect = self.exceptions.nova
        answer = self.view('auto_console')
        self.assertEqual('/project/instances/', answer['Location'])
        self.assertIn('Unable to get console for instance',
                      self.said(answer))

    def test_the_url_of_one_type_is_never_reordered(self):
        for name in ('vnc', 'spice', 'rdp', 'mks'):
            if name == 'mks':
                # Horizon has this view only among the administrator's.
                answer = views.mks(self.request, INSTANCE_ID)
            else:
                answer = self.view(name)
            self.assertTrue(answer['Location'].startswith(
                'http://proxy/%s?' % name.upper()), answer['Location'])

    def test_the_url_of_a_denied_type_gives_the_reason(self):
        self.service.deny(['VNC'], reason='Audit')
        answer = self.view('vnc')
        self.assertEqual('/project/instances/', answer['Location'])
        self.assertIn('The VNC console is not allowed for this instance. '
                      'VNC: Denied in this project: Audit.',
                      self.said(answer))
        self.assertEqual([], self.asked())


@modify_settings(MIDDLEWARE={'append': X_FRAME})
class SerialPageTests(PageCase):

    def test_the_page_may_be_framed_by_the_same_origin(self):
        self.assertEqual('SAMEORIGIN', self.view('serial')['X-Frame-Options'])

    def test_no_other_page_may_be_framed(self):
        for name in ('vnc', 'auto_console', 'spice'):
            self.assertEqual('DENY', self.view(name)['X-Frame-Options'])

    def test_the_page_connects_to_the_url_of_nova(self):
        html = self.view('serial').content.decode()
        self.assertIn('<script id="console-url" type="application/json">'
                      '"ws://proxy/?token=SERIAL"</script>', html)
        self.assertEqual(['SERIAL'], self.asked())

    def test_the_page_needs_nothing_that_debian_lacks(self):
        html = self.view('serial').content.decode()
        self.assertNotIn('angular', html)
        self.assertEqual(1, html.count('<script src='))
        self.assertIn('src="/static/horizon/lib/termjs/term.js"', html)

    def test_a_url_of_nova_cannot_end_the_script(self):
        self.nova['SERIAL'].return_value.url = 'ws://x/</script><b>"\'&'
        html = self.view('serial').content.decode()
        self.assertNotIn('</script><b>', html)

    def test_the_name_of_an_instance_is_escaped(self):
        self.server.name = SCRIPT
        self.assertNotIn(SCRIPT, self.view('serial').content.decode())

    def test_the_page_of_a_denied_serial_console_gives_the_reason(self):
        self.service.deny(['SERIAL'], reason=SCRIPT)
        html = self.view('serial').content.decode()
        self.assertIn('The SERIAL console is not allowed for this instance.',
                      html)
        self.assertIn('&lt;script&gt;', html)
        self.assertNotIn(SCRIPT, html)
        self.assertNotIn('term.js', html)
        self.assertEqual([], self.asked())

    def test_the_page_says_when_there_is_no_serial_console(self):
        self.only('VNC')
        self.assertIn('Cannot get console for instance',
                      self.view('serial').content.decode())

    def test_the_page_says_when_there_is_no_such_instance(self):
        self.server_get.side_effect = self.exceptions.nova
        self.assertIn('Cannot find instance',
                      self.view('serial').content.decode())


class RestTests(PageCase):

    def setUp(self):
        super().setUp()
        for name, call in self.nova.items():
            self.patch(api.nova, 'server_%s_console' % name.lower(), new=call)
        self.patch(http_utils, 'is_ajax', return_value=True)
        self.elsewhere = self.patch(policy, 'check', return_value=False)

    def post(self, body='{"console_type": "AUTO"}', server_id=INSTANCE_ID):
        request = self.mock_rest_request(body=body)
        request.user = self.request.user
        return rest_nova.RemoteConsoleInfo().post(request, server_id)

    def test_auto_follows_the_order_of_the_service(self):
        answer = self.post()
        self.assertStatusCode(answer, 200)
        self.assertEqual({'type': 'SPICE', 'url':
                          'http://proxy/SPICE?token=T&title=Console(%s)' %
                          INSTANCE_ID}, answer.json)
        self.assertEqual(['SPICE'], self.asked())

    def test_auto_goes_on_when_a_type_is_not_there(self):
        self.only('VNC')
        self.assertEqual('VNC', self.post().json['type'])

    def test_without_a_service_the_order_is_that_of_horizons_rest(self):
        self.service.close()
        self.forget()
        tried = []
        for name, call in self.nova.items():
            def fail(request, instance_id, name=name):
                tried.append(name)
                raise self.exceptions.nova
            call.side_effect = fail
        self.assertStatusCode(self.post(), 500)
        self.assertEqual(ALL, tried)

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
            return rest._project_id(self.request, INSTANCE_ID)

    def test_a_member_does_not(self):
        self.assertEqual(self.tenant.id, self.project_asked_for(
            [{'name': 'member'}, {'name': 'reader'}]))

    def test_an_administrator_does(self):
        self.assertEqual('project-of-somebody', self.project_asked_for(
            [{'name': 'admin'}]))
