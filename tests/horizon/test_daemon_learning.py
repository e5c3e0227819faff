# SPDX-License-Identifier: Apache-2.0
"""Learned availability with the real console-policyd and a fake Nova."""

import json
import tempfile
import threading
import time
import unittest

from openstack_dashboard.dashboards.project.instances import console as stock

from console_policy_dashboard.shim import runtime

from daemon import DAEMON
from daemon import Daemon
from nova_case import NovaCase


@unittest.skipUnless(DAEMON, 'CONSOLE_POLICYD does not name the daemon')
class LearningTests(NovaCase):
    """What is reported to the real daemon counts in its next answer."""

    reporting = True

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.daemon = Daemon(folder.name, [
            (self.request.user.token.id, (self.user.id, self.tenant.id))])
        self.addCleanup(self.daemon.stop)
        self.use_settings(ENDPOINT='http://127.0.0.1:%d' % self.daemon.port)
        self.addCleanup(lambda: runtime.current().close())
        self.facts['updated'] = '2026-11-25T12:00:00Z'
        self.nova_api.answers = {'SPICE': 400}
        self.kept = ('/v1/projects/%s/instances/%s/availability' % (
            self.tenant.id, self.server.id))

    def asked_for(self):
        """The types that one opening asks Nova for."""
        self.nova_api.asked.clear()
        self.new_request()
        self.opened()
        return list(self.nova_api.asked)

    def wait_for(self, status, updated='2026-11-25T12:00:00'):
        """Until the daemon has this of SPICE, as of then."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            answer = json.loads(self.daemon.call('GET', self.kept)[1])
            for seen in answer['availability']['types']:
                if (seen['type'], seen['status']) == ('SPICE', status) and \
                        seen['instance_updated'].startswith(updated):
                    return
            time.sleep(0.02)
        self.fail('SPICE is not kept as %s: %s' % (status, answer))

    def test_a_type_that_is_not_there_is_asked_for_once(self):
        self.assertEqual(['SPICE', 'VNC'], self.asked_for())
        self.wait_for('unavailable')
        for _ in range(3):
            self.assertEqual(['VNC'], self.asked_for())

    def test_a_hard_reboot_makes_it_be_asked_for_again(self):
        self.asked_for()
        self.wait_for('unavailable')
        self.facts.update({'updated': '2026-11-25T12:30:00Z',
                           'OS-EXT-STS:task_state': 'rebooting_hard'})
        # Not yet: what is seen now may be of before or after.
        self.assertEqual(['SPICE', 'VNC'], self.asked_for())
        self.facts['OS-EXT-STS:task_state'] = None
        self.nova_api.answers = {}
        self.assertEqual(['SPICE'], self.asked_for())
        self.wait_for('opened', '2026-11-25T12:30:00')
        self.assertEqual(['SPICE'], self.asked_for())

    def test_a_migration_makes_it_be_asked_for_again(self):
        self.asked_for()
        self.wait_for('unavailable')
        self.facts['hostId'] = 'b' * 56
        self.assertEqual(['SPICE', 'VNC'], self.asked_for())

    def test_nova_wins_over_what_is_known(self):
        self.asked_for()
        self.wait_for('unavailable')
        self.nova_api.answers = {'VNC': 400}
        self.assertEqual(['VNC', 'SERIAL'], self.asked_for()[:2])
        self.nova_api.answers = {'VNC': 400, 'SERIAL': 400, 'MKS': 400}
        self.assertEqual('SPICE', self.asked_for()[-1])
        self.wait_for('opened')
        self.assertEqual(['SPICE'], self.asked_for())

    def test_two_users_and_two_workers_make_one_row(self):
        failed = []

        def worker():
            request = self.factory.get('/')
            request.user, request.session = self.request.user, {}
            try:
                stock.get_console(request, 'AUTO', self.server)
            except Exception as e:
                failed.append(e)
        threads = [threading.Thread(target=worker) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        self.assertEqual([], failed)
        self.wait_for('unavailable')
        answer = json.loads(self.daemon.call('GET', self.kept)[1])
        types = [t['type'] for t in answer['availability']['types']]
        self.assertEqual(sorted(set(types)), sorted(types))
