# SPDX-License-Identifier: Apache-2.0
"""What the user gets: the tab, the redirects, the serial page."""

from unittest import mock

from django.test import modify_settings
from django.test import override_settings

from novaclient import exceptions as nova_exceptions

from horizon import exceptions

from openstack_dashboard import api
from openstack_dashboard.dashboards.admin.instances import tabs as admin_tabs
from openstack_dashboard.dashboards.project.instances import tabs
from openstack_dashboard.dashboards.project.instances import views

from shim_case import INSTANCE_ID
from shim_case import PageCase
from shim_case import STOCK_ORDER

ALL = list(STOCK_ORDER)
SCRIPT = '<script>alert("x")</script> & more'
SERIAL_PAGE = '/project/instances/%s/serial' % INSTANCE_ID
X_FRAME = 'django.middleware.clickjacking.XFrameOptionsMiddleware'


class TabTests(PageCase):

    def setUp(self):
        super().setUp()
        self.patch(api.neutron, 'is_extension_supported', return_value=False)

    def tab_group(self, group=tabs.InstanceDetailTabs):
        request = self.factory.get('/?tab=instance_details__console')
        request.user, request.session = self.request.user, {}
        return group(request, instance=self.server)

    def tab_html(self, group=tabs.InstanceDetailTabs):
        return self.tab_group(group).get_tab('console').render()

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
        self.assertNotIn('Try again', html)
        self.assertEqual([], self.asked())

    def test_the_tab_shows_what_ended_the_opening_and_offers_another(self):
        self.nova['SPICE'].side_effect = nova_exceptions.Conflict(409)
        html = self.tab_html()
        self.assertIn('The instance is not ready for a console.', html)
        self.assertIn('href="?tab=instance_details__console">Try again', html)
        self.assertNotIn('<iframe', html)
        self.assertEqual(['SPICE'], self.asked())

    def test_a_token_that_is_over_is_horizons_own_affair(self):
        self.nova['SPICE'].side_effect = nova_exceptions.Unauthorized(401)
        self.server.volumes = []
        # Horizon loads the tab so, and its middleware takes it from there.
        with self.assertRaises(exceptions.NotAuthorized):
            self.tab_group().load_tab_data()
        self.assertEqual(['SPICE'], self.asked())

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
        with mock.patch('console_policy_dashboard.shim.messages._', german):
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

    def test_auto_console_shows_why_there_is_no_console(self):
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

    def test_the_page_shows_when_there_is_no_serial_console(self):
        self.only('VNC')
        self.assertIn('Cannot get console for instance',
                      self.view('serial').content.decode())

    def test_the_page_shows_when_there_is_no_such_instance(self):
        self.server_get.side_effect = self.exceptions.nova
        self.assertIn('Cannot find instance',
                      self.view('serial').content.decode())
