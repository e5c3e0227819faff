# SPDX-License-Identifier: Apache-2.0
"""The start of the shim: what it replaces, and what it must be able to read."""

import sys
import unittest
from unittest import mock

from django.apps import apps

from novaclient import exceptions as nova_exceptions
from novaclient.v2 import servers

from openstack_dashboard import api
from openstack_dashboard.dashboards.project.instances import console as stock

from console_policy_dashboard.shim import nova
from console_policy_dashboard.shim import patches
from console_policy_dashboard.shim import server

from shim_case import INSTANCE_ID
from shim_case import ShimCase

try:
    from openstack.compute.v2 import server as sdk_server
    from openstack import exceptions as sdk_exceptions
except ImportError:
    sdk_server = None

VALUES = {'id': INSTANCE_ID, 'status': 'ACTIVE', 'hostId': 'ab',
          'tenant_id': 'p', 'updated': '2026-01-01T00:00:00Z',
          'OS-EXT-STS:task_state': 'migrating'}


class ShapeTests(unittest.TestCase):

    def resources(self):
        yield servers.Server(servers.ServerManager(None), dict(VALUES), True)
        if sdk_server is not None:
            yield sdk_server.Server.existing(**VALUES)

    def test_servers_of_both_libraries_are_read_wrapped_or_not(self):
        for resource in self.resources():
            for given in (resource, api.nova.Server(resource, None)):
                found = server.of_server(given)
                self.assertEqual(
                    ('p', 'ACTIVE', 'migrating', '2026-01-01T00:00:00Z',
                     'ab'), found[1:], type(resource))

    def test_the_status_of_errors_of_both_libraries_is_read(self):
        for code in (400, 401, 403, 404, 409, 429, 500, 501):
            self.assertEqual(code, nova.status_of(
                nova_exceptions.ClientException(code)))
            if sdk_server is not None:
                self.assertEqual(code, nova.status_of(
                    sdk_exceptions.HttpException(http_status=code)))

    def test_a_value_that_is_no_status_is_none(self):
        for error in (ValueError('x'), OSError(111, 'refused')):
            self.assertIsNone(nova.status_of(error))


class StartTests(ShimCase):

    def start(self):
        """Start the application as if Horizon were stock."""
        with mock.patch.object(stock, 'get_console', mock.Mock()), \
                mock.patch.dict(sys.modules):
            sys.modules.pop(patches._URLS, None)
            before = stock.get_console
            with self.shim_log() as records:
                apps.get_app_config('console_policy_dashboard').ready()
            return stock.get_console is before, [
                r for r in records if r.levelname == 'ERROR']

    def test_a_server_that_cannot_be_read_leaves_horizon_as_it_is(self):
        class Opaque:
            def __init__(self, resource, request):
                self.id = resource.id
        with mock.patch.object(api.nova, 'Server', Opaque):
            unchanged, errors = self.start()
        self.assertTrue(unchanged)
        self.assertIn('does not fit this Horizon', errors[0].getMessage())
        self.assertIs(patches.SeamError, errors[0].exc_info[0])

    def test_a_missing_attribute_leaves_horizon_as_it_is(self):
        before = stock.CONSOLES
        del stock.CONSOLES
        try:
            unchanged, errors = self.start()
        finally:
            stock.CONSOLES = before
        self.assertTrue(unchanged)
        self.assertIn('has no CONSOLES', str(errors[0].exc_info[1]))

    def test_urls_that_are_loaded_already_leave_horizon_as_it_is(self):
        with mock.patch.object(stock, 'get_console', mock.Mock()), \
                mock.patch.dict(sys.modules, {patches._URLS: mock.Mock()}):
            self.assertRaises(patches.SeamError, patches.install)


class UnknownProjectTests(ShimCase):

    def test_an_instance_without_a_project_is_logged_and_counted(self):
        self.server.tenant_id = None
        with self.shim_log() as records:
            for _ in range(3):
                self.assertEqual('VNC', self.opened())
        errors = [r for r in records if r.levelname == 'ERROR']
        self.assertEqual(1, len(errors))
        self.assertIn('does not know the project', errors[0].getMessage())
        self.server.tenant_id = self.tenant.id
        self.service.known_available = ['SPICE']
        self.opened()
        report = self.offered[-1]
        tally = report.body(report.service.counts.take())['tally']
        self.assertEqual([{'reason': 'misconfigured', 'count': 3}],
                         tally['fallbacks'])


class EncryptedPageTests(ShimCase):
    """An https dashboard: browsers open neither http: nor ws: there."""

    def setUp(self):
        super().setUp()
        self.request.is_secure = lambda: True

    def test_the_next_type_opens_and_the_setting_is_logged(self):
        self.nova['VNC'].return_value.url = 'https://proxy/?token=T'
        with self.shim_log() as records, \
                mock.patch.dict('console_policy_dashboard.shim.walk.'
                                '_BLOCKED_LOGS', SPICE=mock.Mock()) as logs:
            logs['SPICE'].allows.return_value = True
            self.assertEqual('VNC', self.opened())
        self.assertIn('[spice] html5proxy_base_url',
                      [r.getMessage() for r in records
                       if r.levelname == 'ERROR'][0])

    def test_the_user_sees_it_if_nothing_else_opens(self):
        self.only('SPICE')
        with self.assertRaises(Exception) as caught:
            self.opened()
        self.assertIn('address without encryption', str(caught.exception))
