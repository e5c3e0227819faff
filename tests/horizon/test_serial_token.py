# SPDX-License-Identifier: Apache-2.0
"""One serial console costs one token of Nova's, not two."""

import time
from unittest import mock

from django.test import override_settings

from openstack_dashboard import api
from openstack_dashboard.dashboards.project.instances import tabs
from openstack_dashboard.dashboards.project.instances import views

from console_policy_dashboard.serial import page

from shim_case import INSTANCE_ID
from shim_case import OTHER_ID
from shim_case import PageCase

SERIAL_PAGE = '/project/instances/%s/serial' % INSTANCE_ID


class SerialTokenTests(PageCase):
    """A session that goes from the tab to the page that it frames."""

    def setUp(self):
        super().setUp()
        self.patch(api.neutron, 'is_extension_supported', return_value=False)
        self.session = {}
        self.service.consoles = ['SERIAL', 'VNC']
        urls = ['ws://proxy/?token=%d' % n for n in range(9)]
        self.nova['SERIAL'].side_effect = [mock.Mock(url=u) for u in urls]

    def request_to(self, path):
        request = self.factory.get(path)
        request.user, request.session = self.request.user, self.session
        return request

    def tab(self):
        return tabs.InstanceDetailTabs(
            self.request_to('/?tab=instance_details__console'),
            instance=self.server).get_tab('console').render()

    def page(self, instance_id=INSTANCE_ID):
        """The URL that the serial page connects to."""
        view = views.SerialConsoleView()
        view.setup(self.request_to(SERIAL_PAGE), instance_id=instance_id)
        context = view.get_context_data(instance_id=instance_id)
        return context.get('console_url')

    def calls(self):
        return self.nova['SERIAL'].call_count

    def test_tab_and_page_make_one_call(self):
        self.assertIn('src="%s"' % SERIAL_PAGE, self.tab())
        self.assertEqual('ws://proxy/?token=0', self.page())
        self.assertEqual(1, self.calls())

    @override_settings(CONSOLE_TYPE='SERIAL')
    def test_so_they_do_where_a_site_has_serial_only(self):
        self.tab()
        self.page()
        self.assertEqual(1, self.calls())

    def test_the_redirect_and_the_page_make_one_call(self):
        answer = views.auto_console(self.request_to('/'), INSTANCE_ID)
        self.assertEqual(SERIAL_PAGE, answer['Location'])
        self.assertEqual('ws://proxy/?token=0', self.page())
        self.assertEqual(1, self.calls())

    def test_a_page_that_is_loaded_again_asks_nova(self):
        self.tab()
        self.page()
        self.assertEqual('ws://proxy/?token=1', self.page())
        self.assertEqual(2, self.calls())

    def test_a_page_without_a_tab_asks_nova(self):
        self.assertEqual('ws://proxy/?token=0', self.page())

    def test_another_user_gets_nothing_of_it(self):
        self.tab()
        self.session = {}
        self.assertEqual('ws://proxy/?token=1', self.page())

    def test_the_page_of_another_instance_gets_nothing_of_it(self):
        self.tab()
        self.server.id = OTHER_ID
        self.assertEqual('ws://proxy/?token=1', self.page(OTHER_ID))

    def test_what_waited_too_long_is_not_taken(self):
        self.tab()
        with mock.patch.object(page.time, 'time',
                               return_value=time.time() + 61):
            self.assertEqual('ws://proxy/?token=1', self.page())

    def test_a_deny_that_came_between_holds(self):
        self.tab()
        self.service.deny(['SERIAL'], reason='Audit')
        self.assertIsNone(self.page())
        self.assertEqual(1, self.calls())

    def test_the_tab_of_another_type_keeps_nothing(self):
        self.service.consoles = ['VNC']
        self.tab()
        self.assertEqual({}, self.session)

    def test_a_session_keeps_a_few_and_only_fresh_ones(self):
        for number in range(9):
            self.server.id = INSTANCE_ID[:-1] + '%d' % number
            self.tab()
        kept = self.session['console_policy_serial']
        self.assertEqual(page.MAX_KEPT, len(kept))

    def test_garbage_in_a_session_is_not_believed(self):
        for garbage in ('x', 1, None, [], {INSTANCE_ID: 'x'},
                        {INSTANCE_ID: [1, 'y']}, {INSTANCE_ID: ['u']}):
            self.session = {'console_policy_serial': garbage}
            self.assertTrue(self.page().startswith('ws://proxy/'))

    def test_a_request_without_a_session_asks_nova(self):
        self.session = []
        self.tab()
        self.assertEqual('ws://proxy/?token=1', self.page())
