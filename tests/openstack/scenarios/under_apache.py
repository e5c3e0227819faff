# SPDX-License-Identifier: Apache-2.0
"""Horizon under Apache with mod_wsgi, as Debian ships it."""
from . import rig
from .dashboard import Dashboard
from .scenario import Scenario

PORT = 8084
HORIZON = 'http://127.0.0.1:%d' % PORT
REASON = 'Consoles are closed during the audit'


class UnderApache(Scenario):
    @classmethod
    def setUpClass(cls):
        if not cls.site.daemon.running:
            cls.site.daemon.start()
        rig.shell('tools/horizon start apache %d --apache' % PORT)
        cls.addClassCleanup(rig.shell, 'tools/horizon stop apache')
        cls.alice = Dashboard('alice', horizon=HORIZON)
        cls.addClassCleanup(cls.alice.close)

    def assert_opens_there(self, name, expected):
        server = self.server(name)
        self.assertEqual(self.alice.console_tab(server, horizon=HORIZON).type, expected)
        answer = self.alice.console_info(server, horizon=HORIZON)
        self.assertEqual((answer.status_code, answer.json().get('type')), (200, expected), answer.text)

    def test_consoles_open_in_the_order_of_the_service_and_a_known_deny_holds_during_an_outage(self):
        self.assert_opens_there('vm-new', 'SPICE')
        self.assert_opens_there('vm-old', 'VNC')
        self.site.policies.put(self.project('vm-new'), deny=['SPICE'], reason=REASON)
        self.assert_opens_there('vm-new', 'VNC')
        self.addCleanup(self.site.daemon.start)     # for the scenarios after this one
        self.site.daemon.kill()
        self.assert_opens_there('vm-twin', 'VNC')       # it was never opened


CASES = (UnderApache,)
