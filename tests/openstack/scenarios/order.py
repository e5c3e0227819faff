# SPDX-License-Identifier: Apache-2.0
"""The service answers: which console opens, and how soon Horizon changes its mind."""
from . import rig
from .scenario import Scenario


class NothingStored(Scenario):
    def test_an_instance_with_spice_opens_spice(self):
        self.assert_opens('vm-new', 'SPICE')

    def test_an_instance_without_spice_opens_vnc(self):
        self.assert_opens('vm-old', 'VNC')

    def test_the_spice_console_takes_keys(self):
        self.assertEqual(self.open_tab('vm-new')['type'], 'SPICE')
        self.assert_takes_keys('spice')

    def test_the_vnc_console_takes_keys(self):
        self.assertEqual(self.open_tab('vm-old')['type'], 'VNC')
        self.assert_takes_keys('vnc')

    def test_nova_is_asked_for_spice_and_then_for_vnc_where_there_is_no_spice(self):
        nova = rig.NovaLog()
        self.open_tab('vm-old')
        self.assertEqual(nova.console_calls(self.server('vm-old')), [400, 200])


class TheProjectPrefersVnc(Scenario):
    def test_both_instances_open_vnc_until_the_policy_is_deleted(self):
        self.site.policies.put(self.project('vm-new'), prefer=['VNC'])
        self.assert_opens('vm-new', 'VNC')
        self.assert_opens('vm-old', 'VNC')
        self.site.policies.delete(self.project('vm-new'))
        self.assert_opens('vm-new', 'SPICE')
        self.assert_opens('vm-old', 'VNC')

    def test_another_project_is_not_touched(self):
        self.site.policies.put(self.project('vm-new'), prefer=['VNC'])
        self.assert_opens('vm-acme', 'SPICE')


class OneInstancePrefersSerial(Scenario):
    def setUp(self):
        super().setUp()
        self.site.policies.put(self.instance('vm-new'), prefer=['SERIAL'])

    def assert_terminal_works(self):
        """The guest's text comes (Horizon's page presses Enter), and typed text comes back from the guest."""
        self.site.browser.terminal('rig guest: this picture comes from QEMU')
        self.site.browser.type('serial works', into='.terminal')
        self.assertIn('serial works', self.site.browser.terminal('serial works'))

    def test_the_tab_opens_the_serial_page_which_shows_the_guests_text_and_takes_keys(self):
        self.assertEqual(self.open_tab('vm-new')['type'], 'SERIAL')
        self.assert_terminal_works()

    def test_the_auto_console_link_leads_to_the_serial_page_and_not_to_a_websocket(self):
        seen = self.site.browser.open(self.server('vm-new'), 'auto_console')
        self.assertEqual(seen['url'], '%s/project/instances/%s/serial' % (rig.HORIZON, self.server('vm-new')['id']))
        self.assert_terminal_works()

    def test_console_info_returns_serial_and_gives_the_serial_page(self):
        answer = self.site.console_info(self.server('vm-new'))
        self.assertEqual((answer.status_code, answer.json().get('type')), (200, 'SERIAL'), answer.text)
        self.assertEqual(answer.json()['url'], '/project/instances/%s/serial' % self.server('vm-new')['id'])

    def test_no_other_instance_is_touched(self):
        self.assert_opens('vm-twin', 'SPICE')
        self.assert_opens('vm-old', 'VNC')
        self.assert_opens('vm-acme', 'SPICE')


class TheDomainDeniesSpice(Scenario):
    def setUp(self):
        super().setUp()
        domain = 'domains/' + self.server('vm-acme')['domain_id']
        self.site.policies.put(domain, deny=['SPICE'], reason='no SPICE in acme')

    def test_its_instance_opens_vnc_and_another_domains_opens_spice(self):
        self.assert_opens('vm-acme', 'VNC')
        self.assert_opens('vm-new', 'SPICE')

    def test_its_instance_opens_spice_once_the_project_allows_it_back(self):
        self.assert_opens('vm-acme', 'VNC')
        self.site.policies.put(self.project('vm-acme'), allow=['SPICE'])
        self.assert_opens('vm-acme', 'SPICE')

    def test_the_spice_link_opens_nothing_and_nova_is_not_asked(self):
        nova = rig.NovaLog()
        seen = self.site.browser.open(self.server('vm-acme'), 'spice')
        self.assertTrue(seen['url'].startswith(rig.HORIZON), seen['url'])
        self.assertEqual(nova.console_calls(self.server('vm-acme')), [])


class TheProjectDeniesAll(Scenario):
    REASON = 'Consoles are closed during the audit'

    def test_the_reason_is_shown_and_nova_is_not_asked(self):
        self.site.policies.put(self.project('vm-legacy'), deny=['ALL'], reason=self.REASON)
        self.assert_denied('vm-legacy', self.REASON)

    def test_nova_is_asked_again_once_the_policy_is_deleted(self):
        self.site.policies.put(self.project('vm-legacy'), deny=['ALL'], reason=self.REASON)
        self.assert_denied('vm-legacy', self.REASON)
        self.site.policies.delete(self.project('vm-legacy'))
        nova = rig.NovaLog()
        self.assert_opens('vm-legacy', 'VNC')
        self.assertEqual(nova.console_calls(self.server('vm-legacy')), [400, 200] * 2)


CASES = (NothingStored, TheProjectPrefersVnc, OneInstancePrefersSerial, TheDomainDeniesSpice, TheProjectDeniesAll)
