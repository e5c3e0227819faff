# SPDX-License-Identifier: Apache-2.0
"""The shim with the real console-policyd, where its path is given.

    CONSOLE_POLICYD=build/release/service/console-policyd tests/horizon/run
"""

import tempfile
import time
import unittest

from console_policy_dashboard.shim import messages

from daemon import DAEMON
from daemon import Daemon
from shim_case import OTHER_ID
from shim_case import ShimCase
from shim_case import warnings_in


@unittest.skipUnless(DAEMON, 'CONSOLE_POLICYD does not name the daemon')
class DaemonTests(ShimCase):

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.daemon = Daemon(folder.name)
        self.addCleanup(self.daemon.stop)
        self.use_settings(
            ENDPOINT='http://127.0.0.1:%d' % self.daemon.port,
            TOKEN_FILE=self.daemon.token_file, RETRY_AFTER=1)
        self.token.project['domain_id'] = 'DOM-1'
        self.project = 'projects/%s' % self.tenant.id

    def test_the_shipped_default_opens_spice_and_falls_back_to_vnc(self):
        with self.shim_log() as records:
            self.assertEqual('SPICE', self.opened())
        self.assertEqual([], warnings_in(records))
        self.only('VNC')
        self.assertEqual('VNC', self.opened())

    def test_a_project_that_prefers_vnc_gets_it_until_it_is_taken_back(self):
        self.daemon.put(self.project, prefer=['VNC'])
        self.assertEqual('VNC', self.opened())
        self.daemon.delete(self.project)
        self.assertEqual('SPICE', self.opened())

    def test_an_instance_that_prefers_serial_is_alone_in_it(self):
        self.daemon.put('%s/instances/%s' % (self.project, self.server.id),
                        prefer=['SERIAL'])
        self.assertEqual('SERIAL', self.opened())
        self.server.id = OTHER_ID
        self.assertEqual('SPICE', self.opened())

    def test_a_domain_denies_and_its_project_is_given_back(self):
        self.daemon.put('domains/DOM-1', deny=['SPICE'])
        self.assertEqual('VNC', self.opened())
        self.assertRaises(messages.ConsoleDenied, self.opened, 'SPICE')
        self.daemon.put(self.project, allow=['SPICE'])
        self.assertEqual('SPICE', self.opened())

    def test_a_user_who_prefers_vnc_gets_it(self):
        self.daemon.put('users/%s' % self.user.id, prefer=['VNC'])
        self.assertEqual('VNC', self.opened())

    def test_deny_all_gives_the_reason_and_asks_nova_nothing(self):
        self.daemon.put(self.project, deny=['ALL'],
                        reason='audit <b>until</b> Monday \u00fc')
        with self.assertRaises(messages.ConsoleDenied) as caught:
            self.opened()
        self.assertIn('All console types: Denied in this project: audit '
                      '<b>until</b> Monday \u00fc.', str(caught.exception))
        self.assertEqual([], self.asked())

    def test_killed_it_costs_no_console_and_no_known_deny(self):
        self.daemon.put(self.project, deny=['VNC'])
        self.assertEqual('SPICE', self.opened())
        self.daemon.kill()
        with self.within(0.6):
            self.assertEqual('SPICE', self.opened())
        self.assertRaises(messages.ConsoleDenied, self.opened, 'VNC')
        self.daemon.start()
        self.daemon.delete(self.project)
        time.sleep(1.05)
        self.assertEqual('VNC', self.opened('VNC'))

    def test_a_token_that_the_service_does_not_know_is_logged(self):
        self.use_settings(ENDPOINT='http://127.0.0.1:%d' % self.daemon.port)
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertIn('status 401', warnings_in(records)[0])


@unittest.skipUnless(DAEMON, 'CONSOLE_POLICYD does not name the daemon')
class OwnTokenTests(ShimCase):
    """A service that knows the user's own token, as with Keystone."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.daemon = Daemon(folder.name, [
            (self.request.user.token.id, (self.user.id, self.tenant.id))])
        self.addCleanup(self.daemon.stop)
        self.use_settings(ENDPOINT='http://127.0.0.1:%d' % self.daemon.port)

    def test_the_users_own_token_opens_by_all_five_scopes(self):
        project = 'projects/%s' % self.tenant.id
        with self.shim_log() as records:
            self.assertEqual('SPICE', self.opened())
            for scope, first in (('domains/DOM-1', 'MKS'),
                                 (project, 'RDP'),
                                 ('users/%s' % self.user.id, 'VNC'),
                                 ('%s/instances/%s' % (
                                     project, self.server.id), 'SERIAL')):
                self.daemon.put(scope, prefer=[first])
                self.assertEqual(first, self.opened())
        self.assertEqual([], warnings_in(records))

    def test_a_foreign_project_is_refused_and_told_of(self):
        self.server.tenant_id = 'another-project'
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertIn('status 403', warnings_in(records)[0])
