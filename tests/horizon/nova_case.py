# SPDX-License-Identifier: Apache-2.0
"""A ShimCase with Horizon's own clients and a fake Nova behind them."""

import collections
from unittest import mock

from openstack_dashboard import api
from openstack_dashboard.api import base
from openstack_dashboard.dashboards.project.instances import console as stock

from fake_nova import FakeNova

from shim_case import ShimCase

HOST = 'c461ea283faa0ab5d777073c93b126c68139e4e45934d4fc37e403c2'


class NovaCase(ShimCase):
    """self.nova_api is the fake; Horizon's calls reach it over HTTP."""

    def setUp(self):
        super().setUp()
        self.nova_api = FakeNova()
        self.addCleanup(self.nova_api.close)
        real = base.url_for

        def url_for(request, service_type, *args, **kwargs):
            if service_type in ('compute', 'identity'):
                return self.nova_api.url + (
                    '/v2.1' if service_type == 'compute' else '/v3')
            return real(request, service_type, *args, **kwargs)
        for owner, name, value in (
                (base, 'url_for', url_for),
                (stock, 'CONSOLES', stock_calls())):
            patch = mock.patch.object(owner, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.service.known_unavailable = []
        self.facts = vars(self.server)
        self.facts.update({'OS-EXT-STS:task_state': None, 'status': 'ACTIVE',
                           'hostId': HOST})

    def asked(self):
        return self.nova_api.asked

    def new_request(self):
        """The same user, another page: Horizon makes new clients for it."""
        before, self.request = self.request, self.factory.get('/')
        self.request.user = before.user
        self.request.session = {}

    def learnt(self):
        """The outcomes of the last report that was offered."""
        return [(o['type'], o['outcome'])
                for o in self.offered[-1].outcomes] if self.offered else []


def stock_calls():
    """Horizon's own calls, as its module has them."""
    return collections.OrderedDict(
        (name, getattr(api.nova, 'server_%s_console' % name.lower()))
        for name in ('VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS'))
