# SPDX-License-Identifier: Apache-2.0
"""Every deny of a project that was known before an outage holds during it.

Openings of distinct instances, half of them while the service is away: with
memcached, and with Horizon's default cache. CONSOLE_POLICY_OPENINGS sets how
many.
"""

import os
import shutil
import socket
import subprocess
import time
import unittest
import uuid

from django.conf import settings as django_settings
from django.test import override_settings

from console_policy_dashboard.shim import runtime

from shim_case import ShimCase

OPENINGS = int(os.environ.get('CONSOLE_POLICY_OPENINGS', 10000))
PROJECTS = 200
MEMCACHED = shutil.which('memcached', path='/usr/bin')


def project_of(number):
    return 'project-%d' % (number % PROJECTS)


def denies(project_id):
    """Whether a project denies VNC, which stock Horizon opens first."""
    return int(project_id.split('-')[1]) % 2 == 0


class LongOutageCase(ShimCase):

    settings = {'RETRY_AFTER': 25}

    def setUp(self):
        super().setUp()
        self.service.answer_with(self.decide)

    @staticmethod
    def decide(document):
        answer = document['resolution']
        if denies(answer['project_id']):
            answer['consoles'] = ['SPICE']
            answer['denied'] = answer['denied_in_project'] = [
                {'type': 'VNC', 'denied_by': [{
                    'scope': 'project', 'project_id': answer['project_id'],
                    'reason': None}]}]

    def open_instances(self, numbers):
        """The projects whose deny did not hold."""
        lost = set()
        for number in numbers:
            self.server.id = str(uuid.UUID(int=number))
            self.server.tenant_id = project_of(number)
            opened = self.opened()
            if denies(self.server.tenant_id) and opened != 'SPICE':
                lost.add(self.server.tenant_id)
        return lost

    def assert_denies_hold(self):
        half = OPENINGS // 2
        began = time.monotonic()
        self.assertEqual(set(), self.open_instances(range(half)))
        asked = len(self.service.heads)
        self.assertEqual(half, asked)
        self.service.close()
        self.assertEqual(set(), self.open_instances(range(half, OPENINGS)))
        print('%d openings, %.0f/s' % (
            OPENINGS, OPENINGS / (time.monotonic() - began)))


class DefaultCacheTests(LongOutageCase):

    def test_every_known_deny_holds(self):
        self.assert_denies_hold()


@unittest.skipUnless(MEMCACHED, 'no memcached')
class MemcachedTests(LongOutageCase):

    def setUp(self):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            [MEMCACHED, '-l', '127.0.0.1', '-p', str(port), '-U', '0', '-m',
             '64', '-u', 'nobody'], stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.wait_until(lambda: self.is_up(port))
        override = override_settings(CACHES=dict(
            django_settings.CACHES, default={
                'BACKEND':
                'django.core.cache.backends.memcached.PyMemcacheCache',
                'LOCATION': '127.0.0.1:%d' % port}))
        override.enable()
        self.addCleanup(override.disable)
        super().setUp()

    @staticmethod
    def is_up(port):
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
        except OSError:
            return False
        return True

    def test_every_known_deny_holds(self):
        self.assert_denies_hold()

    def test_another_process_knows_the_denies(self):
        self.open_instances(range(PROJECTS))
        self.service.close()
        runtime.HOLDER.reset()
        self.assertEqual(set(), self.open_instances(
            range(PROJECTS, 2 * PROJECTS)))
