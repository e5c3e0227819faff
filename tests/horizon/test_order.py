# SPDX-License-Identifier: Apache-2.0
"""console.get_console: the order, denies, what Nova is asked."""

import threading
import types
from unittest import mock

from novaclient import exceptions as nova_exceptions

from horizon import exceptions

from openstack_dashboard import api
from openstack_dashboard.api import _nova
from openstack_dashboard.dashboards.project.instances import console as stock

from console_policy_dashboard.shim import messages

from shim_case import INSTANCE_ID
from shim_case import OTHER_ID
from shim_case import ShimCase


class OrderTests(ShimCase):

    def test_auto_opens_the_first_type_of_the_answer(self):
        self.service.consoles = ['SPICE', 'VNC']
        self.assertEqual('SPICE', self.opened())
        self.assertEqual(['SPICE'], self.asked())

    def test_auto_follows_the_whole_order_of_the_answer(self):
        tried = []
        for name, call in self.nova.items():
            def fail(request, instance_id, name=name):
                tried.append(name)
                raise self.exceptions.nova
            call.side_effect = fail
        self.service.consoles = ['MKS', 'SERIAL', 'RDP', 'SPICE', 'VNC']
        self.assertRaises(exceptions.NotAvailable, self.opened)
        self.assertEqual(['MKS', 'SERIAL', 'RDP', 'SPICE', 'VNC'], tried)

    def test_auto_goes_on_when_a_type_is_not_there(self):
        self.only('VNC')
        self.assertEqual('VNC', self.opened())
        self.assertEqual(['VNC', 'SPICE'], self.asked())

    def test_a_type_that_nova_does_not_implement_is_skipped_silently(self):
        self.nova['SPICE'].side_effect = nova_exceptions.HTTPNotImplemented(501)
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertEqual([], records)

    def test_other_errors_of_nova_are_logged_at_debug_and_skipped(self):
        self.nova['SPICE'].side_effect = RuntimeError('boom')
        with self.shim_log() as records:
            self.assertEqual('VNC', self.opened())
        self.assertEqual(['DEBUG'], [r.levelname for r in records])
        self.assertTrue(records[0].exc_info)

    def test_types_that_the_answer_leaves_out_are_not_tried(self):
        self.only('RDP')
        with self.assertRaises(exceptions.NotAvailable) as caught:
            self.opened()
        self.assertEqual('No available console found.',
                         str(caught.exception))
        self.assertEqual(['VNC', 'SPICE'], self.asked())

    def test_the_calls_are_looked_up_when_a_console_is_opened(self):
        call = mock.Mock()
        call.return_value.url = '/late'
        with mock.patch.object(stock, 'CONSOLES', {'SPICE': call}):
            self.assertEqual('SPICE', self.opened())
        call.assert_called_once_with(self.request, INSTANCE_ID)

    def test_the_url_gets_the_title_that_horizon_gives_it(self):
        self.server.name = 'a name & more'
        self.assertEqual(
            ('SPICE', 'http://proxy/SPICE?token=T&title=a+name+%26+more('
             + INSTANCE_ID + ')'),
            stock.get_console(self.request, 'AUTO', self.server))

    def test_the_serial_url_stays_as_nova_gives_it(self):
        self.assertEqual(
            ('SERIAL', 'ws://proxy/?token=SERIAL'),
            stock.get_console(self.request, 'SERIAL', self.server))

    def test_an_unknown_type_is_refused_as_by_horizon(self):
        with self.assertRaises(exceptions.NotAvailable) as caught:
            stock.get_console(None, 'FAKE', None)
        self.assertEqual('Console type "FAKE" not supported.',
                         str(caught.exception))
        self.assertEqual([], self.service.heads)


class QuestionTests(ShimCase):

    def test_the_project_is_that_of_the_instance(self):
        self.server.tenant_id = 'another-project'
        self.opened()
        self.assertIn('/v1/projects/another-project/instances/',
                      self.service.heads[0])

    def test_a_project_id_that_the_service_refuses_is_logged(self):
        for project_id in ('..', '', 'x' * 256, 'a\nb', None):
            self.server.tenant_id = project_id
            self.forget()
            with self.shim_log() as records:
                self.assertEqual('VNC', self.opened())
            self.assertIn('does not know the project',
                          [r.getMessage() for r in records
                           if r.levelname == 'ERROR'][0])
        self.assertEqual([], self.service.heads)

    def test_a_project_id_is_opaque(self):
        self.server.tenant_id = '../../policies/cloud?'
        self.opened()
        self.assertIn(
            'GET /v1/projects/..%2F..%2Fpolicies%2Fcloud%3F/instances/',
            self.service.heads[0])

    def test_one_opening_is_one_request_on_a_kept_connection(self):
        for _ in range(5):
            self.opened()
        self.assertEqual(5, len(self.service.heads))
        self.assertEqual(1, self.service.accepted)

    def test_a_connection_that_the_service_closed_costs_no_console(self):
        self.opened()
        self.service.drop_connections()
        self.service.consoles = ['VNC', 'SPICE']
        self.assertEqual('VNC', self.opened())
        self.assertEqual(2, self.service.accepted)

    def test_a_connection_closed_on_the_second_request_is_replaced(self):
        def once(connection, head):
            self.service.answer(connection, head)
            connection.recv(1)
            return False
        self.service.behave = once
        self.opened()
        self.service.consoles = ['VNC']
        self.assertEqual('VNC', self.opened())

    def test_many_threads_each_get_their_own_answer(self):
        wrong = []

        def run(number):
            server = types.SimpleNamespace(
                id='%08x-58f5-4f4e-9d3b-0c1de7a2f001' % number,
                name='server', tenant_id=self.tenant.id)
            for _ in range(10):
                if self.opened(server=server) != 'SPICE':
                    wrong.append(number)
        with self.shim_log() as records:
            threads = [threading.Thread(target=run, args=(n,))
                       for n in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
        self.assertEqual([], wrong)
        self.assertEqual([], records)
        self.assertEqual(160, len(self.service.heads))
        self.assertLessEqual(self.service.accepted, 32)


class DenyTests(ShimCase):

    def test_an_explicit_type_is_opened_whatever_the_order(self):
        self.service.consoles = ['SPICE', 'VNC']
        self.assertEqual('VNC', self.opened('VNC'))
        self.assertEqual(['VNC'], self.asked())

    def test_an_explicit_type_that_no_scope_prefers_is_still_opened(self):
        self.assertEqual('RDP', self.opened('RDP'))

    def test_an_explicit_type_that_is_denied_is_refused_without_nova(self):
        self.service.deny(['SPICE'], reason='no SPICE over this link')
        with self.assertRaises(messages.ConsoleDenied) as caught:
            self.opened('SPICE')
        self.assertEqual([], self.asked())
        self.assertIn('SPICE: Denied in this project: no SPICE over this '
                      'link.', str(caught.exception))

    def test_no_console_asks_nova_nothing_and_gives_the_reason(self):
        self.service.deny(['VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS'],
                          reason='Audit until Monday.')
        with self.assertRaises(messages.ConsoleDenied) as caught:
            self.opened()
        self.assertEqual([], self.asked())
        self.assertEqual(
            'No console is allowed for this instance. All console types: '
            'Denied in this project: Audit until Monday.',
            str(caught.exception))

    def test_a_denied_type_is_not_tried_even_if_nothing_else_works(self):
        self.service.deny(['VNC'], scope='domain')
        self.only('VNC')
        with self.assertRaises(messages.ConsoleUnavailable) as caught:
            self.opened()
        self.assertNotIsInstance(caught.exception, messages.ConsoleDenied)
        self.assertEqual(['SPICE'], self.asked())
        self.assertIn('VNC: Denied in this domain.', str(caught.exception))

    def test_another_instance_is_another_question(self):
        self.service.answer_with(lambda document: (
            document['resolution'].update(consoles=['VNC'])
            if document['resolution']['instance_id'] == OTHER_ID else None))
        self.assertEqual('SPICE', self.opened())
        self.server.id = OTHER_ID
        self.assertEqual('VNC', self.opened())


class MksTests(ShimCase):

    def test_mks_is_asked_with_the_server_and_nothing_else(self):
        self.nova['MKS'] = api.nova.server_mks_console
        client = mock.Mock()
        client.servers.get_mks_console.return_value = {
            'remote_console': {'url': 'http://mks/?token=M',
                               'type': 'webmks', 'protocol': 'mks'}}
        with mock.patch.object(_nova, 'novaclient', return_value=client), \
                mock.patch.object(api.nova, 'get_microversion',
                                  return_value='2.8'):
            found = stock.get_console(self.request, 'MKS', self.server)
        self.assertEqual('MKS', found[0])
        self.assertTrue(found[1].startswith('http://mks/?token=M&title='))
        client.servers.get_mks_console.assert_called_once_with(INSTANCE_ID)

    def test_an_mks_call_that_is_right_already_is_left_alone(self):
        def later(request, instance_id):
            return mock.Mock(url='http://mks/?token=M')
        self.nova['MKS'] = later
        self.assertEqual('MKS', self.opened('MKS'))
